"""Products."""

from __future__ import annotations

from factory.django import DjangoModelFactory

from orders.catalogue.models import Product
from tests.factories.declared import LazyAttribute, Sequence


class ProductFactory(DjangoModelFactory[Product]):
    """A product without a price."""

    class Meta:
        model = Product

    sku = Sequence(lambda number: f"SKU-{number}")
    name = LazyAttribute(lambda product: f"Thing {product.sku}")
