"""Trying again what waits, when something has changed that can help it.

See docs/algorithms/queues.md. A line is tried again when units of its product became free, a location takes work
again or the retailer's rules changed since it was last decided, when its time has come, or when somebody asks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from fulfilment.inventory.selectors.carts import LIVE_CARTS
from fulfilment.routing.selectors import SNAPSHOT
from fulfilment.routing.services.deciding import live_decider
from fulfilment.routing.services.orders_route import orders_route

#: Orders that one call decides: few enough that captures and cancellations never wait long for it.
ORDERS_AT_ONCE = 100
#: Lines that one call looks at.
_LINES_AT_ONCE = 1_000

_UNSEEN = "(q.seen = '' OR NOT pg_visible_in_snapshot(f.xid::text::xid8, q.seen::pg_snapshot))"
_DUE = f"""
    WITH ruled AS (SELECT greatest(
        (SELECT max(revision) FROM modules_historicalprofiledocument WHERE module = 'order_routing'),
        (SELECT max(revision) FROM modules_historicalmoduleadoption WHERE module = 'order_routing'), 0) AS revision)
    SELECT line_id, order_id, product_id, whatever FROM (
        SELECT q.line_id, l.order_id, q.product_id, o.priority, q.since,
            q.next_try <= now() OR q.revision < ruled.revision OR q.product_id IS NULL
            OR EXISTS (SELECT FROM routing_freedstock f WHERE f.product_id IS NULL AND {_UNSEEN}) AS whatever,
            EXISTS (SELECT FROM routing_freedstock f WHERE f.product_id = q.product_id AND {_UNSEEN}) AS freed
        FROM routing_backorder q CROSS JOIN ruled
        JOIN orders_orderline l ON l.id = q.line_id JOIN orders_order o ON o.id = l.order_id
        WHERE l.open > 0 AND o.status <> 'held' AND NOT (q.queue = 'to_route' AND q.next_try IS NULL)
    ) due WHERE whatever OR freed ORDER BY priority DESC, since, line_id LIMIT %s
"""


@dataclass(slots=True)
class Retried:
    """What a call did; ``settled_lines`` were due for stock that is gone again. ``more`` says that others are due."""

    orders: int = 0
    allocated_units: int = 0
    settled_lines: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Due:
    """``whatever`` is decided whatever is free: its time has come, or a location or the rules changed."""

    line_id: int
    order_id: int
    product_id: int | None
    whatever: bool


def queue_due() -> bool:
    """Whether anything that waits is to be tried again now."""
    return bool(_due(1))


def queue_retry(*, actor: str, limit: int = ORDERS_AT_ONCE) -> Retried:
    """Route lines that are due, the most urgent and oldest first, at most ``limit`` orders; call again for more.

    A line that is due because its product became free, while none of it is free any more, is settled without a
    decision: so a thousand lines are not decided again and again for one unit. Runs in the caller's transaction;
    raises what :func:`~fulfilment.routing.services.orders_route` raises.
    """
    _forget_done()
    snapshot = _snapshot()
    due = _due(_LINES_AT_ONCE)
    free = _free_products({row.product_id for row in due if row.product_id})
    hopeless = [row.line_id for row in due if not row.whatever and row.product_id not in free]
    _settle(hopeless, snapshot)
    orders = list(dict.fromkeys(row.order_id for row in due if row.whatever or row.product_id in free))
    retried = Retried(settled_lines=len(hopeless), more=len(due) == _LINES_AT_ONCE or len(orders) > limit)
    if orders:
        routed = orders_route(order_ids=orders[:limit], actor=actor)
        retried.orders, retried.allocated_units = routed.orders, routed.allocated_units
    if not retried.more:
        _forget_freed()
    return retried


def runs_given_up() -> int:
    """Where the live release decides no runs (any more), what waits for one is routed alone; how many lines."""
    live = live_decider()
    if live.policies.decides_runs(live.documents):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_backorder SET next_try = now() WHERE queue = 'to_route' AND next_try IS NULL")
        return int(cursor.rowcount)


def _due(limit: int) -> list[_Due]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        return [_Due(*row) for row in cursor.fetchall()]


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SNAPSHOT}")
        return str(cursor.fetchone()[0])


def _free_products(products: Collection[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.product_id FROM inventory_stocklevel l"
            " JOIN locations_location c ON c.id = l.location_id AND c.ships AND NOT c.paused"
            f" WHERE l.product_id = ANY(%s) AND l.on_hand - l.reserved > {LIVE_CARTS}",
            [list(products)],
        )
        return {row[0] for row in cursor.fetchall()}


def _settle(line_ids: Collection[int], snapshot: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_backorder SET seen = %s WHERE line_id = ANY(%s)", [snapshot, list(line_ids)])


def _forget_done() -> None:
    """Lines whose units were cancelled, or placed by another way, wait for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM routing_backorder q USING orders_orderline l WHERE l.id = q.line_id AND l.open <= 0"
        )


def _forget_freed() -> None:
    """What is older than any transaction that could still decide without having seen it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM routing_freedstock WHERE freed_at < now() - interval '1 hour'")
