"""The cheapest plan of one order."""

from __future__ import annotations

from .model import BidPrices, Order, Plan, Problem


def cheapest_plan(problem: Problem, order: Order, prices: BidPrices | None = None) -> Plan:
    """Return the plan of ``order`` with the lowest cost + bid prices within ``problem.stock`` and ``problem.room``.

    The orders of ``problem`` are not looked at. Where the order is too large to be solved exactly within the limit of
    operations, the plan is a good one and says ``exact=False``.
    """
    raise NotImplementedError
