"""Orders and refunds as WooCommerce's REST API and its webhooks show them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from orders.channels.draft import Draft, destination
from orders.channels.reading import Record, Unreadable, address_lines, country_code, currency_code, email
from orders.domain.capture import Destination
from orders.domain.channel import (
    Intake,
    Json,
    LineUnits,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    RefundTold,
    Setup,
    Unclear,
)

_NOT_YET = {"pending": "not paid yet", "on-hold": "its payment is awaited", "failed": "its payment has failed"}
_DRAFTS = ("checkout-draft", "auto-draft", "draft")
#: Ways by which the customer fetches the goods: nothing is sent to who pays.
_FETCHED = ("local_pickup", "pickup_location")
_GONE = ("cancelled", "trash")


def order_read(order: Record, setup: Setup) -> Iterator[Intake]:
    """The order; then that it was cancelled, and what was refunded, where the document says so."""
    number = order.text("id", limit=64)
    status = order.text("status").removeprefix("wc-")
    if not number:
        yield Unclear("", "the order has no id")
        return
    if status in _DRAFTS:
        yield NotWanted("order", "a draft: the customer has not placed it yet")
        return
    try:
        changed = order.instant("date_modified_gmt", "date_created_gmt", naive_is_utc=True)
        if status in _GONE and not order.records("line_items") and changed:
            yield OrderCancelled(external_number=number, cancelled_at=changed, reason="cancelled in the shop")
            return
        yield _placed(order, number, status, setup)
        if status in (*_GONE, "refunded") and changed:
            yield OrderCancelled(external_number=number, cancelled_at=changed, reason=f"{status} in the shop")
        for refund in order.records("refunds"):
            yield _summary(refund, number, draft_currency(order, setup), changed)
    except Unreadable as fault:
        yield Unclear(number, str(fault))


def draft_currency(order: Record, setup: Setup) -> str:
    """Of the order, else the channel's. Raises ``Unreadable``."""
    return currency_code(order.text("currency") or setup.currency, "currency")


def _placed(order: Record, number: str, status: str, setup: Setup) -> OrderPlaced:
    placed_at = order.instant("date_created_gmt", "date_paid_gmt", naive_is_utc=True)
    placed_at = placed_at or order.instant("date_created")
    if placed_at is None:
        message = "the order does not say when it was placed (date_created_gmt)"
        raise Unreadable(message)
    draft = Draft(number, placed_at, draft_currency(order, setup))
    _lines(draft, order)
    _charges(draft, order)
    for name, *kinds in (
        ("discount_total", "discount"), ("shipping_total", "shipping"),
        ("total_tax", "tax", "shipping tax", "fee tax"),
    ):  # fmt: skip
        with suppress(Unreadable):  # nothing depends on it
            draft.part(name, order.money(name), *kinds)
    stated = order.money("total")
    if "date_paid_gmt" in order or "date_paid" in order or order.text("transaction_id"):
        draft.pay(
            order.text("payment_method", limit=24) or "card", stated or Decimal(0), captured=True,
            reference=order.text("transaction_id", limit=128) or f"woocommerce-{number}",
            label=order.text("payment_method_title", limit=80),
        )  # fmt: skip
    customer = order.text("customer_id", limit=50)
    billing = order.record("billing")
    ways = tuple(_way(each) for each in order.records("shipping_lines"))
    references: dict[str, Json] = {"order": number, "lines": dict(draft.line_references)}
    return OrderPlaced(
        order=draft.close(
            stated,
            customer_reference=f"{setup.code}:{customer}"[:64] if customer not in ("", "0") else "",
            customer_name=_name(billing),
            customer_email=email(billing.text("email")),
            destination=_destination(order, setup),
        ),
        stated_total=stated or Decimal(0), label=order.text("number", limit=64),
        method=next((names[-1] for names in ways if names), ""), ways=ways,
        references=references, settled=_settled(status), doubt=_doubt(status, setup),
    )  # fmt: skip


def _way(line: Record) -> tuple[str, ...]:
    """Names of a way of shipping, the most certain first: its rate in its zone, its title, its kind."""
    kind, rate = line.text("method_id", limit=64), line.text("instance_id", limit=20)
    title = html.unescape(line.text("method_title", limit=64))
    return tuple(dict.fromkeys(filter(None, (f"{kind}:{rate}" if kind and rate else "", title, kind))))


def _lines(draft: Draft, order: Record) -> None:
    """A line's ``subtotal`` is before discounts, ``total`` after; both without tax, whatever the shop shows."""
    for item in order.records("line_items"):
        variation = item.text("variation_id", limit=40)
        product = variation if variation not in ("", "0") else item.text("product_id", limit=40)
        name = html.unescape(item.text("name"))
        total = item.money("total")
        subtotal = item.money("subtotal")
        before = subtotal if subtotal is not None and (total is None or subtotal >= total) else total
        sku = item.whole("sku", 64) or (f"product:{product}" if product not in ("", "0") else f"title:{name}"[:64])
        position = draft.line(
            sku=sku, quantity=item.count("quantity"), amount=before, price=item.money("price"), description=name[:255],
            reference=item.text("id", limit=64),
        )  # fmt: skip
        if position:
            draft.charge("discount", (total if total is not None else before or Decimal(0)) - (before or Decimal(0)),
                         _coupons(order), position)  # fmt: skip
            draft.charge("tax", item.amount("total_tax"), "", position)


def _charges(draft: Draft, order: Record) -> None:
    for item in order.records("shipping_lines"):
        draft.charge("shipping", item.amount("total"), html.unescape(item.text("method_title")))
        draft.charge("shipping tax", item.amount("total_tax"))
    for item in order.records("fee_lines"):
        draft.charge("fee", item.amount("total"), html.unescape(item.text("name")))
        draft.charge("fee tax", item.amount("total_tax"))


def _coupons(order: Record) -> str:
    return ", ".join(filter(None, (coupon.text("code") for coupon in order.records("coupon_lines"))))[:255]


def _settled(status: str) -> str:
    return "the shop has completed it itself" if status == "completed" else ""


def _doubt(status: str, setup: Setup) -> str:
    if status in _NOT_YET and not setup.options.get("take_unpaid"):
        return f"{_NOT_YET[status]} ({status}); the shop sends it again once it is paid"
    known = ("processing", "completed", "refunded", *_NOT_YET, *_GONE)
    workable = setup.options.get("statuses")
    if status not in known and not (isinstance(workable, list) and status in workable):
        return f"the shop's own status {status!r} is not among the channel's statuses to be worked on"
    return ""


def refund_read(refund: Record, number: str, setup: Setup) -> RefundTold:
    """A refund with its lines, whose amounts are negative. Raises ``Unreadable``."""
    at = refund.instant("date_created_gmt", naive_is_utc=True)
    reference = refund.text("id", limit=60)
    amount = refund.money("amount")
    if not reference or at is None or amount is None:
        message = "the refund does not say its id, its amount and when it was made"
        raise Unreadable(message)
    units = []
    for item in refund.records("line_items"):
        meta = {each.text("key"): each.text("value") for each in item.records("meta_data")}
        line = meta.get("_refunded_item_id") or item.text("id", limit=64)
        count = abs(item.count("quantity") or 0)
        if count:
            units.append(LineUnits(count, line, sku=item.text("sku", limit=64)))
    return RefundTold(
        external_number=number, reference=reference, amount=abs(amount),
        currency=draft_currency(refund, setup), refunded_at=at,
        reason=refund.text("reason") or "refunded in the shop", cancelled=tuple(units),
    )  # fmt: skip


def _summary(refund: Record, number: str, currency: str, at: datetime | None) -> Intake:
    """An order lists its refunds with their totals alone; the lines are in the refund itself."""
    reference = refund.text("id", limit=60)
    if not reference or at is None:
        message = "a refund of the order does not say its id"
        raise Unreadable(message)
    return RefundTold(
        external_number=number, reference=reference, amount=abs(refund.amount("total")), currency=currency,
        refunded_at=at, reason=refund.text("reason", "refund") or "refunded in the shop", units_known=False,
    )  # fmt: skip


def _name(person: Record) -> str:
    return f"{person.text('first_name')} {person.text('last_name')}".strip()[:160]


def _destination(order: Record, setup: Setup) -> Destination:
    to = order.record("shipping")
    fetched = any(way.text("method_id") in _FETCHED for way in order.records("shipping_lines"))
    if not fetched and not to.text("address_1", "postcode", "city"):
        to = order.record("billing")
    return destination({
        "recipient": _name(to) or to.text("company"),
        "address": address_lines(to.text("company"), to.text("address_1"), to.text("address_2")),
        "city": address_lines(to.text("city"), to.text("state")),
        "postal_code": to.text("postcode", limit=32),
        "country": country_code(to.text("country"), setup.country),
    })  # fmt: skip
