"""Orders and notifications as Amazon really sends them: taken to the cent, or kept with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orders.channels import adapter_named
from orders.domain.channel import Intake, LineUnits, NotWanted, OrderCancelled, OrderPlaced, Setup, Unclear
from tests.factories.channels import message_of, total_of

LEFT_OUT = object()


def of(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"CurrencyCode": currency, "Amount": amount}


def item(**more: Any) -> dict[str, Any]:
    whole = {
        "ASIN": "B1", "SellerSKU": "RED", "OrderItemId": "1", "Title": "Red", "QuantityOrdered": 2,
        "QuantityShipped": 0, "ItemPrice": of("20.00"), "ItemTax": of("3.19"), "ShippingPrice": of("5.00"),
        "ShippingTax": of("0.80"), "PromotionDiscount": of("0.00"), "PromotionIds": [], "IsGift": "false", **more,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not LEFT_OUT}


UNPRICED = dict.fromkeys(("ItemPrice", "ItemTax", "ShippingPrice", "ShippingTax", "PromotionDiscount"), LEFT_OUT)


def order(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {
        "AmazonOrderId": "902-1", "PurchaseDate": "2026-05-04T08:00:00Z", "LastUpdateDate": "2026-05-04T09:00:00Z",
        "OrderStatus": "Unshipped", "FulfillmentChannel": "MFN", "ShipServiceLevel": "Std DE Dom_1",
        "ShipmentServiceLevelCategory": "Standard", "OrderTotal": of("25.00"), "PaymentMethod": "Other",
        "MarketplaceId": "A1PA6795UKMFR9", "ShippingAddress": {"City": "Berlin", "CountryCode": "DE"},
        "OrderItems": list(items) or [item()], **more,
    }  # fmt: skip
    return {"payload": {name: value for name, value in whole.items() if value is not LEFT_OUT}}


def read(document: object) -> tuple[Intake, ...]:
    return adapter_named("amazon").read(message_of(document), Setup(code="shop", currency="EUR", country="DE"))


@pytest.mark.parametrize(
    ("document", "currency", "total", "sold", "charged"),
    [
        (order(), "EUR", "25.00", [("RED", 2)], [("shipping", "5")]),  # taxes in the price
        (order(item(**{name: of(amount, "USD") for name, amount in (
            ("ItemPrice", "20.00"), ("ItemTax", "1.65"), ("ShippingPrice", "5.00"), ("ShippingTax", "0.41"),
            ("PromotionDiscount", "2.00"))}), OrderTotal=of("25.06", "USD")), "USD", "25.06", [("RED", 2)],
         [("tax", "1.65"), ("discount", "-2"), ("shipping", "5"), ("shipping tax", "0.41")]),
        (order(item(**{**UNPRICED, "ItemPrice": of("2000", "JPY"), "PromotionDiscount": of("100", "JPY"),
                       "PointsGranted": {"PointsNumber": 20, "PointsMonetaryValue": of("20", "JPY")}}),
               OrderTotal=of("1900", "JPY"),
               PaymentExecutionDetail=[{"Payment": of("100", "JPY"), "PaymentMethod": "PointsAccount"}]),
         "JPY", "1900", [("RED", 2)], [("discount", "-100")]),
        (order(item(), item(OrderItemId="2", SellerSKU="BLUE", QuantityOrdered=0, **UNPRICED)),
         "EUR", "25.00", [("RED", 2)], [("shipping", "5")]),
        (order(item(**UNPRICED), OrderTotal=LEFT_OUT, IsReplacementOrder="true", ReplacedOrderId="901-1"),
         "EUR", "0", [("RED", 2)], []),
        (order(item(ShippingDiscount=of("5.00"), ShippingDiscountTax=of("0.80"), PromotionIds=["FREE"]),
               OrderTotal=of("20.00")), "EUR", "20.00", [("RED", 2)],
         [("shipping", "5"), ("shipping discount", "-5")]),
        (order(item(CODFee=of("2.00")), OrderTotal=of("27.00"), PaymentMethod="COD"),
         "EUR", "27.00", [("RED", 2)], [("shipping", "5"), ("fee", "2")]),
        (order(ShippingAddress=LEFT_OUT, BuyerInfo={}), "EUR", "25.00", [("RED", 2)], [("shipping", "5")]),
    ],
)  # fmt: skip
def test_orders_are_taken_to_the_cent(
    document: object, currency: str, total: str, sold: list[tuple[str, int]], charged: list[tuple[str, str]]
) -> None:
    [found] = read(document)
    assert isinstance(found, OrderPlaced), found
    assert (found.order.currency, f"{found.stated_total:f}", total_of(found.order)) == (
        currency, total, found.stated_total,
    )  # fmt: skip
    assert [(line.sku, line.quantity) for line in found.order.lines] == sold
    assert [(each.kind, f"{each.unit_price.normalize():f}") for each in found.order.charges] == charged
    assert (found.doubt, found.settled) == ("", "")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (order(item(**UNPRICED), OrderStatus="Pending", OrderTotal=LEFT_OUT),
         "Pending: Amazon holds it until it is paid, and gives no total before"),
        (order(item(ItemPrice=LEFT_OUT)), "line 1 (RED) has no price"),
        (order(OrderTotal=LEFT_OUT), "the order does not say its total"),
        (order(item(ShippingPrice=of("5.00", "USD"))), "OrderItems 1 ShippingPrice is in USD, the order in EUR"),
        (order(OrderTotal=of("26.00")),
         "lines and charges come to 28.99 EUR, the platform says 26.00 EUR: 2.99 EUR cannot be explained"),
        (order(item(), item(OrderItemId="2", QuantityOrdered=0)), "line 2 (RED) has no units but an amount of 20.00"),
    ],
)  # fmt: skip
def test_orders_that_are_not_taken_say_why(document: object, reason: str) -> None:
    [found] = read(document)
    assert isinstance(found, Unclear | NotWanted)
    assert found.reason == reason


def test_what_amazon_sends_itself_is_left_alone() -> None:
    [found] = read(order(FulfillmentChannel="AFN", OrderStatus="Shipped"))
    assert isinstance(found, OrderPlaced)
    assert found.settled == "Amazon sends it from its own stock"


def test_the_wish_of_the_buyer_cancels_the_items_that_it_names() -> None:
    wish = {"IsBuyerRequestedCancel": "true", "BuyerCancelReason": "ordered twice"}
    other = item(OrderItemId="2", SellerSKU="BLUE", QuantityOrdered=1, **UNPRICED) | {"ItemPrice": of("0.00")}
    _, found = read(order(item(BuyerRequestedCancel=wish), other))
    assert isinstance(found, OrderCancelled)
    assert (found.reason, found.lines) == ("ordered twice", (LineUnits(2, "1"),))


def notification(status: str = "Unshipped", kind: str = "OrderStatusChange", by: str = "MFN", **trigger: str) -> Any:
    return {
        "NotificationVersion": "1.0", "NotificationType": "ORDER_CHANGE", "EventTime": "2026-05-04T09:00:00Z",
        "Payload": {"OrderChangeNotification": {
            "NotificationLevel": "OrderLevel", "SellerId": "S", "AmazonOrderId": "902-1", "OrderChangeType": kind,
            "OrderChangeTrigger": {"TimeOfOrderChange": "2026-05-04T09:00:00Z", **trigger},
            "Summary": {"MarketplaceID": "A1", "OrderStatus": status, "FulfillmentType": by,
                        "OrderItems": [{"OrderItemId": "1", "SellerSKU": "RED", "Quantity": 2}]},
        }},
    }  # fmt: skip


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_notification_of_a_cancellation_cancels(wrapped: bool) -> None:
    told = notification("Canceled")
    [found] = read({"Type": "Notification", "Message": json.dumps(told)} if wrapped else told)
    assert isinstance(found, OrderCancelled)
    assert (found.external_number, found.lines) == ("902-1", ())


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (notification(), NotWanted("ORDER_CHANGE", "order 902-1 is Unshipped: the connector fetches the order")),
        (notification("Canceled", by="AFN"),
         NotWanted("ORDER_CHANGE", "order 902-1 is Canceled: the connector fetches the order")),
        (notification(kind="BuyerRequestedChange", ChangeReason="BuyerRequestedCancel"),
         Unclear("902-1", "the buyer asks for a change (BuyerRequestedCancel): fetch the items of the order, or "
                          "change or cancel it by hand")),
        ({"Payload": {"OrderStatusChangeNotification": {"AmazonOrderId": "902-1", "OrderStatus": "Canceled"}}},
         Unclear("902-1", "Amazon has cancelled the order and does not say when; fetch the order again")),
        ({"Payload": {"OrderChangeNotification": {"OrderChangeType": "x"}}},
         Unclear("", "the notification has no AmazonOrderId")),
        ({"Message": "{" * 5000}, NotWanted("", "it holds no order")),
    ],
)  # fmt: skip
def test_other_notifications_are_kept_with_a_reason(told: object, expected: Intake) -> None:
    assert read(told) == (expected,)
