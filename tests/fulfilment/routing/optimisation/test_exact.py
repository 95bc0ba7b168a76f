"""One order: the cheapest plan, against every plan there is."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings

from fulfilment.routing.optimisation import BidPrices, LinearPrice, Order, Plan, Problem, cheapest_plan, exact
from tests.fulfilment.routing.optimisation.brute import cheapest
from tests.fulfilment.routing.optimisation.strategies import problems


def check(problem: Problem, order: Order, prices: BidPrices, plan: Plan) -> None:
    """The plan keeps to stock, room and limit, and its costs are what they should be."""
    taken = np.zeros((len(order.skus), problem.stock.shape[1]), dtype=np.int64)
    for parcel in plan.parcels:
        taken[:, parcel.facility] += parcel.units
        assert any(parcel.units)
    assert len({parcel.facility for parcel in plan.parcels}) == len(plan.parcels)
    assert (taken <= problem.stock[list(order.skus)]).all()
    assert (taken.sum(axis=1) + plan.unfilled == order.units).all()
    assert problem.room is None or (taken.sum(axis=0) <= problem.room).all()
    counted = {parcel.facility for parcel in plan.parcels} - order.anyway
    assert order.max_parcels is None or len(counted) <= order.max_parcels
    cost = sum(parcel.price for parcel in plan.parcels) + problem.split_penalty * max(0, len(plan.parcels) - 1)
    cost += sum(map(int.__mul__, plan.unfilled, order.unfilled)) + (order.unfilled_fixed if any(plan.unfilled) else 0)
    bids = sum(
        units * (prices.stock.get((sku, parcel.facility), 0) + prices.room.get(parcel.facility, 0))
        for parcel in plan.parcels
        for sku, units in zip(order.skus, parcel.units, strict=True)
    )
    assert (plan.cost, plan.priced) == (cost, cost + bids)


@settings(max_examples=400, deadline=None)
@given(problems())
def test_no_plan_is_cheaper(drawn: tuple[Problem, BidPrices]) -> None:
    problem, prices = drawn
    plan = cheapest_plan(problem, problem.orders[0], prices)
    check(problem, problem.orders[0], prices, plan)
    assert plan.exact
    assert (plan.priced, len(plan.parcels)) == cheapest(problem, problem.orders[0], prices)


@settings(max_examples=300, deadline=None)
@given(problems())
def test_what_is_left_out_beforehand_is_never_missed(drawn: tuple[Problem, BidPrices]) -> None:
    problem, prices = drawn
    with patch.object(exact, "_FEW_RANKS", 0):
        plan = cheapest_plan(problem, problem.orders[0], prices)
    check(problem, problem.orders[0], prices, plan)
    assert (plan.priced, len(plan.parcels)) == cheapest(problem, problem.orders[0], prices)


@settings(max_examples=300, deadline=None)
@given(problems())
def test_sets_of_facilities_are_exact_too(drawn: tuple[Problem, BidPrices]) -> None:
    problem, prices = drawn
    with patch.object(exact, "MOST_PAIRS", 0):
        plan = cheapest_plan(problem, problem.orders[0], prices)
    check(problem, problem.orders[0], prices, plan)
    best = cheapest(problem, problem.orders[0], prices)
    assert plan.priced == best[0] if plan.exact else plan.priced >= best[0]


def test_a_plan_that_is_not_proved_says_so() -> None:
    # given: twelve lines of three units, each facility with a part of each
    lines, facilities = 12, 40
    stock = np.ones((lines, facilities), dtype=np.int64)
    price = LinearPrice(np.full(facilities, 10), np.arange(lines * facilities).reshape(lines, facilities) % 7)
    order = Order(1, tuple(range(lines)), (3,) * lines, price, (1000,) * lines)
    problem = Problem((order,), stock)
    # when
    plan = cheapest_plan(problem, order)
    # then
    assert not plan.exact
    assert plan.unfilled == (0,) * lines
    assert plan == cheapest_plan(problem, order)
    check(problem, order, BidPrices(), plan)
