"""WooCommerce: webhooks and documents of its REST API in, statuses, notes and stock out."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from oms.kernel.verdict import Verdict
from orders.channels.reading import Record, Unreadable, json_of
from orders.channels.signatures import hmac_of_body
from orders.channels.woocommerce.orders import order_read, refund_read
from orders.domain.channel import (
    CannotTell,
    ChannelAdapter,
    Envelope,
    Intake,
    Json,
    Message,
    NotWanted,
    Option,
    Outbound,
    Setup,
    StatusTold,
    StockTold,
    Told,
    Unclear,
)

_API = "wp-json/wc/v3"


class WooCommerce(ChannelAdapter):
    """One shop."""

    title = "WooCommerce"
    OPTIONS = (
        Option("statuses", "The shop's own statuses whose orders are to be worked on: [\"packing\"].", []),
        Option("take_unpaid", "Take orders before they are paid.", False),
    )  # fmt: skip

    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """``X-WC-Webhook-Signature``: HMAC-SHA256 of the raw body."""
        return hmac_of_body(message, "x-wc-webhook-signature", secrets)

    def probe(self, message: Message) -> bool:
        """``webhook_id=12``, without a signature."""
        return re.fullmatch(rb"webhook_id=\d{1,20}", message.body) is not None

    def envelope(self, message: Message) -> Envelope:
        """By WooCommerce's number of the delivery; it gives each try its own, so the bytes count as well."""
        return Envelope(message.headers.get("x-wc-webhook-topic", "")[:80], "")

    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """A webhook by its topic; a document without one by its shape."""
        topic = message.headers.get("x-wc-webhook-topic", "")
        document = json_of(message)
        body = Record(document, "")
        if topic == "order.deleted":
            number = body.text("id", limit=64)
            return (Unclear(number, "the shop has deleted the order; cancel it by hand if it must not be sent"),)
        if topic and not topic.startswith(("order.", "refund.", "action.")):
            return (NotWanted(topic, f"{topic} is nothing that orders need"),)
        found = list(_documents(document))
        if not found:
            return (NotWanted(topic, "it holds no order and no refund"),)
        return tuple(intake for record in found for intake in _read(record, setup))

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """A note with the tracking number; the order is completed with its last parcel."""
        if isinstance(told, StockTold):
            return (Outbound("GET", f"{_API}/products?sku={quote(told.sku, safe='')}", b""),)
        order = f"{_API}/orders/{quote(told.external_number, safe='')}"
        if isinstance(told, StatusTold):
            return (Outbound("PUT", order, _json({"status": "cancelled"})),) if told.status == "cancelled" else ()
        way = " ".join(filter(None, [told.carrier, told.tracking_number]))
        units = ", ".join(f"{line.quantity} × {line.sku}" for line in told.lines)
        note: Json = {"note": f"Sent ({told.shipment}): {units}. {way}".strip(), "customer_note": bool(way)}
        if not told.complete:
            return (Outbound("POST", f"{order}/notes", _json(note)),)
        done: Json = {
            "status": "completed",
            "meta_data": [
                {"key": "_tracking_number", "value": told.tracking_number},
                {"key": "_tracking_provider", "value": told.carrier},
            ],
        }
        return (Outbound("PUT", order, _json(done)), Outbound("POST", f"{order}/notes", _json(note)))

    def follow(self, told: Told, answers: Sequence[bytes], setup: Setup) -> Outbound | None:
        """Stock is written once the product's number is known. Raises :class:`CannotTell`."""
        if not isinstance(told, StockTold) or len(answers) != 1:
            return None
        found = json_of(Message(answers[0]))
        products = [Record(each, "product") for each in found] if isinstance(found, list) else []
        if len(products) != 1 or not products[0].text("id").isdigit():
            text = f"{len(products)} products of the shop have the SKU {told.sku!r}; give one, and only one, this SKU"
            raise CannotTell(text)
        [product] = products
        parent = product.text("parent_id")
        variation = product.text("type") == "variation" and parent.isdigit() and parent != "0"
        path = f"products/{parent}/variations" if variation else "products"
        level: Json = {"manage_stock": True, "stock_quantity": told.quantity}
        return Outbound("PUT", f"{_API}/{path}/{product.text('id')}", _json(level))

    def authorise(self, token: str) -> Mapping[str, str]:
        """``<consumer key>:<consumer secret>``."""
        return {"Authorization": f"Basic {base64.b64encode(token.encode()).decode()}"} if token else {}


def _documents(document: object) -> list[Record]:
    if isinstance(document, dict) and "id" not in document:  # a batch: create, update, delete
        return [record for part in document.values() if isinstance(part, list) for record in _documents(part)]
    items = document if isinstance(document, list) else [document]
    return [Record(each, "") for each in items if isinstance(each, dict) and (_is_order(each) or _is_refund(each))]


def _is_order(document: Mapping[str, object]) -> bool:
    return "order_key" in document or ("total" in document and "line_items" in document)


def _is_refund(document: Mapping[str, object]) -> bool:
    return "amount" in document and any(name in document for name in ("refunded_by", "refunded_payment", "line_items"))


def _read(record: Record, setup: Setup) -> Sequence[Intake]:
    if not _is_refund(record.value):
        return list(order_read(record, setup))
    number = _order_of(record)
    try:
        if not number:
            return [Unclear("", "the refund does not say its order")]
        return [refund_read(record, number, setup)]
    except Unreadable as fault:
        return [Unclear(number, str(fault))]


def _order_of(refund: Record) -> str:
    """A refund names its order as its parent, or in the link upwards alone."""
    parent = refund.text("parent_id", "order_id", limit=64)
    if parent not in ("", "0"):
        return parent
    for link in refund.record("_links").records("up"):
        number = link.text("href", limit=500).rstrip("/").rpartition("/")[2]
        if number.isdigit():
            return number
    return ""


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


ADAPTER = WooCommerce()
