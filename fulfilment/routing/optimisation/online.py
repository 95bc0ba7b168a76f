"""What stock is worth to the orders still to come."""

from __future__ import annotations

import random
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from .master import ROOM, Group, Master, Resource
from .model import BidPrices, Order, Problem, Units

Basket = tuple[tuple[int, ...], tuple[int, ...]]
#: Makes the order of a basket for the destination of another order.
Redirect = Callable[[Order, Order], Order]


@dataclass(frozen=True, slots=True)
class Learning:
    """How a forecast learns.

    ``scenarios``: futures drawn each time prices are worked out; their prices are averaged. Short futures are noisier
    and quicker: up to ``most_scenarios`` are drawn while their orders number at most ``drawn``.
    ``first`` orders are seen before that; then it is done again after ``every`` orders (sooner in the beginning).
    ``trust_in_stock``: the opening stock counts as so many orders seen, for a retailer puts stock where demand is.
    ``caution``: prices are charged as far as they can be trusted, half of them when so many orders have been seen.
    """

    scenarios: int = 4
    most_scenarios: int = 12
    drawn: int = 2_000
    first: int = 5
    every: int = 25
    rounds: int = 12
    trust_in_stock: float = 30.0
    caution: float = 10.0


class Forecast:
    """Learns demand from the orders seen so far and prices the stock for those still to come.

    It is given the stock, how many orders are expected in all until stock is replenished, and each order when it
    comes; it never sees a later one. Demand is taken to be a destination and a basket, independent of each
    other, where ``redirect`` tells how to send a basket elsewhere; without it, past orders are drawn whole.

    The same orders give the same prices: futures are drawn from a generator with a fixed seed.
    """

    def __init__(
        self,
        expected_orders: int,
        *,
        split_penalty: int = 0,
        redirect: Redirect | None = None,
        learning: Learning | None = None,
    ) -> None:
        self.expected = expected_orders
        self.split_penalty = split_penalty
        self.redirect = redirect
        self.learning = learning or Learning()
        self.prices = BidPrices()
        self.seen = 0
        self._next = self.learning.first
        self._random = random.Random(20_250_101)  # noqa: S311 - draws futures, guards nothing
        self._opening: Units | None = None
        self._places: dict[Hashable, Order] = {}
        self._baskets: dict[Basket, Order] = {}
        self._place_counts: Counter[Hashable] = Counter()
        self._basket_counts: Counter[Basket] = Counter()
        self._made: dict[tuple[Hashable, Basket], Order] = {}
        self._orders: list[Order] = []
        self._last: dict[Resource, int] = {}

    def observe(self, order: Order, destination: Hashable = None) -> None:
        """Take note of an order that has come; ``destination`` names where it goes (needed for ``redirect``)."""
        self.seen += 1
        if self.redirect is None:
            self._orders.append(order)
            return
        basket = (order.skus, order.units)
        self._places.setdefault(destination, order)
        self._baskets.setdefault(basket, order)
        self._made.setdefault((destination, basket), order)
        self._place_counts[destination] += 1
        self._basket_counts[basket] += 1

    def bid_prices(self, stock: Units, room: Units | None = None, deciding: Sequence[Order] = ()) -> BidPrices:
        """What a unit of each (SKU, facility) is expected to be worth to the orders still to come.

        ``deciding``: the orders that are being decided now, already observed; they compete for the stock as well.
        Prices are worked out again only after some orders; in between the last ones are returned.
        """
        if self._opening is None:
            self._opening = stock.copy()
        ahead = self.expected - self.seen
        if ahead <= 0:
            self.prices = BidPrices()
        elif self.seen >= self._next:
            self.prices = self._priced(stock, room, ahead, deciding)
            self._next = self.seen + max(5, min(self.learning.every, self.seen // 3))
        return self.prices

    def _priced(self, stock: Units, room: Units | None, ahead: int, deciding: Sequence[Order]) -> BidPrices:
        sums: Counter[Resource] = Counter()
        problem = Problem((), stock.copy(), self.split_penalty, room)
        now = [Group(order, 1.0) for order in deciding]
        draw = self._whole if self.redirect is None else self._recombined()
        learning = self.learning
        scenarios = max(learning.scenarios, min(learning.most_scenarios, learning.drawn // ahead))
        for _ in range(scenarios):
            master = Master(problem, [*now, *draw(ahead)])
            for resource, price in master.solve(rounds=learning.rounds, tolerance=2e-3, start=self._last).items():
                sums[resource] += price
        self._last = {resource: round(total / scenarios) for resource, total in sorted(sums.items())}
        trust = self.seen / (self.seen + learning.caution)
        charged = {use: round(price * trust) for use, price in self._last.items()}
        return BidPrices(
            {use: price for use, price in charged.items() if use[0] != ROOM},
            {facility: price for (sku, facility), price in charged.items() if sku == ROOM},
        )

    def _whole(self, ahead: int) -> list[Group]:
        drawn = Counter(int(self._random.random() * len(self._orders)) for _ in range(ahead))
        return [Group(self._orders[at], float(count)) for at, count in sorted(drawn.items())]

    def _recombined(self) -> Callable[[int], list[Group]]:
        places, baskets = list(self._places), list(self._baskets)
        place_weights, basket_weights = self._weights(places, baskets)
        up_to_place, up_to_basket = list(accumulate(place_weights)), list(accumulate(basket_weights))

        def draw(ahead: int) -> list[Group]:
            drawn = Counter((self._drawn(up_to_place), self._drawn(up_to_basket)) for _ in range(ahead))
            return [Group(self._order(places[p], baskets[b]), float(n)) for (p, b), n in sorted(drawn.items())]

        return draw

    def _drawn(self, up_to: Sequence[float]) -> int:
        return min(bisect(up_to, self._random.random() * up_to[-1]), len(up_to) - 1)

    def _order(self, place: Hashable, basket: Basket) -> Order:
        if (place, basket) not in self._made and self.redirect is not None:
            self._made[place, basket] = self.redirect(self._baskets[basket], self._places[place])
        return self._made[place, basket]

    def _weights(self, places: Sequence[Hashable], baskets: Sequence[Basket]) -> tuple[list[float], list[float]]:
        """How often each destination and basket is expected: counts seen, and the opening stock as further evidence.

        Opening stock counts as units asked for by unknown destinations, each served by the facility nearest in cost
        that stocks the SKU; expectation maximisation (Dempster, Laird and Rubin 1977) shares them out.
        """
        place_counts = np.array([self._place_counts[place] for place in places], dtype=float)
        basket_counts = np.array([self._basket_counts[basket] for basket in baskets], dtype=float)
        opening = self._opening
        trust = self.learning.trust_in_stock
        if opening is None or not opening.any() or not trust:
            return list(place_counts), list(basket_counts)
        units = np.zeros((len(baskets), opening.shape[0]))
        for row, (skus, counts) in enumerate(baskets):
            units[row, list(skus)] = counts
        nearest = self._nearest(places, opening)
        share = opening / opening.sum()
        by_sku = share.sum(axis=1)
        place_weights, basket_weights = place_counts + 0.0, basket_counts + 0.0
        for _ in range(20):
            asked = basket_weights @ units
            pull = basket_weights * (units @ (by_sku / np.maximum(asked, 1e-12)))
            basket_weights = basket_counts + trust * pull / max(pull.sum(), 1e-12)
            pull = _pull(place_weights, nearest, share)
            place_weights = place_counts + trust * pull / max(pull.sum(), 1e-12)
        return list(place_weights), list(basket_weights)

    def _nearest(self, places: Sequence[Hashable], opening: Units) -> NDArray[np.intp]:
        """For each place and SKU the cheapest facility that was opened with any of it."""
        rows = []
        for place in places:
            fixed, unit = self._places[place].price.floor()
            cost = (fixed + unit[0]).astype(float)
            rows.append(np.where(opening > 0, cost[None, :], np.inf).argmin(axis=1))
        return np.array(rows)


def _pull(weights: NDArray[np.float64], nearest: NDArray[np.intp], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share each (SKU, facility)'s stock out to the places nearest to it, by their weights."""
    pull = np.zeros_like(weights)
    for sku, row in enumerate(share):
        near = nearest[:, sku]
        total = np.bincount(near, weights=weights, minlength=share.shape[1])
        pull += weights * (row / np.maximum(total, 1e-12))[near]
    return pull
