"""One rule of a strategy at work: which locations it keeps, what counts as cheapest, what it places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from modules.contracts.routing import LineFacts

from .assignment import Option, Plan, Problem, cheapest_plan, plan_of
from .documents import Rule
from .places import Carriage, Place, Places, undominated
from .selection import Candidate, DistanceFilter

#: Beyond so many locations, only those are looked at that have a product of which fewer than enough have all units.
NEAREST = 200
ENOUGH = 5
#: The nearest locations among which losers are named.
COMPARED = 12
#: Units of a line that still need a place.
Open = tuple[LineFacts, int]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a rule has to place; for each product the units and the weight of one in grams."""

    lines: Sequence[Open]
    products: tuple[int, ...]
    units: tuple[int, ...]
    grams: tuple[int, ...]


@dataclass(slots=True)
class Stage:
    """A rule's work: its problem, the best plan, and what each filter left out (the nearest first)."""

    rule: Rule
    carriages: tuple[Carriage, ...]
    problem: Problem
    plan: Plan
    dropped: dict[str, list[Place]]
    looked_at: int
    given: list[tuple[LineFacts, Place, int]] = field(default_factory=list)


def demand_of(lines: Sequence[Open]) -> Demand:
    """The lines that any location may ship."""
    units: dict[int, int] = {}
    grams: dict[int, int] = {}
    for line, wanted in lines:
        units[line.product_id] = units.get(line.product_id, 0) + wanted
        grams.setdefault(line.product_id, line.weight_grams or 0)
    return Demand(lines, tuple(units), tuple(units.values()), tuple(grams.values()))


def place_by(rule: Rule, places: Places, lines: Sequence[Open]) -> Stage:
    """Let a rule place what it can of the open units, and give the units to their places."""
    demand = demand_of(lines)
    allowed = tuple(one for one in places.carriages if all(one.code in each for each in rule.contracts))
    stage = _Stage(rule, places, demand, allowed)
    problem = stage.problem()
    plan = _one_place(problem) if rule.split == "one_place" else cheapest_plan(problem)
    done = Stage(rule, allowed, problem, plan, stage.dropped, stage.looked_at)
    for line, place, units in _shares(demand, plan, places):
        place.take(line, units, allowed)
        done.given.append((line, place, units))
    return done


class _Stage:
    def __init__(self, rule: Rule, places: Places, demand: Demand, allowed: tuple[Carriage, ...]) -> None:
        self.rule = rule
        self.places = places
        self.demand = demand
        self.allowed = allowed
        self.undominated = undominated(allowed)
        self.dropped: dict[str, list[Place]] = {}
        self.looked_at = 0
        limits = [item.km for item in rule.filters if isinstance(item, DistanceFilter)]
        self.within = min(limits, default=None)

    def problem(self) -> Problem:
        """What is to be decided: which parcels besides those that go in any case."""
        forced = {place.rank: place for place in self.places.with_parcel()}
        free, complete = self._free(forced) if self.allowed else ({}, True)
        nothing = (0,) * len(self.demand.units)
        return Problem(
            needs=self.demand.units,
            grams=self.demand.grams if self.rule.by_cost else nothing,
            limit=max(self.rule.most_parcels, len(forced)),
            penalty=self.places.penalty if self.rule.by_cost else 0,
            forced=tuple(
                tuple(free.get(rank) or self._options(place, nothing)) for rank, place in sorted(forced.items())
            ),
            free=tuple(option for rank, options in free.items() if rank not in forced for option in options),
            complete=complete,
            whole=self.rule.split != "anywhere",
        )

    def _free(self, forced: dict[int, Place]) -> tuple[dict[int, list[Option]], bool]:
        """The parcels of the locations that the rule keeps, nearest first, and whether all that matter are there.

        Farther ones cannot be part of a cheaper plan than one that was found, or they are left out for their number.
        """
        demand = self.demand
        units = sum(demand.units)
        grams = sum(map(int.__mul__, demand.units, demand.grams)) if self.rule.by_cost else 0
        least_weight = grams * min(one.per_gram for one in self.allowed) if grams else 0
        cheapest: int | None = None
        complete = True
        holders = dict.fromkeys(range(len(demand.units)), 0)
        found: dict[int, list[Option]] = {}
        for place in self.places.near(self.within):
            stock = self._stock(place)
            if not any(stock):
                continue
            if len(found) >= NEAREST and place.rank not in forced:
                complete = False
                if not any(stock[index] for index in holders):
                    if not holders and not forced:
                        break
                    continue
            if not self._keeps(place, stock) or not place.allowed(self.allowed):
                continue
            found[place.rank] = options = self._options(place, stock)
            for index in [index for index in holders if stock[index] == demand.units[index]]:
                holders[index] += 1
                if holders[index] == ENOUGH:
                    del holders[index]
            if stock == demand.units and place.room >= units and not forced:
                cost = min(option.fixed + units * option.handling + grams * option.per_gram for option in options)
                cheapest = cost if cheapest is None else min(cost, cheapest)
            if cheapest is not None and len(found) >= COMPARED and self._floor(place) + least_weight >= cheapest:
                break
        self._count_beyond()
        return found, complete

    def _stock(self, place: Place) -> tuple[int, ...]:
        keep = self.rule.units_left
        pairs = zip(self.demand.products, self.demand.units, strict=True)
        stock = [place.to_spare(product, wanted, keep) for product, wanted in pairs]
        if self.rule.split != "anywhere":
            stock = [units if units == wanted else 0 for units, wanted in zip(stock, self.demand.units, strict=True)]
        if self.rule.split == "one_place" and (0 in stock or place.room < sum(stock)):
            return (0,) * len(stock)
        return tuple(stock)

    def _keeps(self, place: Place, stock: Sequence[int]) -> bool:
        self.looked_at += 1
        if not self.rule.filters:
            return True
        seen = self._candidate(place, stock)
        for item in self.rule.filters:
            if not item.keeps(seen):
                self.dropped.setdefault(item.words(), []).append(place)
                return False
        return True

    def _count_beyond(self) -> None:
        far = self.places.beyond(self.within) if self.within is not None else None
        if far is not None and any(self._stock(far)):
            words = next(
                item.words()
                for item in self.rule.filters
                if isinstance(item, DistanceFilter) and item.km == self.within
            )
            self.looked_at += 1
            self.dropped.setdefault(words, []).append(far)

    def _candidate(self, place: Place, stock: Sequence[int]) -> Candidate:
        free = sum(max(0, place.stock.get(product, 0)) for product in self.demand.products)
        return Candidate(
            place.location, place.distance, place.kilometres, place.policy.priority, sum(stock), free, place.room,
            place.policy.capacity_per_day,
        )  # fmt: skip

    def _floor(self, place: Place) -> int:
        """What a parcel from there or farther away counts as at least, before anything is in it."""
        carriage = min(one.fixed(place.kilometres) for one in self.allowed) if self.rule.by_cost else 0
        return carriage + self.rule.per_100_km * place.kilometres // 100

    def _options(self, place: Place, stock: tuple[int, ...]) -> list[Option]:
        """The parcels that a location could send: one with each contract."""
        counts = self.rating(place, stock)
        if not self.rule.by_cost:
            return [Option(place.rank, 0, counts, 0, 0, stock, place.room)]
        handling = place.policy.handling
        carriages = self.undominated
        if place.bound:
            carriages = undominated(place.allowed(self.allowed) if any(stock) else place.carriages)
        weight = sum(units * (line.weight_grams or 0) for line, units in place.bound)
        bound = handling * place.units
        return [
            Option(
                place.rank, one.number, one.fixed(place.kilometres) + counts + bound + weight * one.per_gram, handling,
                one.per_gram, stock, place.room,
            )
            for one in carriages
        ]  # fmt: skip

    def rating(self, place: Place, stock: Sequence[int]) -> int:
        """What a parcel from there counts as dearer by the ratings."""
        if len(self.rule.ratings) == self.rule.by_cost:
            return 0
        seen = self._candidate(place, stock)
        return sum(rating.grains(seen) for rating in self.rule.ratings)


def _one_place(problem: Problem) -> Plan:
    """Everything at one location: at one that sends a parcel already, or with one parcel more."""
    needs = problem.needs
    nothing = (0,) * len(needs)
    forced = [options[0] for options in problem.forced]
    empty = [_with_stock(option, nothing) for option in forced]
    plans = [plan_of(empty, problem)]
    for at, options in enumerate(problem.forced):
        for option in options:
            if option.stock == needs:
                plans.append(plan_of([*empty[:at], option, *empty[at + 1 :]], problem))
    if len(empty) < problem.limit:
        plans += [plan_of([*empty, option], problem) for option in problem.free if option.stock == needs]
    best = min(plans, key=lambda plan: plan.key)
    return best if problem.complete else Plan(best.chosen, best.taken, best.placed, best.cost, proven=False)


def _with_stock(option: Option, stock: tuple[int, ...]) -> Option:
    return Option(option.place, option.contract, option.fixed, option.handling, option.per_gram, stock, option.room)


def _shares(demand: Demand, plan: Plan, places: Places) -> list[tuple[LineFacts, Place, int]]:
    """Share the units of each product in a plan out to the lines: whole where one parcel holds all of a line."""
    left = [dict(zip(demand.products, row, strict=True)) for row in plan.taken]
    shares: list[tuple[LineFacts, Place, int]] = []
    for line, wanted in demand.lines:
        index = demand.products.index(line.product_id)
        cost = [option.handling + option.per_gram * demand.grams[index] for option in plan.chosen]
        order = sorted(range(len(left)), key=cost.__getitem__)
        whole = [at for at in order if left[at][line.product_id] >= wanted][:1]
        for at in whole or order:
            units = min(wanted, left[at][line.product_id])
            if units:
                shares.append((line, places.at(plan.chosen[at].place), units))
                left[at][line.product_id] -= units
                wanted -= units
    return shares
