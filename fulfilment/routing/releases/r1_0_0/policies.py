"""Each line goes to the nearest location that has it; what one cannot fill goes on to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.routing import (
    Allocation,
    LineFacts,
    Ranked,
    RoutingDecision,
    RoutingFacts,
    Step,
    Unplaced,
)

from .documents import RoutingStrategy

#: Locations that a decision names one by one; the rest of them it counts.
_NAMED = 3


class NearestWithStock(RoutingPolicies):
    """A line is kept whole where a location can fill it: the nearest that has all units takes it.

    Only where none has, the nearest ones share it.
    """

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide where the open lines of one order are fulfilled."""
        found = documents.get("routing_strategy", {}).get("default")
        strategy = cast("RoutingStrategy", found) if found else RoutingStrategy.model_validate({})
        return _Routing(facts, strategy).decide()


class _Routing:
    """One decision while it is made."""

    def __init__(self, facts: RoutingFacts, strategy: RoutingStrategy) -> None:
        self.facts = facts
        self.steps: list[Step] = []
        self.taken: dict[tuple[int, int], int] = {}
        self.off = {item.location for item in strategy.location_settings if not item.enabled}
        self.nearest = self._within(strategy.max_distance_km)

    def decide(self) -> RoutingDecision:
        """Line by line, in the order of the lines."""
        allocations: list[Allocation] = []
        unplaced: list[Unplaced] = []
        chosen: dict[str, str] = {}
        for line in self.facts.lines:
            left = line.quantity
            for ranked, units in self._shares(line):
                place = ranked.location
                chosen.setdefault(place.code, _why(ranked, line))
                key = (place.location_id, line.product_id)
                self.taken[key] = self.taken.get(key, 0) + units
                allocations.append(Allocation(line.line_id, place.location_id, line.product_id, units))
                left -= units
            if left:
                unplaced.append(Unplaced(line.line_id, left, self._why_not(line)))
                self.steps.append(Step("stock", f"line {line.position}", False, unplaced[-1].reason))
        self.steps += [Step("nearest with stock", code, True, why) for code, why in chosen.items()]
        return RoutingDecision(tuple(allocations), tuple(unplaced), tuple(self.steps))

    def _within(self, limit: int | None) -> list[Ranked]:
        """Locations that may be looked at, nearest first. One whose distance is not known is never too far."""
        ranked = self.facts.network.nearest_first(self.facts.latitude, self.facts.longitude)
        off = sorted(self.off & self.facts.network.by_code.keys())
        self.steps += _named("switched off", [(code, "switched off in the strategy") for code in off])
        on = [item for item in ranked if item.location.code not in self.off]
        if limit is None:
            return on
        far = [item for item in on if item.kilometres is not None and item.kilometres > limit]
        self.steps += _named(
            "distance",
            [(item.location.code, f"{item.kilometres:.0f} km away; the limit is {limit} km") for item in far],
        )
        return [item for item in on if item.kilometres is None or item.kilometres <= limit]

    def _candidates(self, line: LineFacts) -> Sequence[Ranked]:
        if not line.ship_from:
            return self.nearest
        named = self.facts.network.by_code.get(line.ship_from)
        return [Ranked(named, None)] if named and named.code not in self.off else []

    def _shares(self, line: LineFacts) -> list[tuple[Ranked, int]]:
        """Who fills how many units of a line."""
        free: list[tuple[Ranked, int]] = []
        for ranked in self._candidates(line):
            key = (ranked.location.location_id, line.product_id)
            units = self.facts.available.get(key, 0) - self.taken.get(key, 0)
            if units >= line.quantity:
                self._passed_over(line, free)
                return [(ranked, line.quantity)]
            if units > 0:
                free.append((ranked, units))
        shares: list[tuple[Ranked, int]] = []
        left = line.quantity
        for ranked, units in free:
            if left:
                shares.append((ranked, min(units, left)))
                left -= shares[-1][1]
        return shares

    def _passed_over(self, line: LineFacts, free: Sequence[tuple[Ranked, int]]) -> None:
        self.steps += [
            Step("stock", ranked.location.code, False, f"has {units} of the {line.quantity} units of {line.sku}")
            for ranked, units in free[:_NAMED]
        ]

    def _why_not(self, line: LineFacts) -> str:
        if line.ship_from in self.off:
            return f"location {line.ship_from}, which alone may ship it, is switched off in the strategy"
        if line.ship_from and line.ship_from not in self.facts.network.by_code:
            return f"location {line.ship_from}, which alone may ship it, takes no work"
        if line.ship_from:
            return f"not enough stock at {line.ship_from}, which alone may ship it"
        return "not enough stock at any location that takes work"


def _named(rule: str, left_out: Sequence[tuple[str, str]]) -> list[Step]:
    """A step for each of the first locations that a rule leaves out, and one that counts the others."""
    steps = [Step(rule, code, False, why) for code, why in left_out[:_NAMED]]
    if len(left_out) > _NAMED:
        steps.append(Step(rule, "", False, f"{len(left_out) - _NAMED} more for the same reason"))
    return steps


def _why(ranked: Ranked, line: LineFacts) -> str:
    if line.ship_from:
        return f"it alone may ship {line.sku}"
    if ranked.kilometres is None:
        return "has stock; its distance is not known"
    return f"nearest with stock, {ranked.kilometres:.0f} km"
