"""A decision in words: which rule did what, what each filter left out, who won, and by how much the others lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fulfilment.routing.domain.policies import Documents
from fulfilment.routing.optimisation import NEVER
from modules.contracts.routing import Allocation, LineFacts, ParcelChoice, RoutingFacts, Step, Unplaced

from .amounts import money
from .documents import RoutingStrategy
from .price import Chosen, Price, chosen_way
from .stages import Stage
from .work import Work, how_far

#: Locations that a step names one by one; the rest of them it counts.
_NAMED = 3
#: The nearest locations among which losers are named.
_COMPARED = 12


def why_strategy(key: str, strategy: RoutingStrategy, facts: RoutingFacts, documents: Documents) -> Step:
    """Which strategy serves the order, and why."""
    if key not in documents.get("routing_strategy", {}):
        return Step("strategy", "", True, "no strategy is there: the lowest landed cost decides")
    if strategy.serves and all(condition.met(facts) for condition in strategy.serves):
        more = len(strategy.serves) - 1
        further = f" (and {more} more condition{'s' if more > 1 else ''})" if more else ""
        return Step("strategy", "", True, f"“{strategy.name}” decides: {strategy.serves[0].words()}{further}")
    return Step("strategy", "", True, f"“{strategy.name}” decides")


def left_out(work: Work) -> list[Step]:
    """Contracts that do not serve the order, and locations that take none."""
    return [
        *_named("carrier contract", work.refused.items()),
        *_named("switched off", ((code, "takes no orders") for code in work.off)),
    ]


class Told:
    """Tells the stages of a decision as they come."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.stages: list[Stage] = []
        self.prices: dict[int, Price] = {}
        self.known: dict[tuple[int, int, bytes], Chosen] = {}

    def stage(self, stage: Stage) -> list[Step]:
        """The steps of one rule: what its filters left out, who lost, who won."""
        self.stages.append(stage)
        name, work = stage.rule.name, self.work
        steps = [
            Step(name, "", False, self._dropped(words, count, nearest, stage.looked_at))
            for words, (count, nearest) in stage.dropped.items()
        ]
        if not stage.exact:
            why = "too many ways to try them all: a good one was taken, and it may not be the cheapest"
            steps.append(Step(name, "", False, why))
        winners = sorted({place for _, place, _ in stage.given})
        for place in winners:
            self.prices[place] = stage.price
        steps += self._losers(stage, winners)
        steps += [Step(name, work.locations[place].code, True, self._won(place)) for place in winners]
        if not winners:
            steps.append(Step(name, "", False, f"places nothing: {self._nothing(stage)}"))
        return steps

    def chosen(self, place: int) -> Chosen:
        """How the parcel of a place travels."""
        parcel = (place, len(self.stages), self.work.parcels[place].tobytes())
        if parcel not in self.known:
            self.known[parcel] = chosen_way(self.work, place, self.prices.get(place))
        return self.known[parcel]

    def _won(self, place: int) -> str:
        """One parcel in words: how many units, how far, what it costs and of what that is made up."""
        work, chosen = self.work, self.chosen(place)
        parcel = work.parcels[place]
        units = int(parcel.sum())
        handling = int(work.handling[place]) * units
        risk = int(work.risk[:, place] @ parcel)
        parts = [f"{chosen.way.name} {money(chosen.carriage)}" if chosen.way else "no carrier contract"]
        if chosen.joins:
            parts = ["joins a parcel that is not picked yet"]
        parts.append(f"handling {money(handling)}")
        if risk:
            parts.append(f"and a stock-out risk of {money(risk)} counted")
        when = f", arrives {chosen.arrives}" if chosen.arrives else ""
        if chosen.late:
            when += f", promised for {work.facts.promise_by}"
        cost = money(chosen.carriage + handling)
        return (
            f"{units} unit{'s' if units > 1 else ''}, {how_far(work, place)}: {cost} {work.facts.currency}"
            f" ({', '.join(parts)}){when}"
        )

    def _losers(self, stage: Stage, winners: Sequence[int]) -> list[Step]:
        """What the rest would have counted as from a single one of the others, the best of them first."""
        if not winners or len(winners) > len({place for _, place, _ in stage.given}):
            return []
        work, placed = self.work, sum(units for _, _, units in stage.given)
        winner = " + ".join(work.locations[place].code for place in winners)
        total = int(stage.needs.sum())
        found: list[tuple[int, int, int]] = []
        if placed == total:
            others = list(np.argsort(stage.alone, kind="stable")[: _NAMED + len(winners)])
            found = [
                (-total, int(stage.alone[place]), int(place))
                for place in others
                if place not in winners and stage.alone[place] < NEVER
            ]
        if len(found) < _NAMED:
            known = {place for _, _, place in found}
            found += [item for item in self._partial(stage, winners) if item[2] not in known]
        steps = []
        for less, cost, place in sorted(found)[:_NAMED]:
            code = work.locations[place].code
            if -less < placed:
                why = f"alone it can give {-less} of the {placed} units that {winner} can"
            else:
                why = self._lost(stage, cost - stage.counted, place, winners)
            steps.append(Step(stage.rule.name, code, False, why))
        return steps

    def _partial(self, stage: Stage, winners: Sequence[int]) -> list[tuple[int, int, int]]:
        """What the nearest others could give alone: minus the units, what they count as, the place."""
        holds = np.flatnonzero(stage.stock.any(axis=0) & ~stage.price.blocked)
        nearest = [int(place) for place in holds if place not in winners][:_COMPARED]
        if not nearest:
            return []
        contents = stage.stock[:, nearest].T
        costs = stage.price.prices(np.array(nearest, dtype=np.intp), contents)
        units = contents @ stage.price.multiples
        return [
            (-int(units[at]), int(costs[at, at]), place) for at, place in enumerate(nearest) if costs[at, at] < NEVER
        ]

    def _lost(self, stage: Stage, more: int, place: int, winners: Sequence[int]) -> str:
        """Why a place that can give as many units was not taken; it counts ``more`` grains than the winners."""
        work = self.work
        winner = " + ".join(work.locations[at].code for at in winners)
        by = f"{money(abs(more))} {work.facts.currency}"
        if more < 0 and stage.planned:
            return f"by itself {by} cheaper; another order of the run needs it more"
        if more < 0 and len(work.parcels) >= stage.limit and place not in work.parcels:
            return f"by itself {by} cheaper; it would be a further parcel, and the order may have {stage.limit}"
        if more < 0:
            return f"by itself {by} cheaper; there were too many ways to try them all"
        if more == 0:
            return self._as_good(stage, place, winners)
        if len(stage.rule.ratings) == stage.rule.by_cost:
            return f"lost to {winner} by {by}"
        return f"lost to {winner} by {by}, counting {' + '.join(rating.words() for rating in stage.rule.ratings)}"

    def _as_good(self, stage: Stage, place: int, winners: Sequence[int]) -> str:
        """How a tie was broken: by distance, and where that says nothing by the codes."""
        work = self.work
        winner = " + ".join(work.locations[at].code for at in winners)
        if stage.alone[place] >= NEVER:
            return f"could give as many units as {winner}, and counts as much"
        one = len(winners) == 1
        far, theirs = work.distance[place], work.distance[list(winners)]
        if stage.sending.issuperset(winners) and place not in stage.sending:
            return f"counts as much as {winner}, which {'sends a parcel' if one else 'send parcels'} already"
        if (far > theirs).all() and not stage.rule.ratings:
            return f"farther than {winner}"
        if (far > theirs).all():
            return f"counts as much as {winner}, which {'is' if one else 'are'} nearer"
        if np.isnan(far) and not np.isnan(theirs).any():
            return f"counts as much as {winner}; how far it is from the customer is not known"
        if np.isnan(far) or (far == theirs).all():
            return f"counts as much as {winner}, which {'comes' if one else 'come'} first by code"
        return f"counts as much as {winner}"

    def _dropped(self, words: str, count: int, nearest: Sequence[int], of: int) -> str:
        named = ", ".join(f"{self.work.locations[at].code} ({how_far(self.work, at)})" for at in nearest)
        more = "" if count <= len(nearest) else f" and {count - len(nearest)} more"
        return f"{words}: leaves out {count:,} of the {of:,} locations with stock: {named}{more}"

    def _nothing(self, stage: Stage) -> str:
        if not stage.stock.any():
            return "no location that it keeps has stock to spare"
        if stage.price.blocked[stage.stock.any(axis=0)].all():
            return "no service that it allows goes there from a location that it keeps"
        if stage.rule.split == "one_place":
            return "no location that it keeps has everything that is left"
        return "no service takes such a parcel, or the limit of parcels is reached"


def parcels_of(told: Told) -> tuple[ParcelChoice, ...]:
    """How each parcel travels."""
    work = told.work
    found = []
    for place in sorted(work.parcels):
        chosen = told.chosen(place)
        if chosen.way is not None or chosen.joins:
            found.append(
                ParcelChoice(
                    work.locations[place].location_id,
                    chosen.way.contract_code if chosen.way else "",
                    chosen.way.service.code if chosen.way else "",
                    money(chosen.carriage),
                    chosen.arrives,
                    chosen.joins,
                )
            )
    return tuple(found)


def cost_of(told: Told) -> int:
    """What all parcels cost together in grains, with the penalty for splitting."""
    work = told.work
    handling = sum(int(work.handling[place]) * int(parcel.sum()) for place, parcel in work.parcels.items())
    carriage = sum(told.chosen(place).carriage for place in work.parcels)
    return carriage + handling + work.penalty * max(0, len(work.parcels) - 1)


def summary(told: Told, unplaced: Sequence[Unplaced]) -> list[Step]:
    """What all parcels cost together, and what has no place."""
    work, steps = told.work, []
    parcels = len(work.parcels)
    if parcels > 1:
        penalty = work.penalty * (parcels - 1)
        extra = f", {money(penalty)} of it for splitting" if penalty else ""
        total = f"{parcels} parcels for {money(cost_of(told))} {work.facts.currency}{extra}"
        steps.append(Step("parcels", "", True, total))
    position = {line.line_id: line.position for line in work.facts.lines}
    for item in unplaced:
        steps.append(Step("not placed", f"line {position[item.line_id]}", False, f"{item.reason}; {_waits(item)}"))
    return steps


def why_not(line: LineFacts, told: Told, allocations: Sequence[Allocation]) -> str:
    """Why units of a line have no place."""
    work = told.work
    facts = work.facts
    if not work.able:
        return f"no carrier contract serves {facts.country or 'an order without a country'} in {facts.currency}"
    if line.ship_from:
        return _why_not_there(line, work)
    if not told.stages:
        return f"no rule of “{work.strategy.name}” applies to the order"
    good, last = work.number[line.product_id], told.stages[-1]
    given = {item.location_id for item in allocations if item.product_id == line.product_id}
    stocked = np.flatnonzero(work.own & (work.raw[good] > 0))
    has = [int(at) for at in stocked if work.locations[at].location_id not in given]
    if not has:
        off = {facts.network.by_code[code].location_id for code in work.off}
        if any(facts.available.get((location, line.product_id), 0) > 0 for location in off):
            return "what is left is at locations that take no orders"
        return "not enough stock at any location that takes work"
    refused = work.refused_by.get(line.product_id, set())
    if all(work.locations[at].location_id in refused for at in has):
        return "every location that has it has refused it"
    spare = [at for at in has if work.stock[good, at] > last.rule.units_left and work.room[at] > 0]
    if not spare:
        return "what is left is kept back, or is where the capacity for today is used up"
    row = last.goods.index(good) if good in last.goods else -1
    if last.rule.split == "one_place":
        return f"no location that “{last.rule.name}” keeps has all that is left of the order"
    if row < 0 or not any(last.stock[row, at] for at in spare):
        if last.rule.split == "whole_lines":
            return f"no location that “{last.rule.name}” keeps has all units of {line.sku}"
        return f"what is left is at locations that “{last.rule.name}” leaves out"
    if last.price.blocked[spare].all():
        return f"no service that “{last.rule.name}” allows goes there from where the stock is"
    if len(work.parcels) < last.limit:
        return "no service takes a parcel with it from where the stock is"
    return (
        f"it would take more than {last.limit} parcel{'s' if last.limit > 1 else ''}, which is the limit for an order"
    )


def _why_not_there(line: LineFacts, work: Work) -> str:
    code = line.ship_from
    location = work.facts.network.by_code.get(code)
    if location is None:
        return f"location {code}, which alone may ship it, takes no work"
    if not work.columns.enabled[work.columns.at[location.location_id]]:
        return f"location {code}, which alone may ship it, is switched off"
    if location.location_id in work.facts.excluded.get(line.line_id, ()):
        return f"location {code}, which alone may ship it, has refused it"
    place = work.place_of(code)
    if place is not None and work.stock[work.number[line.product_id], place] > 0 and work.room[place] > 0:
        return f"no service takes it from {code}, which alone may ship it"
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
    expected = f", expected on {item.expected_on}" if item.expected_on else ""
    until = f", cancelled on {item.cancel_on}" if item.cancel_on else ""
    return f"{item.quantity} unit{'s' if item.quantity > 1 else ''}: {words}{expected}{until}"


def _named(rule: str, reasons: Iterable[tuple[str, str]]) -> list[Step]:
    """A step for each of the first that a rule leaves out, and one that counts the others."""
    found = list(reasons)
    steps = [Step(rule, code, False, why) for code, why in found[:_NAMED]]
    if len(found) > _NAMED:
        steps.append(Step(rule, "", False, f"{len(found) - _NAMED} more for the same reason"))
    return steps
