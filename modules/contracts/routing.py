"""What Order Routing is told, and what it answers. Version 1.

Facts carry everything that a decision may depend on, so that another release can decide otherwise from the
same facts. They can be written down as JSON and read back exactly, which is what the decision journal and the
replay of a preview rest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any

from modules.domain.canonical import Body, Json

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """A location that takes work. Degrees north and east, None where unknown.

    ``taken_today`` counts the units allocated to it since midnight of its own day, when the facts were gathered.
    """

    location_id: int
    code: str
    kind: str
    country: str
    latitude: float | None
    longitude: float | None
    taken_today: int = 0

    @property
    def vendor(self) -> bool:
        """Whether it is a vendor, who ships only what is his."""
        return self.kind == "vendor"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """Units of a line that need a place; ``ship_from`` names the only location that may take them, if any."""

    line_id: int
    position: int
    product_id: int
    sku: str
    quantity: int
    unit_price: Decimal
    weight_grams: int | None
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
        self._base: Network | None = None

    def with_taken(self, taken: Mapping[int, int]) -> Network:
        """The same network on a day on which locations have taken so many units (by location)."""
        busy = tuple(replace(item, taken_today=taken.get(item.location_id, 0)) for item in self.locations)
        network = Network(busy)
        network._base = self
        return network

    @property
    def taken(self) -> dict[int, int]:
        """Units taken today, by location, where there are any."""
        return {item.location_id: item.taken_today for item in self.locations if item.taken_today}

    def nearest_first(self, latitude: float | None, longitude: float | None) -> tuple[Ranked, ...]:
        """The retailer's own locations (no vendors), nearest first; unknown distances last, by code."""
        destination = (latitude, longitude)
        found = self._ranked.get(destination)
        if found is None:
            found = self._ranked[destination] = self._rank(latitude, longitude)
        return found

    def _rank(self, latitude: float | None, longitude: float | None) -> tuple[Ranked, ...]:
        if self._base is not None:  # distances do not change with the day's work
            here = self.by_code
            return tuple(
                Ranked(here[item.location.code], item.kilometres)
                for item in self._base.nearest_first(latitude, longitude)
            )
        ranked = [
            Ranked(item, great_circle_km(item.latitude, item.longitude, latitude, longitude))
            for item in self.locations
            if not item.vendor
        ]
        ranked.sort(key=lambda item: (item.kilometres is None, item.kilometres or 0.0, item.location.code))
        return tuple(ranked)


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """One order to route: its open lines, its destination, the network and what each location has free.

    ``available`` holds units by (location, product); a pair that is not in it has none. ``currency`` is the
    order's; ``decided_on`` the date of the decision in ISO form (documents may hold dates).
    """

    order_number: str
    channel: str
    currency: str
    country: str
    latitude: float | None
    longitude: float | None
    decided_on: str
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
class Step:
    """One step of a decision: which rule kept or dropped what, why, and by how much it won or lost.

    ``subject`` is a location's code, a line's position, or empty for the order as a whole.
    """

    rule: str
    subject: str
    kept: bool
    why: str


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Where each unit goes; ``steps`` explain it in order. ``cost`` is in the order's currency, if known."""

    allocations: tuple[Allocation, ...]
    unplaced: tuple[Unplaced, ...]
    steps: tuple[Step, ...] = field(default=())
    cost: Decimal | None = None

    def outcome(self) -> Body:
        """What was decided, without the explanation: two decisions are the same when these are equal."""
        return {
            "allocations": [[a.line_id, a.location_id, a.quantity] for a in self.allocations],
            "unplaced": [[u.line_id, u.quantity] for u in self.unplaced],
        }


def facts_to_json(facts: RoutingFacts) -> Body:
    """Write facts down. The network is written by :func:`network_to_json`, once for many decisions.

    Only the stock of the order's own products is kept: it is all of it that a policy could look at.
    """
    products = {line.product_id for line in facts.lines}
    stock: dict[str, Json] = {}
    for (location, product), units in facts.available.items():
        if product in products and units:
            pairs = stock.setdefault(str(product), [])
            assert isinstance(pairs, list)
            pairs.append([location, units])
    return {
        "order": facts.order_number,
        "channel": facts.channel,
        "currency": facts.currency,
        "country": facts.country,
        "at": [facts.latitude, facts.longitude],
        "on": facts.decided_on,
        "lines": [
            [a.line_id, a.position, a.product_id, a.sku, a.quantity, str(a.unit_price), a.weight_grams, a.ship_from]
            for a in facts.lines
        ],
        "stock": stock,
        "taken": {str(location): units for location, units in facts.network.taken.items()},
    }


def facts_from_json(written: Body, network: Network) -> RoutingFacts:
    """Read facts back as they were; ``network`` is the one that was written beside them."""
    record: Any = written
    taken = {int(location): units for location, units in record["taken"].items()}
    latitude, longitude = record["at"]
    return RoutingFacts(
        order_number=record["order"],
        channel=record["channel"],
        currency=record["currency"],
        country=record["country"],
        latitude=latitude,
        longitude=longitude,
        decided_on=record["on"],
        lines=tuple(_line(*line) for line in record["lines"]),
        network=network.with_taken(taken) if taken else network,
        available={
            (location, int(product)): units for product, pairs in record["stock"].items() for location, units in pairs
        },
    )


def _line(
    line_id: int, position: int, product_id: int, sku: str, quantity: int, price: str, grams: int | None, named: str
) -> LineFacts:
    return LineFacts(line_id, position, product_id, sku, quantity, Decimal(price), grams, named)


def network_to_json(network: Network) -> Body:
    """Write a network down, without what was taken that day: that stands with each decision's facts."""
    return {
        "locations": [[a.location_id, a.code, a.kind, a.country, a.latitude, a.longitude] for a in network.locations]
    }


def network_from_json(written: Body) -> Network:
    """Read a network back as it was."""
    record: Any = written
    return Network(tuple(LocationFacts(*row) for row in record["locations"]))


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
