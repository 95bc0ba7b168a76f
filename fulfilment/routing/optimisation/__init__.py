"""Order sourcing at the lowest cost: one order exactly, many jointly with a proved bound, one at a time with prices
for scarce stock.

Pure: numbers in, plans out; no clock, no random source, no database. Limits count operations, so the same input gives
the same plan on every machine.

- :func:`~.exact.cheapest_plan` sources one order: ``cheapest_plan(problem, order, prices)``.
- :func:`~.run.run` sources all orders of a problem together: ``run(problem, prices, limits)``.
- :class:`~.online.Forecast` learns demand from the orders seen and answers with :class:`BidPrices` for the next ones.
"""

from __future__ import annotations

from .exact import cheapest_plan
from .model import NEVER, BidPrices, Order, Parcel, ParcelPrice, Plan, Problem, RunResult
from .online import Forecast
from .prices import LinearPrice, WeightBreakPrice
from .run import Limits, run

__all__ = [
    "NEVER",
    "BidPrices",
    "Forecast",
    "Limits",
    "LinearPrice",
    "Order",
    "Parcel",
    "ParcelPrice",
    "Plan",
    "Problem",
    "RunResult",
    "WeightBreakPrice",
    "cheapest_plan",
    "run",
]
