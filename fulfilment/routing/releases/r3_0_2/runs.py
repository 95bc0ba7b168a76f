"""Orders decided together: the first rule of each that applies, at the lowest cost for all of them.

Orders that a joint decision cannot hold (a line that names its location, a rule that keeps lines together) and those
for which the joint decision left units over are decided one by one after it, from what it has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from fulfilment.routing.domain.policies import Documents
from fulfilment.routing.optimisation import Limits, Order, Problem, RunResult, run
from modules.contracts.routing import RoutingDecision, RoutingFacts, Step
from modules.contracts.routing_runs import RunDecision

from .amounts import money
from .documents import RoutingStrategy
from .rules import Rule
from .selection import Whole
from .stages import Planned, Stage, order_of, prepared
from .work import Work

#: Effort of the joint search, in counts.
LIMITS = Limits(rounds=24, nodes=100)
RouteOne = Callable[[RoutingFacts, Documents, Planned | None], RoutingDecision]
Chosen = Callable[[RoutingFacts, Documents], tuple[RoutingFacts, RoutingStrategy]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An order of a joint decision: its place in the run and how its first rule sees it."""

    position: int
    facts: RoutingFacts
    work: Work
    stage: Stage


def decide_run(
    orders: Sequence[RoutingFacts], documents: Documents, route_one: RouteOne, chosen: Chosen
) -> RunDecision:
    """Decide orders together; those of one currency share a search."""
    decisions: dict[int, RoutingDecision] = {}
    taken = Counter[tuple[int, int]]()
    notes: list[str] = []
    bids: dict[tuple[int, int], Decimal] = {}
    counted, bound, exact = Decimal(0), Decimal(0), True
    currencies = list(dict.fromkeys(facts.currency for facts in orders))
    for currency in currencies:
        group = [(at, _without(facts, taken)) for at, facts in enumerate(orders) if facts.currency == currency]
        entries = _alike(_entries(group, documents, chosen))
        if len(entries) < 2:
            continue
        result, products = _jointly(entries)
        plans = _plans(entries, result, products)
        for entry in entries:
            plan = plans.get(entry.position)
            if plan is None:
                continue
            made = route_one(orders[entry.position], documents, plan)
            decisions[entry.position] = _told(made, len(entries) - 1)
            _count(made, orders[entry.position], taken)
        joint = sum(plan.cost for plan in result.plans if not any(plan.unfilled))
        whole = not any(any(plan.unfilled) for plan in result.plans)
        counted += money(joint)
        bound = bound + money(min(result.bound, joint)) if whole else Decimal(-1)
        exact = exact and result.exact
        if result.fallback:
            notes.append("a limit of the joint search was reached: it was completed one order at a time")
        if len(currencies) == 1:
            bids = _bids(entries[0].work, result, products)
        notes.append(f"{len(plans)} of {len(group)} orders in {currency} decided together, gap {result.gap:.2%}")
    alone = [at for at in range(len(orders)) if at not in decisions]
    for at in alone:
        decisions[at] = route_one(_without(orders[at], taken), documents, None)
        _count(decisions[at], orders[at], taken)
        counted += decisions[at].cost or Decimal(0)
    if alone:
        notes.append(f"{len(alone)} decided one after the other")
    sure = not alone and bound >= 0 and len(currencies) == 1
    return RunDecision(
        tuple(decisions[at] for at in range(len(orders))),
        counted if len(currencies) == 1 else None,
        bound if sure else None,
        bids,
        exact and sure,
        tuple(notes),
    )


def _entries(group: Sequence[tuple[int, RoutingFacts]], documents: Documents, chosen: Chosen) -> list[_Entry]:
    """The orders that a joint decision can hold."""
    found = []
    for position, given in group:
        facts, strategy = chosen(given, documents)
        if not facts.lines or any(line.ship_from or line.sold_from > facts.decided_on for line in facts.lines):
            continue
        rule = _first(strategy, facts)
        if rule is None or rule.split != "anywhere":
            continue
        work = Work(facts, documents, strategy, everywhere=True)
        needs = np.zeros(len(work.goods), dtype=np.int64)
        for line in facts.lines:
            needs[work.number[line.product_id]] += line.quantity
        stage, stock = prepared(rule, work, list(range(len(work.goods))), needs)
        stage.price.most = stock
        stage.price.out |= stock == 0
        found.append(_Entry(position, facts, work, stage))
    return found


def _alike(entries: list[_Entry]) -> list[_Entry]:
    """Those that count a further parcel as the first one does: a search has one such penalty."""
    return [entry for entry in entries if _penalty(entry) == _penalty(entries[0])]


def _penalty(entry: _Entry) -> int:
    return entry.work.penalty if entry.stage.rule.by_cost else 0


def _first(strategy: RoutingStrategy, facts: RoutingFacts) -> Rule | None:
    """The first rule of a strategy that applies to an order."""
    return next(
        (rule for rule in strategy.rules if rule.active and all(item.met(facts) for item in rule.conditions)), None
    )


def _jointly(entries: Sequence[_Entry]) -> tuple[RunResult, list[int]]:
    """The joint decision, and the products that its SKU numbers stand for.

    Of a product that several orders see differently (thresholds of channels, minimum stock), the least is shared.
    """
    products: list[int] = []
    rows: list[Whole] = []
    number: dict[int, int] = {}
    orders = []
    for entry in entries:
        work, keep = entry.work, entry.stage.rule.units_left
        skus = []
        for at, line in enumerate(work.goods):
            row = np.maximum(work.stock[at] - keep, 0)
            refused = work.refused_by.get(line.product_id)
            if refused:  # a refusal is this order's alone
                open_ = np.array([item.location_id in refused for item in work.locations])
                row = np.where(open_, 1 << 40, row)
            if line.product_id not in number:
                number[line.product_id] = len(products)
                products.append(line.product_id)
                rows.append(row)
            else:
                rows[number[line.product_id]] = np.minimum(rows[number[line.product_id]], row)
            skus.append(number[line.product_id])
        made = order_of(entry.stage, work)
        orders.append(Order(entry.position, tuple(skus), made.units, made.price, made.unfilled, 0, entry.stage.limit))
    penalty = _penalty(entries[0])
    stock = np.array(rows, dtype=np.int64)
    stock[stock >= 1 << 40] = 0
    problem = Problem(tuple(orders), stock, penalty, entries[0].work.room.copy())
    return run(problem, None, LIMITS), products


def _plans(entries: Sequence[_Entry], result: RunResult, products: Sequence[int]) -> dict[int, Planned]:
    """For each order that was placed whole: units by location and product."""
    found: dict[int, Planned] = {}
    for entry, plan in zip(entries, result.plans, strict=True):
        if any(plan.unfilled):
            continue
        work = entry.work
        found[entry.position] = {
            work.locations[parcel.facility].location_id: {
                line.product_id: units for line, units in zip(work.goods, parcel.units, strict=True) if units
            }
            for parcel in plan.parcels
        }
    return found


def _bids(work: Work, result: RunResult, products: Sequence[int]) -> dict[tuple[int, int], Decimal]:
    """What one more unit would have saved, by (location, product)."""
    return {
        (work.locations[place].location_id, products[sku]): Decimal(price).scaleb(-4)
        for (sku, place), price in sorted(result.bid_prices.stock.items())
        if price
    }


def _told(made: RoutingDecision, others: int) -> RoutingDecision:
    step = Step("run", "", True, f"decided together with {others:,} other order{'s' if others > 1 else ''}")
    return replace(made, steps=(step, *made.steps))


def _count(made: RoutingDecision, facts: RoutingFacts, taken: Counter[tuple[int, int]]) -> None:
    for item in made.allocations:
        taken[item.location_id, item.product_id] += item.quantity


def _without(facts: RoutingFacts, taken: Mapping[tuple[int, int], int]) -> RoutingFacts:
    """The facts as they are after some of the stock, and of the day's capacity, is taken."""
    if not taken:
        return facts
    units = Counter[int]()
    for (location, _), count in taken.items():
        units[location] += count
    products = {line.product_id for line in facts.lines}
    left = {
        pair: count - taken.get(pair, 0) if pair[1] in products else count for pair, count in facts.available.items()
    }
    day = {item.location_id: item.taken_today for item in facts.network.locations if item.taken_today}
    busy = {location: day.get(location, 0) + units[location] for location in {*day, *units}}
    return replace(facts, available=left, network=facts.network.with_taken(busy))
