"""How much of a location's stock the network may promise, as the retailer decides it. Version 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LocationLimits:
    """What holds for one location, in units of each product.

    ``safety_stock`` is never promised to anybody; ``threshold`` is kept from orders of the network besides.
    ``capacity_per_day`` is how many units of all products it takes from its midnight to the next, None for any number.
    """

    enabled: bool = True
    safety_stock: int = 0
    threshold: int = 0
    capacity_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class StockLimits:
    """The limits of every location: those that are named by code, and ``others`` for the rest.

    ``channel_thresholds`` are kept, at every location, from the orders of a channel (by its code).
    """

    others: LocationLimits = LocationLimits()
    by_location: Mapping[str, LocationLimits] = field(default_factory=dict)
    channel_thresholds: Mapping[str, int] = field(default_factory=dict)

    def of(self, code: str) -> LocationLimits:
        """The limits of the location with this code."""
        return self.by_location.get(code, self.others)
