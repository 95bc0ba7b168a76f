"""Routing decisions can be made again from the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from fulfilment.routing.run_journal import MadeRun, run_facts_from_json
from modules.contracts.routing import (
    Network,
    RoutingDecision,
    RoutingFacts,
    great_circle_km,
)
from modules.contracts.routing_json import facts_from_json, network_from_json
from modules.contracts.routing_runs import RunDecision
from modules.domain.canonical import Body
from modules.domain.journal import Effect, MadeDecision
from modules.domain.releases import KindModel, Release
from modules.journal import replayable


class RouteAgain:
    """Where the open lines of an order are fulfilled."""

    module = "order_routing"
    policy = "route"

    def read_context(self, written: Body) -> Network:
        """The network that many decisions share."""
        return network_from_json(written)

    def read_facts(self, written: Body, context: object) -> RoutingFacts:
        """The facts of one decision."""
        return facts_from_json(written, cast("Network", context))

    def decide(
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> RoutingDecision:
        """Ask a release."""
        decision: RoutingDecision = release.policies.route(cast("RoutingFacts", facts), documents)
        return decision

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """Parcels, units without a place, the mean distance in kilometres, and the cost where it is known."""
        made, told = cast("RoutingDecision", decision), cast("RoutingFacts", facts)
        used = {item.location_id for item in made.allocations}
        distances = [
            great_circle_km(place.latitude, place.longitude, told.latitude, told.longitude)
            for place in told.network.locations
            if place.location_id in used
        ]
        known = [distance for distance in distances if distance is not None]
        return Effect(
            cost=made.cost,
            parcels=len(used),
            unplaced_units=sum(item.quantity for item in made.unplaced),
            kilometres=sum(known) / len(known) if known else None,
            currency=told.currency,
        )

    def consumed(self, facts: object, outcome: Body) -> Mapping[tuple[int, int], int]:
        """Units that an outcome takes, by (location, product)."""
        product_of = {line.line_id: line.product_id for line in cast("RoutingFacts", facts).lines}
        taken = Counter[tuple[int, int]]()
        record: Any = outcome
        for line_id, location_id, quantity in record["allocations"]:
            taken[location_id, product_of[line_id]] += quantity
        return taken

    def with_consumption(self, facts: object, more: Mapping[tuple[int, int], int]) -> RoutingFacts:
        """The facts with so many more units to be had (fewer where negative, never less than none)."""
        told = cast("RoutingFacts", facts)
        products = {line.product_id for line in told.lines}
        available = dict(told.available)
        for where, units in more.items():
            if where[1] in products:
                available[where] = max(0, available.get(where, 0) + units)
        return replace(told, available=available)


class RunAgain:
    """Where the open lines of many orders are fulfilled, decided together."""

    module = "order_routing"
    policy = "route_run"

    def __init__(self, single: RouteAgain) -> None:
        self._single = single

    def read_context(self, written: Body) -> Network:
        """The network that all orders share."""
        return network_from_json(written)

    def read_facts(self, written: Body, context: object) -> tuple[RoutingFacts, ...]:
        """The facts of each order, in the order in which they were given."""
        return run_facts_from_json(written, cast("Network", context))

    def decide(self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object) -> MadeRun:
        """Ask a release. One that decides no runs decides the orders one after the other."""
        told = cast("tuple[RoutingFacts, ...]", facts)
        decision: RunDecision = release.policies.route_run(told, documents)
        return MadeRun(tuple(item.order_number for item in told), decision)

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """Parcels and units without a place of all orders, their mean distance, and the cost, if in one currency."""
        run = cast("MadeRun", decision).run
        each = [
            self._single.effect(told, made)
            for told, made in zip(cast("tuple[RoutingFacts, ...]", facts), run.decisions, strict=True)
        ]
        costs = [item.cost for item in each]
        known = [item.kilometres for item in each if item.kilometres is not None]
        added = sum((cost for cost in costs if cost is not None), Decimal(0)) if None not in costs else None
        currencies = {item.currency for item in each}
        cost = run.cost if run.cost is not None else added
        return Effect(
            cost=cost if len(currencies) == 1 else None,
            parcels=sum(item.parcels for item in each),
            unplaced_units=sum(item.unplaced_units for item in each),
            kilometres=sum(known) / len(known) if known else None,
            currency=currencies.pop() if len(currencies) == 1 else "",
        )

    def consumed(self, facts: object, outcome: Body) -> Mapping[tuple[int, int], int]:
        """Units that all orders take together, by (location, product)."""
        taken = Counter[tuple[int, int]]()
        record: Any = outcome
        for told in cast("tuple[RoutingFacts, ...]", facts):
            taken.update(self._single.consumed(told, record["orders"][told.order_number]))
        return taken

    def with_consumption(self, facts: object, more: Mapping[tuple[int, int], int]) -> tuple[RoutingFacts, ...]:
        """The facts of each order with so many more units to be had."""
        told = cast("tuple[RoutingFacts, ...]", facts)
        return tuple(self._single.with_consumption(item, more) for item in told)


replayable(RouteAgain())
replayable(RunAgain(RouteAgain()))
