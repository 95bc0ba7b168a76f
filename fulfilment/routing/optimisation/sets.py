"""Sets of facilities: a quick good plan for any order, and the cheapest where few facilities are left.

Within a set each unit goes where it is cheapest; so where prices are linear and no room is short, a set fixes the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .model import Costs, Units
from .view import INF, RANK, View

#: Rounds of exchange in the local search.
_ROUNDS = 40


def filled(view: View, chosen: Sequence[int]) -> list[tuple[int, Units]]:
    """Fill a set of candidates: each line from where a unit is cheapest, as far as stock and room reach.

    Either every unit that can be, or, if that is cheaper, only those that cost less than to leave them unfilled.
    A candidate that gets nothing is left out.
    """
    ways = [_filled(view, chosen, worthwhile=worthwhile) for worthwhile in (False, True)]
    return min(ways, key=lambda parcels: rank_of(view, parcels))


def _filled(view: View, chosen: Sequence[int], *, worthwhile: bool) -> list[tuple[int, Units]]:
    rows = {at: np.zeros_like(view.needs) for at in chosen}
    room = {at: int(view.room[at]) for at in chosen}
    for line, need in enumerate(view.needs):
        left = int(need)
        for at in sorted(chosen, key=lambda at: (int(view.unit[line, at]), at)):
            if worthwhile and view.unit[line, at] > view.unfilled[line]:
                break
            units = min(left, int(view.held[line, at]), room[at])
            rows[at][line] = units
            room[at] -= units
            left -= units
            if not left:
                break
    return [(at, units) for at, units in sorted(rows.items()) if units.any()]


def rank_of(view: View, parcels: Sequence[tuple[int, Units]]) -> int:
    """The rank of a plan, with the split penalty of its first parcel (or one for none)."""
    if not parcels:
        return view.problem.split_penalty * RANK + int(view.left_over(view.needs))
    contents = np.array([units for _, units in parcels])
    ranks = view.parcel_ranks(np.array([at for at, _ in parcels]), contents).diagonal()
    return int(ranks.sum()) + int(view.left_over(view.needs - contents.sum(axis=0)))


def good_plan(view: View, *, search: bool) -> tuple[list[tuple[int, Units]], int]:
    """A plan by greedy choice (two ways) and, if asked for, exchange of facilities; never worse than no parcel."""
    best: list[tuple[int, Units]] = []
    rank = rank_of(view, best)
    for whole_first in (False, True):
        parcels = filled(view, _greedy(view, whole_first=whole_first))
        found = rank_of(view, parcels)
        if found < rank:
            best, rank = parcels, found
    return _exchanged(view, best, rank) if search else (best, rank)


def _greedy(view: View, *, whole_first: bool) -> list[int]:
    """Choose candidates one by one: cheapest for a unit of what is left, or first the one that holds most."""
    left = view.needs.copy()
    chosen: list[int] = []
    while left.any():
        take = np.minimum(view.held, left[:, None])
        units = np.minimum(take.sum(axis=0), view.room)
        units[chosen] = 0
        if _counted(view, chosen) >= view.most:
            units[view.counts] = 0
        if not units.any():
            break
        saved = ((view.unfilled[:, None] - view.unit) * take).sum(axis=0) - view.fixed
        dearness = (view.fixed + (view.unit * take).sum(axis=0)) // np.maximum(units, 1)
        at = int((-saved if whole_first and not chosen else np.where(units > 0, dearness, INF)).argmin())
        if units[at] == 0 or (saved[at] + view.order.unfilled_fixed * RANK <= 0 and not whole_first):
            break
        chosen.append(at)
        room = int(view.room[at])
        for line in np.argsort(view.unit[:, at], kind="stable"):
            sent = min(room, int(take[line, at]))
            left[line] -= sent
            room -= sent
    return chosen


def _counted(view: View, chosen: Sequence[int]) -> int:
    """How many parcels of a set count to the most that a plan may have."""
    return int(view.counts[list(chosen)].sum())


def _exchanged(view: View, best: list[tuple[int, Units]], rank: int) -> tuple[list[tuple[int, Units]], int]:
    """Leave out, add or exchange one facility as long as it pays; candidates that share most with the order first."""
    order = np.lexsort((view.fixed, -view.held.sum(axis=0)))[:32]
    cheap = np.argsort(view.fixed + view.unit.min(axis=0), kind="stable")[:32]
    pool = sorted({int(at) for at in (*order, *cheap)})
    for _ in range(_ROUNDS):
        chosen = [at for at, _ in best]
        tries = [[other for other in chosen if other != at] for at in chosen]
        tries += [[*rest, at] for rest in [chosen, *tries] for at in pool if at not in chosen]
        found = None
        for trial in tries:
            if _counted(view, trial) > view.most:
                continue
            parcels = filled(view, trial)
            value = rank_of(view, parcels)
            if value < rank:
                found, rank = parcels, value
        if found is None:
            break
        best = found
    return best, rank


def cheapest_set(view: View) -> tuple[list[tuple[int, Units]], int]:
    """The best of all sets of the candidates, each filled where a unit is cheapest. Prices linear, no room short.

    Time and space grow as 2 ** candidates * lines.
    """
    count = len(view.facilities)
    sets = np.arange(1 << count, dtype=np.int64)
    ranks = np.zeros(len(sets), dtype=np.int64)
    sizes = np.zeros(len(sets), dtype=np.int64)
    members: list[NDArray[np.bool_]] = []
    for at in range(count):
        member = (sets >> at & 1).astype(bool)
        members.append(member)
        ranks[member] += view.fixed[at]
        if view.counts[at]:
            sizes += member
    all_that_can = np.zeros(len(sets), dtype=np.int64)
    all_that_pay = np.zeros(len(sets), dtype=np.int64)
    short = np.zeros(len(sets), dtype=bool)
    for line, need in enumerate(view.needs):
        cost, left = _line(view, line, int(need), members, worthwhile=False)
        all_that_can += cost
        short |= left
        all_that_pay += _line(view, line, int(need), members, worthwhile=True)[0]
    leaving = view.order.unfilled_fixed * RANK
    ranks += np.minimum(all_that_can + np.where(short, leaving, 0), all_that_pay + leaving)
    ranks[0] += view.problem.split_penalty * RANK
    ranks[sizes > view.most] = INF
    best = int(ranks.argmin())
    return filled(view, [at for at in range(count) if best >> at & 1]), int(ranks[best])


def _line(
    view: View, line: int, need: int, members: Sequence[NDArray[np.bool_]], *, worthwhile: bool
) -> tuple[Costs, NDArray[np.bool_]]:
    """What a line costs with each set, and whether units of it are left."""
    left = np.full(1 << len(members), need, dtype=np.int64)
    cost = np.zeros_like(left)
    for at in np.argsort(view.unit[line], kind="stable"):
        held = int(view.held[line, at])
        if held and not (worthwhile and view.unit[line, at] > view.unfilled[line]):
            sent = np.where(members[at], np.minimum(left, held), 0)
            cost += sent * view.unit[line, at]
            left -= sent
    return cost + left * view.unfilled[line], left > 0
