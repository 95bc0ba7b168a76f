"""EDI by hand: files are checked, taken once and answered; documents are made under numbers that are kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from fulfilment.inventory.models import StockFeed, StockFeedRow
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import Shipment
from fulfilment.requests.services import requests_advance, requests_ship
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from orders.catalogue.models import Product
from orders.channels.x12 import invoice, order_acknowledgement, ship_notice, stock
from orders.channels.x12.checking import read
from orders.channels.x12.syntax import TransactionSet
from orders.models import ChannelDelivery, Order
from tests.factories.channels import connection_made
from tests.factories.edi import ORDER, edi
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.requests import request_offered


@pytest.fixture
def partner(fresh: None) -> None:
    """Bergmann's channel, and stock of what it orders."""
    with retailer_context("acme"):
        connection_made(
            "x12", code="bergmann", base_url="https://partner.example", their_id="ZZ/BERGMANN", our_id="ZZ/ACME",
            sscc_prefix="0614141",
        )  # fmt: skip
        kassel = LocationFactory.create(code="KAS")
        for product in Product.objects.all():
            stock_received(kassel, product, 20)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("edi", *arguments, "--retailer", "acme", stdout=out)
    return out.getvalue()


def document(text: str) -> TransactionSet:
    """The only document in what was shown, without a fault."""
    found = read(text[text.index("ISA*") :].encode())
    [each] = found.interchanges
    [(_, one)] = each.sets
    assert (each.findings, one.findings) == ([], [])
    return one


def file_of(tmp_path: Path, body: bytes) -> str:
    path = tmp_path / "in.edi"
    path.write_bytes(body)
    return str(path)


def test_a_file_is_checked_without_being_taken(fresh: None, tmp_path: Path) -> None:
    shown = run("check", file_of(tmp_path, edi(ORDER).replace(b"EA*12.5", b"EA*x")))
    assert "850 0001 (purchase order): refused" in shown
    assert "error: PO104 in segment 13: 'x' is no number" in shown
    with retailer_context("acme"):
        assert Order.objects.count() == 0


def test_a_file_is_taken_once_and_answered(partner: None, tmp_path: Path) -> None:
    name = file_of(tmp_path, edi(ORDER))
    first, second = (run("take", name, "--channel", "bergmann", "--out", str(tmp_path / "out")) for _ in range(2))
    assert first == second
    assert "PO-7001: taken: captured as BERGMANN-PO-7001" in first
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == ["000000001.edi", "000000002.edi"]
    assert [document(path.read_text()).code for path in written] == ["997", "855"]
    with retailer_context("acme"):
        assert Order.objects.count() == 1


def test_stock_of_a_partner_becomes_a_feed_once(partner: None, tmp_path: Path) -> None:
    at = timezone.now() - timedelta(minutes=1)
    lines = (
        f"BIA*00*SI*R1*{at:%Y%m%d}*{at:%H%M}", "N1*WH*Kassel*92*KAS", "LIN*1*SK*RED", "QTY*17*9*EA",
        "LIN*2*SK*BLUE", "QTY*33*4*EA", "CTT*2",
    )  # fmt: skip
    name = file_of(tmp_path, edi(lines, code="846", group="IB"))
    for _ in range(2):
        assert "2 rows, 0 refused" in run("take", name, "--channel", "bergmann")
    with retailer_context("acme"):
        assert StockFeed.objects.count() == 1
        rows = StockFeedRow.objects.order_by("number").values_list("location", "sku", "quantity")
        assert list(rows) == [("KAS", "RED", 9), ("KAS", "BLUE", 4)]


def test_documents_are_made_of_an_order_that_was_shipped(partner: None, tmp_path: Path) -> None:
    run("take", file_of(tmp_path, edi(ORDER)), "--channel", "bergmann")
    with retailer_context("acme"):
        request = request_offered(Order.objects.get())
        for status in (RequestStatus.PICKING, RequestStatus.PACKED):
            requests_advance(request_ids=[request.pk], to=status, actor="anna")
        requests_ship(request_ids=[request.pk], actor="anna", carrier="UPSN", tracking_number="1Z01")
        shipment = Shipment.objects.get()
    notice = ship_notice.read(document(run("make", "856", "--shipment", shipment.number)))
    [order] = notice.orders
    assert [(pack.sscc, pack.tracking) for pack in order.packs] == [
        (ship_notice.sscc_18("0614141", shipment.pk), "1Z01")
    ]
    assert sum(item.quantity or 0 for _, item in notice.items) == 15
    bill = invoice.read(document(run("make", "810", "--order", "BERGMANN-PO-7001")))
    assert (bill.total, bill.order) == (Decimal("165.50"), "PO-7001")
    said = order_acknowledgement.read(document(run("make", "855", "--order", "BERGMANN-PO-7001")))
    assert (said.kind, [line.answers for line in said.lines]) == (
        "AD", [(("IA", Decimal(12)),), (("IA", Decimal(3)),)],
    )  # fmt: skip
    levels, _ = stock.rows(document(run("make", "846", "--location", "KAS", "--channel", "bergmann")), "UTC")
    assert [(row.products[0][1], row.quantity) for row in levels] == [("BLUE", 17), ("RED", 8)]
    # What is made by hand is the same document that goes out by itself, under the same number.
    react("acme")
    react("acme")
    with retailer_context("acme"):
        assert sorted(ChannelDelivery.objects.values_list("key", flat=True)) == [
            "answer/1/855/PO-7001", "answer/1/997/1", "bill/BERGMANN-PO-7001/1", f"shipment/{shipment.number}",
        ]  # fmt: skip


def test_what_cannot_be_done_says_why(partner: None, tmp_path: Path) -> None:
    for arguments, words in (
        (("take", file_of(tmp_path, b""), "--channel", "nobody"), "there is no channel 'nobody'"),
        (("take", "missing.edi", "--channel", "bergmann"), "missing.edi"),
        (("make", "850"), "'850' is not made"),
        (("make", "810", "--order", "X"), "there is no order 'X'"),
        (("make", "856"), "there is no shipment ''"),
    ):
        with pytest.raises(CommandError, match=words):
            run(*arguments)
