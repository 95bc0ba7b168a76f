"""A decision in words: what was left out and why, who won, and by how much the others lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from modules.contracts.routing import LineFacts, RoutingFacts, Step

from .assignment import Option, Plan, Problem, plan_of
from .places import Place, Places, money

#: Locations of one kind that a decision names one by one; the rest of them it counts.
_NAMED = 3
#: The nearest locations among which losers are named.
COMPARED = 12


def explain(places: Places, problem: Problem, plan: Plan) -> list[Step]:
    """The steps that led to a plan, in order: left out, lost, chosen."""
    left_out = [
        *_named("carrier contract", places.refused.items()),
        *_named("switched off", ((code, "switched off") for code in places.switched_off)),
        *_named("radius", _too_far(places)),
    ]
    if not plan.proven:
        why = "too many locations to try every way: only the nearest and most promising were compared"
        left_out.append(Step("search", "", False, why))
    return [*left_out, *_losers(places, problem, plan), *_chosen(places, problem, plan)]


def why_not(line: LineFacts, facts: RoutingFacts, places: Places, plan: Plan, given: Counter[tuple[int, int]]) -> str:
    """Why units of a line have no place. ``given`` counts the units given, by (location, product)."""
    if not places.carriages:
        return f"no carrier contract serves {facts.country or 'an order without a country'} in {facts.currency}"
    if line.ship_from:
        return _why_not_there(line.ship_from, facts, places)
    chosen = {option.place for option in plan.chosen}
    if any(place.to_spare(line.product_id, 1) for place in places.near() if place.rank not in chosen):
        limit = places.strategy.split_limit
        return f"it would take more than {limit} parcel{'s' if limit > 1 else ''}, which is the limit for an order"
    own = {place.location.location_id for place in places.near()}
    left = {
        location
        for (location, product), units in facts.available.items()
        if product == line.product_id and units > given[location, product]
    }
    if left & own:
        return "what is left is kept back, or is where the capacity for today is used up"
    codes = {*places.switched_off, *(code for code, _ in places.too_far)}
    if any(facts.network.by_code[code].location_id in left for code in codes):
        return "what is left is switched off or outside the radius"
    return "not enough stock at any location that takes work"


def _why_not_there(code: str, facts: RoutingFacts, places: Places) -> str:
    if code not in facts.network.by_code:
        return f"location {code}, which alone may ship it, takes no work"
    if not places.policy(code).enabled:
        return f"location {code}, which alone may ship it, is switched off"
    return f"not enough to spare at {code}, which alone may ship it"


def _named(rule: str, reasons: Iterable[tuple[str, str]]) -> list[Step]:
    """A step for each of the first that a rule leaves out, and one that counts the others."""
    found = list(reasons)
    steps = [Step(rule, code, False, why) for code, why in found[:_NAMED]]
    if len(found) > _NAMED:
        steps.append(Step(rule, "", False, f"{len(found) - _NAMED} more for the same reason"))
    return steps


def _too_far(places: Places) -> Iterable[tuple[str, str]]:
    radius = places.strategy.radius_km
    return ((code, f"{distance:.0f} km away; the radius is {radius} km") for code, distance in places.too_far)


def _losers(places: Places, problem: Problem, plan: Plan) -> list[Step]:
    """What the order would have cost from a single one of the nearest others, the best of them first."""
    forced = {options[0].place for options in problem.forced}
    base = [option for option in plan.chosen if option.place in forced]
    winners = [places.at(option.place).location.code for option in plan.chosen if option.place not in forced]
    if not winners:
        return []
    chosen = {option.place for option in plan.chosen}
    others: dict[int, list[Option]] = {}
    for option in problem.free:
        if option.place not in chosen and (option.place in others or len(others) < COMPARED):
            others.setdefault(option.place, []).append(option)
    plans = [
        (min((plan_of([*base, option], problem) for option in options), key=_worth), rank)
        for rank, options in others.items()
    ]
    best = sorted(plans, key=lambda pair: (*_worth(pair[0]), pair[1]))[:_NAMED]
    winner = " + ".join(winners)
    return [
        Step("landed cost", places.at(rank).location.code, False, _why_lost(lost, plan, winner, places))
        for lost, rank in best
    ]


def _worth(plan: Plan) -> tuple[int, int]:
    return -plan.placed, plan.cost


def _why_lost(lost: Plan, plan: Plan, winner: str, places: Places) -> str:
    if lost.placed < plan.placed:
        return f"alone it can give {lost.placed} of the {plan.placed} units that {winner} can"
    if lost.cost == plan.cost:
        return f"costs as much as {winner}, which is nearer"
    return f"lost to {winner} by {money(lost.cost - plan.cost)} {places.currency}"


def _chosen(places: Places, problem: Problem, plan: Plan) -> list[Step]:
    steps = [
        Step("landed cost", places.at(option.place).location.code, True, _parcel(places, option, row, problem.grams))
        for option, row in zip(plan.chosen, plan.taken, strict=True)
    ]
    if len(steps) > 1:
        penalty = places.penalty * (len(steps) - 1)
        extra = f", {money(penalty)} of it for splitting" if penalty else ""
        steps.append(
            Step("landed cost", "", True, f"{len(steps)} parcels for {money(plan.cost)} {places.currency}{extra}")
        )
    return steps


def _parcel(places: Places, option: Option, row: Sequence[int], grams: Sequence[int]) -> str:
    """One parcel in words: how many units, how far, what it costs and what of that is carriage and handling."""
    place = places.at(option.place)
    units = sum(row) + sum(units for _, units in place.bound)
    weight = sum(count * each for count, each in zip(row, grams, strict=True))
    cost = option.fixed + sum(row) * option.handling + weight * option.per_gram
    handling = place.handling * units
    carriage = places.carriage(option.contract)
    by = f"{carriage.code} {money(cost - handling)}" if carriage.code else "no carrier contract"
    return (
        f"{units} unit{'s' if units > 1 else ''}, {_how_far(place)}: {money(cost)} {places.currency}"
        f" ({by}, handling {money(handling)})"
    )


def _how_far(place: Place) -> str:
    return "distance not known" if place.distance is None else f"{place.distance:.0f} km"
