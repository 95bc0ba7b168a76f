"""One rule of a strategy at work: which places it keeps, what counts as cheapest, what it places.

Units that stay without a place are counted dearer than any parcel, so that the most units find one; of the ways to do
that the cheapest wins, of those that count the same the one with fewer parcels, of those the nearest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fulfilment.routing.optimisation import NEVER, Order, Parcel, Plan, Problem, cheapest_plan
from modules.contracts.routing import LineFacts

from .price import Price
from .rules import Rule
from .selection import Mask, Whole
from .work import Work

#: Units of a line that still need a place.
Open = tuple[LineFacts, int]
#: For each filter (in words) how many places it left out, and the nearest of them.
Dropped = dict[str, tuple[int, list[int]]]
_NAMED = 3
#: Contents of parcels times places that are solved exactly; few contents are, from however many places.
MOST_STATES = 60_000
FEW_STATES = 64
#: Places among which the search goes on where there are too many ways.
SHORTLIST = 24
#: What a run decided for an order: units by location and product.
Planned = Mapping[int, Mapping[int, int]]


@dataclass(slots=True)
class Stage:
    """A rule's work: the goods that it had to place and how many units of each, and what became of them.

    ``given`` holds (line, place, units); ``alone`` what the whole would count as from a single place (NEVER where it
    cannot send it all), ``counted`` what the plan counts as, without the units that it gives no place;
    ``sending`` the places that sent a parcel before the rule came.
    """

    rule: Rule
    price: Price
    goods: list[int]
    needs: Whole
    dropped: Dropped
    looked_at: int
    limit: int
    exact: bool
    counted: int
    alone: Whole
    stock: Whole
    sending: frozenset[int]
    given: list[tuple[LineFacts, int, int]] = field(default_factory=list)
    planned: bool = False


def place_by(rule: Rule, work: Work, lines: Sequence[Open], planned: Planned | None = None) -> Stage:
    """Let a rule place what it can of the open units, and give the units to their places.

    ``planned`` is what a run has decided for the rule.
    """
    goods, needs = _demand(work, lines)
    stage, stock = prepared(rule, work, goods, needs)
    plan = _best(stage, work, stock) if planned is None else _as_planned(stage, work, planned)
    stage.exact, stage.counted = plan.exact, _counted(plan, order_of(stage, work))
    if plan.exact or plan.parcels or rule.split != "anywhere":
        _give(stage, work, plan, lines)
        return stage
    # Too many ways to try them all: products whole first, then whatever of them is left unit by unit.
    whole, held = prepared(rule, work, goods, needs, whole=True)
    few = _shortlist(whole, held)
    order = order_of(whole, work)
    plan = _solved(whole, work, few, order, stage.limit - len(work.parcels))
    stage.counted = _counted(plan, order)
    _give(stage, work, plan, lines, whole.price.multiples)
    given = Counter[int]()
    for line, _, units in stage.given:
        given[line.line_id] += units
    rest = [(line, wanted - given[line.line_id]) for line, wanted in lines if wanted > given[line.line_id]]
    if rest and plan.parcels:
        last, some = prepared(rule, work, *_demand(work, rest))
        order = order_of(last, work)
        plan = _solved(last, work, _shortlist(last, some), order, _new(last, work))
        stage.counted += _counted(plan, order)
        _give(last, work, plan, rest)
        stage.given += last.given
    return stage


def _counted(plan: Plan, order: Order) -> int:
    return plan.cost - sum(units * dear for units, dear in zip(plan.unfilled, order.unfilled, strict=True))


def _new(stage: Stage, work: Work) -> int:
    return stage.limit - len(work.parcels)


def _give(stage: Stage, work: Work, plan: Plan, lines: Sequence[Open], multiples: Whole | None = None) -> None:
    """Share the units of a plan out to the lines: whole where one parcel holds all of a line."""
    each = stage.price.multiples if multiples is None else multiples
    left = {parcel.facility: np.array(parcel.units, dtype=np.int64) * each for parcel in plan.parcels}
    for line, wanted in lines:
        at = stage.goods.index(work.number[line.product_id])
        whole = [place for place, units in left.items() if units[at] >= wanted][:1]
        for place in whole or list(left):
            units = min(wanted, int(left[place][at]))
            if units:
                left[place][at] -= units
                wanted -= units
                stage.given.append((line, place, units))
                work.take(place, work.number[line.product_id], units, stage.price.ways_at(place))


def prepared(rule: Rule, work: Work, goods: list[int], needs: Whole, *, whole: bool = False) -> tuple[Stage, Whole]:
    """The rule's places and prices, and the stock (goods of the rule, places) in counts of the solver.

    ``whole`` keeps the units of each product together.
    """
    parcels = len(work.parcels)
    stock = np.maximum(work.stock[goods] - rule.units_left, 0)
    multiples = np.ones(len(goods), dtype=np.int64)
    stock = np.minimum(stock, needs[:, None])
    if whole or rule.split != "anywhere":
        multiples = needs.copy()
        stock = (stock >= needs[:, None]).astype(np.int64)
    stock[:, work.room <= 0] = 0
    stock[:, ~work.own] = 0
    seen = work.candidates(goods, needs)
    holds = stock.any(axis=0)
    keep = holds.copy()
    dropped: Dropped = {}
    for item in rule.filters:
        out = keep & ~item.keeps(seen)
        if out.any():
            dropped[item.words()] = (int(out.sum()), [int(at) for at in np.flatnonzero(out)[:_NAMED]])
            keep &= ~out
    stock[:, ~keep] = 0
    counts = np.zeros(len(work.pick), dtype=np.int64)
    for rating in rule.ratings:
        counts += rating.grains(seen)
    entry = work.penalty if parcels and rule.by_cost else 0
    price = Price(work, rule, goods, needs, multiples, counts, entry)
    _leave_out(price, work, keep)
    limit = max(rule.most_parcels, parcels)
    nothing = np.full(len(work.pick), NEVER, dtype=np.int64)
    stage = Stage(
        rule, price, goods, needs, dropped, int(holds.sum()), limit, True, 0, nothing, stock, frozenset(work.parcels)
    )
    return stage, stock


def _leave_out(price: Price, work: Work, keep: Mask) -> None:
    """Places from which no allowed service goes take no part."""
    if work.no_contracts:
        return
    serves = work.joins.copy()
    for zones in price.zones.values():
        serves |= zones >= 0
    price.out[:, ~(serves & keep)] = True


def _demand(work: Work, lines: Sequence[Open]) -> tuple[list[int], Whole]:
    units: dict[int, int] = {}
    for line, wanted in lines:
        good = work.number[line.product_id]
        units[good] = units.get(good, 0) + wanted
    return list(units), np.array(list(units.values()), dtype=np.int64)


def _best(stage: Stage, work: Work, stock: Whole) -> Plan:
    """The best plan of a rule. A single parcel that nothing can undercut is found without looking further."""
    rule = stage.rule
    order = order_of(stage, work)
    nothing = Plan(0, (), order.units, 0, 0, exact=True)
    full = _alone(stage)
    best = int(stage.alone.argmin()) if len(stage.alone) else 0
    one = _single(best, order, int(stage.alone[best])) if full and stage.alone[best] < NEVER else None
    new = stage.limit - len(work.parcels)
    if rule.split == "one_place":
        if new <= 0:
            only = [place for place in work.parcels if stage.alone[place] < NEVER]
            best = min(only, key=lambda place: int(stage.alone[place]), default=-1)
            one = _single(best, order, int(stage.alone[best])) if best >= 0 else None
        return one or nothing
    if one is not None and not work.parcels and _cannot_be_undercut(one, stage, work, stock):
        return one
    if one is not None and not work.parcels:
        stock = _worth_while(one, stage, work, stock)
    held = int((stock > 0).any(axis=0).sum())
    states = float(np.prod(stage.needs // stage.price.multiples + 1.0))
    if states * held > MOST_STATES and states > FEW_STATES and rule.split == "anywhere":
        return Plan(0, (), order.units, 0, 0, exact=False)
    return _solved(stage, work, stock, order, new)


def _alone(stage: Stage) -> bool:
    """Price the whole from every place that has it all; whether there is one."""
    units = stage.needs // stage.price.multiples
    full = np.flatnonzero((stage.stock == units[:, None]).all(axis=0) & ~stage.price.blocked)
    if len(full):
        stage.alone[full] = stage.price.prices(full, units[None, :])[:, 0]
    return bool(len(full))


def _as_planned(stage: Stage, work: Work, planned: Planned) -> Plan:
    order = order_of(stage, work)
    _alone(stage)
    place = {item.location_id: at for at, item in enumerate(work.locations)}
    parcels = []
    for location, units in sorted(planned.items(), key=lambda pair: place[pair[0]]):
        content = np.array([units.get(work.goods[good].product_id, 0) for good in stage.goods], dtype=np.int64)
        at = np.array([place[location]], dtype=np.intp)
        price = int(stage.price.prices(at, content[None, :])[0, 0])
        parcels.append(Parcel(place[location], tuple(int(count) for count in content), price))
    cost = sum(parcel.price for parcel in parcels) + work.penalty * stage.rule.by_cost * max(0, len(parcels) - 1)
    stage.planned = True
    return Plan(0, tuple(parcels), (0,) * len(order.units), cost, cost, exact=True)


def _solved(stage: Stage, work: Work, stock: Whole, order: Order, new: int) -> Plan:
    """As the solver finds it; parcels that go in any case do not count to the limit."""
    room = work.room.copy() if (stage.price.multiples == 1).all() else None
    penalty = work.penalty if stage.rule.by_cost and not work.parcels else 0
    problem = Problem((), stock, penalty, room)
    capped = replace(order, max_parcels=max(new, 0), anyway=frozenset(work.parcels))
    if work.parcels:
        plan = cheapest_plan(problem, order)
        if sum(parcel.facility not in work.parcels for parcel in plan.parcels) <= new:
            return plan
    return cheapest_plan(problem, capped)


def _shortlist(stage: Stage, stock: Whole) -> Whole:
    """The stock of the most promising places: for each product the cheapest that have it, then those with the most."""
    fixed, unit = stage.price.floor()
    counts = stage.needs // stage.price.multiples
    keep = np.zeros(stock.shape[1], dtype=np.bool_)
    open_ = fixed < NEVER
    for row, need in enumerate(counts):
        cost = np.where((stock[row] == need) & open_, fixed + np.minimum(unit[row], NEVER) * 1, NEVER)
        cheapest = np.argsort(cost, kind="stable")[:2]
        keep[cheapest[cost[cheapest] < NEVER]] = True
    units = (stock * stage.price.multiples[:, None]).sum(axis=0)
    for place in np.lexsort((fixed, -np.where(open_, units, -1))):
        if keep.sum() >= SHORTLIST:
            break
        keep[place] = True
    return np.where(keep[None, :], stock, 0)


def order_of(stage: Stage, work: Work) -> Order:
    """The order as the solver is given it: units without a place count dearer than any parcel."""
    price = stage.price
    dearest = min(1 << 44, (1 << 49) // int(stage.needs.sum()))
    units = stage.needs // price.multiples
    return Order(
        key=0,
        skus=tuple(range(len(stage.goods))),
        units=tuple(int(count) for count in units),
        price=price,
        unfilled=tuple(dearest * int(each) for each in price.multiples),
    )


def _single(place: int, order: Order, cost: int) -> Plan:
    return Plan(0, (Parcel(place, order.units, cost),), (0,) * len(order.units), cost, cost, exact=True)


def _cannot_be_undercut(one: Plan, stage: Stage, work: Work, stock: Whole) -> bool:
    """Whether any two parcels cost at least as much: the two lowest fixed costs, and the least for each unit."""
    fixed, least = _two_at_least(stage, work, stock)
    lowest = np.sort(fixed)[:2]
    return len(lowest) < 2 or one.cost <= int(lowest.sum()) + least


def _worth_while(one: Plan, stage: Stage, work: Work, stock: Whole) -> Whole:
    """The stock of the places that can be one of two parcels that cost less than a single one."""
    fixed, least = _two_at_least(stage, work, stock)
    keep = fixed + fixed.min(initial=NEVER) + least <= one.cost
    keep[[parcel.facility for parcel in one.parcels]] = True
    return np.where(keep[None, :], stock, 0)


def _two_at_least(stage: Stage, work: Work, stock: Whole) -> tuple[Whole, int]:
    """The least fixed cost of a parcel of each place (NEVER where it has nothing), and of all that comes besides."""
    fixed, unit = stage.price.floor()
    holds = stock.any(axis=0) & ~stage.price.out.all(axis=0)
    least = np.where(stock > 0, np.minimum(unit, 1 << 40), 1 << 40).min(axis=1, initial=1 << 40)
    units = stage.needs // stage.price.multiples
    penalty = work.penalty if stage.rule.by_cost else 0
    return np.where(holds, fixed, NEVER), penalty + int(least @ units)
