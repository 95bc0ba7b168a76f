"""A run written down: for people, for the decisions that follow it, and so that it can be made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from fulfilment.routing.models import BidPrice, RoutingRun
from fulfilment.routing.run_journal import MadeRun, run_facts_to_json
from fulfilment.routing.services.deciding import MODULE, Decider
from modules.contracts.routing import RoutingFacts
from modules.contracts.routing_json import network_to_json
from modules.contracts.routing_runs import RunDecision
from modules.journal import Journaled, journal
from oms.infra.database.bulk import insert_rows


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did. ``cost``, ``bound`` and ``gap`` are None where the release does not know them."""

    number: int
    orders: int
    placed_orders: int
    decided_again: int
    left_out: int
    units: int
    cost: Decimal | None
    bound: Decimal | None
    gap: Decimal | None
    exact: bool
    notes: tuple[str, ...]
    seconds: float


def run_record(
    facts: Sequence[RoutingFacts], decision: RunDecision, *, by: Decider, orders: int, placed: int,
    decided_again: int, units: int, currency: str, started_at: datetime, seconds: float, actor: str,
) -> RunResult:  # fmt: skip
    """Number the run, keep its bid prices in the place of those before, and journal it as one decision."""
    cost, bound = decision.cost, decision.bound
    if cost is not None and bound is not None:
        bound = min(cost, bound)  # a solver's bound may lie above by a rounding
    run = RoutingRun.objects.create(
        number=_next_number(), started_at=started_at, seconds=round(seconds, 3), orders=orders, placed_orders=placed,
        decided_again=decided_again, left_out=orders - placed - decided_again, units=units, currency=currency,
        cost=cost, bound=bound, exact=decision.exact, notes=list(decision.notes), release=by.release,
        revision=by.profile.number, actor=actor,
    )  # fmt: skip
    _keep_bid_prices(run, decision)
    numbers = tuple(item.order_number for item in facts)
    journal(
        module=MODULE, policy="route_run", release=by.release, revision=by.profile.number,
        context=network_to_json(facts[0].network),
        decisions=[Journaled(run_subject(run.number), run_facts_to_json(facts), MadeRun(numbers, decision))],
    )  # fmt: skip
    return RunResult(
        run.number, orders, placed, decided_again, run.left_out, units, cost, bound, run.gap, decision.exact,
        decision.notes, run.seconds,
    )  # fmt: skip


def run_subject(number: int) -> str:
    """What the journal calls a run."""
    return f"run {number}"


def _next_number() -> int:
    """Numbers are dense: two runs of a retailer take turns here, until the end of their transactions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('routing runs of ' || current_schema(), 0))")
        cursor.execute("SELECT coalesce(max(number), 0) + 1 FROM routing_routingrun")
        return int(cursor.fetchone()[0])


def _keep_bid_prices(run: RoutingRun, decision: RunDecision) -> None:
    BidPrice.objects.filter(run__currency=run.currency).exclude(run=run).delete()
    rows = [
        (run.pk, location, product, price)
        for (location, product), price in sorted(decision.bid_prices.items())
        if price > 0
    ]
    insert_rows(BidPrice, ["run", "location", "product", "price"], rows)
