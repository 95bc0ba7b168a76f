"""Reads of fulfilment requests and shipments, each in one round trip, within what a caller may see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.db import connection

Value: TypeAlias = str | int | datetime | list[int] | list[str]


@dataclass(frozen=True, slots=True)
class Sight:
    """What may be seen: the requests of these locations, for orders of these channels; None: of all."""

    location_ids: tuple[int, ...] | None = None
    channel_ids: tuple[int, ...] | None = None

    def conditions(self) -> tuple[list[str], list[Value]]:
        """SQL on ``r`` (the request) and ``o`` (its order), with its values."""
        conditions: list[str] = []
        values: list[Value] = []
        if self.location_ids is not None:
            conditions.append("r.location_id = ANY(%s)")
            values.append(list(self.location_ids))
        if self.channel_ids is not None:
            conditions.append("o.channel_id = ANY(%s)")
            values.append(list(self.channel_ids))
        return conditions, values


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """A request without its lines."""

    id: int
    number: str
    order: str
    location: str
    status: str
    units: int
    created_at: datetime
    shipped_at: datetime | None
    acknowledged_at: datetime | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class RequestLine:
    """Units of one order line that the location is to send."""

    id: int
    position: int
    sku: str
    description: str
    quantity: int
    released: int
    shipped: int


@dataclass(frozen=True, slots=True)
class ShipmentDetail:
    """What left, of which request."""

    id: int
    number: str
    request: str
    order: str
    location: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: tuple[tuple[int, str, int], ...]
    """Position, SKU and units of each."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the goods go."""

    recipient: str
    address: str
    city: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with all that a location needs to work it."""

    summary: RequestSummary
    destination: Recipient
    lines: tuple[RequestLine, ...]
    shipments: tuple[ShipmentDetail, ...]


_SUMMARY = (
    "r.id, r.number, o.number, c.code, r.status, r.units, r.created_at, r.shipped_at, a.acknowledged_at, a.reference"
)
_SUMMARY_COLUMNS = 10
_FROM = (
    " FROM requests_fulfilmentrequest r JOIN orders_order o ON o.id = r.order_id"
    " JOIN locations_location c ON c.id = r.location_id"
    " LEFT JOIN web_requestacknowledgement a ON a.request_id = r.id"
)
_SHIPMENT = """s.id, s.number, r.number, o.number, c.code, s.carrier, s.tracking_number, s.shipped_at,
       (SELECT jsonb_agg(jsonb_build_array(l.position, p.sku, t.quantity) ORDER BY l.position)::text
        FROM requests_shipmentline t JOIN requests_fulfilmentrequestline q ON q.id = t.request_line_id
        JOIN orders_orderline l ON l.id = q.order_line_id JOIN catalogue_product p ON p.id = l.product_id
        WHERE t.shipment_id = s.id)"""
_DETAIL = f"""
SELECT {_SUMMARY}, o.recipient, o.address, o.city, o.postal_code, o.country,
       (SELECT jsonb_agg(jsonb_build_array(q.id, l.position, p.sku, coalesce(nullif(l.description, ''), p.name),
                                           q.quantity, q.released, q.shipped)
                         ORDER BY l.position, q.id)::text
        FROM requests_fulfilmentrequestline q JOIN orders_orderline l ON l.id = q.order_line_id
        JOIN catalogue_product p ON p.id = l.product_id WHERE q.request_id = r.id)
{_FROM}"""


def request_detail(number: str, *, sight: Sight) -> RequestDetail | None:
    """The request with this number, where it may be seen; else None."""
    if "\x00" in number:  # PostgreSQL has no such text
        return None
    conditions, values = sight.conditions()
    with connection.cursor() as cursor:
        cursor.execute(f"{_DETAIL} WHERE {' AND '.join(['r.number = %s', *conditions])}", [number, *values])
        row = cursor.fetchone()
    if row is None:
        return None
    rest = row[_SUMMARY_COLUMNS:]
    return RequestDetail(
        RequestSummary(*row[:_SUMMARY_COLUMNS]),
        Recipient(*rest[:5]),
        tuple(RequestLine(*line) for line in json.loads(rest[5] or "[]")),
        tuple(shipments_newest(limit=100, sight=sight, request=number)),
    )


def requests_oldest(
    *,
    limit: int,
    sight: Sight,
    statuses: Sequence[str] = (),
    location: str | None = None,
    order: str | None = None,
    created_since: datetime | None = None,
    after: int | None = None,
) -> list[RequestSummary]:
    """At most ``limit`` requests, the oldest first as they are to be worked, from behind the one numbered ``after``."""
    conditions, values = sight.conditions()
    if statuses:
        conditions.append("r.status = ANY(%s)")
        values.append(list(statuses))
    if location is not None:
        conditions.append("r.location_id = (SELECT id FROM locations_location WHERE code = %s)")
        values.append(location)
    if order is not None:
        conditions.append("r.order_id = (SELECT id FROM orders_order WHERE number = %s)")
        values.append(order)
    if created_since is not None:
        conditions.append("r.created_at >= %s")
        values.append(created_since)
    if after is not None:
        conditions.append("r.id > %s")
        values.append(after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_SUMMARY}{_FROM} WHERE {' AND '.join(['true', *conditions])} ORDER BY r.id LIMIT %s",
            [*values, limit],
        )
        return [RequestSummary(*row) for row in cursor.fetchall()]


def shipments_newest(
    *,
    limit: int,
    sight: Sight,
    request: str | None = None,
    order: str | None = None,
    shipped_since: datetime | None = None,
    after: tuple[datetime, int] | None = None,
) -> list[ShipmentDetail]:
    """At most ``limit`` shipments, the newest first, from behind ``after`` (time and primary key)."""
    conditions, values = sight.conditions()
    if request is not None:
        conditions.append("r.number = %s")
        values.append(request)
    if order is not None:
        conditions.append("r.order_id = (SELECT id FROM orders_order WHERE number = %s)")
        values.append(order)
    if shipped_since is not None:
        conditions.append("s.shipped_at >= %s")
        values.append(shipped_since)
    if after is not None:
        conditions.append("(s.shipped_at, s.id) < (%s, %s)")
        values += after
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_SHIPMENT} FROM requests_shipment s JOIN requests_fulfilmentrequest r ON r.id = s.request_id"
            " JOIN orders_order o ON o.id = r.order_id JOIN locations_location c ON c.id = r.location_id"
            f" WHERE {' AND '.join(['true', *conditions])} ORDER BY s.shipped_at DESC, s.id DESC LIMIT %s",
            [*values, limit],
        )
        return [
            ShipmentDetail(*row[:-1], *[tuple(tuple(line) for line in json.loads(row[-1] or "[]"))])
            for row in cursor.fetchall()
        ]
