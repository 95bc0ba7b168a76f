"""Changes to products."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.db import connection

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """What is said of a product; None: nothing is. Weights in grams, lengths in millimetres."""

    sku: str
    name: str | None = None
    gtin: str | None = None
    category: str | None = None
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    price: Decimal | None = None
    currency: str | None = None
    returnable: bool | None = None


_GIVEN = """jsonb_to_recordset(%s::jsonb) AS d(sku varchar, name varchar, gtin varchar, category varchar,
    weight_grams int, length_mm int, width_mm int, height_mm int, price numeric, currency varchar, returnable boolean)
"""
_ADD = f"""
INSERT INTO catalogue_product (sku, name, gtin, category, weight_grams, length_mm, width_mm, height_mm, price,
    currency, returnable)
SELECT d.sku, coalesce(d.name, ''), coalesce(d.gtin, ''), coalesce(d.category, ''), d.weight_grams, d.length_mm,
    d.width_mm, d.height_mm, d.price, coalesce(d.currency, ''), coalesce(d.returnable, true)
FROM {_GIVEN} ORDER BY d.sku ON CONFLICT (sku) DO NOTHING RETURNING sku
"""
_LOCK = "SELECT FROM catalogue_product WHERE sku = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_CHANGE = f"""
UPDATE catalogue_product p SET name = coalesce(d.name, p.name), gtin = coalesce(d.gtin, p.gtin),
    category = coalesce(d.category, p.category), weight_grams = coalesce(d.weight_grams, p.weight_grams),
    length_mm = coalesce(d.length_mm, p.length_mm), width_mm = coalesce(d.width_mm, p.width_mm),
    height_mm = coalesce(d.height_mm, p.height_mm), price = coalesce(d.price, p.price),
    currency = coalesce(d.currency, p.currency), returnable = coalesce(d.returnable, p.returnable)
FROM {_GIVEN} WHERE p.sku = d.sku
"""


def products_put(products: Sequence[ProductChange]) -> set[str]:
    """Add products, and change those that are there to what is said of them; return the SKUs that were added.

    Each SKU is given once.
    """
    if not products:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [_as_json(products)])
        added = {row[0] for row in cursor.fetchall()}
        there = [product for product in products if product.sku not in added]
        cursor.execute(_LOCK, [[product.sku for product in there]])
        cursor.execute(_CHANGE, [_as_json(there)])
    return added


def _as_json(products: Sequence[ProductChange]) -> str:
    return json.dumps([asdict(product) for product in products], default=str)
