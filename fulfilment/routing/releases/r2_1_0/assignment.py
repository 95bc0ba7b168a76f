"""Which parcels fill an order at the lowest cost: exact by enumeration for a few dozen options, bounded beyond.

Costs are whole numbers of a ten-millionth of the currency, so that comparing them is exact. An option is one parcel
that one location could send with one contract. A plan is a set of options of different locations; within it every
unit goes where it costs least. Of two plans the one that places more units is better, then the cheaper one, then the
one with fewer parcels, then the one whose locations come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product

#: So many locations are searched in full; more are first shortened to the most promising ones.
EXACT = 40
SHORTLIST = 24
#: Sets of parcels that are looked at before the search gives up.
BUDGET = 12_000
#: Ways to keep products together within short room that are looked at.
_WHOLE_BUDGET = 4_000
#: Room of a location without a limit.
UNLIMITED = 1 << 60


@dataclass(frozen=True, slots=True)
class Option:
    """A parcel: the rank of its location, the number of the contract, what it costs before any unit is in it, what
    handling a unit and carrying a gram cost, how many units of each product there are (never more than are needed),
    and the room for all products together.
    """

    place: int
    contract: int
    fixed: int
    handling: int
    per_gram: int
    stock: tuple[int, ...]
    room: int


@dataclass(frozen=True, slots=True)
class Problem:
    """How many units of each product are needed and what one weighs, the most parcels, the cost of each after the
    first.

    ``forced`` holds, for each location that sends a parcel in any case, its options; ``free`` the others, nearest
    first; ``complete`` tells whether none was left out for their number. ``whole``: no product may be shared between
    parcels; the stock of an option is then all that is needed of a product, or nothing.
    """

    needs: tuple[int, ...]
    grams: tuple[int, ...]
    limit: int
    penalty: int
    forced: tuple[tuple[Option, ...], ...]
    free: tuple[Option, ...]
    complete: bool = True
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Parcels and the units of each product in each, what they cost, and whether no other plan can be better."""

    chosen: tuple[Option, ...]
    taken: tuple[tuple[int, ...], ...]
    placed: int
    cost: int
    proven: bool = True

    @property
    def key(self) -> tuple[int, int, int, list[int]]:
        """The better plan has the smaller key."""
        return -self.placed, self.cost, len(self.chosen), [option.place for option in self.chosen]


def cheapest_plan(problem: Problem) -> Plan:
    """The best plan; ``proven`` is false where only promising sets were looked at."""
    free, complete = _promising(problem)
    search = _Search(problem, _undominated(free, problem))
    best = search.run()
    if not search.finished:
        best = min(best, _greedy(problem, free), key=lambda plan: plan.key)
    if complete and search.finished and best.proven:
        return best
    return Plan(best.chosen, best.taken, best.placed, best.cost, proven=False)


def plan_of(chosen: Sequence[Option], problem: Problem) -> Plan:
    """The cheapest way to place as many units as these parcels can hold."""
    costs = [[option.handling + option.per_gram * grams for grams in problem.grams] for option in chosen]
    taken, proven = _filled(chosen, costs, problem.needs), True
    if problem.whole and _over_room(chosen, taken, problem.needs):
        taken, proven = _filled_whole(chosen, costs, problem.needs)
    cost = sum(option.fixed for option in chosen) + problem.penalty * max(0, len(chosen) - 1)
    placed = 0
    for row, each in zip(taken, costs, strict=True):
        placed += sum(row)
        cost += sum(map(int.__mul__, row, each))
    return Plan(tuple(chosen), tuple(tuple(row) for row in taken), placed, cost, proven)


def _over_room(chosen: Sequence[Option], taken: Sequence[Sequence[int]], needs: Sequence[int]) -> bool:
    """Whether room was short, so that units of one product may have been shared between parcels."""
    full = any(sum(row) >= option.room for row, option in zip(taken, chosen, strict=True))
    return full and any(0 < units < need for row in taken for units, need in zip(row, needs, strict=True))


def _filled_whole(
    chosen: Sequence[Option], costs: Sequence[Sequence[int]], needs: Sequence[int]
) -> tuple[list[list[int]], bool]:
    """Where room is short and products stay together: every way, the larger products first, within a limit."""
    order = sorted(range(len(needs)), key=lambda index: -needs[index])
    room = [option.room for option in chosen]
    best: tuple[int, int, tuple[int, ...]] = (1, 0, ())
    visited = 0

    def go_on(depth: int, placed: int, cost: int, where: tuple[int, ...]) -> None:
        nonlocal best, visited
        visited += 1
        rest = sum(needs[index] for index in order[depth:])
        if visited > _WHOLE_BUDGET or (best[2] and (-(placed + rest), cost) >= best[:2] and rest == 0):
            return
        if best[2] and -(placed + rest) > best[0]:
            return
        if depth == len(order):
            best = min(best, (-placed, cost, where))
            return
        index = order[depth]
        able = [at for at, option in enumerate(chosen) if option.stock[index] and room[at] >= needs[index]]
        for at in sorted(able, key=lambda at: costs[at][index]):
            room[at] -= needs[index]
            go_on(depth + 1, placed + needs[index], cost + needs[index] * costs[at][index], (*where, at))
            room[at] += needs[index]
        go_on(depth + 1, placed, cost, (*where, -1))

    go_on(0, 0, 0, ())
    taken = [[0] * len(needs) for _ in chosen]
    for index, at in zip(order, best[2], strict=False):
        if at >= 0:
            taken[at][index] = needs[index]
    return taken, visited <= _WHOLE_BUDGET


def _filled(chosen: Sequence[Option], costs: Sequence[Sequence[int]], needs: Sequence[int]) -> list[list[int]]:
    """Each product from where a unit of it costs least; the first of those that cost the same."""
    if len(chosen) == 1:
        taken = [list(chosen[0].stock)]
    else:
        taken = [[0] * len(needs) for _ in chosen]
        order = _same_order(chosen)
        for index, need in enumerate(needs):
            for at in order or sorted(range(len(chosen)), key=[each[index] for each in costs].__getitem__):
                held = chosen[at].stock[index]
                taken[at][index] = held if held < need else need
                need -= taken[at][index]
    if any(sum(row) > option.room for row, option in zip(taken, chosen, strict=True)):
        return _filled_within_room(chosen, costs, needs)
    return taken


def _same_order(chosen: Sequence[Option]) -> Sequence[int]:
    """The parcels, the cheaper first, where that is the same for every product; else nothing."""
    order = sorted(range(len(chosen)), key=lambda at: (chosen[at].handling, chosen[at].per_gram))
    in_order = all(chosen[one].per_gram <= chosen[other].per_gram for one, other in pairwise(order))
    return order if in_order else ()


def _filled_within_room(
    chosen: Sequence[Option], costs: Sequence[Sequence[int]], needs: Sequence[int]
) -> list[list[int]]:
    """Where room is short: a flow of lowest cost, by successive cheapest paths (Ahuja, Magnanti, Orlin 1993, 9.7)."""
    taken = [[0] * len(needs) for _ in chosen]
    left, room = list(needs), [option.room for option in chosen]
    while True:
        path = _cheapest_path(chosen, costs, taken, left, room)
        if not path:
            return taken
        start, end = path[0][0], path[-1][1]
        back = [taken[at][index] for (_, at), (index, _) in pairwise(path)]
        forth = [chosen[at].stock[index] - taken[at][index] for index, at in path]
        units = min(left[start], room[end], *forth, *back)
        for index, at in path:
            taken[at][index] += units
        for (_, at), (index, _) in pairwise(path):
            taken[at][index] -= units
        left[start] -= units
        room[end] -= units


def _cheapest_path(
    chosen: Sequence[Option],
    costs: Sequence[Sequence[int]],
    taken: Sequence[Sequence[int]],
    left: Sequence[int],
    room: Sequence[int],
) -> list[tuple[int, int]]:
    """Pairs (product, parcel): the product moves into the parcel, and out of it moves the next pair's product."""
    reached: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    starts: dict[int, tuple[int, list[tuple[int, int]]]] = {index: (0, []) for index, need in enumerate(left) if need}
    for _ in range(len(chosen) + 1):
        changed: set[int] = set()
        for index, (cost, path) in starts.items():
            for at, option in enumerate(chosen):
                total = cost + costs[at][index]
                if taken[at][index] < option.stock[index] and (at not in reached or total < reached[at][0]):
                    reached[at] = (total, [*path, (index, at)])
                    changed.add(at)
        starts = {}
        for at in sorted(changed):
            cost, path = reached[at]
            for index, units in enumerate(taken[at]):
                total = cost - costs[at][index]
                if units and (index not in starts or total < starts[index][0]):
                    starts[index] = (total, path)
    ends = [(cost, at) for at, (cost, _) in reached.items() if room[at]]
    return reached[min(ends)[1]][1] if ends else []


def _promising(problem: Problem) -> tuple[Sequence[Option], bool]:
    """The options that a best plan may hold, and whether none was left out for their number alone."""
    free: Sequence[Option] = problem.free
    if not problem.forced and free:
        free = _within_reach(problem)
    if len({option.place for option in free}) <= EXACT:
        return free, problem.complete
    return _shortlist(free, problem), False


def _within_reach(problem: Problem) -> Sequence[Option]:
    """Where one parcel alone can fill the order, what cannot be part of anything cheaper is out."""
    needs, free = problem.needs, problem.free
    units, grams = sum(needs), sum(map(int.__mul__, needs, problem.grams))
    alone = [
        (option.fixed + units * option.handling + grams * option.per_gram, rank)
        for rank, option in enumerate(free)
        if option.stock == needs and option.room >= units
    ]
    if not alone:
        return free
    cost, winner = min(alone)
    least = units * min(option.handling for option in free) + grams * min(option.per_gram for option in free)
    most = cost - min(option.fixed for option in free) - problem.penalty - least
    return [option for rank, option in enumerate(free) if option.fixed < most or rank == winner]


def _shortlist(free: Sequence[Option], problem: Problem) -> Sequence[Option]:
    """For each product the cheapest two that have all of it, then those with the most units, the cheaper first."""
    kept: set[int] = set()
    ranks = range(len(free))
    for index, (need, grams) in enumerate(zip(problem.needs, problem.grams, strict=True)):
        whole = (
            (option.fixed + need * (option.handling + option.per_gram * grams), rank)
            for rank, option in enumerate(free)
            if option.stock[index] == need
        )
        kept.update(rank for _, rank in sorted(whole)[:2])
        if len(kept) >= SHORTLIST // 2:
            break
    for rank in sorted(ranks, key=lambda rank: (-min(sum(free[rank].stock), free[rank].room), free[rank].fixed, rank)):
        if len(kept) >= SHORTLIST:
            break
        kept.add(rank)
    return [free[rank] for rank in sorted(kept)]


def _undominated(free: Sequence[Option], problem: Problem) -> list[Option]:
    """Without the options in whose place another one serves at least as well in every plan."""
    needs = problem.needs
    some = [frozenset(index for index, units in enumerate(option.stock) if units) for option in free]
    whole = [
        frozenset(index for index in some[rank] if option.stock[index] == needs[index])
        for rank, option in enumerate(free)
    ]
    roomy = [(rank, option) for rank, option in enumerate(free) if option.room >= sum(needs)]
    return [
        option
        for rank, option in enumerate(free)
        if not any(
            at != rank and _costs_no_more(other, option, before=at < rank) and some[rank] <= whole[at]
            for at, other in roomy
        )
    ]


def _costs_no_more(one: Option, other: Option, *, before: bool) -> bool:
    if one.handling > other.handling or one.per_gram > other.per_gram:
        return False
    return one.fixed < other.fixed or (one.fixed == other.fixed and before)


def _greedy(problem: Problem, free: Sequence[Option]) -> Plan:
    """Add the parcel that helps most, one after the other."""
    best = plan_of([options[0] for options in problem.forced], problem)
    while len(best.chosen) < problem.limit:
        places = {option.place for option in best.chosen}
        further = [plan_of([*best.chosen, item], problem) for item in free if item.place not in places]
        improved = min([best, *further], key=lambda plan: plan.key)
        if improved is best:
            return best
        best = improved
    return best


@dataclass(frozen=True, slots=True)
class _Stop:
    """A location in the search: its options, and the best that any of them offers in each respect.

    ``bits`` has one bit for each unit that is needed: those of a product are set where any of it is in stock, so that
    the bits of several stops are their disjunction. ``held`` counts the units that it could place at most, ``units``
    holds what a unit of each product costs at least (:data:`_NEVER` where there is none).
    """

    options: tuple[Option, ...]
    bits: int
    held: int
    fixed: int
    units: tuple[int, ...]


#: More than any cost.
_NEVER = 1 << 100
#: Minus the units that stops could place at most, their cost at least before any unit, their places, and they.
_Candidate = tuple[int, int, tuple[int, ...], tuple[_Stop, ...]]


def _places(stops: Sequence[_Stop]) -> tuple[int, ...]:
    return tuple([stop.options[0].place for stop in stops])


class _Search:
    """Sets of locations, smaller ones first; of each size the most promising first, until none can be better."""

    def __init__(self, problem: Problem, free: Sequence[Option]) -> None:
        self.problem = problem
        self.units = sum(problem.needs)
        self.looked_at = 0
        self.best: Plan | None = None
        self.base = tuple(self._stop(options) for options in problem.forced)
        self.stops = [self._stop(tuple(options)) for _, options in groupby(free, key=lambda option: option.place)]
        self._least_fixed = min((stop.fixed for stop in self.stops), default=0)
        self._least_units = self._units_cost([*self.base, *self.stops], problem.needs)

    @property
    def finished(self) -> bool:
        """Whether every set was looked at that could have been better."""
        return self.looked_at <= BUDGET

    def run(self) -> Plan:
        """The best plan among those looked at."""
        bits, held, fixed = 0, 0, 0
        for stop in self.base:
            bits, held, fixed = bits | stop.bits, held + stop.held, fixed + stop.fixed
        parcels = len(self.base)
        fixed += self.problem.penalty * max(0, parcels - 1)
        self._try_out([(-min(bits.bit_count(), held), fixed, _places(self.base), self.base)])
        for size in range(1, self.problem.limit - parcels + 1):
            penalty = self.problem.penalty * (size if parcels else size - 1)
            found = self._sets(self.base, bits, held, fixed + penalty, 0, size)
            self._try_out(sorted(found, key=lambda candidate: candidate[:3]))
        assert self.best is not None
        return self.best

    def _sets(
        self, chosen: tuple[_Stop, ...], bits: int, held: int, fixed: int, start: int, more: int
    ) -> Iterator[_Candidate]:
        """Sets that add so many stops from ``start`` on and could beat the best of the smaller sets."""
        at_least = self.best.placed if self.best else 0
        for at in range(start, len(self.stops) - more + 1):
            stop = self.stops[at]
            self.looked_at += 1
            if not self.finished:
                return
            all_bits, all_held, cost = bits | stop.bits, held + stop.held, fixed + stop.fixed
            if self._all_placed_for_less(cost + (more - 1) * self._least_fixed + self._least_units + 1):
                continue
            together = (*chosen, stop)
            if more > 1:
                yield from self._sets(together, all_bits, all_held, cost, at + 1, more - 1)
            elif (placed := min(all_bits.bit_count(), all_held)) >= at_least:
                yield -placed, cost, _places(together), together

    def _all_placed_for_less(self, cost: int) -> bool:
        """Whether the best plan so far places all units, and for less than this."""
        return self.best is not None and self.best.placed == self.units and self.best.cost < cost

    def _try_out(self, candidates: Iterable[_Candidate]) -> None:
        """Make plans in the order of what they promise, as long as that could be better than the best."""
        for less_placed, alike in groupby(candidates, key=lambda candidate: candidate[0]):
            if self.best is not None and less_placed > -self.best.placed:
                return
            promises = ((*self._promise(fixed, stops), at, stops) for at, (_, fixed, _, stops) in enumerate(alike))
            for less, cost, _, stops in sorted(promises, key=lambda promise: promise[:3]):
                if self.best is not None and (less, cost) > (-self.best.placed, self.best.cost):
                    break
                self._plan(stops, cost - sum(stop.fixed for stop in stops))

    def _promise(self, fixed: int, stops: Sequence[_Stop]) -> tuple[int, int]:
        """Minus the units that stops can place at most, and what these cost at least."""
        if not stops:
            return 0, 0
        stock = map(sum, zip(*(stop.options[0].stock for stop in stops), strict=True))
        placed = [*map(min, self.problem.needs, stock)]
        room, units = sum(stop.held for stop in stops), sum(placed)
        return (-room, fixed) if units > room else (-units, fixed + self._units_cost(stops, placed))

    def _plan(self, stops: Sequence[_Stop], rest: int) -> None:
        """Try each way to choose one contract for each location; ``rest`` is what is to be paid besides at least."""
        for chosen in product(*(stop.options for stop in stops)):
            if self._all_placed_for_less(rest + sum(option.fixed for option in chosen)):
                continue
            plan = plan_of(chosen, self.problem)
            if self.best is None or plan.key < self.best.key:
                self.best = plan

    def _units_cost(self, stops: Sequence[_Stop], units: Sequence[int]) -> int:
        """What so many units of the products cost at least."""
        return sum(map(int.__mul__, units, map(min, zip(*(stop.units for stop in stops), strict=True))))

    def _stop(self, options: tuple[Option, ...]) -> _Stop:
        stock, room = options[0].stock, options[0].room
        bits, offset = 0, 0
        for units, need in zip(stock, self.problem.needs, strict=True):
            if units:
                bits |= ((1 << need) - 1) << offset
            offset += need
        handling, per_gram = options[0].handling, min(option.per_gram for option in options)
        return _Stop(
            options=options,
            bits=bits,
            held=max(0, min(sum(stock), room)),
            fixed=min(option.fixed for option in options),
            units=tuple(
                [
                    handling + per_gram * grams if units else _NEVER
                    for units, grams in zip(stock, self.problem.grams, strict=True)
                ]
            ),
        )
