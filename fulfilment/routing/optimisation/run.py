"""Many orders sourced together: column generation for the bound, whole numbers over the columns, then exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from .exact import cheapest_plan
from .master import ROOM, Column, Group, Master, Resource, solver, uses_of
from .model import BidPrices, Order, Plan, Problem, RunResult


@dataclass(frozen=True, slots=True)
class Limits:
    """Effort of a run in counts, never in seconds.

    ``rounds``: rounds of pricing. ``nodes``: nodes of the whole-number search. ``exchanges``: passes in which each
    order is sourced again while the others stay. ``columns``: plans in the whole-number search at most.
    """

    rounds: int = 40
    nodes: int = 200
    exchanges: int = 4
    columns: int = 6_000


def run(problem: Problem, prices: BidPrices | None = None, limits: Limits | None = None) -> RunResult:
    """Source all orders together at the lowest cost, with a bound that proves how close it is.

    ``prices`` are added to the cost of every unit: what the stock is worth to orders outside this run.
    """
    limits = limits or Limits()
    given = prices or BidPrices()
    groups, members = grouped(problem.orders)
    master = Master(problem, groups, given)
    own = master.solve(rounds=limits.rounds)
    bids = master.bid_prices(own)
    plans = _one_by_one(problem, problem.orders, bids, given)
    found = _whole(master, members, limits)
    fallback = found is None
    if found is not None and _total(found) < _total(plans):
        plans = found
    plans = _exchanged(problem, plans, given, limits.exchanges)
    cost = _total(plans)
    bound = min(master.bound, cost)
    return RunResult(
        plans=tuple(plans),
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost else 0.0,
        exact=cost == bound,
        fallback=fallback,
        bid_prices=Master(problem, []).bid_prices(own),
        rounds=master.rounds,
        columns=len(master.columns),
    )


def grouped(orders: Sequence[Order]) -> tuple[list[Group], list[list[int]]]:
    """Orders that share price, lines and penalties, counted, and the positions of each group's orders."""
    members: dict[tuple[object, ...], list[int]] = {}
    for position, order in enumerate(orders):
        limits = (order.max_parcels, order.anyway)
        alike = (id(order.price), order.skus, order.units, order.unfilled, order.unfilled_fixed, limits)
        members.setdefault(alike, []).append(position)
    return [Group(orders[each[0]], float(len(each))) for each in members.values()], list(members.values())


class _Left:
    """Stock and room that are left while plans are made."""

    def __init__(self, problem: Problem) -> None:
        room = None if problem.room is None else problem.room.copy()
        self.problem = replace(problem, orders=(), stock=problem.stock.copy(), room=room)

    def take(self, order: Order, plan: Plan, sign: int = 1) -> None:
        """Take what a plan uses, or with ``sign`` -1 give it back."""
        for (sku, facility), units in uses_of(order, plan, room=self.problem.room is not None):
            if sku == ROOM and self.problem.room is not None:
                self.problem.room[facility] -= sign * units
            else:
                self.problem.stock[sku, facility] -= sign * units

    def serves(self, uses: Sequence[tuple[Resource, int]]) -> bool:
        """Whether a plan's needs are still there."""
        room = self.problem.room
        return all(
            (room is None or room[facility] >= units) if sku == ROOM else self.problem.stock[sku, facility] >= units
            for (sku, facility), units in uses
        )


def _total(plans: Sequence[Plan]) -> int:
    return sum(plan.priced for plan in plans)


def _repriced(order: Order, plan: Plan, given: BidPrices) -> Plan:
    """The plan with the given bid prices alone in its priced cost."""
    bids = 0
    for (sku, facility), units in uses_of(order, plan, room=True):
        each = given.room.get(facility, 0) if sku == ROOM else given.stock.get((sku, facility), 0)
        bids += each * units
    return replace(plan, priced=plan.cost + bids)


def _one_by_one(problem: Problem, orders: Sequence[Order], bids: BidPrices, given: BidPrices) -> list[Plan]:
    """Source the orders one after the other at these prices, from what is left."""
    left = _Left(problem)
    plans = []
    for order in orders:
        plan = cheapest_plan(left.problem, order, bids)
        left.take(order, plan)
        plans.append(_repriced(order, plan, given))
    return plans


def _whole(master: Master, members: Sequence[Sequence[int]], limits: Limits) -> list[Plan] | None:
    """The best whole-number choice of columns that the search finds; None where it finds none in its nodes."""
    columns = master.columns
    if len(columns) > limits.columns:
        columns = master.promising(limits.columns)
    rows: dict[Resource, int] = {}
    highs = solver()
    for name, value in {"mip_max_nodes": limits.nodes, "mip_rel_gap": 1e-6}.items():
        highs.setOptionValue(name, value)
    empty = np.array([], dtype=np.int32), np.array([])
    for group in master.groups:
        highs.addRow(group.count, group.count, 0, *empty)
    for resource in sorted({use for column in columns for use, _ in column.uses if use in master.rows}):
        rows[resource] = highs.getNumRow()
        highs.addRow(-highspy.kHighsInf, float(master.held(resource)), 0, *empty)
    for column in columns:
        entries = [(column.group, 1.0)] + [(rows[use], float(units)) for use, units in column.uses if use in rows]
        at = np.array([row for row, _ in entries], dtype=np.int32)
        count = master.groups[column.group].count
        highs.addCol(column.plan.priced / master.scale, 0.0, count, len(at), at, np.array([v for _, v in entries]))
    numbers = np.arange(len(columns), dtype=np.int32)
    highs.changeColsIntegrality(len(columns), numbers, np.full(len(columns), highspy.HighsVarType.kInteger))
    highs.run()
    if highs.getInfo().primal_solution_status != 2:
        return None
    counts = [round(value) for value in highs.getSolution().col_value]
    return _dealt(master.problem, columns, counts, members)


def _dealt(
    problem: Problem, columns: Sequence[Column], counts: Sequence[int], members: Sequence[Sequence[int]]
) -> list[Plan] | None:
    """Deal the chosen plans of each group out to its orders; None if they do not add up."""
    dealt: dict[int, Plan] = {}
    left = _Left(problem)
    waiting = [list(each) for each in members]
    for column, count in zip(columns, counts, strict=True):
        for _ in range(count):
            if not waiting[column.group] or not left.serves(column.uses):
                return None
            position = waiting[column.group].pop(0)
            order = problem.orders[position]
            left.take(order, column.plan)
            dealt[position] = replace(column.plan, order=order.key)
    if any(waiting):
        return None
    return [dealt[position] for position in range(len(problem.orders))]


def _exchanged(problem: Problem, plans: Sequence[Plan], given: BidPrices, passes: int) -> list[Plan]:
    """Give each order's units back and source it again, as long as that pays."""
    left = _Left(problem)
    best = list(plans)
    for order, plan in zip(problem.orders, best, strict=True):
        left.take(order, plan)
    for _ in range(passes):
        changed = False
        for position, order in enumerate(problem.orders):
            left.take(order, best[position], -1)
            plan = cheapest_plan(left.problem, order, given)
            if plan.priced < best[position].priced:
                best[position] = plan
                changed = True
            left.take(order, best[position])
        if not changed:
            break
    return best
