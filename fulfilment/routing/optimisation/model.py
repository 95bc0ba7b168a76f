"""What is optimised: orders, stock and prices in; plans, bounds and bid prices out.

Everything is counted from zero and whole. A *facility* is a column of the stock table and a *SKU* a row of it; the
caller keeps the list of what each number stands for, best facility first, since the lower number wins a tie. A *cost*
is a whole number of the caller's smallest unit (such as a ten-millionth of the currency), so that comparing costs is
exact and a decision that is replayed is the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

#: Costs, in the caller's smallest unit of money.
Costs = NDArray[np.int64]
#: Units of stock, or of an order.
Units = NDArray[np.int64]
#: Numbers of facilities.
Facilities = NDArray[np.intp]

#: The price of a parcel that cannot be sent. Every real cost of an order stays below it.
NEVER = 1 << 56


class ParcelPrice(Protocol):
    """What one order's parcel costs from each facility: carriage to its destination and handling, without the split
    penalty. A parcel without units costs nothing and is not sent.
    """

    @property
    def linear(self) -> bool:
        """Whether :meth:`floor` is the price itself."""

    def floor(self) -> tuple[Costs, Costs]:
        """Return a fixed cost for each facility and a cost of a unit for each line and facility.

        Shapes ``(facilities,)`` and ``(lines, facilities)``, none negative. Fixed cost + units * unit cost is never
        more than the price of any parcel; where it is :data:`NEVER` the facility (or the line at it) is out.
        """

    def prices(self, facilities: Facilities, contents: Units) -> Costs:
        """Price each content ``(contents, lines)`` from each facility: shape ``(facilities, contents)``.

        :data:`NEVER` where it cannot be sent. Not asked for an empty content.
        """


@dataclass(frozen=True, slots=True)
class Order:
    """An order to be sourced.

    ``skus`` and ``units`` belong together, one for each line; a SKU stands in one line only. Units left unfilled cost
    ``unfilled_fixed`` once for the order and ``unfilled[line]`` each. ``max_parcels`` caps the parcels, without
    those of the facilities ``anyway``, which send one in any case.
    """

    key: int
    skus: tuple[int, ...]
    units: tuple[int, ...]
    price: ParcelPrice
    unfilled: tuple[int, ...]
    unfilled_fixed: int = 0
    max_parcels: int | None = None
    anyway: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """Orders and the stock they share.

    ``stock``: units by SKU and facility, shape ``(skus, facilities)``. ``room``: units a facility can still send in
    all, shape ``(facilities,)``; None where none is short. ``split_penalty``: cost of each parcel of an order after
    its first.
    """

    orders: tuple[Order, ...]
    stock: Units
    split_penalty: int = 0
    room: Units | None = None


@dataclass(frozen=True)
class BidPrices:
    """What using a unit now is expected to cost later orders: by (SKU, facility), and of a facility's room.

    A plan with bid prices is the cheapest after they are added; its ``cost`` remains what is paid.
    """

    stock: Mapping[tuple[int, int], int] = field(default_factory=dict)
    room: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def by_sku(self) -> Mapping[int, tuple[Facilities, Costs]]:
        """The facilities with a bid price for each SKU, and the prices."""
        rows: dict[int, list[tuple[int, int]]] = {}
        for (sku, facility), price in sorted(self.stock.items()):
            if price:
                rows.setdefault(sku, []).append((facility, price))
        return {
            sku: (np.array([f for f, _ in pairs], dtype=np.intp), np.array([p for _, p in pairs], dtype=np.int64))
            for sku, pairs in rows.items()
        }


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units of each line of the order (zero where none) that one facility sends together, and its price."""

    facility: int
    units: tuple[int, ...]
    price: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How an order is sourced.

    ``cost`` is paid: prices of the parcels, split penalty, units unfilled. ``priced`` adds the bid prices, and is what
    was minimised. ``exact``: no plan has a lower ``priced`` cost (of equals the one with fewer parcels was taken).
    """

    order: int
    parcels: tuple[Parcel, ...]
    unfilled: tuple[int, ...]
    cost: int
    priced: int
    exact: bool


@dataclass(frozen=True, slots=True)
class RunResult:
    """The plans of a run in the order of its orders, and how good they are proved to be.

    ``cost``: sum of what the plans cost with the bid prices given to the run. ``bound``: no set of plans costs less.
    ``gap``: (cost - bound) / cost. ``exact``: cost equals the bound. ``fallback``: a limit of nodes or rounds was
    reached, so plans were completed one order at a time. ``bid_prices``: the scarcity prices of the stock within the
    run (without those given to it). ``rounds`` and ``columns`` tell the effort.
    """

    plans: tuple[Plan, ...]
    cost: int
    bound: int
    gap: float
    exact: bool
    fallback: bool
    bid_prices: BidPrices
    rounds: int
    columns: int
