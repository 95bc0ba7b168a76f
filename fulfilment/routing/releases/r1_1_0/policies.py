"""The nearest location that has enough to spare and can still take it today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.routing import (
    Allocation,
    LineFacts,
    LocationFacts,
    Ranked,
    RoutingDecision,
    RoutingFacts,
    Step,
    Unplaced,
)

from .documents import LocationSetting, RoutingStrategy

#: Locations that a decision names one by one; the rest of them it counts.
_NAMED = 3


class NearestWithinCapacity(RoutingPolicies):
    """As 1.0, from the units above each location's threshold and within its capacity for the day."""

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide where the open lines of one order are fulfilled."""
        found = documents.get("routing_strategy", {}).get("default")
        usual = {"keep_lines_whole": True}
        strategy = cast("RoutingStrategy", found) if found else RoutingStrategy.model_validate(usual)
        return _Routing(facts, strategy).decide()


class _Routing:
    """One decision while it is made."""

    def __init__(self, facts: RoutingFacts, strategy: RoutingStrategy) -> None:
        self.facts = facts
        self.strategy = strategy
        self.settings = {item.location: item for item in strategy.location_settings}
        self.off = {item.location for item in strategy.location_settings if not item.enabled}
        self.steps: list[Step] = []
        self.taken: dict[tuple[int, int], int] = {}
        self.given: dict[int, int] = {}
        self.nearest = self._within(strategy.radius_km)

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
                self._give(place, line.product_id, units)
                allocations.append(Allocation(line.line_id, place.location_id, line.product_id, units))
                left -= units
            if left:
                unplaced.append(Unplaced(line.line_id, left, self._why_not(line)))
                self.steps.append(Step("stock", f"line {line.position}", False, unplaced[-1].reason))
        self.steps += [Step("nearest with stock", code, True, why) for code, why in chosen.items()]
        return RoutingDecision(tuple(allocations), tuple(unplaced), tuple(self.steps))

    def _give(self, place: LocationFacts, product: int, units: int) -> None:
        key = (place.location_id, product)
        self.taken[key] = self.taken.get(key, 0) + units
        self.given[place.location_id] = self.given.get(place.location_id, 0) + units

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
            "radius",
            [(item.location.code, f"{item.kilometres:.0f} km away; the radius is {limit} km") for item in far],
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
        found = 0
        for ranked in self._candidates(line):
            units = self._to_spare(ranked.location, line)
            if units >= line.quantity and (self.strategy.keep_lines_whole or not free):
                self._passed_over(line, free)
                return [(ranked, line.quantity)]
            if units > 0:
                free.append((ranked, units))
                found += units
            if found >= line.quantity and not self.strategy.keep_lines_whole:
                break
        return list(_filled(line.quantity, free))

    def _to_spare(self, place: LocationFacts, line: LineFacts) -> int:
        """Units of a line's product above the threshold that the location can still take today."""
        key = (place.location_id, line.product_id)
        stock = self.facts.available.get(key, 0) - self.taken.get(key, 0)
        setting = self.settings.get(place.code)
        if setting is None or stock <= 0:
            return stock
        spare = stock - setting.threshold
        if setting.capacity_per_day is None:
            return spare
        return min(spare, self._room(place, setting.capacity_per_day))

    def _room(self, place: LocationFacts, capacity: int) -> int:
        return capacity - place.taken_today - self.given.get(place.location_id, 0)

    def _passed_over(self, line: LineFacts, free: Sequence[tuple[Ranked, int]]) -> None:
        for ranked, units in free[:_NAMED]:
            why = f"can give {units} of the {line.quantity} units of {line.sku}{self._held_back(ranked.location)}"
            self.steps.append(Step("stock", ranked.location.code, False, why))

    def _held_back(self, place: LocationFacts) -> str:
        setting = self.settings.get(place.code)
        limits = _limits(setting, self.given.get(place.location_id, 0) + place.taken_today) if setting else []
        return f" ({', '.join(limits)})" if limits else ""

    def _why_not(self, line: LineFacts) -> str:
        if line.ship_from in self.off:
            return f"location {line.ship_from}, which alone may ship it, is switched off in the strategy"
        if line.ship_from and line.ship_from not in self.facts.network.by_code:
            return f"location {line.ship_from}, which alone may ship it, takes no work"
        if line.ship_from:
            held = self._held_back(self.facts.network.by_code[line.ship_from])
            return f"not enough to spare at {line.ship_from}, which alone may ship it{held}"
        if any(self._stock(ranked.location, line) > 0 for ranked in self.nearest):
            return "what is left is kept back, or is where the capacity for today is used up"
        return "not enough stock at any location that takes work"

    def _stock(self, place: LocationFacts, line: LineFacts) -> int:
        key = (place.location_id, line.product_id)
        return self.facts.available.get(key, 0) - self.taken.get(key, 0)


def _filled(wanted: int, free: Iterable[tuple[Ranked, int]]) -> Iterable[tuple[Ranked, int]]:
    """Nearest first, until nothing is wanted.

    A location's capacity holds for all its products: what it can give was asked before the line took any.
    """
    for ranked, units in free:
        if not wanted:
            return
        yield ranked, min(units, wanted)
        wanted -= min(units, wanted)


def _limits(setting: LocationSetting, taken: int) -> list[str]:
    limits = [f"{setting.threshold} kept back"] if setting.threshold else []
    if setting.capacity_per_day is not None:
        limits.append(f"{taken} of {setting.capacity_per_day} taken today")
    return limits


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
        return "has enough to spare; its distance is not known"
    return f"nearest with enough to spare, {ranked.kilometres:.0f} km"
