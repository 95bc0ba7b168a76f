"""Documents name products by their SKUs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modules.contracts.references import ReferenceKind
from modules.references import reference_kind
from orders.catalogue.models import Product


def _known(codes: Collection[str]) -> set[str]:
    return set(Product.objects.filter(sku__in=codes).values_list("sku", flat=True))


def _choices(limit: int) -> Mapping[str, str]:
    return dict(Product.objects.order_by("sku").values_list("sku", "name")[:limit])


reference_kind(
    ReferenceKind("product", _known, _choices, remedy="create it under Stock → Products, or name one that is there")
)
