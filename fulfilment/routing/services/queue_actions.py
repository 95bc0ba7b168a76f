"""What staff do with lines that wait, and what happens to them when their time is up."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from fulfilment.routing.domain.queues import Queue
from fulfilment.routing.selectors import orders_to_route
from fulfilment.routing.services.orders_route import Routed, orders_route
from fulfilment.routing.services.queueing import units_give_up

#: Orders whose time is up that one call cancels.
_AT_ONCE = 100


def queue_try_now(*, line_ids: Sequence[int], actor: str) -> Routed:
    """Route the orders of lines that wait, at once. Raises what ``orders_route`` raises."""
    return orders_route(order_ids=_orders_of(line_ids), actor=actor)


def queue_move_unfillable(*, line_ids: Sequence[int], actor: str) -> int:
    """Say that lines will not be fulfilled as things are: nothing but a change or somebody tries them again."""
    orders_to_route(_orders_of(line_ids))  # orders are locked before lines that wait, by everybody
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE routing_backorder SET queue = %s, reason = %s, next_try = NULL"
            " WHERE line_id = ANY(%s) AND queue <> %s",
            [Queue.UNFILLABLE.value, f"set aside by {actor.removeprefix('user ')}"[:255], list(line_ids),
             Queue.UNFILLABLE.value],
        )  # fmt: skip
        return int(cursor.rowcount)


def queue_cancel(*, line_ids: Sequence[int], reason: str, actor: str) -> int:
    """Cancel the open units of lines that wait, with notice to the customer; return how many units."""
    return _cancel(_orders_of(line_ids), set(line_ids), reason, actor)


def queue_expire(*, actor: str) -> int:
    """Cancel what still waits on its last day, with notice; at most a hundred lines. Return how many units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.line_id FROM routing_backorder q JOIN orders_orderline l ON l.id = q.line_id"
            " JOIN orders_order o ON o.id = l.order_id"
            " WHERE q.cancel_on <= %s AND l.open > 0 AND o.status <> 'held' ORDER BY q.cancel_on, q.line_id LIMIT %s",
            [timezone.localdate(), _AT_ONCE],
        )
        due = [row[0] for row in cursor.fetchall()]
    return _cancel(_orders_of(due), set(due), "not in stock by the day on which it was to be given up", actor)


def _cancel(order_ids: Sequence[int], line_ids: set[int], reason: str, actor: str) -> int:
    """Orders are locked first; only lines that wait then, with what is open then, are cancelled.

    The lines of an order that a hold keeps back go on waiting: whoever decides the hold decides about them.
    """
    orders = orders_to_route(order_ids)
    free = line_ids & {line.line_id for order in orders for line in order.lines}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM routing_backorder WHERE line_id = ANY(%s) RETURNING line_id", [list(free)])
        waiting = {row[0] for row in cursor.fetchall()}
    units = [
        (order, line, line.quantity, reason) for order in orders for line in order.lines if line.line_id in waiting
    ]
    units_give_up(units, actor)
    return sum(count for _, _, count, _ in units)


def _orders_of(line_ids: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.order_id FROM routing_backorder q JOIN orders_orderline l ON l.id = q.line_id"
            " WHERE q.line_id = ANY(%s)",
            [list(line_ids)],
        )
        return [row[0] for row in cursor.fetchall()]
