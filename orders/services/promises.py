"""Promises to customers: made, expected, kept, broken. Days are those of the retailer's zone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from oms.infra.events import record
from orders.life_events import PromiseBroken

#: What has left, and of which nobody has said by then that it arrived, counts as not arrived by the day.
NOBODY_SAID_DAYS = 7

_AS_PROMISED = "as the channel promised"


@dataclass(frozen=True, slots=True)
class Expected:
    """When a line is expected, None while nobody can tell, and why.

    ``by_method`` is the day that its shipping method promises, if it promises one.
    """

    day: date | None
    why: str
    by_method: date | None = None


def promises_make(*, order_id: int, days: Mapping[int, date] | None = None, why: str = _AS_PROMISED) -> int:
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
            " SELECT w.id, w.day, p.expected_on, coalesce(p.delivered, 0), p.delivered_on FROM wanted w"
            " LEFT JOIN orders_linepromise p ON p.line_id = w.id AND p.outcome = 'open'"
            " WHERE w.day IS NOT NULL ORDER BY w.id",
            [wanted, [(days or {})[line] for line in wanted], order_id, days is None, timezone.now()],
        )
        rows = cursor.fetchall()
        cursor.execute(
            "INSERT INTO orders_linepromise (line_id, promised_on, expected_on, delivered, delivered_on, why, outcome)"
            " SELECT d.*, %s, 'open' FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::int[], %s::date[]) AS d"
            " ON CONFLICT DO NOTHING",
            [why[:255], *([row[at] for row in rows] for at in range(5))],
        )
        return int(cursor.rowcount)


def promises_expect(expected: Mapping[int, Expected]) -> int:
    """Write down when lines (by primary key) are expected; return how many were promised by it for the first time.

    A line that was promised keeps its promise, whatever is expected now. One that never was is promised by the day
    that its order came with, else by the day of its shipping method, else by the day that it is expected.
    """
    lines = list(expected)
    given = [expected[line] for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET expected_on = d.day FROM unnest(%s::bigint[], %s::date[]) AS d(line, day)"
            " WHERE p.line_id = d.line AND p.outcome = 'open' AND p.expected_on IS DISTINCT FROM d.day",
            [lines, [each.day for each in given]],
        )
        cursor.execute(
            "INSERT INTO orders_linepromise (line_id, promised_on, expected_on, why, outcome)"
            " SELECT l.id, coalesce(o.promise_by, d.by_method, d.day), d.day,"
            " CASE WHEN o.promise_by IS NOT NULL THEN %s WHEN d.by_method IS NOT NULL THEN"
            " 'as the shipping method promises: ' || o.method ELSE d.why END, 'open'"
            " FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::varchar[]) AS d(line, day, by_method, why)"
            " JOIN orders_orderline l ON l.id = d.line JOIN orders_order o ON o.id = l.order_id"
            " WHERE coalesce(o.promise_by, d.by_method, d.day) IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM orders_linepromise p WHERE p.line_id = l.id) ORDER BY l.id"
            " ON CONFLICT DO NOTHING",
            [_AS_PROMISED, lines, [each.day for each in given], [each.by_method for each in given],
             [each.why[:255] for each in given]],
        )  # fmt: skip
        return int(cursor.rowcount)


def promises_unknown(line_ids: Collection[int]) -> None:
    """Nobody can tell any more when these lines are expected: units of them are without a location."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise SET expected_on = NULL"
            " WHERE line_id = ANY(%s) AND outcome = 'open' AND expected_on IS NOT NULL",
            [list(line_ids)],
        )


def promises_deliver(*, units: Mapping[int, int], day: date) -> None:
    """Units of lines (by primary key) have arrived on a day. What this decides is settled.

    The caller holds the row locks of the lines' orders, and tells of each unit once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET delivered = p.delivered + d.units,"
            " delivered_on = greatest(p.delivered_on, %s)"
            " FROM unnest(%s::bigint[], %s::int[]) AS d(line, units) WHERE p.id ="
            " (SELECT max(id) FROM orders_linepromise WHERE line_id = d.line)",
            [day, list(units), list(units.values())],
        )
        cursor.execute("SELECT DISTINCT order_id FROM orders_orderline WHERE id = ANY(%s)", [list(units)])
        orders = [row[0] for row in cursor.fetchall()]
    promises_settle(orders)


def promises_settle(order_ids: Collection[int]) -> None:
    """Settle the open promises of lines of which nothing is on its way any more.

    Kept where the last unit arrived by the day, broken where later, void where everything was cancelled.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET settled_at = %s, outcome = CASE WHEN l.fulfilled = 0 THEN 'void'"
            " WHEN p.delivered_on <= p.promised_on THEN 'kept' ELSE 'broken' END"
            " FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id"
            " WHERE p.line_id = l.id AND l.order_id = ANY(%s) AND p.outcome = 'open'"
            " AND l.ordered = l.cancelled + l.fulfilled AND p.delivered >= l.fulfilled"
            " RETURNING p.outcome, o.number, l.position, p.promised_on, p.why",
            [now, list(order_ids)],
        )
        settled = cursor.fetchall()
    _tell_broken([row[1:] for row in settled if row[0] == "broken"], now)


def promises_break(*, at_most: int = 1000) -> int:
    """Write down which promises have been broken since the day passed; return how many. Safe to repeat.

    A line that has not left by its day has not arrived by it. One that has left may have: it is given
    :data:`NOBODY_SAID_DAYS` days for its delivery to be told.
    """
    now, today = timezone.now(), timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_linepromise p SET outcome = 'broken', settled_at = %s FROM orders_orderline l"
            " JOIN orders_order o ON o.id = l.order_id WHERE p.id IN (SELECT w.id FROM orders_linepromise w"
            " JOIN orders_orderline x ON x.id = w.line_id WHERE w.outcome = 'open' AND w.promised_on < %s"
            " AND (x.ordered > x.cancelled + x.fulfilled OR w.promised_on < %s)"
            " ORDER BY w.promised_on, w.id LIMIT %s FOR UPDATE OF w SKIP LOCKED)"
            " AND l.id = p.line_id RETURNING o.number, l.position, p.promised_on, p.why",
            [now, today, today - timedelta(days=NOBODY_SAID_DAYS), at_most],
        )
        broken = cursor.fetchall()
    _tell_broken(broken, now)
    return len(broken)


def _tell_broken(broken: Sequence[tuple[str, int, date, str]], now: datetime) -> None:
    record([
        PromiseBroken(
            subject=number, occurred_at=now, actor="promises", position=position, promised_on=day.isoformat(), why=why
        )
        for number, position, day, why in broken
    ])  # fmt: skip
