"""Which parcels fill an order at the lowest cost: exact by enumeration for a few dozen options, bounded beyond.

Costs are whole numbers of a ten-millionth of the currency, so that comparing them is exact. An option is one parcel
that one location could send with one contract. A plan is a set of options of different locations; within it every
unit goes where it costs least. Of two plans the one that places more units is better, then the cheaper one, then the
one with fewer parcels, then the one whose locations come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

#: More options than these are shortened to the most promising ones.
SHORTLIST = 40
#: Sets of parcels that are looked at before the search gives up.
BUDGET = 12_000
#: Room of a location without a limit.
UNLIMITED = 1 << 60


@dataclass(frozen=True, slots=True)
class Option:
    """A parcel: the rank of its location, the contract, its cost before any unit is in it, and for each product
    the cost of one unit and how many there are (never more than are needed); ``room`` for all products together.
    """

    place: int
    contract: int
    fixed: int
    units: tuple[int, ...]
    stock: tuple[int, ...]
    room: int


@dataclass(frozen=True, slots=True)
class Problem:
    """How many units of each product are needed, the most parcels, the cost of each parcel after the first.

    ``forced`` holds, for each location that sends a parcel in any case, its options; ``free`` the others, nearest
    first.
    """

    needs: tuple[int, ...]
    limit: int
    penalty: int
    forced: tuple[tuple[Option, ...], ...]
    free: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Parcels and the units of each product in each, what they cost, and whether no other plan can be better."""

    chosen: tuple[Option, ...]
    taken: tuple[tuple[int, ...], ...]
    placed: int
    cost: int
    proven: bool = True

    def better_than(self, other: Plan | None) -> bool:
        """Whether it places more units, or as many for less."""
        return other is None or (-self.placed, self.cost) < (-other.placed, other.cost)


def cheapest_plan(problem: Problem) -> Plan:
    """The best plan; ``proven`` is false where only promising sets were looked at."""
    free, complete = _promising(problem)
    search = _Search(problem, _undominated(free, problem))
    best = search.run()
    if complete and search.finished:
        return best
    greedy = _greedy(problem)
    found = greedy if greedy.better_than(best) else best
    return Plan(found.chosen, found.taken, found.placed, found.cost, proven=False)


def plan_of(chosen: Sequence[Option], problem: Problem) -> Plan:
    """The cheapest way to place as many units as these parcels can hold."""
    taken = _filled(chosen, problem.needs)
    placed = sum(sum(row) for row in taken)
    cost = sum(option.fixed for option in chosen) + problem.penalty * max(0, len(chosen) - 1)
    for option, row in zip(chosen, taken, strict=True):
        cost += sum(units * each for units, each in zip(row, option.units, strict=True) if units)
    return Plan(tuple(chosen), tuple(tuple(row) for row in taken), placed, cost)


def _filled(chosen: Sequence[Option], needs: Sequence[int]) -> list[list[int]]:
    taken = [[0] * len(needs) for _ in chosen]
    for index, need in enumerate(needs):
        for row, option in sorted(zip(taken, chosen, strict=True), key=lambda pair: pair[1].units[index]):
            row[index] = min(need, option.stock[index])
            need -= row[index]
    if any(sum(row) > option.room for row, option in zip(taken, chosen, strict=True)):
        return _filled_within_room(chosen, needs)
    return taken


def _filled_within_room(chosen: Sequence[Option], needs: Sequence[int]) -> list[list[int]]:
    """Where room is short: a flow of lowest cost, by successive cheapest paths (Ahuja, Magnanti, Orlin 1993, 9.7)."""
    taken = [[0] * len(needs) for _ in chosen]
    left, room = list(needs), [option.room for option in chosen]
    while True:
        path = _cheapest_path(chosen, taken, left, room)
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
    chosen: Sequence[Option], taken: Sequence[Sequence[int]], left: Sequence[int], room: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs (product, parcel): the product moves into the parcel, and out of it moves the next pair's product."""
    reached: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    starts: dict[int, tuple[int, list[tuple[int, int]]]] = {index: (0, []) for index, need in enumerate(left) if need}
    for _ in range(len(chosen) + 1):
        changed: set[int] = set()
        for index, (cost, path) in starts.items():
            for at, option in enumerate(chosen):
                total = cost + option.units[index]
                if taken[at][index] < option.stock[index] and (at not in reached or total < reached[at][0]):
                    reached[at] = (total, [*path, (index, at)])
                    changed.add(at)
        starts = {}
        for at in sorted(changed):
            cost, path = reached[at]
            for index, units in enumerate(taken[at]):
                total = cost - chosen[at].units[index]
                if units and (index not in starts or total < starts[index][0]):
                    starts[index] = (total, path)
    ends = [(cost, at) for at, (cost, _) in reached.items() if room[at]]
    return reached[min(ends)[1]][1] if ends else []


def _promising(problem: Problem) -> tuple[Sequence[Option], bool]:
    """The options that a best plan may hold, and whether none was left out for their number alone."""
    free: Sequence[Option] = problem.free
    if not problem.forced and free:
        free = _within_reach(problem)
    if len(free) <= SHORTLIST:
        return free, True
    return _shortlist(free, problem), False


def _within_reach(problem: Problem) -> Sequence[Option]:
    """Where one parcel alone can fill the order, what cannot be part of anything cheaper is out."""
    total = sum(problem.needs)
    alone = [
        (option.fixed + sum(need * each for need, each in zip(problem.needs, option.units, strict=True)), rank)
        for rank, option in enumerate(problem.free)
        if option.stock == problem.needs and option.room >= total
    ]
    if not alone:
        return problem.free
    cost, winner = min(alone)
    others = min(option.fixed for option in problem.free) + problem.penalty + _least(problem, problem.free)
    return [option for rank, option in enumerate(problem.free) if rank == winner or option.fixed + others < cost]


def _least(problem: Problem, options: Iterable[Option]) -> int:
    """What all units cost at least, wherever they come from."""
    cheapest = [min(column) for column in zip(*(option.units for option in options), strict=True)]
    return sum(need * each for need, each in zip(problem.needs, cheapest, strict=False))


def _shortlist(free: Sequence[Option], problem: Problem) -> Sequence[Option]:
    """For each product the cheapest that have all of it, then those with the most units, then the cheapest."""
    kept: set[int] = set()
    ranks = range(len(free))
    for index, need in enumerate(problem.needs):
        whole = [rank for rank in ranks if free[rank].stock[index] == need]
        kept.update(sorted(whole, key=lambda rank: (free[rank].fixed + need * free[rank].units[index], rank))[:2])
        if len(kept) >= SHORTLIST // 2:
            break
    by_units = sorted(ranks, key=lambda rank: (-min(sum(free[rank].stock), free[rank].room), free[rank].fixed, rank))
    for rank in by_units:
        if len(kept) >= SHORTLIST:
            break
        kept.add(rank)
    return [free[rank] for rank in sorted(kept)]


def _undominated(free: Sequence[Option], problem: Problem) -> list[Option]:
    """Without the options in whose place another one serves at least as well in every plan."""
    total = sum(problem.needs)
    roomy = [(rank, option) for rank, option in enumerate(free) if option.room >= total]
    return [
        option
        for rank, option in enumerate(free)
        if not any(_dominates(other, option, problem.needs, before=at < rank) for at, other in roomy if at != rank)
    ]


def _dominates(one: Option, other: Option, needs: Sequence[int], *, before: bool) -> bool:
    if one.fixed > other.fixed or (one.fixed == other.fixed and not before):
        return False
    return all(
        not units or (stock == need and each <= cost)
        for units, stock, need, each, cost in zip(other.stock, one.stock, needs, one.units, other.units, strict=True)
    )


def _greedy(problem: Problem) -> Plan:
    """Add the parcel that helps most, one after the other."""
    best = plan_of([options[0] for options in problem.forced], problem)
    while len(best.chosen) < problem.limit:
        places = {option.place for option in best.chosen}
        further = (plan_of([*best.chosen, item], problem) for item in problem.free if item.place not in places)
        improved = best
        for plan in further:
            improved = plan if plan.better_than(improved) else improved
        if improved is best:
            return best
        best = improved
    return best


class _Search:
    """Sets of options, smaller ones first, without those that cannot beat the best one so far."""

    def __init__(self, problem: Problem, free: Sequence[Option]) -> None:
        self.problem = problem
        self.free = free
        self.finished = True
        self.looked_at = 0
        self.best: Plan | None = None
        count = len(problem.needs)
        self.most = [(0,) * count] * (len(free) + 1)
        for at in range(len(free) - 1, -1, -1):
            self.most[at] = tuple(map(max, self.most[at + 1], free[at].stock))
        every = [*free, *(option for options in problem.forced for option in options)]
        self.least = _least(problem, every) if every else 0
        self.least_fixed = min((option.fixed for option in free), default=0)

    def run(self) -> Plan:
        """The best plan among those looked at."""
        bases = list(product(*self.problem.forced))
        for size in range(max(0, self.problem.limit - len(self.problem.forced)) + 1):
            for base in bases:
                held = [sum(column) for column in zip(*(option.stock for option in base), strict=True)]
                self._extend(base, held or [0] * len(self.problem.needs), 0, size)
        assert self.best is not None
        return self.best

    def _extend(self, chosen: tuple[Option, ...], held: Sequence[int], start: int, more: int) -> None:
        if self._hopeless(chosen, held, start, more):
            return
        if not more:
            plan = plan_of(chosen, self.problem)
            self.best = plan if plan.better_than(self.best) else self.best
            return
        places = {option.place for option in chosen}
        for at in range(start, len(self.free) - more + 1):
            option = self.free[at]
            if option.place in places:
                continue
            self.looked_at += 1
            if self.looked_at > BUDGET:
                self.finished = False
                return
            together = list(map(int.__add__, held, option.stock))
            self._extend((*chosen, option), together, at + 1, more - 1)

    def _hopeless(self, chosen: tuple[Option, ...], held: Sequence[int], start: int, more: int) -> bool:
        """Whether no set that adds so many options from ``start`` on to these can be better than the best."""
        if self.best is None:
            return False
        possible = sum(
            min(need, units + more * most)
            for need, units, most in zip(self.problem.needs, held, self.most[start], strict=True)
        )
        if possible != self.best.placed:
            return possible < self.best.placed
        parcels = len(chosen) + more
        cost = sum(option.fixed for option in chosen) + more * self.least_fixed
        units = self.least if self.best.placed == sum(self.problem.needs) else 0
        return cost + self.problem.penalty * max(0, parcels - 1) + units >= self.best.cost
