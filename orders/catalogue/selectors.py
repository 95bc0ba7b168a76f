"""Reads of products."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from orders.catalogue.models import Product


def product_ids(skus: Iterable[str]) -> dict[str, int]:
    """Primary key of each known SKU among ``skus``."""
    return dict(Product.objects.filter(sku__in=list(skus)).values_list("sku", "id"))


def products_with_code(term: str) -> QuerySet[Product]:
    """Products with this SKU, as written or in capitals, or this GTIN."""
    found = Q(sku__in={term, term.upper()})
    if term.isascii() and term.isdigit():
        found |= Q(gtin=term) & ~Q(gtin="")
    return Product.objects.filter(found)
