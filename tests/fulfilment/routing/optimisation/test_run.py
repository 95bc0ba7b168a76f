"""Runs: feasible, never below their bound, and as good as every way to combine the plans."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings

from fulfilment.routing.optimisation import BidPrices, LinearPrice, Order, Problem, cheapest_plan, run
from tests.fulfilment.routing.optimisation.brute import every_plan
from tests.fulfilment.routing.optimisation.strategies import problems
from tests.fulfilment.routing.optimisation.test_exact import check


def cheapest_together(problem: Problem, prices: BidPrices) -> int:
    """The lowest cost of all orders together: every non-dominated combination of their plans."""
    facilities = problem.stock.shape[1]
    states = {(0,) * (problem.stock.size): 0}
    for order in problem.orders:
        plans: dict[tuple[int, ...], int] = {}
        for cost, _, taken in every_plan(problem, order, prices):
            use = np.zeros_like(problem.stock)
            use[list(order.skus), :facilities] = taken
            key = tuple(int(units) for units in use.ravel())
            plans[key] = min(cost, plans.get(key, cost))
        following: dict[tuple[int, ...], int] = {}
        for (used, cost), (use_, more) in product(states.items(), plans.items()):
            total = tuple(map(int.__add__, used, use_))
            held = np.array(total).reshape(problem.stock.shape)
            if (held <= problem.stock).all() and (problem.room is None or (held.sum(axis=0) <= problem.room).all()):
                following[total] = min(cost + more, following.get(total, cost + more))
        states = following
    return min(states.values())


@settings(max_examples=120, deadline=None)
@given(problems(orders=4))
def test_plans_share_the_stock_and_the_bound_holds(drawn: tuple[Problem, BidPrices]) -> None:
    problem, prices = drawn
    result = run(problem, prices)
    taken = np.zeros_like(problem.stock)
    for order, plan in zip(problem.orders, result.plans, strict=True):
        assert plan.order == order.key
        check(problem, order, prices, plan)
        for parcel in plan.parcels:
            taken[list(order.skus), parcel.facility] += parcel.units
    assert (taken <= problem.stock).all()
    assert problem.room is None or (taken.sum(axis=0) <= problem.room).all()
    assert result.cost == sum(plan.priced for plan in result.plans)
    assert result.bound <= result.cost
    assert result == run(problem, prices)


@settings(max_examples=60, deadline=None)
@given(problems(orders=2))
def test_two_orders_against_every_combination(drawn: tuple[Problem, BidPrices]) -> None:
    problem, prices = drawn
    small = Problem(problem.orders, np.minimum(problem.stock, 2), problem.split_penalty, problem.room)
    result = run(small, prices)
    best = cheapest_together(small, prices)
    assert result.bound <= best <= result.cost
    assert not result.exact or result.cost == best


def test_a_run_leaves_a_scarce_unit_to_the_order_that_needs_it() -> None:
    # given: the first order is a little cheaper from the facility with the only unit that can serve the second
    near = LinearPrice(np.array([10, 11]), np.zeros((1, 2), dtype=np.int64))
    only = LinearPrice(np.array([10, 90]), np.zeros((1, 2), dtype=np.int64))
    orders = (Order(1, (0,), (1,), near, (500,)), Order(2, (0,), (1,), only, (500,)))
    problem = Problem(orders, np.array([[1, 5]]))
    # when
    result = run(problem)
    # then: one at a time it would have been 10 + 90
    assert [plan.parcels[0].facility for plan in result.plans] == [1, 0]
    assert (result.cost, result.bound, result.exact, result.fallback) == (21, 21, True, False)
    assert cheapest_plan(problem, orders[0]).parcels[0].facility == 0


def test_an_empty_run() -> None:
    result = run(Problem((), np.zeros((1, 1), dtype=np.int64)))
    assert (result.plans, result.cost, result.bound) == ((), 0, 0)
