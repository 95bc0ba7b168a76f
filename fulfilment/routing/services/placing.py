"""Carrying decisions out: work for locations, the release that an order is pinned to, the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import connection
from django.utils import timezone

from fulfilment.requests.services import NewRequest
from fulfilment.routing.selectors import StockFacts
from fulfilment.routing.services.arriving import Arrival, arrivals_of, method_day
from fulfilment.routing.services.deciding import MODULE, Decided
from modules.contracts.routing import Network, RoutingDecision, Step
from modules.contracts.routing_json import facts_to_json, network_to_json
from modules.journal import Journaled, journal


def requests_for(decided: Sequence[Decided], stock: StockFacts) -> list[NewRequest]:
    """What locations are asked for, with why each was chosen and when its parcel arrives."""
    arrivals = arrivals_of(decided, timezone.now())
    return [request for item in decided for request in _requests_of(item, stock, arrivals)]


def _requests_of(item: Decided, stock: StockFacts, arrivals: Mapping[tuple[int, int], Arrival]) -> list[NewRequest]:
    units: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for allocation in item.decision.allocations:
        level = stock.levels[allocation.location_id, allocation.product_id]
        units[allocation.location_id].append((allocation.line_id, level, allocation.quantity))
    codes = {place.location_id: place.code for place in item.facts.network.locations}
    joins = {parcel.location_id for parcel in item.decision.parcels if parcel.joins}
    why: dict[str, str] = {}
    for step in item.decision.steps:
        if step.kept:
            why.setdefault(step.subject, step.why)
    nothing = Arrival("", "", None, "")
    ways = {location_id: arrivals.get((item.order.id, location_id), nothing) for location_id in units}
    by_method = method_day(item)
    return [
        NewRequest(
            order_id=item.order.id, order_number=item.order.number, location_id=location_id,
            location_code=codes[location_id], units=tuple(taken), reason=why.get(codes[location_id], ""),
            joins=item.by.policies.consolidation(item.by.documents) if location_id in joins else None,
            contract=ways[location_id].contract, service=ways[location_id].service,
            arrives_on=ways[location_id].day,
            arrives_why=f"{codes[location_id]} {ways[location_id].why}" if ways[location_id].why else "",
            method_day=by_method,
        )
        for location_id, taken in units.items()
    ]  # fmt: skip


def pin(decided: Sequence[Decided]) -> None:
    """From its first routing on an order finishes on the release that decided it."""
    fresh = [item for item in decided if not item.order.release]
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order o SET routing_release = d.release"
            " FROM unnest(%s::bigint[], %s::varchar[]) AS d(id, release) WHERE o.id = d.id",
            [[item.order.id for item in fresh], [item.by.release for item in fresh]],
        )


def journal_decisions(
    decided: Sequence[Decided], network: Network, *, policy: str = "route", run: int | None = None
) -> None:
    """Write each decision down with its facts; ``run`` is the one that it was made in, with others."""
    together = len(decided) - 1
    context = network_to_json(network)
    groups: dict[tuple[str, int], list[Decided]] = defaultdict(list)
    for item in decided:
        groups[item.by.release, item.by.profile.number].append(item)
    for (release, revision), items in groups.items():
        journal(
            module=MODULE, policy=policy, release=release, revision=revision, context=context,
            decisions=[
                Journaled(item.order.number, facts_to_json(item.facts), _in_run(item.decision, run, together))
                for item in items
            ],
        )  # fmt: skip


def _in_run(decision: RoutingDecision, run: int | None, others: int) -> RoutingDecision:
    """Say first that it was made in a run."""
    if run is None:
        return decision
    with_whom = f"decided with {others:,} other{'s' if others != 1 else ''} in run {run}"
    return replace(decision, steps=(Step("run", "", True, with_whom), *decision.steps))
