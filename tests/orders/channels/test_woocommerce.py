"""WooCommerce's documents become orders, refunds and cancellations."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orders.channels import adapter_named
from orders.domain.channel import (
    Intake,
    LineUnits,
    Message,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    RefundTold,
    Setup,
    ShipmentTold,
    StockTold,
    ToldLine,
    Unclear,
)
from tests.factories.channels import message_of, signed, total_of, woo_order
from tests.orders.channels.contract import AT, AdapterContract

SETUP = Setup(code="shop", currency="EUR", country="DE")


def read(document: object, setup: Setup = SETUP, **headers: str) -> tuple[Intake, ...]:
    return adapter_named("woocommerce").read(message_of(document, **headers), setup)


def placed(document: object) -> OrderPlaced:
    [found] = read(document)
    assert isinstance(found, OrderPlaced), found
    assert total_of(found.order) == found.stated_total
    return found


class TestWooCommerce(AdapterContract):
    code = "woocommerce"

    def good(self) -> Message:
        return message_of(woo_order(), x_wc_webhook_topic="order.created")


def test_the_signature_is_that_of_the_raw_body() -> None:
    adapter = adapter_named("woocommerce")
    assert adapter.verify(message_of(b"{}", x_wc_webhook_signature=signed(b"{}", "s")), ["s"], now=AT)
    assert not adapter.verify(message_of(b"{ }", x_wc_webhook_signature=signed(b"{}", "s")), ["s"], now=AT)


def test_the_unsigned_trial_of_a_new_webhook_is_known_and_nothing_else_is() -> None:
    adapter = adapter_named("woocommerce")
    assert adapter.probe(Message(b"webhook_id=12"))
    assert not adapter.probe(Message(b"webhook_id=12&id=801"))
    assert not adapter_named("shopify").probe(Message(b"webhook_id=12"))


def test_discounts_are_the_difference_between_subtotal_and_total() -> None:
    line = {"id": 31, "name": "Red &amp; blue", "sku": "RED", "quantity": 3, "subtotal": "10.00", "total": "8.00",
            "total_tax": "1.52", "price": 2.6666666667}  # fmt: skip
    order = woo_order(total="9.52", line_items=[line], shipping_lines=[], coupon_lines=[{"code": "mai"}])
    found = placed(order).order
    assert (str(found.lines[0].unit_price), found.lines[0].description) == ("3.3333", "Red & blue")
    assert [(each.kind, str(each.unit_price), each.position) for each in found.charges] == [
        ("rounding", "0.0001", 1), ("discount", "-2.0000", 1), ("tax", "1.5200", 1),
    ]  # fmt: skip
    assert found.charges[1].description == "mai"


def test_a_negative_fee_is_a_fee_and_guests_have_no_reference() -> None:
    fee = {"name": "Bonus", "total": "-4.75", "total_tax": "0.00"}
    found = placed(woo_order(total="25.00", fee_lines=[fee], customer_id=0)).order
    assert ("fee", -4.75) in [(each.kind, float(each.unit_price)) for each in found.charges]
    assert found.customer_reference == ""


def test_the_billing_address_serves_where_there_is_no_other() -> None:
    billing = {"first_name": "Ida", "last_name": "Berg", "address_1": "Weg 2", "city": "Ulm", "country": "DE"}
    found = placed(woo_order(shipping={"first_name": "", "address_1": ""}, billing=billing)).order.destination
    assert (found.recipient, found.address, found.city) == ("Ida Berg", "Weg 2", "Ulm")


@pytest.mark.parametrize(
    ("status", "doubt", "settled"),
    [
        ("pending", "not paid yet (pending); the shop sends it again once it is paid", ""),
        ("on-hold", "its payment is awaited (on-hold); the shop sends it again once it is paid", ""),
        ("completed", "", "the shop has completed it itself"),
        ("packing", "the shop's own status 'packing' is not among the channel's statuses to be worked on", ""),
    ],
)
def test_statuses_that_are_not_to_be_worked_on(status: str, doubt: str, settled: str) -> None:
    found = placed(woo_order(status=status))
    assert (found.doubt, found.settled) == (doubt, settled)


def test_a_draft_is_not_wanted_and_a_cancelled_order_is_placed_and_cancelled() -> None:
    [draft] = read(woo_order(status="checkout-draft"))
    assert isinstance(draft, NotWanted)
    first, cancelled = read(woo_order(status="cancelled"))
    assert isinstance(first, OrderPlaced)
    assert isinstance(cancelled, OrderCancelled)


def test_a_refund_names_its_order_by_its_link_and_its_lines_by_their_numbers() -> None:
    refund = {
        "id": 724, "date_created_gmt": "2026-05-05T08:00:00", "amount": "10.00", "reason": "", "refunded_by": 1,
        "line_items": [{"id": 99, "quantity": -1, "total": "-10.00",
                        "meta_data": [{"key": "_refunded_item_id", "value": "31"}]}],
        "_links": {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/801"}]},
    }  # fmt: skip
    [found] = read(refund)
    assert isinstance(found, RefundTold)
    assert (found.external_number, found.reference, found.cancelled) == ("801", "724", (LineUnits(1, "31"),))
    summary = read(woo_order(refunds=[{"id": 724, "total": "-10.00"}]))[1]
    assert isinstance(summary, RefundTold)
    assert (summary.reference, summary.units_known) == ("724", False)


@pytest.mark.parametrize("quantity", [1.5, "0.5", -2])
def test_fractions_and_negative_units_wait(quantity: object) -> None:
    line = {"id": 31, "sku": "RED", "quantity": quantity, "total": "20.00", "subtotal": "20.00"}
    [found] = read(woo_order(line_items=[line]))
    assert isinstance(found, Unclear)


TOLD = ShipmentTold(
    external_number="801", references={}, shipment="SHOP-801/1-S1", location="KAS", carrier="DHL",
    tracking_number="JD01", shipped_at=AT, lines=(ToldLine(1, "RED", 2, "31"),),
)  # fmt: skip


def test_the_last_parcel_completes_the_order() -> None:
    adapter = adapter_named("woocommerce")
    [note] = adapter.tell(TOLD, SETUP)
    assert (note.method, note.path) == ("POST", "wp-json/wc/v3/orders/801/notes")
    assert json.loads(note.payload) == {"note": "Sent (SHOP-801/1-S1): 2 × RED. DHL JD01", "customer_note": True}
    last = ShipmentTold(**{name: getattr(TOLD, name) for name in TOLD.__dataclass_fields__} | {"complete": True})
    done, _ = adapter.tell(last, SETUP)
    assert (done.method, done.path, json.loads(done.payload)["status"]) == (
        "PUT", "wp-json/wc/v3/orders/801", "completed",
    )  # fmt: skip
    assert base64.b64decode(adapter.authorise("ck:cs")["Authorization"].removeprefix("Basic ")) == b"ck:cs"


@pytest.mark.parametrize(
    ("product", "path"),
    [
        ({"id": 12, "parent_id": 0, "type": "simple"}, "products/12"),
        ({"id": 13, "parent_id": 12, "type": "variation"}, "products/12/variations/13"),
    ],
)
def test_stock_is_written_where_the_sku_is(product: dict[str, Any], path: str) -> None:
    told = StockTold(sku="RED", quantity=4, told_at=AT)
    outbound = adapter_named("woocommerce").follow(told, [json.dumps([product]).encode()], SETUP)
    assert outbound is not None
    assert outbound.path == f"wp-json/wc/v3/{path}"
    assert json.loads(outbound.payload) == {"manage_stock": True, "stock_quantity": 4}


def test_every_order_among_the_vendors_examples_comes_to_its_total(shared_data: Path) -> None:
    found: Counter[str] = Counter()
    for name in ("orders", "order-refunds"):
        for example in json.loads((shared_data / f"payloads/woocommerce/wc_v3_{name}.json").read_text()):
            for intake in read(example["example"]):
                found[type(intake).__name__] += 1
                if isinstance(intake, OrderPlaced):
                    assert total_of(intake.order) == intake.stated_total
    assert found == {"OrderPlaced": 10, "RefundTold": 9}
