"""The assignment of an order's units to locations with the lowest landed cost.

Landed cost = for each parcel what the cheapest carrier contract charges + handling of each unit at its location +
the penalty for each parcel after the first. Units that only one location may ship are placed there first; all others
go where the whole order costs least, in no more parcels than the strategy allows.
"""

from __future__ import annotations

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.routing import Allocation, LineFacts, RoutingDecision, RoutingFacts, Unplaced

from .assignment import Option, Plan, Problem, cheapest_plan
from .explain import explain, why_not
from .places import Carriage, Place, Places, money

#: Lines of an order and the units of each that are still to be placed.
Wanted = list[tuple[LineFacts, int]]


class LowestLandedCost(RoutingPolicies):
    """Decides by cost; says what each loser would have cost more."""

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide where the open lines of one order are fulfilled."""
        places = Places(facts, documents)
        bound = _place_bound(facts, places)
        free = [line for line in facts.lines if not line.ship_from]
        products = list(dict.fromkeys(line.product_id for line in free))
        needs = [sum(line.quantity for line in free if line.product_id == product) for product in products]
        weights = [next(line.weight_grams or 0 for line in free if line.product_id == each) for each in products]
        problem = _problem(places, products, needs, weights, bound)
        plan = cheapest_plan(problem)
        given = _given(free, products, plan)
        allocations = [
            Allocation(line.line_id, place.location.location_id, line.product_id, units)
            for line in facts.lines
            for place, units in (
                bound.get(line.line_id, []) if line.ship_from else _places_of(given, line, plan, places)
            )
        ]
        unplaced = _unplaced(facts, allocations, places)
        steps = explain(facts, places, problem, plan, allocations, unplaced)
        return RoutingDecision(tuple(allocations), tuple(unplaced), steps, money(plan.cost))


#: For each line that only one location may ship: that location and the units that it takes.
_Bound = dict[int, list[tuple[Place, int]]]


def _place_bound(facts: RoutingFacts, places: Places) -> _Bound:
    """Give the lines that name their location to it, as far as it has them."""
    bound: _Bound = {}
    for line in facts.lines:
        place = places.named(line.ship_from) if line.ship_from else None
        if place is None:
            continue
        units = min(line.quantity, place.to_spare(line.product_id))
        if units > 0:
            place.take(line, units)
            bound[line.line_id] = [(place, units)]
    return bound


def _problem(
    places: Places, products: list[int], needs: list[int], weights: list[int], bound: _Bound
) -> Problem:
    """What is to be decided: options of the locations that send a parcel anyway, and of all others."""
    forced = {place.rank: place for pairs in bound.values() for place, _ in pairs}
    open_to = {place.rank: place for place in places.open_to_all(products)}

    def options(place: Place) -> tuple[Option, ...]:
        mine = place.rank in open_to
        stock = tuple(
            min(need, max(0, place.to_spare(product))) if mine else 0
            for product, need in zip(products, needs, strict=True)
        )
        return tuple(
            Option(
                place.rank,
                carriage.number,
                carriage.fixed(place) + place.cost_of_bound(carriage),
                tuple(place.handling + carriage.per_gram * weight for weight in weights),
                stock,
                place.room,
            )
            for carriage in places.cheapest_carriages(place)
        )

    return Problem(
        needs=tuple(needs),
        limit=max(places.strategy.split_limit, len(forced)),
        penalty=places.penalty,
        forced=tuple(options(place) for _, place in sorted(forced.items())),
        free=tuple(
            option
            for rank, place in open_to.items()
            if rank not in forced
            for option in options(place)
            if any(option.stock)
        ),
    )


def _given(free: list[LineFacts], products: list[int], plan: Plan) -> dict[int, list[tuple[int, int]]]:
    """For each line the parcels of the plan and their units: whole where one parcel holds all of it."""
    left = [dict(zip(products, row, strict=True)) for row in plan.taken]
    given: dict[int, list[tuple[int, int]]] = {}
    for line in free:
        wanted, product = line.quantity, line.product_id
        order = sorted(range(len(left)), key=lambda at: (plan.chosen[at].units[products.index(product)], at))
        whole = [at for at in order if left[at][product] >= wanted][:1]
        for at in whole or order:
            units = min(wanted, left[at][product])
            if units:
                given.setdefault(line.line_id, []).append((at, units))
                left[at][product] -= units
                wanted -= units
    return given


def _places_of(
    given: dict[int, list[tuple[int, int]]], line: LineFacts, plan: Plan, places: Places
) -> list[tuple[Place, int]]:
    return [(places.at(plan.chosen[at].place), units) for at, units in given.get(line.line_id, [])]


def _unplaced(facts: RoutingFacts, allocations: list[Allocation], places: Places) -> list[Unplaced]:
    placed: dict[int, int] = {}
    for item in allocations:
        placed[item.line_id] = placed.get(item.line_id, 0) + item.quantity
    return [
        Unplaced(line.line_id, line.quantity - placed.get(line.line_id, 0), why_not(line, facts, places))
        for line in facts.lines
        if placed.get(line.line_id, 0) < line.quantity
    ]


__all__ = ["Carriage", "LowestLandedCost"]
