"""A decision in words: which rule did what, what each filter left out, who won, and by how much the others lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import Allocation, LineFacts, RoutingFacts, Step, Unplaced

from .amounts import money
from .assignment import Option, Plan, plan_of
from .documents import RoutingStrategy, Rule
from .places import Place, Places
from .stages import COMPARED, Stage

#: Locations that a step names one by one; the rest of them it counts.
_NAMED = 3


def why_strategy(key: str, strategy: RoutingStrategy, facts: RoutingFacts, documents: Documents) -> Step:
    """Which strategy serves the order, and why."""
    if key not in documents.get("routing_strategy", {}):
        return Step("strategy", "", True, "no strategy is there: the lowest landed cost decides")
    if strategy.serves and all(condition.met(facts) for condition in strategy.serves):
        return Step("strategy", "", True, f"“{strategy.name}” decides: {strategy.serves[0].words()}{_more(strategy)}")
    return Step("strategy", "", True, f"“{strategy.name}” decides")


def left_out(places: Places) -> list[Step]:
    """Contracts that do not serve the order, and locations that take none."""
    return [
        *_named("carrier contract", places.refused.items()),
        *_named("switched off", ((code, "takes no orders") for code in places.switched_off)),
    ]


class Told:
    """Tells the stages of a decision as they come."""

    def __init__(self, facts: RoutingFacts, places: Places, strategy: RoutingStrategy) -> None:
        self.facts = facts
        self.places = places
        self.strategy = strategy
        self.stages: list[Stage] = []

    def stage(self, stage: Stage) -> list[Step]:
        """The steps of one rule: what its filters left out, who lost, who won, what it leaves."""
        self.stages.append(stage)
        name, places = stage.rule.name, self.places
        steps = [
            Step(name, "", False, _dropped(words, dropped, stage.looked_at)) for words, dropped in stage.dropped.items()
        ]
        if not stage.plan.proven:
            why = "too many locations to try every way: only the nearest and most promising were compared"
            steps.append(Step(name, "", False, why))
        winners = list(dict.fromkeys(place.rank for _, place, _ in stage.given))
        steps += self._losers(stage, winners)
        steps += [
            Step(name, places.at(rank).location.code, True, self._won(stage, places.at(rank))) for rank in winners
        ]
        if not winners:
            steps.append(Step(name, "", False, f"places nothing: {_nothing(stage, places)}"))
        return steps

    def _won(self, stage: Stage, place: Place) -> str:
        """One parcel in words: how many units, how far, what it costs and what of that is carriage and handling."""
        units = place.units
        carriage = place.cheapest()
        handling = place.policy.handling * units
        cost = place.cost(carriage)
        by = f"{carriage.code} {money(cost - handling)}" if carriage.code else "no carrier contract"
        return (
            f"{units} unit{'s' if units > 1 else ''}, {_how_far(place)}: {money(cost)} {self.facts.currency}"
            f" ({by}, handling {money(handling)})"
        )

    def _losers(self, stage: Stage, winners: Sequence[int]) -> list[Step]:
        """What the rest would have counted as from a single one of the nearest others, the best of them first."""
        problem, plan, places = stage.problem, stage.plan, self.places
        if not winners:
            return []
        forced = {options[0].place for options in problem.forced}
        base = [option for option in plan.chosen if option.place in forced]
        chosen = {option.place for option in plan.chosen}
        others: dict[int, list[Option]] = {}
        for option in problem.free:
            if option.place not in chosen and (option.place in others or len(others) < COMPARED):
                others.setdefault(option.place, []).append(option)
        if len(base) >= problem.limit:
            return []
        plans = [
            (min((plan_of([*base, option], problem) for option in options), key=_worth), rank)
            for rank, options in others.items()
        ]
        best = sorted(plans, key=lambda pair: (*_worth(pair[0]), pair[1]))[:_NAMED]
        winner = " + ".join(places.at(rank).location.code for rank in winners)
        return [
            Step(stage.rule.name, places.at(rank).location.code, False, self._lost(stage, lost, winner))
            for lost, rank in best
        ]

    def _lost(self, stage: Stage, lost: Plan, winner: str) -> str:
        plan = stage.plan
        if lost.placed < plan.placed:
            return f"alone it can give {lost.placed} of the {plan.placed} units that {winner} can"
        if lost.cost == plan.cost:
            return f"counts as much as {winner}, which is nearer" if stage.rule.ratings else f"farther than {winner}"
        by = f"{money(lost.cost - plan.cost)} {self.facts.currency}"
        if len(stage.rule.ratings) == stage.rule.by_cost:
            return f"lost to {winner} by {by}"
        return f"lost to {winner} by {by}, counting {' + '.join(rating.words() for rating in stage.rule.ratings)}"


def summary(places: Places, unplaced: Sequence[Unplaced], facts: RoutingFacts) -> list[Step]:
    """What all parcels cost together, and what has no place."""
    steps = []
    parcels = len(places.with_parcel())
    if parcels > 1:
        penalty = places.penalty * (parcels - 1)
        extra = f", {money(penalty)} of it for splitting" if penalty else ""
        steps.append(Step("parcels", "", True, f"{parcels} parcels for {money(places.cost())} {facts.currency}{extra}"))
    position = {line.line_id: line.position for line in facts.lines}
    for item in unplaced:
        steps.append(Step("not placed", f"line {position[item.line_id]}", False, f"{item.reason}; {_waits(item)}"))
    return steps


def why_not(line: LineFacts, told: Told, allocations: Sequence[Allocation]) -> str:
    """Why units of a line have no place."""
    facts, places = told.facts, told.places
    if not places.carriages:
        return f"no carrier contract serves {facts.country or 'an order without a country'} in {facts.currency}"
    if line.ship_from:
        return _why_not_there(line, places)
    if not told.stages:
        return f"no rule of “{told.strategy.name}” applies to the order"
    stocked = [place for place in places.near() if place.stock.get(line.product_id, 0) > 0]
    if not stocked:
        return _none_left(line, facts, places, allocations)
    last = told.stages[-1]
    dropped = {place.rank for found in last.dropped.values() for place in found}
    kept = [place for place in stocked if place.to_spare(line.product_id, 1, last.rule.units_left)]
    if not kept:
        return "what is left is kept back, or is where the capacity for today is used up"
    if last.rule.split == "one_place":
        return f"no location that “{last.rule.name}” keeps has all that is left of the order"
    if all(place.rank in dropped or _beyond(place, last.rule) for place in kept):
        return f"what is left is at locations that “{last.rule.name}” leaves out"
    if not last.carriages:
        return f"no contract that “{last.rule.name}” allows serves the order"
    if last.rule.split == "whole_lines":
        return f"no location that “{last.rule.name}” keeps has all units of {line.sku} within the limit of parcels"
    limit = last.problem.limit
    return f"it would take more than {limit} parcel{'s' if limit > 1 else ''}, which is the limit for an order"


def _beyond(place: Place, rule: Rule) -> bool:
    limits = [item.km for item in rule.filters if item.what == "distance"]
    return bool(limits) and place.distance is not None and place.distance > min(limits)


def _none_left(line: LineFacts, facts: RoutingFacts, places: Places, allocations: Sequence[Allocation]) -> str:
    given = {item.location_id for item in allocations if item.product_id == line.product_id}
    refused = places.refusals.get(line.product_id, set())
    own = {item.location_id: item.code for item in facts.network.locations if not item.vendor}
    has = {
        location
        for (location, product), units in facts.available.items()
        if product == line.product_id and units > 0 and location in own and location not in given
    }
    if has and has <= refused:
        return "every location that has it has refused it"
    if has - refused:
        off = set(places.switched_off)
        if {own[location] for location in has - refused} <= off:
            return "what is left is at locations that take no orders"
        return "what is left is kept back, or is where the capacity for today is used up"
    return "not enough stock at any location that takes work"


def _why_not_there(line: LineFacts, places: Places) -> str:
    code = line.ship_from
    location = places.facts.network.by_code.get(code)
    if location is None:
        return f"location {code}, which alone may ship it, takes no work"
    if not places.policy(code).enabled:
        return f"location {code}, which alone may ship it, is switched off"
    if location.location_id in places.facts.excluded.get(line.line_id, ()):
        return f"location {code}, which alone may ship it, has refused it"
    return f"not enough to spare at {code}, which alone may ship it"


def _waits(item: Unplaced) -> str:
    words = {
        "to_route": "is tried again soon",
        "backorder": "waits for stock",
        "pre_order": "waits for its first day of sale",
        "unfillable": "waits for a person to decide",
        "hold": "the order is held for a person",
        "cancel": "is cancelled",
    }[item.queue]
    expected = f", expected on {item.expected_on}" if item.expected_on and item.queue != "pre_order" else ""
    until = f", cancelled on {item.cancel_on}" if item.cancel_on else ""
    return f"{item.quantity} unit{'s' if item.quantity > 1 else ''}: {words}{expected}{until}"


def _dropped(words: str, dropped: Sequence[Place], looked_at: int) -> str:
    nearest = ", ".join(f"{place.location.code} ({_how_far(place)})" for place in dropped[:_NAMED])
    more = "" if len(dropped) <= _NAMED else f" and {len(dropped) - _NAMED} more"
    return f"{words}: leaves out {len(dropped)} of the {looked_at} nearest with stock: {nearest}{more}"


def _nothing(stage: Stage, places: Places) -> str:
    if not stage.carriages:
        return "no contract that it allows serves the order"
    if stage.rule.split == "one_place" and next(places.near(), None) is not None:
        return "no location that it keeps has everything that is left"
    return "no location that it keeps has stock to spare"


def _more(strategy: RoutingStrategy) -> str:
    further = len(strategy.serves) - 1
    return f" (and {further} more condition{'s' if further > 1 else ''})" if further else ""


def _named(rule: str, reasons: Iterable[tuple[str, str]]) -> list[Step]:
    """A step for each of the first that a rule leaves out, and one that counts the others."""
    found = list(reasons)
    steps = [Step(rule, code, False, why) for code, why in found[:_NAMED]]
    if len(found) > _NAMED:
        steps.append(Step(rule, "", False, f"{len(found) - _NAMED} more for the same reason"))
    return steps


def _worth(plan: Plan) -> tuple[int, int]:
    return -plan.placed, plan.cost


def _how_far(place: Place) -> str:
    return "distance not known" if place.distance is None else f"{place.distance:.0f} km"
