"""Amazon's documents: the order, its items and its address, together or one by one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.channels import adapter_named
from orders.domain.channel import (
    Intake,
    Message,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    Setup,
    ShipmentTold,
    StockTold,
    ToldLine,
    Unclear,
)
from orders.models import ChannelMessage, MessageState, Order
from orders.services.channels import messages_work
from tests.factories.channels import arrived, connection_made, message_of, total_of
from tests.orders.channels.contract import AT, AdapterContract

SETUP = Setup(code="amazon", currency="EUR", country="DE")
NUMBER = "302-5550001-7770001"


def euros(amount: str) -> dict[str, str]:
    return {"CurrencyCode": "EUR", "Amount": amount}


def head(total: str = "33.32", **more: Any) -> dict[str, Any]:
    return {
        "AmazonOrderId": NUMBER, "PurchaseDate": "2026-05-04T08:00:00Z", "LastUpdateDate": "2026-05-04T09:00:00Z",
        "OrderStatus": "Unshipped", "FulfillmentChannel": "MFN", "OrderTotal": euros(total),
        "MarketplaceId": "A1PA6795UKMFR9", "PaymentMethod": "Other", "ShipmentServiceLevelCategory": "Standard", **more,
    }  # fmt: skip


def item(**more: Any) -> dict[str, Any]:
    return {
        "OrderItemId": "91", "SellerSKU": "RED", "Title": "Red", "QuantityOrdered": 2, "QuantityShipped": 0,
        "ItemPrice": euros("20.00"), "ItemTax": euros("3.80"), "ShippingPrice": euros("8.00"),
        "ShippingTax": euros("1.52"), **more,
    }  # fmt: skip


def read(document: object) -> tuple[Intake, ...]:
    return adapter_named("amazon").read(message_of(document), SETUP)


def whole(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"payload": {**head(**more), "OrderItems": list(items) or [item()]}}


class TestAmazon(AdapterContract):
    code = "amazon"
    setup = Setup(code="shop", currency="EUR", options={"seller": "S1", "marketplace": "M1"})

    def good(self) -> Message:
        return message_of(whole())


def placed(document: object) -> OrderPlaced:
    [found] = read(document)
    assert isinstance(found, OrderPlaced), found
    assert total_of(found.order) == found.stated_total
    return found


def test_charges_of_an_item_stand_on_its_line() -> None:
    promoted = item(PromotionDiscount=euros("2.00"), BuyerInfo={"GiftWrapPrice": euros("3.00")})
    found = placed(whole(promoted, total="34.32")).order
    assert [(each.kind, each.unit_price.normalize(), each.position) for each in found.charges] == [
        ("tax", Decimal("3.8"), 1), ("discount", Decimal(-2), 1), ("shipping", Decimal(8), 1),
        ("shipping tax", Decimal("1.52"), 1), ("gift wrap", Decimal(3), 1),
    ]  # fmt: skip
    assert found.payments[0].captured


def test_where_prices_hold_their_taxes_these_are_not_charged_again() -> None:
    found = placed(whole(total="28.00")).order
    assert [each.kind for each in found.charges] == ["shipping"]


@pytest.mark.parametrize(
    ("more", "settled", "doubt"),
    [
        ({"FulfillmentChannel": "AFN", "OrderStatus": "Shipped"}, "Amazon sends it from its own stock", ""),
        ({"OrderStatus": "Shipped"}, "it has been sent already", ""),
        ({"OrderStatus": "PartiallyShipped"}, "", "a part has been sent already; take the rest by hand"),
        ({"OrderStatus": "Unfulfillable"}, "", "Amazon says 'Unfulfillable', which nobody has told us to work on"),
    ],
)
def test_orders_that_are_not_to_be_worked_on(more: dict[str, Any], settled: str, doubt: str) -> None:
    found = placed(whole(**more))
    assert (found.settled, found.doubt) == (settled, doubt)


def test_pending_orders_are_not_wanted_and_cancelled_ones_cancel() -> None:
    [pending] = read({"payload": head(OrderStatus="Pending", OrderTotal=None)})
    assert isinstance(pending, NotWanted)
    [cancelled] = read({"payload": head(OrderStatus="Canceled")})
    assert isinstance(cancelled, OrderCancelled)


def test_a_buyer_who_changes_their_mind_cancels_the_line() -> None:
    wish = {"IsBuyerRequestedCancel": "true", "BuyerCancelReason": "Found cheaper"}
    first, cancelled = read(whole(item(BuyerRequestedCancel=wish)))
    assert isinstance(first, OrderPlaced)
    assert isinstance(cancelled, OrderCancelled)
    assert [(each.reference, each.quantity) for each in cancelled.lines] == [("91", 2)]


def test_another_currency_inside_an_order_waits() -> None:
    [found] = read(whole(item(CODFee={"CurrencyCode": "JPY", "Amount": "10"})))
    assert found == Unclear(NUMBER, "OrderItems 1 CODFee is in JPY, the order in EUR")


def worked(message: ChannelMessage) -> tuple[str, str]:
    messages_work(schema="acme")
    message.refresh_from_db()
    return message.state, message.reason


def test_parts_that_come_one_by_one_make_one_order(acme: None) -> None:
    connection = connection_made("amazon", code="amazon")
    items = arrived(connection, {"payload": {"AmazonOrderId": NUMBER, "OrderItems": [item()]}})
    assert worked(items) == (MessageState.WAITING, "these are the items of an order; the order itself has not come yet")
    order = arrived(connection, {"payload": head()})
    assert worked(order) == (MessageState.TAKEN, "")
    assert worked(items) == (MessageState.TAKEN, "")
    assert Order.objects.get().total == Decimal("33.3200")


def test_a_shipment_is_confirmed_under_a_number_that_stays_the_same() -> None:
    told = ShipmentTold(
        external_number=NUMBER, references={"marketplace": "A1PA6795UKMFR9"}, shipment="AMAZON-1/1-S1", location="KAS",
        carrier="DHL", tracking_number="JD01", shipped_at=AT, lines=(ToldLine(1, "RED", 2, "91"),),
    )  # fmt: skip
    [one], [same] = (adapter_named("amazon").tell(told, SETUP) for _ in range(2))
    assert one == same
    assert one.path == f"orders/v0/orders/{NUMBER}/shipmentConfirmation"
    body = json.loads(one.payload)
    assert body["marketplaceId"] == "A1PA6795UKMFR9"
    assert body["packageDetail"]["shipDate"] == "2026-05-06T09:00:00.000Z"
    assert body["packageDetail"]["orderItems"] == [{"orderItemId": "91", "quantity": 2}]
    assert body["packageDetail"]["packageReferenceId"].isdigit()


def test_stock_needs_the_sellers_number() -> None:
    told = StockTold(sku="RED", quantity=4, told_at=AT)
    assert adapter_named("amazon").tell(told, SETUP) == ()


def test_every_order_among_the_vendors_examples_is_taken_or_says_why_not(shared_data: Path) -> None:
    examples = json.loads((shared_data / "payloads/amazon_spapi/ordersV0_examples.json").read_text())
    setup = Setup(code="amazon", currency="USD")
    adapter = adapter_named("amazon")
    parts = [
        message_of(example["response"])
        for example in examples
        if example["op"] in ("getOrder", "getOrderItems", "getOrderAddress")
        and example["response"].get("payload", {}).get("AmazonOrderId") == "902-1845936-5435065"
    ]
    placed, cancelled = adapter.join(parts, setup)
    assert isinstance(placed, OrderPlaced)
    assert total_of(placed.order) == placed.stated_total == Decimal("11.01")
    assert placed.order.destination.postal_code == "98121-2778"
    assert isinstance(cancelled, OrderCancelled)
    for example in examples:
        if example["status"] == "200":
            assert all(
                getattr(intake, "reason", "")
                for intake in adapter.read(message_of(example["response"]), setup)
                if isinstance(intake, Unclear | NotWanted)
            )
