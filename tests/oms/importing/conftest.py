"""A small shop's mapping and files in its format."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oms.importing.lines import SourceLine
from oms.importing.mapping import Mapping, load_mapping
from oms.importing.source import open_source

SHOP = """
name: shop
channel: shop
currency: GBP
time_zone: Europe/London
columns:
  order_number: Order
  sku: Code
  quantity: Quantity
  unit_price: Price
  placed_at: Placed
  description: Text
  customer: Customer
  country: Country
countries:
  EIRE: {code: IE, latitude: 53.35, longitude: -6.26}
rules:
  - when: [{field: sku, in: [POST]}]
    then: {outcome: charge, kind: carriage}
  - when: [{field: order_number, matches: "C.*"}]
    then: {outcome: reversal}
  - when: [{field: sku, equals: COUNT}]
    then: {outcome: stock_adjustment, reason: stock_count}
  - when: [{field: sku, equals: BANNED}]
    then: {outcome: refused, reason: banned_goods}
"""
HEADER = "Order,Code,Quantity,Price,Placed,Text,Customer,Country,Note\n"


@pytest.fixture
def shop(tmp_path: Path) -> Mapping:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return load_mapping(str(path))


ReadLines = Callable[..., list[SourceLine]]


@pytest.fixture
def read_shop(tmp_path: Path, shop: Mapping) -> ReadLines:
    """Reads rows, as text or bytes, under the shop's header."""

    def read(*rows: str | bytes) -> list[SourceLine]:
        path = tmp_path / "orders.csv"
        encoded = (row if isinstance(row, bytes) else row.encode() for row in rows)
        path.write_bytes(HEADER.encode() + b"".join(row + b"\n" for row in encoded))
        return list(open_source(path, shop).lines())

    return read


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets, next to the repository unless OMS_SHARED_DATA names another."""
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("OMS_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set OMS_SHARED_DATA to its folder")
    return folder
