"""The assignment of an order's units to locations with the lowest landed cost.

Landed cost = for each parcel what the cheapest carrier contract charges + handling of each unit at its location +
the penalty for each parcel after the first. Units that only one location may ship are placed there first; all others
go where the whole order costs least, in no more parcels than the strategy allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.routing import Allocation, LineFacts, RoutingDecision, RoutingFacts, Step, Unplaced

from .assignment import Option, Plan, Problem, cheapest_plan
from .explain import COMPARED, explain, why_not
from .places import Place, Places, money

#: Beyond so many locations, only those are looked at that have a product of which fewer than enough have all units.
NEAREST = 200
ENOUGH = 5
#: For each line (by its id): the places that take units of it, and how many.
_Shares = dict[int, list[tuple[Place, int]]]


class LowestLandedCost(RoutingPolicies):
    """Decides by cost; says by how much each loser lost."""

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide where the open lines of one order are fulfilled."""
        places = Places(facts, documents)
        shares = _bound_shares(facts, places)
        demand = _demand([line for line in facts.lines if not line.ship_from])
        problem = _problem(places, demand, shares)
        plan = cheapest_plan(problem)
        shares |= _free_shares(demand, plan, places)
        allocations = tuple(
            Allocation(line.line_id, place.location.location_id, line.product_id, units)
            for line in facts.lines
            for place, units in shares.get(line.line_id, [])
        )
        unplaced = _unplaced(facts, places, plan, allocations)
        position = {line.line_id: line.position for line in facts.lines}
        steps = [
            *explain(places, problem, plan),
            *(Step("not placed", f"line {position[item.line_id]}", False, item.reason) for item in unplaced),
        ]
        return RoutingDecision(allocations, unplaced, tuple(steps), money(plan.cost))


@dataclass(frozen=True, slots=True)
class _Demand:
    """The lines that any location may ship; for each product the units and the weight of one in grams."""

    lines: Sequence[LineFacts]
    products: tuple[int, ...]
    units: tuple[int, ...]
    grams: tuple[int, ...]


def _demand(lines: Sequence[LineFacts]) -> _Demand:
    units: dict[int, int] = {}
    grams: dict[int, int] = {}
    for line in lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
        grams.setdefault(line.product_id, line.weight_grams or 0)
    return _Demand(lines, tuple(units), tuple(units.values()), tuple(grams.values()))


def _bound_shares(facts: RoutingFacts, places: Places) -> _Shares:
    """Give the lines that name a location to it, as far as it has them to spare."""
    shares: _Shares = {}
    for line in facts.lines:
        place = places.named(line.ship_from) if line.ship_from else None
        units = place.to_spare(line.product_id, line.quantity) if place else 0
        if place and units:
            place.take(line, units)
            shares[line.line_id] = [(place, units)]
    return shares


def _problem(places: Places, demand: _Demand, bound: _Shares) -> Problem:
    """What is to be decided: which parcels besides those that go in any case."""
    forced = {place.rank: place for pairs in bound.values() for place, _ in pairs}
    free, complete = _free_options(places, demand, forced) if demand.lines else ({}, True)
    nothing = (0,) * len(demand.units)
    return Problem(
        needs=demand.units,
        grams=demand.grams,
        limit=max(places.strategy.split_limit, len(forced)),
        penalty=places.penalty,
        forced=tuple(
            tuple(free.get(rank) or _options(places, place, nothing)) for rank, place in sorted(forced.items())
        ),
        free=tuple(option for rank, options in free.items() if rank not in forced for option in options),
        complete=complete,
    )


def _free_options(places: Places, demand: _Demand, forced: Mapping[int, Place]) -> tuple[dict[int, list[Option]], bool]:
    """The parcels of the locations where any line may go, nearest first, and whether all that matter are there.

    Farther ones cannot be part of a cheaper plan than one that was found, or they are left out for their number:
    beyond the nearest :data:`NEAREST`, only those count that have a product of which few have enough.
    """
    units = sum(demand.units)
    grams = sum(map(int.__mul__, demand.units, demand.grams))
    least_weight = grams * min((carriage.per_gram for carriage in places.carriages), default=0)
    cheapest: int | None = None
    complete = True
    holders = dict.fromkeys(range(len(demand.units)), 0)
    found: dict[int, list[Option]] = {}
    for place in places.near():
        stock = tuple([place.to_spare(*pair) for pair in zip(demand.products, demand.units, strict=True)])
        if not any(stock):
            continue
        if len(found) >= NEAREST and place.rank not in forced:
            complete = False
            if not any(stock[index] for index in holders):
                if not holders and not forced:
                    break
                continue
        found[place.rank] = options = _options(places, place, stock)
        for index in [index for index in holders if stock[index] == demand.units[index]]:
            holders[index] += 1
            if holders[index] == ENOUGH:
                del holders[index]
        least_fixed = min(option.fixed for option in options)
        if stock == demand.units and place.room >= units and not forced:
            cost = min(option.fixed + units * option.handling + grams * option.per_gram for option in options)
            cheapest = cost if cheapest is None else min(cost, cheapest)
        if cheapest is not None and len(found) >= COMPARED and least_fixed + least_weight >= cheapest:
            break
    return found, complete


def _options(places: Places, place: Place, stock: tuple[int, ...]) -> list[Option]:
    """The parcels that a location could send: one with each contract."""
    bound, handling, room = place.cost_of_bound, place.handling, place.room
    return [
        Option(place.rank, each.number, each.fixed(place) + bound(each), handling, each.per_gram, stock, room)
        for each in places.carriages
    ]


def _free_shares(demand: _Demand, plan: Plan, places: Places) -> _Shares:
    """Share the units of each product in a plan out to the lines: whole where one parcel holds all of a line."""
    left = [dict(zip(demand.products, row, strict=True)) for row in plan.taken]
    shares: _Shares = {}
    for line in demand.lines:
        index, wanted = demand.products.index(line.product_id), line.quantity
        cost = [option.handling + option.per_gram * demand.grams[index] for option in plan.chosen]
        order = sorted(range(len(left)), key=cost.__getitem__)
        whole = [at for at in order if left[at][line.product_id] >= wanted][:1]
        for at in whole or order:
            units = min(wanted, left[at][line.product_id])
            if units:
                shares.setdefault(line.line_id, []).append((places.at(plan.chosen[at].place), units))
                left[at][line.product_id] -= units
                wanted -= units
    return shares


def _unplaced(
    facts: RoutingFacts, places: Places, plan: Plan, allocations: Sequence[Allocation]
) -> tuple[Unplaced, ...]:
    placed = Counter[int]()
    given = Counter[tuple[int, int]]()
    for item in allocations:
        placed[item.line_id] += item.quantity
        given[item.location_id, item.product_id] += item.quantity
    return tuple(
        Unplaced(line.line_id, line.quantity - placed[line.line_id], why_not(line, facts, places, plan, given))
        for line in facts.lines
        if placed[line.line_id] < line.quantity
    )
