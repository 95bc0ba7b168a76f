"""What stock is worth to the orders still to come."""

from __future__ import annotations

from .model import BidPrices, Order, Units


class Forecast:
    """Learns demand from the orders seen so far and prices the stock for those still to come.

    It is given the stock, how many orders are expected in all (or until replenishment), and each order when it comes;
    it never sees a later one.
    """

    def __init__(self, expected_orders: int, split_penalty: int = 0) -> None:
        """``expected_orders``: how many orders this stock is to serve, a figure that a retailer forecasts."""

    def observe(self, order: Order) -> None:
        """Take note of an order that has come."""
        raise NotImplementedError

    def bid_prices(self, stock: Units) -> BidPrices:
        """What a unit of each (SKU, facility) is expected to be worth to the orders still to come."""
        raise NotImplementedError
