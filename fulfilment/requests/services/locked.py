"""Fulfilment requests under lock, with what every verb on them has to know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from fulfilment.requests.domain import RequestStatus


@dataclass(frozen=True, slots=True)
class LockedRequest:
    """A request whose row, and whose order's row, this transaction holds."""

    id: int
    number: str
    status: RequestStatus
    order_id: int
    order_number: str
    location_code: str


@dataclass(frozen=True, slots=True)
class LockedLine:
    """A line of a locked request; ``waiting`` units have neither left nor been released."""

    id: int
    request_id: int
    order_line_id: int
    position: int
    level_id: int
    waiting: int


def requests_lock(request_ids: Collection[int]) -> list[LockedRequest]:
    """Lock orders first, then requests, each by number: the one order in which everybody takes them."""
    ids = list(request_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM orders_order WHERE id IN (SELECT order_id FROM requests_fulfilmentrequest"
            " WHERE id = ANY(%s)) ORDER BY id FOR UPDATE",
            [ids],
        )
        cursor.execute(
            "SELECT r.id, r.number, r.status, r.order_id, o.number, c.code"
            " FROM requests_fulfilmentrequest r JOIN orders_order o ON o.id = r.order_id"
            " JOIN locations_location c ON c.id = r.location_id"
            " WHERE r.id = ANY(%s) ORDER BY r.id FOR UPDATE OF r",
            [ids],
        )
        return [LockedRequest(row[0], row[1], RequestStatus(row[2]), *row[3:]) for row in cursor.fetchall()]


def waiting_lines(request_ids: Collection[int]) -> list[LockedLine]:
    """Lines of locked requests with units that still wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.id, q.request_id, q.order_line_id, l.position, q.level_id, q.quantity - q.released - q.shipped"
            " FROM requests_fulfilmentrequestline q JOIN orders_orderline l ON l.id = q.order_line_id"
            " WHERE q.request_id = ANY(%s) AND q.quantity > q.released + q.shipped ORDER BY q.id",
            [list(request_ids)],
        )
        return [LockedLine(*row) for row in cursor.fetchall()]
