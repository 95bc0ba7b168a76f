"""Amazon Selling Partner: documents of its orders API in, shipment confirmations and quantities out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from oms.kernel.verdict import Verdict
from orders.channels.amazon.notifications import notification_read, notifications_in
from orders.channels.amazon.orders import order_read
from orders.channels.reading import Record, json_of
from orders.channels.signatures import standard_webhook
from orders.domain.channel import (
    CannotRead,
    ChannelAdapter,
    Envelope,
    Intake,
    Json,
    Message,
    NotWanted,
    Option,
    Outbound,
    Setup,
    ShipmentTold,
    StatusTold,
    Told,
)


class Amazon(ChannelAdapter):
    """One seller account in one marketplace.

    Amazon sends no webhooks of orders: a connector fetches them and posts what it got, signed as a Standard Webhook.
    Order, items and address may come together (the items as ``OrderItems`` inside the order) or one by one.
    """

    title = "Amazon Selling Partner"
    OPTIONS = (
        Option("seller", "The seller's own number; needed for stock.", ""),
        Option("marketplace", "The marketplace's number: ATVPDKIKX0DER. Needed for stock.", ""),
    )  # fmt: skip

    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """Standard Webhooks, by the connector that fetches."""
        return standard_webhook(message, secrets, now=now)

    def envelope(self, message: Message) -> Envelope:
        """By the connector's number of the delivery."""
        return Envelope("", message.headers.get("webhook-id", "")[:160])

    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """Orders, with the items and addresses that stand beside them."""
        document = json_of(message)
        if "errors" in Record(document, "") and "payload" not in Record(document, ""):
            text = "Amazon answered with an error instead of an order: fetch it again"
            raise CannotRead(text)
        notifications = notifications_in(document)
        if notifications:
            return tuple(intake for told in notifications for intake in notification_read(told))
        orders = [order for order in _together([document]) if _has_part(order)]
        if not orders:
            return (NotWanted("", "it holds no order"),)
        return tuple(intake for order in orders for intake in order_read(Record(order, ""), setup))

    def join(self, messages: Sequence[Message], setup: Setup) -> tuple[Intake, ...]:
        """Order, items and address that came one by one."""
        orders = [order for order in _together([json_of(each) for each in messages]) if _has_part(order)]
        return tuple(intake for order in orders for intake in order_read(Record(order, ""), setup))

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """A shipment is confirmed, under its own number; the same twice counts once."""
        if isinstance(told, StatusTold):
            return ()
        if isinstance(told, ShipmentTold):
            return (_confirmation(told, setup),)
        seller, marketplace = (str(setup.options.get(name) or "") for name in ("seller", "marketplace"))
        if not (seller and marketplace):
            return ()
        path = f"listings/2021-08-01/items/{quote(seller, safe='')}/{quote(told.sku, safe='')}"
        value: Json = [{"fulfillment_channel_code": "DEFAULT", "quantity": told.quantity}]
        patch: Json = {
            "productType": "PRODUCT",
            "patches": [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}],
        }
        return (Outbound("PATCH", f"{path}?marketplaceIds={quote(marketplace, safe='')}", _json(patch)),)

    def authorise(self, token: str) -> Mapping[str, str]:
        """The access token that the connector renews."""
        return {"x-amz-access-token": token} if token else {}


def _has_part(order: Mapping[str, object]) -> bool:
    return any(name in order for name in ("OrderStatus", "OrderItems", "PurchaseDate"))


def _together(documents: Sequence[object]) -> list[dict[str, object]]:
    """Everything that is said of each order, put into one; what is said twice counts as it was said last."""
    found: dict[str, dict[str, object]] = {}
    for document in documents:
        for part in _parts(document):
            whole = found.setdefault(str(part.get("AmazonOrderId") or ""), {})
            items = _items(whole.get("OrderItems"), part.get("OrderItems"))
            whole.update(part)
            if items:
                whole["OrderItems"] = items
    return list(found.values())


def _items(*lists: object) -> list[object]:
    """Items by their numbers: prices and what the buyer says of an item come in documents of their own."""
    found: dict[str, dict[str, object]] = {}
    for items in lists:
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict):
                found.setdefault(str(item.get("OrderItemId") or len(found)), {}).update(item)
    return list(found.values())


def _parts(document: object) -> list[dict[str, object]]:
    if isinstance(document, list):
        return [part for each in document for part in _parts(each)]
    if not isinstance(document, dict):
        return []
    for name in ("payload", "Order", "order"):
        if isinstance(document.get(name), dict):
            rest = {key: value for key, value in document.items() if key in ("OrderItems", "BuyerInfo", "NextToken")}
            address = document.get("ShippingAddress") or document.get("OrderAddress")
            rest |= {"ShippingAddress": address} if isinstance(address, dict) else {}
            return [{**part, **rest} if len(_parts(document[name])) == 1 else part for part in _parts(document[name])]
    if isinstance(document.get("Orders"), list):
        return [part for each in document["Orders"] for part in _parts(each)]
    return [document] if "AmazonOrderId" in document else []


def _confirmation(told: ShipmentTold, setup: Setup) -> Outbound:
    # A number of our own for the parcel: digits alone, and the same whenever it is told.
    parcel = str(1 + sum(ord(letter) * 31**at for at, letter in enumerate(told.shipment)) % 10**9)
    lines: list[Json] = [
        {"orderItemId": line.reference, "quantity": line.quantity} for line in told.lines if line.reference
    ]
    package: dict[str, Json] = {
        "packageReferenceId": parcel,
        "carrierCode": told.carrier or "Other",
        "trackingNumber": told.tracking_number or told.shipment,
        "shipDate": told.shipped_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "orderItems": lines,
    }
    if package["carrierCode"] == "Other":
        package["carrierName"] = "Own delivery"
    marketplace = told.references.get("marketplace") or setup.options.get("marketplace") or ""
    body: Json = {"marketplaceId": marketplace, "packageDetail": package}
    path = f"orders/v0/orders/{quote(told.external_number, safe='')}/shipmentConfirmation"
    return Outbound("POST", path, _json(body))


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


ADAPTER = Amazon()
