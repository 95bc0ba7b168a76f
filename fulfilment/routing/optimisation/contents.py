"""The cheapest plan by what each parcel holds: a dynamic programme over the contents of the order.

A *content* is a number of units of each line. The cheapest parcel for each content is found over all candidates at
once; then the cheapest set of parcels for each content, one line after the other. Nothing stops this programme from
using one facility twice: so its plan is a lower bound, and optimal when no facility occurs twice. A facility that does
is taken out, given its parcel (at most one) in a pass of its own, and the programme is solved again. So is, from the
start, one whose parcel does not count to the most that a plan may have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .model import Costs, Units
from .view import INF, RANK, View

#: Passes before the programme gives up: facilities taken out one after the other.
_PASSES = 60
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """The contents of an order, and every way to take one of them out of another.

    ``pairs``: (whole, part, rest) sorted by whole, part not empty; ``starts``: where each whole begins, ``wholes``:
    which it is. ``stages``: slices of the pairs whose part holds a unit of the whole's last line, in an order in which
    every rest is known before it is asked for.
    """

    contents: Units
    whole: Numbers
    part: Numbers
    rest: Numbers
    starts: Numbers
    wholes: Numbers
    stages: tuple[tuple[Numbers, Numbers, Numbers, Numbers], ...]


@lru_cache(maxsize=48)
def table_of(levels: tuple[tuple[int, ...], ...]) -> Table:
    """The table for the amounts that each line may be split into: rising from zero in equal steps."""
    sizes = [len(amounts) for amounts in levels]
    strides = np.cumprod([1, *sizes[:-1]])
    grids = np.meshgrid(*[np.asarray(amounts, dtype=np.int64) for amounts in levels], indexing="ij")
    contents = np.stack([grid.ravel(order="F") for grid in grids], axis=1)
    whole = part = np.zeros(1, dtype=np.int64)
    for size, stride in zip(sizes, strides, strict=True):
        upper, lower = np.tril_indices(size)
        whole = (whole[:, None] + upper[None, :] * stride).ravel()
        part = (part[:, None] + lower[None, :] * stride).ravel()
    kept = part > 0
    whole, part = whole[kept], part[kept]
    by_whole = np.lexsort((part, whole))
    whole, part = whole[by_whole], part[by_whole]
    wholes, starts = np.unique(whole, return_index=True)
    return Table(contents, whole, part, whole - part, starts, wholes, tuple(_stages(whole, part, sizes, strides)))


def _stages(
    whole: Numbers, part: Numbers, sizes: list[int], strides: Numbers
) -> list[tuple[Numbers, Numbers, Numbers, Numbers]]:
    stages: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
    for size, stride in zip(sizes, strides, strict=True):
        for digit in range(1, size):
            low, high = digit * stride, (digit + 1) * stride
            first, last = np.searchsorted(whole, [low, high])
            chosen = first + np.flatnonzero(part[first:last] >= stride)
            wholes, starts = np.unique(whole[chosen], return_index=True)
            stages.append((part[chosen], whole[chosen] - part[chosen], starts, wholes))
    return stages


def pairs_of(levels: tuple[tuple[int, ...], ...]) -> int:
    """How many pairs the table holds: the effort of a pass."""
    pairs = 1
    for amounts in levels:
        pairs *= len(amounts) * (len(amounts) + 1) // 2
    return pairs


def cheapest_contents(
    view: View, levels: tuple[tuple[int, ...], ...]
) -> tuple[list[tuple[int, Units]], int, bool] | None:
    """The parcels of the cheapest plan as (candidate, units), its rank, and whether it is proved; None on giving up.

    The rank still holds the split penalty of the first parcel.
    """
    table = table_of(levels)
    ranks = view.all_ranks(levels, table.contents)
    left_over = view.left_over(view.needs[None, :] - table.contents)
    penalty = np.int64(view.problem.split_penalty) * RANK
    common = view.counts.copy() if view.order.max_parcels is not None else np.ones(len(view.facilities), dtype=bool)
    apart = [int(at) for at in np.flatnonzero(~common)]
    for _ in range(_PASSES):
        best, who = _best_parcels(ranks, common)
        own = [(ranks[at], bool(view.counts[at])) for at in apart]
        solved = _Layers(table, best, own, view.most)
        totals = solved.final + left_over
        totals[0] = left_over[0] + penalty
        end = int(totals.argmin())
        parcels = [(who[content] if at < 0 else apart[at], content) for at, content in solved.parcels(end)]
        used = [at for at, _ in parcels]
        again = sorted({at for at in used if used.count(at) > 1})
        if not again:
            return [(int(at), table.contents[content]) for at, content in parcels], int(totals[end]), True
        apart += again
        common[again] = False
    return None


def _best_parcels(ranks: Costs, common: NDArray[np.bool_]) -> tuple[Costs, NDArray[np.intp]]:
    if not common.any():
        nothing = np.full(ranks.shape[1], INF)
        return nothing, np.zeros(ranks.shape[1], dtype=np.intp)
    numbers = np.flatnonzero(common)
    rows = ranks if len(numbers) == len(ranks) else ranks[numbers]
    who = rows.argmin(axis=0)
    return rows[who, np.arange(rows.shape[1])], numbers[who]


class _Layers:
    """The programme itself: the lowest rank of each content, and how it came about.

    ``apart``: the ranks of facilities that have a pass of their own, and whether their parcels count.
    """

    def __init__(self, table: Table, best: Costs, apart: list[tuple[Costs, bool]], most: int) -> None:
        self.table = table
        self.best = best
        self.apart = apart
        self.grids: list[list[Costs]] = []
        self.passes: list[Costs] = []
        self.final = self._free()
        if self._too_many(most):
            self.final = self._capped(most)

    def _too_many(self, most: int) -> bool:
        """Whether any content needs more parcels than allowed (a rank's remainder counts its parcels)."""
        possible = self.final < INF
        return bool((self.final[possible] % RANK > most).any())

    def _free(self) -> Costs:
        table = self.table
        sets = np.full(len(table.contents), INF)
        sets[0] = 0
        for part, rest, starts, wholes in table.stages:
            if len(part):
                sets[wholes] = np.minimum(np.minimum.reduceat(self.best[part] + sets[rest], starts), INF)
        self.passes = [sets]
        for own, _ in self.apart:
            self.passes.append(self._with(self.passes[-1], own))
        return self.passes[-1]

    def _with(self, sets: Costs, own: Costs) -> Costs:
        table = self.table
        found = sets.copy()
        added = np.minimum.reduceat(own[table.part] + sets[table.rest], table.starts)
        found[table.wholes] = np.minimum(np.minimum(found[table.wholes], added), INF)
        return found

    def _capped(self, most: int) -> Costs:
        """As :meth:`_free`, with at most so many parcels: layer n holds the lowest ranks with at most n."""
        empty = np.full(len(self.table.contents), INF)
        empty[0] = 0
        layers = [empty]
        for _ in range(most):
            layers.append(self._with(layers[-1], self.best))
        self.grids.append(layers)
        for own, counts in self.apart:
            before = self.grids[-1]
            if counts:
                with_it = [before[0], *(self._with(sets, own) for sets in before[:-1])]
            else:
                with_it = [self._with(sets, own) for sets in before]
            self.grids.append([np.minimum(sets, more) for sets, more in zip(before, with_it, strict=True)])
        return self.grids[-1][-1]

    def parcels(self, content: int) -> list[tuple[int, int]]:
        """(number of the facility apart or -1, content) of each parcel that makes up a content at its lowest rank."""
        if self.final[content] >= INF:
            return []
        found: list[tuple[int, int]] = []
        layer = len(self.grids[0]) - 1 if self.grids else 0
        for at in range(len(self.apart) - 1, -1, -1):
            now = self._at(at + 1, layer)
            rank = int(now[content])
            if rank == self._at(at, layer)[content]:
                continue
            own, counts = self.apart[at]
            layer -= counts
            part, content = self._part(content, own, self._at(at, layer), rank)
            found.append((at, part))
        while content:
            rank = int(self._at(0, layer)[content])
            part, content = self._part(content, self.best, self._at(0, layer - 1), rank)
            found.append((-1, part))
            layer -= 1
        return found

    def _at(self, apart: int, layer: int) -> Costs:
        """The lowest ranks with so many of the facilities apart and, where parcels are capped, so many parcels."""
        return self.grids[apart][layer] if self.grids else self.passes[apart]

    def _part(self, content: int, own: Costs, sets: Costs, rank: int) -> tuple[int, int]:
        table = self.table
        first = int(np.searchsorted(table.whole, content))
        last = int(np.searchsorted(table.whole, content, side="right"))
        sums = own[table.part[first:last]] + sets[table.rest[first:last]]
        at = first + int(np.flatnonzero(sums == rank)[0])
        return int(table.part[at]), int(table.rest[at])
