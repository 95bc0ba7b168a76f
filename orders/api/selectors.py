"""Reads of orders, each in one round trip."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from oms.infra.database.prepared import prepared
from orders.domain.capture import Destination


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order without its lines. Amounts are in ``currency``."""

    id: int
    number: str
    channel: str
    external_number: str
    status: str
    currency: str
    lines_total: Decimal
    charges_total: Decimal
    total: Decimal
    placed_at: datetime
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class PromiseDetail:
    """The newest promise of a line, days as ISO 8601; ``outcome`` of :class:`~orders.models.PromiseOutcome`."""

    promised_on: str
    expected_on: str | None
    delivered: int
    delivered_on: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class LineDetail:
    """A line, with what became of its units; ``description`` as the channel sent it, ``name`` is the product's."""

    position: int
    sku: str
    description: str
    name: str
    unit_price: Decimal
    amount: Decimal
    ordered: int
    open: int
    allocated: int
    fulfilled: int
    cancelled: int
    returned: int
    promise: PromiseDetail | None


@dataclass(frozen=True, slots=True)
class ChargeDetail:
    """Money beside the goods."""

    kind: str
    description: str
    amount: Decimal
    line: int = 0
    """Position of the line that it belongs to; 0 for the order as a whole."""


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    """A tender of the order, in its currency; never its token."""

    position: int
    kind: str
    gateway: str
    label: str
    status: str
    """Where its newest authorisation stands: a value of :class:`~orders.models.TransactionStatus`."""
    amount: Decimal
    authorised: Decimal
    voided: Decimal
    captured: Decimal
    refunded: Decimal


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """Who bought."""

    reference: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order with everything that a partner may know of it."""

    summary: OrderSummary
    channel_currency: str
    customer: CustomerDetail | None
    destination: Destination
    lines: tuple[LineDetail, ...]
    charges: tuple[ChargeDetail, ...]
    payments: tuple[PaymentDetail, ...]
    method: str
    priority: int
    promise_by: date | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of orders ended: the last order's time and primary key."""

    placed_at: datetime
    id: int


_SUMMARY = (
    "o.id, o.number, c.code, o.external_number, o.status, o.currency, o.lines_total, o.charges_total, o.total,"
    " o.placed_at, o.captured_at"
)
_SUMMARY_COLUMNS = 11

# Amounts travel inside JSON as text: its numbers would come out as floats.
_DETAIL = f"""
SELECT {_SUMMARY}, c.currency, u.reference, u.name, u.email,
       o.recipient, o.address, o.city, o.postal_code, o.country, o.latitude, o.longitude,
       (SELECT jsonb_agg(jsonb_build_array(l.position, p.sku, l.description, p.name, l.unit_price::text, l.amount::text,
                                           l.ordered, l.open, l.allocated, l.fulfilled, l.cancelled, l.returned,
                                           (SELECT jsonb_build_array(m.promised_on, m.expected_on, m.delivered,
                                                                     m.delivered_on, m.outcome)
                                            FROM orders_linepromise m WHERE m.line_id = l.id
                                            ORDER BY m.id DESC LIMIT 1))
                         ORDER BY l.position)::text
        FROM orders_orderline l JOIN catalogue_product p ON p.id = l.product_id WHERE l.order_id = o.id),
       (SELECT jsonb_agg(jsonb_build_array(h.kind, h.description, h.amount::text, coalesce(
                (SELECT l.position FROM orders_orderline l WHERE l.id = h.line_id), 0)) ORDER BY h.id)::text
        FROM orders_ordercharge h WHERE h.order_id = o.id),
       (SELECT jsonb_agg(jsonb_build_array(y.position, y.kind, y.gateway, y.label,
                                           (SELECT t.status FROM orders_paymenttransaction t
                                            WHERE t.payment_id = y.id AND t.operation = 'authorise'
                                            ORDER BY t.id DESC LIMIT 1), y.amount::text,
                                           y.authorised::text, y.voided::text, y.captured::text, y.refunded::text)
                         ORDER BY y.position)::text
        FROM orders_payment y WHERE y.order_id = o.id),
       o.method, o.priority, o.promise_by, o.attributes::text
FROM orders_order o
JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN orders_customer u ON u.id = o.customer_id
WHERE o.number = %s
"""


def order_detail(number: str) -> OrderDetail | None:
    """The order with this number, or None."""
    if "\x00" in number:  # PostgreSQL has no such text
        return None
    row = prepared(_DETAIL, [number]).fetchone()
    if row is None:
        return None
    rest = row[_SUMMARY_COLUMNS:]
    return OrderDetail(
        summary=OrderSummary(*row[:_SUMMARY_COLUMNS]),
        channel_currency=rest[0],
        customer=CustomerDetail(*rest[1:4]) if rest[1] is not None else None,
        destination=Destination(
            recipient=rest[4],
            address=rest[5],
            city=rest[6],
            postal_code=rest[7],
            country=rest[8],
            latitude=rest[9],
            longitude=rest[10],
        ),
        lines=tuple(_line(each) for each in json.loads(rest[11] or "[]")),
        charges=tuple(
            ChargeDetail(kind, description, Decimal(amount), line)
            for kind, description, amount, line in json.loads(rest[12] or "[]")
        ),
        payments=tuple(
            PaymentDetail(*known, *(Decimal(amount) for amount in amounts))
            for *known, amounts in ((*each[:5], each[5:]) for each in json.loads(rest[13] or "[]"))
        ),
        method=rest[14],
        priority=rest[15],
        promise_by=rest[16],
        attributes=json.loads(rest[17]),
    )


#: Orders with an event since a moment. Few events name their orders; where there are many, the newest orders are asked
#: one by one whether they have one, which most of them have.
_TOUCHED_BY_FEW = (
    "o.number = ANY(ARRAY(SELECT DISTINCT e.subject FROM infra_event e"
    " WHERE e.subject_kind = 'order' AND e.recorded_at >= %s))"
)
_TOUCHED_BY_MANY = (
    "(SELECT max(e.recorded_at) FROM infra_event e WHERE e.subject_kind = 'order' AND e.subject = o.number) >= %s"
)
_FEW_EVENTS = 2_000


def _many_since(moment: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) > %s FROM (SELECT FROM infra_event e"
            " WHERE e.subject_kind = 'order' AND e.recorded_at >= %s LIMIT %s) few",
            [_FEW_EVENTS, moment, _FEW_EVENTS + 1],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def orders_newest(
    *,
    limit: int,
    status: str | None = None,
    channel: str | None = None,
    within: Sequence[int] = (),
    updated_since: datetime | None = None,
    after: Place | None = None,
) -> list[OrderSummary]:
    """At most ``limit`` orders, the newest first, from behind ``after``; never counts.

    ``within``: of these channels alone, by primary key; none: of all. ``updated_since``: with an event since then.
    """
    conditions: list[str] = ["true"]
    values: list[str | int | datetime | list[int]] = []
    if within:
        conditions.append("o.channel_id = ANY(%s)")
        values.append(list(within))
    if status is not None:
        conditions.append("o.status = %s")
        values.append(status)
    if channel is not None:
        conditions.append("o.channel_id = (SELECT id FROM orders_channel WHERE code = %s)")
        values.append(channel)
    if updated_since is not None:
        conditions.append(_TOUCHED_BY_MANY if _many_since(updated_since) else _TOUCHED_BY_FEW)
        values.append(updated_since)
    if after is not None:
        conditions.append("(o.placed_at, o.id) < (%s, %s)")
        values += [after.placed_at, after.id]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_SUMMARY} FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id"
            f" WHERE {' AND '.join(conditions)} ORDER BY o.placed_at DESC, o.id DESC LIMIT %s",
            [*values, limit],
        )
        return [OrderSummary(*row) for row in cursor.fetchall()]


def _line(row: list[Any]) -> LineDetail:
    position, sku, description, name, price, amount, *units, promise = row
    return LineDetail(
        position, sku, description, name, Decimal(price), Decimal(amount), ordered=units[0], open=units[1],
        allocated=units[2], fulfilled=units[3], cancelled=units[4], returned=units[5],
        promise=PromiseDetail(*promise) if promise else None,
    )  # fmt: skip
