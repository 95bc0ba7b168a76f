"""Changes to products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oms.infra.database.bulk import insert_rows
from orders.catalogue.models import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as a file or a feed tells of it. Weights in grams, lengths in millimetres."""

    sku: str
    name: str = ""
    category: str = ""
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


def products_register(products: Iterable[NewProduct]) -> int:
    """Add the products whose SKU is not known yet; known ones stay as they are. Returns how many were added."""
    rows = {
        product.sku: (
            product.sku, product.name, "", product.category, product.weight_grams, product.length_mm,
            product.width_mm, product.height_mm, "", True,
        )
        for product in products
    }  # fmt: skip
    fields = [
        "sku", "name", "gtin", "category", "weight_grams", "length_mm", "width_mm", "height_mm", "currency",
        "returnable",
    ]  # fmt: skip
    # Sorted: two imports that add the same products wait for each other instead of deadlocking.
    return insert_rows(Product, fields, [rows[sku] for sku in sorted(rows)], skip_existing=True)
