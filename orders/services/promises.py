"""Promises to customers: made, kept, broken. Days are those of the retailer's zone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection
from django.utils import timezone

from oms.infra.events import record
from orders.life_events import PromiseBroken


def promises_make(
    *, order_id: int, days: Mapping[int, date] | None = None, why: str = "as the channel promised"
) -> int:
    """Promise lines of an order by ``days`` (by primary key), or those never promised yet by the order's own day.

    Returns how many promises are new. A line keeps an open promise of the same day; another day replaces it. Lines of
    which nothing is left to send get none.
    """
    wanted = list(days or {})
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH wanted AS (SELECT l.id, coalesce(d.day, o.promise_by) AS day FROM orders_orderline l"
            " JOIN orders_order o ON o.id = l.order_id"
            " LEFT JOIN unnest(%s::bigint[], %s::date[]) AS d(line, day) ON d.line = l.id"
            " WHERE o.id = %s AND l.ordered > l.cancelled + l.fulfilled AND CASE WHEN %s THEN NOT EXISTS"
            " (SELECT FROM orders_linepromise p WHERE p.line_id = l.id) ELSE d.line IS NOT NULL AND NOT EXISTS"
            " (SELECT FROM orders_linepromise p WHERE p.line_id = l.id AND p.outcome = 'open'"
            " AND p.promised_on = d.day) END),"
            " replaced AS (UPDATE orders_linepromise p SET outcome = 'replaced', settled_at = %s FROM wanted w"
            " WHERE p.line_id = w.id AND p.outcome = 'open')"
            " SELECT w.id, w.day FROM wanted w WHERE w.day IS NOT NULL ORDER BY w.id",
            [wanted, [(days or {})[line] for line in wanted], order_id, days is None, timezone.now()],
        )
        rows = cursor.fetchall()
        cursor.execute(
            "INSERT INTO orders_linepromise (line_id, promised_on, why, outcome)"
            " SELECT d.line, d.day, %s, 'open' FROM unnest(%s::bigint[], %s::date[]) AS d(line, day)"
            " ON CONFLICT DO NOTHING",
            [why[:255], [row[0] for row in rows], [row[1] for row in rows]],
        )
        return int(cursor.rowcount)


def promises_settle(order_ids: Collection[int]) -> None:
    """Settle the open promises of lines that have nothing left to send: kept on the day or before it, else broken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET settled_at = %s, outcome = CASE WHEN l.fulfilled = 0 THEN 'void'"
            " WHEN p.promised_on >= %s THEN 'kept' ELSE 'broken' END"
            " FROM orders_orderline l WHERE p.line_id = l.id AND l.order_id = ANY(%s) AND p.outcome = 'open'"
            " AND l.ordered = l.cancelled + l.fulfilled",
            [timezone.now(), timezone.localdate(), list(order_ids)],
        )


def promises_break(*, at_most: int = 1000) -> int:
    """Write down which promises have been broken since the day passed; return how many. Safe to repeat."""
    now, today = timezone.now(), timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET outcome = 'broken', settled_at = %s FROM orders_orderline l"
            " JOIN orders_order o ON o.id = l.order_id WHERE p.id IN (SELECT id FROM orders_linepromise"
            " WHERE outcome = 'open' AND promised_on < %s ORDER BY promised_on, id LIMIT %s FOR UPDATE SKIP LOCKED)"
            " AND l.id = p.line_id RETURNING o.number, l.position, p.promised_on, p.why",
            [now, today, at_most],
        )
        broken = cursor.fetchall()
    record([
        PromiseBroken(
            subject=number, occurred_at=now, actor="promises", position=position, promised_on=day.isoformat(), why=why
        )
        for number, position, day, why in broken
    ])  # fmt: skip
    return len(broken)
