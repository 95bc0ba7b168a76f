"""What Order Routing is told, and what it answers. Version 1.

Facts carry everything that a decision may depend on, so that another release can decide otherwise from the
same facts. They can be written down as JSON and read back exactly, which is what the decision journal and the
replay of a preview rest on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import asin, cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from modules.domain.canonical import Body, Json

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """A location that takes work. Degrees north and east, None where unknown.

    ``taken_today`` counts the units allocated to it since midnight of its own day, when the facts were gathered.
    ``groups`` holds the codes of the location groups that it belongs to.
    """

    location_id: int
    code: str
    kind: str
    country: str
    latitude: float | None
    longitude: float | None
    taken_today: int = 0
    postal_code: str = ""
    groups: tuple[str, ...] = ()

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
    category: str = ""
    millimetres: tuple[int, int, int] | None = None
    """Length, width and height of one unit, where known."""
    sold_from: str = ""
    """First day on which it may leave, in ISO form, where it is sold before that (pre-order)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Units that a location expects and that may already be promised, and the day (ISO) on which they arrive."""

    location_id: int
    product_id: int
    quantity: int
    arrives_on: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A location and its distance to a destination in kilometres (None where unknown)."""

    location: LocationFacts
    kilometres: float | None


class Network:
    """The locations that take work, and their distances, worked out once for each destination."""

    def __init__(self, locations: tuple[LocationFacts, ...]) -> None:
        self.locations = locations
        self._ranked: dict[tuple[float | None, float | None], tuple[Ranked, ...]] = {}
        self._base: Network | None = None

    @cached_property
    def by_code(self) -> Mapping[str, LocationFacts]:
        """Each location by its code."""
        return {item.code: item for item in self.locations}

    @property
    def base(self) -> Network:
        """The network without what a day has taken: one object for all days, to remember things by."""
        return self._base or self

    def with_taken(self, taken: Mapping[int, int]) -> Network:
        """The same network on a day on which locations have taken so many units (by location)."""
        busy, place_of = list(self.locations), self._place_of
        for location_id in self.taken.keys() | taken.keys():
            at = place_of.get(location_id)
            if at is not None:
                busy[at] = replace(busy[at], taken_today=taken.get(location_id, 0))
        network = Network(tuple(busy))
        network._base = self
        return network

    @cached_property
    def _place_of(self) -> Mapping[int, int]:
        """Where each location, by its id, stands in :attr:`locations`."""
        return {item.location_id: at for at, item in enumerate(self.locations)}

    @cached_property
    def taken(self) -> Mapping[int, int]:
        """Units taken today, by location, where there are any."""
        return {item.location_id: item.taken_today for item in self.locations if item.taken_today}

    def nearest_first(self, latitude: float | None, longitude: float | None) -> tuple[Ranked, ...]:
        """The retailer's own locations (no vendors), nearest first; unknown distances last, by code."""
        destination = (latitude, longitude)
        found = self._ranked.get(destination)
        if found is None:
            found = self._ranked[destination] = self._rank(latitude, longitude)
        return found

    def nearest(
        self, latitude: float | None, longitude: float | None, among: Collection[int] | None = None
    ) -> Iterator[Ranked]:
        """As :meth:`nearest_first`, worked out only as far as it is asked for.

        ``among`` keeps locations by their ids. Locations less than a metre apart may change places.
        """
        found = self._ranked.get((latitude, longitude))
        if found is not None:
            yield from (item for item in found if among is None or item.location.location_id in among)
            return
        for at in self.base._own_order(latitude, longitude):
            location = self.locations[at]
            if among is None or location.location_id in among:
                away = great_circle_km(location.latitude, location.longitude, latitude, longitude)
                yield Ranked(location, away)

    def _own_order(self, latitude: float | None, longitude: float | None) -> list[int]:
        """Places in :attr:`locations` of the retailer's own, nearest first: by the chord, which grows as the arc."""
        numbers, points = self._points
        if latitude is None or longitude is None:
            return [int(number) for number in numbers]
        x, y, z = _on_the_sphere(latitude, longitude)
        closeness = points[:, 0] * x + points[:, 1] * y + points[:, 2] * z
        order: list[int] = numbers[np.argsort(-closeness, kind="stable")].tolist()
        return order

    @cached_property
    def _points(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The own locations by code, and where they are on the unit sphere (not a number where not known)."""
        own = sorted(
            (at for at, item in enumerate(self.locations) if not item.vendor), key=lambda at: self.locations[at].code
        )
        points = np.full((len(own), 3), np.nan)
        for row, at in enumerate(own):
            item = self.locations[at]
            if item.latitude is not None and item.longitude is not None:
                points[row] = _on_the_sphere(item.latitude, item.longitude)
        return np.array(own, dtype=np.intp), points

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

    The fields with defaults came later, and are what they default to in facts that were written before:
    ``method`` is the code of the shipping method, ``priority`` 0 or more (higher is more urgent), ``promise_by`` the
    last day (ISO) on which the customer expects it, ``value`` the order's total, ``attributes`` the retailer's own
    fields. ``excluded`` holds, by line, the locations that have refused it. ``confidence`` says in thousandths how
    far the stock of a (location, product) is to be trusted (1000 where it is not named), ``sold`` how many units of
    it left in the last 28 days. ``joinable`` holds the locations that already send this customer a parcel which is
    not picked yet. ``bid_prices`` says what a unit at a (location, product) is worth to later orders, in ``currency``.
    ``markdown`` says in thousandths how far the price of a (location, product) is reduced there.
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
    postal_code: str = ""
    method: str = ""
    priority: int = 0
    promise_by: str = ""
    value: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    confidence: Mapping[tuple[int, int], int] = field(default_factory=dict)
    sold: Mapping[tuple[int, int], int] = field(default_factory=dict)
    incoming: tuple[Incoming, ...] = ()
    joinable: tuple[int, ...] = ()
    bid_prices: Mapping[tuple[int, int], Decimal] = field(default_factory=dict)
    markdown: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Units of a line for a location."""

    line_id: int
    location_id: int
    product_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Units of a line that no location can take now, and why (for people).

    ``queue`` says where they wait: one of :data:`QUEUES`. ``cancel_on`` is the day (ISO) on which what still waits is
    cancelled with notice, empty for never; ``expected_on`` the day on which stock for it is expected, where known.
    """

    line_id: int
    quantity: int
    reason: str
    queue: str = "backorder"
    cancel_on: str = ""
    expected_on: str = ""


#: Where units wait. ``hold`` puts the whole order on hold for a person; ``cancel`` gives them up at once.
QUEUES = ("to_route", "backorder", "pre_order", "unfillable", "hold", "cancel")


@dataclass(frozen=True, slots=True)
class ParcelChoice:
    """How the parcel of one location is to travel: by which contract and service, at what cost, and how long.

    ``cost`` is in the order's currency; ``arrives_on`` a day in ISO form, empty where unknown. ``joins`` says that it
    goes with a parcel that the location already prepares for the same customer.
    """

    location_id: int
    contract: str
    service: str
    cost: Decimal | None
    arrives_on: str = ""
    joins: bool = False


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
    parcels: tuple[ParcelChoice, ...] = ()
    exact: bool = True
    """Whether no cheaper way exists; where False, the search ended at its limit and the steps say so."""

    def outcome(self) -> Body:
        """What was decided, without the explanation: two decisions are the same when these are equal."""
        outcome: dict[str, Json] = {
            "allocations": [[a.line_id, a.location_id, a.quantity] for a in self.allocations],
            "unplaced": [_unplaced_to_json(item) for item in self.unplaced],
        }
        if self.parcels:
            outcome["parcels"] = [[item.location_id, item.contract, item.service] for item in self.parcels]
        return outcome


def _unplaced_to_json(item: Unplaced) -> list[Json]:
    """A backorder without a last day is written as it was before there were other queues."""
    if item.queue == "backorder" and not item.cancel_on:
        return [item.line_id, item.quantity]
    return [item.line_id, item.quantity, item.queue, item.cancel_on]


def _on_the_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = radians(latitude), radians(longitude)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


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
