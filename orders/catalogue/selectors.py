"""Reads of products."""

from __future__ import annotations

from collections.abc import Iterable

from orders.catalogue.models import Product


def product_ids(skus: Iterable[str]) -> dict[str, int]:
    """Primary key of each known SKU among ``skus``."""
    return dict(Product.objects.filter(sku__in=list(skus)).values_list("sku", "id"))
