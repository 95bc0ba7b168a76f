"""The policies that are measured.

On-line ones decide each order when it comes; runs decide so many consecutive orders together. Both are given the stock
left, the orders so far, and how many orders there will be in all; neither ever sees a later order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..exact import cheapest_plan
from ..model import BidPrices, Order, Plan, Problem, RunResult, Units
from ..online import Forecast
from ..run import Limits, run
from .instance import Case, redirected

#: The facility number of each line of an order; NOWHERE where it is left unfilled.
Choice = tuple[int, ...]
#: Decides the orders in turn.
Policy = Callable[[Case], Iterator[Choice]]
NOWHERE = -1
#: Orders of a run.
RUN = 100
_RUN_LIMITS = Limits(rounds=40, nodes=50, exchanges=3)


def _choice(order: Order, plan: Plan) -> Choice:
    choice = [NOWHERE] * len(order.skus)
    for parcel in plan.parcels:
        for line, units in enumerate(parcel.units):
            if units:
                choice[line] = parcel.facility
    return tuple(choice)


def _take(stock: Units, order: Order, choice: Choice) -> None:
    for sku, facility in zip(order.skus, choice, strict=True):
        if facility != NOWHERE:
            stock[sku, facility] -= 1


def nearest(case: Case) -> Iterator[Choice]:
    """Each unit from the nearest facility that has it."""
    stock = case.stock.copy()
    for order in case.orders:
        unit = order.price.floor()[1]
        rows = list(order.skus)
        cost = np.where(stock[rows] > 0, unit.astype(float), np.inf)
        choice = tuple(
            int(at) if stock[sku].any() else NOWHERE for sku, at in zip(rows, cost.argmin(axis=1), strict=True)
        )
        _take(stock, order, choice)
        yield choice


def exact(case: Case) -> Iterator[Choice]:
    """The cheapest plan for the order alone."""
    stock = case.stock.copy()
    for order in case.orders:
        choice = _choice(order, cheapest_plan(Problem((), stock), order))
        _take(stock, order, choice)
        yield choice


def priced(case: Case) -> Iterator[Choice]:
    """The cheapest plan once stock is charged what it is expected to be worth to later orders."""
    stock = case.stock.copy()
    forecast = Forecast(len(case.orders), redirect=redirected)
    for order, place in zip(case.orders, case.destinations, strict=True):
        forecast.observe(order, place)
        prices = forecast.bid_prices(stock, deciding=[order])
        choice = _choice(order, cheapest_plan(Problem((), stock), order, prices))
        _take(stock, order, choice)
        yield choice


def in_runs(case: Case) -> Iterator[Choice]:
    """Runs of 100 orders, with what the stock is expected to be worth to later ones."""
    stock = case.stock.copy()
    forecast = Forecast(len(case.orders), redirect=redirected)
    for start in range(0, len(case.orders), RUN):
        orders = case.orders[start : start + RUN]
        for order, place in zip(orders, case.destinations[start : start + RUN], strict=True):
            forecast.observe(order, place)
        prices = forecast.bid_prices(stock, deciding=orders)
        for order, plan in zip(orders, run(Problem(orders, stock.copy()), prices, _RUN_LIMITS).plans, strict=True):
            choice = _choice(order, plan)
            _take(stock, order, choice)
            yield choice


def clairvoyant(case: Case) -> RunResult:
    """All orders together, as if every one were known beforehand: the bound of what any policy can reach."""
    return run(Problem(case.orders, case.stock), BidPrices(), Limits(nodes=20))


POLICIES: dict[str, Policy] = {
    "online-nearest": nearest,
    "online-exact": exact,
    "online-priced": priced,
    f"run-{RUN}": in_runs,
}
