"""Shopify: webhooks and documents of the Admin REST API in, fulfilments and stock levels out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from oms.kernel.verdict import Verdict
from orders.channels.reading import Record, Unreadable, json_of
from orders.channels.shopify import telling
from orders.channels.shopify.orders import order_read
from orders.channels.shopify.refunds import refund_of
from orders.channels.signatures import hmac_of_body
from orders.domain.channel import (
    CannotRead,
    ChannelAdapter,
    Envelope,
    Intake,
    Message,
    NotWanted,
    Option,
    Outbound,
    Setup,
    Told,
    Unclear,
)

_ORDER_TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled")
_LATER_TOPICS = ("orders/fulfilled", "orders/partially_fulfilled")


class Shopify(ChannelAdapter):
    """One shop."""

    title = "Shopify"
    OPTIONS = (
        Option("api_version", "Version of the Admin API: 2026-07.", "2026-07"),
        Option("money", "shop: amounts in the shop's currency; presentment: as the customer paid.", "shop"),
        Option("locations", "Shopify's number of each of our locations: {\"LDN-1\": \"655441491\"}.", {}),
        Option("stock_location", "Shopify's number of the location to which stock is told.", ""),
        Option("notify_customer", "Whether Shopify writes to the customer when goods leave.", True),
        Option("take_unpaid", "Take orders before they are paid.", False),
        Option("take_tests", "Take test orders.", False),
    )  # fmt: skip

    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """``X-Shopify-Hmac-Sha256``: HMAC-SHA256 of the raw body."""
        return hmac_of_body(message, "x-shopify-hmac-sha256", secrets)

    def envelope(self, message: Message) -> Envelope:
        """By Shopify's number of the delivery, which stays the same when it is tried again."""
        key = message.headers.get("x-shopify-webhook-id", "") or message.headers.get("x-shopify-event-id", "")
        return Envelope(message.headers.get("x-shopify-topic", "")[:80], key[:160])

    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """A webhook by its topic; a document without one by its shape."""
        document = json_of(message)
        topic = message.headers.get("x-shopify-topic", "")
        if topic in _LATER_TOPICS:
            return (NotWanted(topic, "it tells of parcels of the shop; orders come with orders/create"),)
        if topic == "orders/delete":
            return (NotWanted(topic, "an order is deleted only after it was closed or cancelled; ours is kept"),)
        body = Record(document, "")
        if topic == "refunds/create" or "refund" in body:
            return _refunds([body.record("refund") or body], setup)
        if topic and topic not in _ORDER_TOPICS:
            return (NotWanted(topic, f"{topic} is nothing that orders need"),)
        if "refunds" in body and not any(name in body for name in ("line_items", "total_price")):
            return _refunds(body.records("refunds"), setup) or (NotWanted(topic, "it holds no refund"),)
        found = _orders(document)
        if not found:
            if topic:
                text = f"the body of {topic} is no order"
                raise CannotRead(text)
            return (NotWanted("", "it holds no order and no refund"),)
        return tuple(intake for order in found for intake in order_read(order, setup))

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """Shopify's numbers are asked for first."""
        return telling.begin(told, setup)

    def follow(self, told: Told, answers: Sequence[bytes], setup: Setup) -> Outbound | None:
        """Then the fulfilment or the level is written."""
        return telling.go_on(told, answers, setup)

    def authorise(self, token: str) -> Mapping[str, str]:
        """The token of a custom app."""
        return {"X-Shopify-Access-Token": token} if token else {}


def _orders(document: object) -> list[Record]:
    body = Record(document, "")
    if isinstance(document, list):
        return [Record(each, "") for each in document if isinstance(each, dict) and "line_items" in each]
    if "orders" in body:
        return [Record(each.value, "") for each in body.records("orders")]
    if "order" in body:
        return [Record(body.record("order").value, "")]
    return [body] if "line_items" in body or "total_price" in body else []


def _refunds(refunds: Sequence[Record], setup: Setup) -> tuple[Intake, ...]:
    def each(refund: Record) -> Iterator[Intake]:
        try:
            # An order in the customer's money is given back in it.
            currency = "" if setup.options.get("money") == "presentment" else setup.currency
            yield refund_of(refund, "", currency, usual=setup.currency)
        except Unreadable as fault:
            yield Unclear(refund.text("order_id", limit=64), str(fault))

    return tuple(intake for refund in refunds for intake in each(refund))


ADAPTER = Shopify()
