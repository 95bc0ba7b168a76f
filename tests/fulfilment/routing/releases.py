"""Releases of Order Routing for tests: documents of 2.0.0, and policies that do as they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules import registry
from modules.contracts.routing import Allocation, ParcelChoice, RoutingDecision, RoutingFacts, Step, Unplaced
from modules.contracts.routing_runs import ConsolidationRule, RuleMatch, RunDecision
from modules.domain.releases import KindModel, Release, Version
from modules.services import profile_begin, revise

VERSION = Version(9, 0, 0)


@dataclass
class Told(RoutingPolicies):
    """Gives each line whole to the first location (by code) that has it; the rest waits as the fields say."""

    needs: frozenset[str] = frozenset()  # type: ignore[misc]
    queue: str = "backorder"
    cancel_on: str = ""
    expected_on: str = ""
    runs: bool = False
    rule: ConsolidationRule | None = None
    asked: list[RoutingFacts] = field(default_factory=list)

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide, and remember what was asked."""
        self.asked.append(facts)
        left = dict(facts.available)
        allocations, unplaced = [], []
        for line in facts.lines:
            places = sorted(facts.network.locations, key=lambda place: place.code)
            place = next((p for p in places if left.get((p.location_id, line.product_id), 0) >= line.quantity), None)
            if place:
                left[place.location_id, line.product_id] -= line.quantity
                allocations.append(Allocation(line.line_id, place.location_id, line.product_id, line.quantity))
            else:
                unplaced.append(
                    Unplaced(line.line_id, line.quantity, "nobody has it", self.queue, self.cancel_on, self.expected_on)
                )
        parcels = tuple(
            ParcelChoice(location, "", "", None, joins=location in facts.joinable)
            for location in dict.fromkeys(item.location_id for item in allocations)
        )
        return RoutingDecision(
            tuple(allocations), tuple(unplaced), (Step("first by code", "", True, "as told"),), parcels=parcels
        )

    def route_run(self, orders: Sequence[RoutingFacts], documents: Documents) -> RunDecision:
        """One after the other, with a cost, a bound and a bid price for every product that somebody still has."""
        decided = super().route_run(orders, documents)
        prices = {pair: Decimal("0.25") for facts in orders for pair in facts.available}
        return replace(decided, cost=Decimal("10.00"), bound=Decimal("9.90"), bid_prices=prices, exact=True)

    def decides_runs(self, documents: Documents) -> bool:
        """As the field says."""
        return self.runs

    def consolidation(self, documents: Documents) -> ConsolidationRule | None:
        """As the field says."""
        return self.rule

    def matches(self, strategy: KindModel, facts: RoutingFacts, documents: Documents) -> tuple[RuleMatch, ...]:
        """One rule that applies to orders over 15, and keeps the locations within the draft's radius."""
        radius = getattr(strategy, "radius_km", None)
        ranked = facts.network.nearest_first(facts.latitude, facts.longitude)
        kept = tuple(
            item.location.code for item in ranked if radius is None or (item.kilometres or 0) <= radius
        )  # fmt: skip
        applies = facts.value is not None and facts.value > 15
        return (RuleMatch("Near enough", applies, kept, len(ranked), {"too far": len(ranked) - len(kept)}),)


def adopt(monkeypatch: pytest.MonkeyPatch, policies: RoutingPolicies) -> Release[Any]:
    """Make a release of these policies live for the retailer that is served."""
    base: Release[Any] = import_module("fulfilment.routing.releases.r2_0_0").RELEASE
    release = replace(base, version=VERSION, title="As told", policies=policies)
    known = {name: dict(releases) for name, releases in registry._all().items()}
    known["order_routing"][VERSION] = registry.Found(release, Path("/nowhere"))
    monkeypatch.setattr(registry, "_all", lambda: known)
    profile_begin(author="suite")
    with revise(author="suite", reason="a release for tests") as revision:
        revision.adopt("order_routing", str(VERSION))
        for kind in ("location_policy", "carrier_contract"):
            assert kind in release.kinds
        revision.put("order_routing", "routing_strategy", "default", {})
    return release
