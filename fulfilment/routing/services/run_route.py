"""A brokering run: many orders decided together.

The facts are read in one transaction, the release decides outside any (it may take seconds), and a second transaction
carries out what still holds. Nothing is locked while the release thinks. Stopped at any moment, a run has either done
everything or nothing, and its orders still wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from fulfilment.inventory.services import NotEnoughStock
from fulfilment.requests.services import NewRequest, requests_offer
from fulfilment.routing.facts import Known, facts_of
from fulfilment.routing.selectors import OrderToRoute, StockFacts, orders_to_route, stock_facts
from fulfilment.routing.services.deciding import Decided, Decider, known_to, live_decider
from fulfilment.routing.services.orders_route import orders_route
from fulfilment.routing.services.placing import journal_decisions, pin, requests_for
from fulfilment.routing.services.queueing import unplaced_queue
from fulfilment.routing.services.run_record import RunResult, run_record
from modules.contracts.routing import RoutingFacts
from modules.contracts.routing_runs import RunDecision
from oms.infra.database.context import retailer_context

#: Orders that one run decides at most.
ORDERS_AT_ONCE = 1_000

#: Told the phase, how much of it is done and how much there is.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a run is decided on."""

    started_at: datetime
    clock: float
    orders: Sequence[OrderToRoute]
    known: Known
    stock: StockFacts
    by: Decider
    facts: Sequence[RoutingFacts]


def route_run(
    *,
    schema: str,
    actor: str,
    limit: int = ORDERS_AT_ONCE,
    on_progress: OnProgress = lambda phase, done, total: None,
) -> RunResult | None:
    """Decide what waits for a run together, the most urgent and oldest first; None where nothing waits.

    Opens its own contexts: call it outside every transaction. Orders that changed while the release was deciding go
    on waiting; those whose stock others took meanwhile are decided again, alone. One run has one currency.
    """
    with retailer_context(schema):
        prepared = _prepare(limit)
    if prepared is None:
        return None
    total = len(prepared.orders)
    on_progress("decide", 0, total)
    decision = prepared.by.policies.route_run(prepared.facts, prepared.by.documents)
    on_progress("decide", total, total)
    with retailer_context(schema):
        result = _carry_out(prepared, decision, actor)
    on_progress("reserve", total, total)
    return result


def run_due(limit: int = 1) -> list[int]:
    """Orders that wait for a run, the most urgent and oldest first, all of one currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH waiting AS (SELECT o.id, o.currency, max(o.priority) AS priority, min(q.since) AS since"
            " FROM routing_backorder q JOIN orders_orderline l ON l.id = q.line_id AND l.open > 0"
            " JOIN orders_order o ON o.id = l.order_id AND o.status <> 'held'"
            " WHERE q.queue = 'to_route' AND q.next_try IS NULL GROUP BY o.id)"
            " SELECT id FROM waiting WHERE currency = (SELECT currency FROM waiting"
            " ORDER BY priority DESC, since, id LIMIT 1) ORDER BY priority DESC, since, id LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _prepare(limit: int) -> _Prepared | None:
    started_at, clock = timezone.now(), time.monotonic()
    waiting, by = orders_to_route(run_due(limit), lock=False), live_decider()
    orders = [order for order in waiting if order.release in ("", by.release)]
    _route_alone([order for order in waiting if order not in orders])
    if not orders:
        return None
    known = known_to(orders, [by])
    stock = stock_facts({product for order in orders for product in order.products})
    facts = [facts_of(order, known, stock.available) for order in orders]
    return _Prepared(started_at, clock, orders, known, stock, by, facts)


def _route_alone(orders: Sequence[OrderToRoute]) -> None:
    """An order that began on another release is decided by that one, which knows nothing of this run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE routing_backorder SET next_try = now() WHERE line_id IN (SELECT line_id FROM routing_backorder"
            " WHERE queue = 'to_route' AND line_id = ANY(%s) ORDER BY line_id FOR UPDATE SKIP LOCKED)",
            [[line.line_id for order in orders for line in order.lines]],
        )


def _carry_out(prepared: _Prepared, decision: RunDecision, actor: str) -> RunResult:
    decided = [
        Decided(order, facts, prepared.by, each)
        for order, facts, each in zip(prepared.orders, prepared.facts, decision.decisions, strict=True)
    ]
    still = _unchanged(prepared.orders)
    holding = [item for item in decided if item.order.id in still]
    placed, units = _offer(holding, prepared.stock, actor)
    done = {item.order.id for item in placed}
    pin(placed)
    result = run_record(
        prepared.facts, decision, by=prepared.by, orders=len(decided), placed=len(placed),
        decided_again=len(holding) - len(placed), units=units, currency=prepared.orders[0].currency,
        started_at=prepared.started_at, seconds=time.monotonic() - prepared.clock, actor=actor,
    )  # fmt: skip
    journal_decisions(placed, prepared.known.network, policy="route_in_run", run=result.number)
    unplaced_queue(placed, seen=prepared.stock.seen, revision=prepared.by.profile.number, actor=actor)
    orders_route(order_ids=[item.order.id for item in holding if item.order.id not in done], actor=actor)
    return result


def _unchanged(orders: Sequence[OrderToRoute]) -> set[int]:
    """Lock the orders; those that are still as they were decided on, and still wait for a run."""
    now = {order.id: order for order in orders_to_route([order.id for order in orders])}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.order_id FROM routing_backorder q JOIN orders_orderline l ON l.id = q.line_id"
            " WHERE l.order_id = ANY(%s) AND q.queue = 'to_route' AND q.next_try IS NULL",
            [list(now)],
        )
        waiting = {row[0] for row in cursor.fetchall()}
    return {order.id for order in orders if order.id in waiting and now.get(order.id) == order}


def _offer(decided: Sequence[Decided], stock: StockFacts, actor: str) -> tuple[list[Decided], int]:
    """Reserve and give the work out; orders that need stock which others took meanwhile are left out."""
    holding = list(decided)
    while holding:
        requests = requests_for(holding, stock)
        try:
            with transaction.atomic():
                return holding, requests_offer(requests=requests, actor=actor)
        except NotEnoughStock as short:
            lost = {request.order_id for request in requests if _needs(request, short.level_ids)}
            holding = [item for item in holding if item.order.id not in lost]
    return [], 0


def _needs(request: NewRequest, level_ids: frozenset[int]) -> bool:
    return any(level in level_ids for _, level, _ in request.units)
