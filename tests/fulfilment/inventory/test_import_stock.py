"""Stock from a file: whatever wrote it, it is read as it was meant, or said to be unreadable."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fulfilment.inventory.models import StockFeed, StockLevel
from oms.infra.database.context import retailer_context
from tests.factories.catalogue import ProductFactory
from tests.factories.locations import LocationFactory


@pytest.fixture
def shop(fresh: None) -> None:
    with retailer_context("acme"):
        LocationFactory.create(code="S1")
        for sku in ("A", "B"):
            ProductFactory.create(sku=sku)


def written(folder: Path, name: str, content: bytes) -> str:
    file = folder / name
    file.write_bytes(content)
    return str(file)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("till.csv", b"\xef\xbb\xbflocation,sku,quantity\r\nS1,A,5\r\nS1,B,7\r\n", []),
        ("till.csv", b"sku,quantity\rA,5\rB,7", ["--location=S1"]),
        ("till.csv", b'Artikel,"Menge","",\nA,5,,\nB,7,,\n',
         ["--location=S1", "--column=sku=Artikel", "--column=quantity=Menge"]),
        ("till.ndjson", b'\xef\xbb\xbf{"sku":"A","quantity":5}\n\n{"sku":"B","quantity":7}', ["--location=S1"]),
    ],
)  # fmt: skip
def test_a_file_is_merged(tmp_path: Path, name: str, content: bytes, more: list[str]) -> None:
    call_command("import_stock", written(tmp_path, name, content), "--retailer=acme", *more)

    with retailer_context("acme"):
        assert dict(StockLevel.objects.values_list("product__sku", "on_hand")) == {"A": 5, "B": 7}


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"location,sku,quantity\nS1,A,5\nS1,\xff,7\n", "line 3 is not UTF-8"),
        (b"location,sku,quantity,sku\nS1,A,5,B\n", "the heading has the column sku 2 times"),
        (b"location,sku\nS1,A\n", "the heading has no column quantity; it has location, sku"),
        (b"location,sku,quantity\n" + b"x" * 70_000, "line 2 has more than 65,536 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_moves_nothing(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(CommandError) as fault:
        call_command("import_stock", written(tmp_path, "till.csv", content), "--retailer=acme")

    assert str(fault.value) == reason
    with retailer_context("acme"):
        assert not StockLevel.objects.exists()
        assert not StockFeed.objects.exists()
