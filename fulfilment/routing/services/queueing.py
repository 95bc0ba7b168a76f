"""What no location takes now: where it waits, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from fulfilment.routing.domain.queues import Queue
from fulfilment.routing.events import UnitsGivenUp
from fulfilment.routing.selectors import OrderToRoute
from fulfilment.routing.services.deciding import Decided
from modules.contracts.review import HoldDecision
from modules.contracts.routing import LineFacts, Unplaced
from oms.infra.events import record
from orders.models import OrderHold
from orders.services import LineToCancel, holds_place, lines_cancel

HOLD = "routing"
_WAITING = {queue.value for queue in Queue}


@dataclass(slots=True)
class Queued:
    """Units by what became of them."""

    waiting: int = 0
    given_up: int = 0
    held_orders: int = 0


def unplaced_queue(decided: Sequence[Decided], *, seen: str, revision: int, actor: str) -> Queued:
    """Put what was not placed into its queue, on hold, or give it up; placed lines leave their queues.

    The caller holds the orders' row locks. ``seen`` is the snapshot in which the stock was read, ``revision`` the
    profile's at that time.
    """
    queued = Queued()
    _leave({line.line_id for item in decided for line in item.order.lines}, _still_waiting(decided))
    rows: list[_Row] = []
    for item in decided:
        lines = {line.line_id: line for line in item.order.lines}
        for unplaced in item.decision.unplaced:
            if unplaced.queue in _WAITING:
                rows.append(_Row.of(lines[unplaced.line_id], unplaced, revision))
                queued.waiting += unplaced.quantity
        given_up = [each for each in item.decision.unplaced if each.queue == "cancel"]
        units_give_up([(item.order, lines[each.line_id], each.quantity, each.reason) for each in given_up], actor)
        queued.given_up += sum(each.quantity for each in given_up)
        queued.held_orders += _hold(item, actor)
    _write(rows, seen)
    return queued


def _still_waiting(decided: Sequence[Decided]) -> set[int]:
    return {each.line_id for item in decided for each in item.decision.unplaced if each.queue in _WAITING}


def orders_await_run(orders: Sequence[OrderToRoute], *, revision: int) -> int:
    """Put the open units of orders into the queue that the next run takes; return how many units they are."""
    rows = [
        _Row(line.line_id, line.product_id, Queue.TO_ROUTE, "waits for the next run", None, None, None, revision)
        for order in orders
        for line in order.lines
    ]
    _write(rows, "")
    return sum(line.quantity for order in orders for line in order.lines)


def queues_tidy(*, order_id: int) -> None:
    """Lines of an order that have nothing open leave their queues."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM routing_backorder q USING orders_orderline l"
            " WHERE l.id = q.line_id AND l.order_id = %s AND l.open = 0",
            [order_id],
        )


def units_give_up(units: Sequence[tuple[OrderToRoute, LineFacts, int, str]], actor: str) -> None:
    """Cancel open units (order, line, how many, why), and let it be known that the customer is to be told."""
    if not units:
        return
    now = timezone.now()
    lines_cancel(
        cancellations=[
            LineToCancel(
                line_id=line.line_id, quantity=count, unit_price=line.unit_price, external_number="",
                reason=reason[:120], happened_at=now,
            )
            for _, line, count, reason in units
        ],
        actor=actor,
    )  # fmt: skip
    record([
        UnitsGivenUp(
            subject=order.number, occurred_at=now, actor=actor, position=line.position, units=count, reason=reason
        )
        for order, line, count, reason in units
    ])  # fmt: skip


def _hold(item: Decided, actor: str) -> int:
    """Hold an order of which units are to be looked at by a person; each hold has a name of its own."""
    reasons = [each.reason for each in item.decision.unplaced if each.queue == "hold"]
    if not reasons:
        return 0
    before = OrderHold.objects.filter(order=item.order.id, code__startswith=HOLD).count()
    code = HOLD if not before else f"{HOLD}_{before + 1}"
    hold = HoldDecision(code=code, blocks=("allocate",), why="; ".join(dict.fromkeys(reasons))[:255])
    holds_place(holds=[(item.order.id, item.order.number, hold)], actor=actor)
    return 1


@dataclass(frozen=True, slots=True)
class _Row:
    line_id: int
    product_id: int
    queue: Queue
    reason: str
    next_try: datetime | None
    cancel_on: str | None
    expected_on: str | None
    revision: int

    @classmethod
    def of(cls, line: LineFacts, unplaced: Unplaced, revision: int) -> _Row:
        queue = Queue(unplaced.queue)
        return cls(
            line.line_id, line.product_id, queue, unplaced.reason[:255], next_try(queue, unplaced.expected_on),
            unplaced.cancel_on or None, unplaced.expected_on or None, revision,
        )  # fmt: skip


def next_try(queue: Queue, expected_on: str = "") -> datetime | None:
    """When a line is tried again though nothing has changed: with the next day's capacity, or when stock is due.

    What is unfillable waits for a change or for somebody.
    """
    if queue is Queue.UNFILLABLE:
        return None
    today = timezone.localdate()
    day = max(today + timedelta(days=1), date.fromisoformat(expected_on) if expected_on else today)
    return timezone.make_aware(datetime.combine(day, time.min))


def _leave(line_ids: Collection[int], but: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM routing_backorder WHERE line_id = ANY(%s) AND NOT line_id = ANY(%s)",
            [list(line_ids), list(but)],
        )


def _write(rows: Sequence[_Row], seen: str) -> None:
    """A line that waits already keeps its age."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO routing_backorder AS q (line_id, product_id, queue, reason, next_try, cancel_on, expected_on,"
            " revision, seen) SELECT d.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::varchar[], %s::varchar[],"
            " %s::timestamptz[], %s::date[], %s::date[], %s::bigint[]) AS d"
            " ON CONFLICT (line_id) DO UPDATE SET product_id = excluded.product_id, queue = excluded.queue,"
            " reason = excluded.reason, next_try = excluded.next_try, cancel_on = excluded.cancel_on,"
            " expected_on = excluded.expected_on, revision = excluded.revision, seen = excluded.seen,"
            " retries = q.retries + 1",
            [
                seen,
                [row.line_id for row in rows], [row.product_id for row in rows],
                [row.queue.value for row in rows], [row.reason for row in rows], [row.next_try for row in rows],
                [row.cancel_on for row in rows], [row.expected_on for row in rows], [row.revision for row in rows],
            ],
        )  # fmt: skip
