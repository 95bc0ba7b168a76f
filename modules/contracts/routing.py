"""What Order Routing is told, and what it answers. Version 1.

Facts carry everything that a decision may depend on, so that another policy can decide otherwise from the
same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """A location that takes work. Degrees north and east, None where unknown."""

    location_id: int
    code: str
    vendor: bool
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """Units of a line that need a place; ``ship_from`` names the only location that may take them, if any."""

    line_id: int
    position: int
    product_id: int
    quantity: int
    ship_from: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A location and its distance to a destination in kilometres (None where unknown)."""

    location: LocationFacts
    kilometres: float | None


class Network:
    """The locations that take work, and their distances, worked out once for each destination."""

    def __init__(self, locations: tuple[LocationFacts, ...]) -> None:
        self.locations = locations
        self.by_code: Mapping[str, LocationFacts] = {item.code: item for item in locations}
        self._ranked: dict[tuple[float | None, float | None], tuple[Ranked, ...]] = {}

    def nearest_first(self, latitude: float | None, longitude: float | None) -> tuple[Ranked, ...]:
        """The retailer's own locations (no vendors), nearest first; unknown distances last, by code."""
        destination = (latitude, longitude)
        found = self._ranked.get(destination)
        if found is None:
            ranked = [
                Ranked(item, great_circle_km(item.latitude, item.longitude, latitude, longitude))
                for item in self.locations
                if not item.vendor
            ]
            ranked.sort(key=lambda item: (item.kilometres is None, item.kilometres or 0.0, item.location.code))
            found = self._ranked[destination] = tuple(ranked)
        return found


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """One order to route: its open lines, its destination, the network and what each location has free.

    ``available`` holds units by (location, product); a pair that is not in it has none.
    """

    order_number: str
    latitude: float | None
    longitude: float | None
    lines: tuple[LineFacts, ...]
    network: Network
    available: Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Allocation:
    """Units of a line for a location."""

    line_id: int
    location_id: int
    product_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Units of a line that no location can take now, and why (for people)."""

    line_id: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Where each unit goes. ``reasons`` says, in order, why each chosen location was chosen."""

    allocations: tuple[Allocation, ...]
    unplaced: tuple[Unplaced, ...]
    reasons: tuple[str, ...] = field(default=())


def great_circle_km(
    latitude: float | None, longitude: float | None, to_latitude: float | None, to_longitude: float | None
) -> float | None:
    """Great-circle distance in kilometres by the haversine formula; None where a coordinate is unknown."""
    if latitude is None or longitude is None or to_latitude is None or to_longitude is None:
        return None
    south, north = radians(latitude), radians(to_latitude)
    across = radians(to_longitude - longitude)
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))
