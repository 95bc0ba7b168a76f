"""The cheapest plans of many small orders at once: the programme of :mod:`.contents`, an axis wider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .contents import table_of
from .model import NEVER, Costs, Order, Problem, Units
from .view import INF, RANK

#: Orders with more lines, or more ranks of parcels, are solved one by one.
_LINES = 6
_RANKS = 4_096


def fits(problem: Problem, order: Order) -> bool:
    """Whether an order can be solved in a batch: few lines, linear prices, no caps, and lines all or nothing."""
    if problem.room is not None or order.max_parcels is not None or not order.price.linear:
        return False
    if len(order.skus) > _LINES or problem.stock.shape[1] << len(order.skus) > _RANKS or 0 in order.units:
        return False
    held = problem.stock[list(order.skus)]
    return bool(((held == 0) | (held >= np.asarray(order.units)[:, None])).all())


class Batch:
    """Orders with the same number of lines, against stock that stays. All must :func:`fits`."""

    def __init__(self, problem: Problem, orders: Sequence[Order]) -> None:
        lines = len(orders[0].skus)
        self.table = table_of(((0, 1),) * lines)
        self.penalty = problem.split_penalty
        self.skus = np.array([order.skus for order in orders], dtype=np.intp)
        self.units = np.array([order.units for order in orders], dtype=np.int64)
        floors = [order.price.floor() for order in orders]
        fixed = np.array([each for each, _ in floors])
        unit = np.array([each for _, each in floors])
        out = (problem.stock[self.skus] == 0) | (unit >= NEVER) | (fixed >= NEVER)[:, None, :]
        self.fixed = (np.where(fixed >= NEVER, 0, fixed) + problem.split_penalty) * RANK + 1
        self.unit = np.where(out, INF, np.where(out, 0, unit) * self.units[:, :, None] * RANK)
        left = np.asarray(1 - self.table.contents, dtype=np.int64)
        unfilled = np.array([order.unfilled for order in orders], dtype=np.int64) * self.units
        once = np.array([order.unfilled_fixed for order in orders], dtype=np.int64)
        self.left_over = (left @ unfilled.T + np.asarray(left.any(axis=1))[:, None] * once[None, :]) * RANK

    def solve(self, bids: Costs) -> Costs:
        """The lowest priced cost of each order at bid prices by SKU and facility, ``(skus, facilities)``."""
        unit = np.minimum(self.unit + bids[self.skus] * self.units[:, :, None] * RANK, INF)
        ranks = np.empty((len(self.table.contents), *self.fixed.shape), dtype=np.int64)
        ranks[0] = self.fixed
        for line in range(unit.shape[1]):
            size = 1 << line
            np.minimum(ranks[:size] + unit[None, :, line, :], INF, out=ranks[size : 2 * size])
        self.best = ranks.min(axis=2)
        self.who = ranks.argmin(axis=2)
        self.best[0] = INF
        self.sets = np.full_like(self.best, INF)
        self.sets[0] = 0
        for part, rest, starts, wholes in self.table.stages:
            found = np.minimum.reduceat(self.best[part] + self.sets[rest], starts, axis=0)
            self.sets[wholes] = np.minimum(found, INF)
        totals = self.sets + self.left_over
        totals[0] = self.left_over[0] + self.penalty * RANK
        self.end = totals.argmin(axis=0)
        return np.asarray(totals.min(axis=0) // RANK - self.penalty, dtype=np.int64)

    def parcels(self, at: int) -> list[tuple[int, Units]]:
        """(facility, units of each line) of each parcel of an order, as last solved."""
        return sorted(
            ((int(self.who[part, at]), self.table.contents[part] * self.units[at]) for part in self._parts(at)),
            key=lambda pair: pair[0],
        )

    def _parts(self, at: int) -> Iterator[int]:
        content = int(self.end[at])
        table = self.table
        while content:
            first, last = np.searchsorted(table.whole, [content, content + 1])
            part, rest = table.part[first:last], table.rest[first:last]
            chosen = int((self.best[part, at] + self.sets[rest, at]).argmin())
            yield int(part[chosen])
            content = int(rest[chosen])
