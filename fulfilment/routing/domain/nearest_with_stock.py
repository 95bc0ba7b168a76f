"""Each line goes to the nearest location that has it; what one cannot fill goes on to the next."""

from __future__ import annotations

from collections.abc import Iterable

from modules.contracts.routing import (
    Allocation,
    LineFacts,
    Ranked,
    RoutingDecision,
    RoutingFacts,
    Unplaced,
)


def nearest_with_stock(facts: RoutingFacts) -> RoutingDecision:
    """Decide where the open lines of one order are fulfilled.

    A line is kept whole where a location can fill it: the nearest that has all units takes it; only where
    none has, the nearest ones share it.
    """
    taken: dict[tuple[int, int], int] = {}
    allocations: list[Allocation] = []
    unplaced: list[Unplaced] = []
    chosen: dict[int, Ranked] = {}
    nearest = facts.network.nearest_first(facts.latitude, facts.longitude)
    for line in facts.lines:
        left = line.quantity
        for ranked, units in _shares(line, _candidates(line, facts, nearest), facts, taken):
            location_id = ranked.location.location_id
            chosen.setdefault(location_id, ranked)
            key = (location_id, line.product_id)
            taken[key] = taken.get(key, 0) + units
            allocations.append(Allocation(line.line_id, location_id, line.product_id, units))
            left -= units
        if left:
            unplaced.append(Unplaced(line.line_id, left, _why_not(line, facts)))
    return RoutingDecision(tuple(allocations), tuple(unplaced), tuple(_why(ranked) for ranked in chosen.values()))


def _candidates(line: LineFacts, facts: RoutingFacts, nearest: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
    if not line.ship_from:
        return nearest
    named = facts.network.by_code.get(line.ship_from)
    return (Ranked(named, None),) if named else ()


def _shares(
    line: LineFacts, candidates: tuple[Ranked, ...], facts: RoutingFacts, taken: dict[tuple[int, int], int]
) -> Iterable[tuple[Ranked, int]]:
    free = []
    for ranked in candidates:
        key = (ranked.location.location_id, line.product_id)
        units = facts.available.get(key, 0) - taken.get(key, 0)
        if units >= line.quantity:
            return [(ranked, line.quantity)]
        if units > 0:
            free.append((ranked, units))
    shares = []
    left = line.quantity
    for ranked, units in free:
        if not left:
            break
        shares.append((ranked, min(units, left)))
        left -= shares[-1][1]
    return shares


def _why(ranked: Ranked) -> str:
    if ranked.kilometres is None:
        return f"{ranked.location.code}: has stock; its distance is not known"
    return f"{ranked.location.code}: nearest with stock, {ranked.kilometres:.0f} km"


def _why_not(line: LineFacts, facts: RoutingFacts) -> str:
    if line.ship_from and line.ship_from not in facts.network.by_code:
        return f"location {line.ship_from}, which alone may ship it, takes no work"
    if line.ship_from:
        return f"not enough stock at {line.ship_from}, which alone may ship it"
    return "not enough stock at any location that takes work"
