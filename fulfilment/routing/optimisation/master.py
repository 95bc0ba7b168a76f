"""The linear programme over plans: demand in groups of like orders, stock and room that they share.

Column generation (Gilmore and Gomory 1961; Barnhart et al. 1998): the programme holds a few plans of each group; its
duals price the stock; the cheapest plan of each group at these prices joins, until none would lower the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from .exact import cheapest_plan
from .model import BidPrices, Order, Plan, Problem, Units

#: A resource: a SKU at a facility, or a facility's room (SKU -1).
Resource = tuple[int, int]
ROOM = -1
#: Programmes are solved in units of this many of the caller's, so that figures are neither huge nor tiny.
_PRECISION = 1 << 20


@dataclass(frozen=True, slots=True)
class Group:
    """Orders that are alike (they share price, lines and penalties) and how many there are or are expected."""

    order: Order
    count: float


@dataclass(frozen=True, slots=True)
class Column:
    """A plan of a group, and what it uses."""

    group: int
    plan: Plan
    uses: tuple[tuple[Resource, int], ...]


def uses_of(order: Order, plan: Plan, *, room: bool) -> tuple[tuple[Resource, int], ...]:
    """Units of each resource that a plan takes."""
    found: list[tuple[Resource, int]] = []
    for parcel in plan.parcels:
        found += [((sku, parcel.facility), units) for sku, units in zip(order.skus, parcel.units, strict=True) if units]
        if room:
            found.append(((ROOM, parcel.facility), sum(parcel.units)))
    return tuple(found)


def solver() -> highspy.Highs:
    """HiGHS, quiet and repeatable."""
    highs = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 1}.items():
        highs.setOptionValue(name, value)
    return highs


class Master:
    """The programme of some groups; columns and prices grow by :meth:`solve`."""

    def __init__(
        self, problem: Problem, groups: Sequence[Group], given: BidPrices | None = None, room: Units | None = None
    ) -> None:
        """``given``: bid prices that come on top of the programme's own. ``problem.orders`` is not looked at."""
        self.problem = problem
        self.groups = list(groups)
        self.given = given or BidPrices()
        self.columns: list[Column] = []
        self.rounds = 0
        self.bound = -(1 << 62)
        self.prices: dict[Resource, int] = {}
        self.value = float("inf")
        self._seen: set[tuple[int, tuple[tuple[Resource, int], ...]]] = set()
        self.rows: dict[Resource, int] = {}
        self._demand = self._wanted()
        self._highs = solver()
        self._open()

    def _wanted(self) -> dict[int, float]:
        wanted: dict[int, float] = {}
        for group in self.groups:
            for sku, units in zip(group.order.skus, group.order.units, strict=True):
                wanted[sku] = wanted.get(sku, 0.0) + units * group.count
        wanted[ROOM] = sum(wanted.values())
        return wanted

    def promising(self, most: int) -> list[Column]:
        """The columns with the lowest reduced cost in the programme last solved, in the order in which they joined."""
        duals = self._highs.getSolution().col_dual
        order = sorted(range(len(self.columns)), key=lambda at: (duals[at] if self.columns[at].uses else -1.0, at))
        return [self.columns[at] for at in sorted(order[:most])]

    def held(self, resource: Resource) -> int:
        """How much there is of a resource."""
        sku, facility = resource
        if sku == ROOM:
            return 0 if self.problem.room is None else int(self.problem.room[facility])
        return int(self.problem.stock[sku, facility])

    def _open(self) -> None:
        """A row for each group, with the column that leaves all of it unfilled."""
        costs = []
        for number, group in enumerate(self.groups):
            order = group.order
            nothing = sum(map(int.__mul__, order.units, order.unfilled)) + order.unfilled_fixed
            costs.append(nothing)
            self._highs.addRow(group.count, group.count, 0, np.array([], dtype=np.int32), np.array([]))
            plan = Plan(order.key, (), order.units, nothing, nothing, exact=True)
            self.columns.append(Column(number, plan, ()))
            self._seen.add((number, ()))
        self.scale = max(1.0, max(costs, default=1) / _PRECISION)
        for number, cost in enumerate(costs):
            self._add_column(cost, [number], [1.0])

    def _add_column(self, cost: int, rows: list[int], values: list[float]) -> None:
        self._highs.addCol(
            cost / self.scale, 0.0, highspy.kHighsInf, len(rows), np.array(rows, dtype=np.int32), np.array(values)
        )

    def add(self, group: int, plan: Plan) -> bool:
        """Let a plan of a group join; false if it is known."""
        order = self.groups[group].order
        uses = uses_of(order, plan, room=self.problem.room is not None)
        if (group, uses) in self._seen:
            return False
        self._seen.add((group, uses))
        rows, values = [group], [1.0]
        for resource, units in uses:
            if self._demand[resource[0]] > self.held(resource):
                rows.append(self._row(resource))
                values.append(float(units))
        self.columns.append(Column(group, plan, uses))
        self._add_column(plan.priced, rows, values)
        return True

    def _row(self, resource: Resource) -> int:
        if resource not in self.rows:
            self.rows[resource] = self._highs.getNumRow()
            held = float(self.held(resource))
            self._highs.addRow(-highspy.kHighsInf, held, 0, np.array([], dtype=np.int32), np.array([]))
        return self.rows[resource]

    def bid_prices(self, prices: dict[Resource, int]) -> BidPrices:
        """The programme's prices on top of those given."""
        stock, room = dict(self.given.stock), dict(self.given.room)
        for (sku, facility), price in prices.items():
            if sku == ROOM:
                room[facility] = room.get(facility, 0) + price
            else:
                stock[sku, facility] = stock.get((sku, facility), 0) + price
        return BidPrices(stock, room)

    def lp(self) -> dict[Resource, int]:
        """Solve the programme over the columns there are; return its price of each resource."""
        self._highs.run()
        self.value = self._highs.getInfo().objective_function_value * self.scale
        duals = self._highs.getSolution().row_dual
        return {
            resource: price
            for resource, row in self.rows.items()
            if (price := round(max(0.0, -duals[row]) * self.scale)) > 0
        }

    def price(self, prices: dict[Resource, int], groups: Iterable[int] | None = None) -> tuple[int, int]:
        """Let the cheapest plan of each group at these prices join; return how many did and the bound they prove.

        The bound is that of Lagrange: no sharing of the stock costs less than every group at its cheapest with the
        stock paid for, less the value of the stock.
        """
        bids = self.bid_prices(prices)
        joined, bound = 0, 0.0
        for number in range(len(self.groups)) if groups is None else groups:
            group = self.groups[number]
            plan = cheapest_plan(self.problem, group.order, bids)
            own = sum(units * prices.get(use, 0) for use, units in uses_of(group.order, plan, room=True))
            bound += group.count * plan.priced
            joined += self.add(number, replace(plan, priced=plan.priced - own))
        worth = sum(price * self.held(resource) for resource, price in prices.items())
        return joined, int(bound) - worth

    def solve(self, *, rounds: int, tolerance: float = 1e-5) -> dict[Resource, int]:
        """Generate columns for at most so many rounds; return the prices with the best bound.

        Prices are smoothed between the best so far and the programme's (Wentges 1997).
        """
        best: dict[Resource, int] = {}
        for number in range(rounds):
            now = self.lp() if number else {}
            tried = _between(best, now, 0.5) if number > 1 else now
            joined, bound = self.price(tried)
            if not joined and tried != now:
                tried = now
                joined, bound = self.price(now)
            self.rounds += 1
            if bound > self.bound:
                self.bound, best = bound, tried
            if not joined or (number and self.value - self.bound <= tolerance * abs(self.value)):
                break
        self.lp()
        self.prices = best
        return best


def _between(one: dict[Resource, int], other: dict[Resource, int], share: float) -> dict[Resource, int]:
    mixed = {key: round(share * one.get(key, 0) + (1 - share) * other.get(key, 0)) for key in {**one, **other}}
    return {key: price for key, price in mixed.items() if price > 0}
