"""Every way to source an order, looked at one by one: slow, and plainly right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from fulfilment.routing.optimisation import NEVER, BidPrices, Order, Problem


def shares(units: int, limits: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every way to take at most ``units`` from places that hold ``limits``."""
    if not limits:
        yield ()
        return
    for taken in range(min(units, limits[0]) + 1):
        for rest in shares(units - taken, limits[1:]):
            yield (taken, *rest)


def every_plan(problem: Problem, order: Order, prices: BidPrices) -> Iterator[tuple[int, int, np.ndarray]]:
    """(priced cost, parcels, units by line and facility) of every plan that stock, room and limit allow."""
    facilities = problem.stock.shape[1]
    choices = [
        tuple(shares(units, tuple(int(held) for held in problem.stock[sku])))
        for sku, units in zip(order.skus, order.units, strict=True)
    ]
    numbers = np.arange(facilities)
    for rows in product(*choices):
        taken = np.array(rows, dtype=np.int64)
        sent = [int(at) for at in numbers if taken[:, at].any()]
        if order.max_parcels is not None and len(set(sent) - order.anyway) > order.max_parcels:
            continue
        if problem.room is not None and (taken.sum(axis=0) > problem.room).any():
            continue
        cost = problem.split_penalty * max(0, len(sent) - 1)
        paid = [int(order.price.prices(numbers[at : at + 1], taken[None, :, at])[0, 0]) for at in sent]
        if any(price >= NEVER for price in paid):
            continue
        left = np.asarray(order.units) - taken.sum(axis=1)
        cost += sum(paid) + int(left @ np.asarray(order.unfilled)) + (order.unfilled_fixed if left.any() else 0)
        for line, sku in enumerate(order.skus):
            for at in sent:
                price = prices.stock.get((sku, at), 0) + prices.room.get(at, 0)
                cost += price * int(taken[line, at])
        yield cost, len(sent), taken


def cheapest(problem: Problem, order: Order, prices: BidPrices) -> tuple[int, int]:
    """The lowest priced cost, and the fewest parcels that reach it."""
    return min((cost, parcels) for cost, parcels, _ in every_plan(problem, order, prices))
