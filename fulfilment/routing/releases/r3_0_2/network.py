"""Locations as arrays: read once for a network and the documents, ordered for each destination."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from math import cos, radians, sin
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import LocationFacts, Network
from modules.domain.releases import KindModel

from .amounts import grains
from .contracts import CarrierContract
from .documents import LocationPolicy
from .selection import WITHOUT_END, Whole

_T = TypeVar("_T")
_EARTH_KM = 6371.0088
_USUAL = LocationPolicy.model_validate({})
#: Networks, and parts of documents, that are remembered in one process.
_NETWORKS = 6
_PARTS = 2_000


class _Memory:
    """Remembers what was worked out for some objects, by their identity, as long as it holds on to them."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._found: OrderedDict[Hashable, tuple[Sequence[object], Any]] = OrderedDict()

    def recall(self, objects: Sequence[object], make: Callable[[], _T]) -> _T:
        key = tuple(id(item) for item in objects)
        found = self._found.get(key)
        if found is None:
            found = (tuple(objects), make())
            self._found[key] = found
            while len(self._found) > self._kept:
                self._found.popitem(last=False)
        return cast("_T", found[1])


_networks = _Memory(_NETWORKS)
_parts = _Memory(_PARTS)


class Columns:
    """The locations in the order of their codes, and what their policies say; an element for each.

    ``kept`` units of each product are not given to orders of the network; ``capacity`` is :data:`WITHOUT_END` where
    there is none; ``handling`` is in grains. ``points`` lie on the unit sphere, not a number where unknown.
    """

    def __init__(self, network: Network, policies: Mapping[str, KindModel]) -> None:
        order = sorted(range(len(network.locations)), key=lambda at: network.locations[at].code)
        self.order = order
        self.locations = [network.locations[at] for at in order]
        self.ids = [item.location_id for item in self.locations]
        self.id_array = np.array(self.ids, dtype=np.int64)
        self.by_id = np.argsort(self.id_array)
        self.sorted_ids = self.id_array[self.by_id]
        self.at = {location: at for at, location in enumerate(self.ids)}
        rules = [cast("LocationPolicy", policies.get(item.code, _USUAL)) for item in self.locations]
        self.own = np.array([not item.vendor for item in self.locations], dtype=np.bool_)
        self.enabled = np.array([rule.enabled for rule in rules], dtype=np.bool_)
        self.priority = np.array([rule.priority for rule in rules], dtype=np.int64)
        self.kept = np.array([rule.kept for rule in rules], dtype=np.int64)
        self.handling = np.array([grains(rule.handling_per_unit) for rule in rules], dtype=np.int64)
        self.capacity = np.array(
            [WITHOUT_END if rule.capacity_per_day is None else rule.capacity_per_day for rule in rules], dtype=np.int64
        )
        self.limited = [at for at, rule in enumerate(rules) if rule.capacity_per_day is not None]
        self.points = np.full((len(order), 3), np.nan)
        for at, item in enumerate(self.locations):
            if item.latitude is not None and item.longitude is not None:
                self.points[at] = _point(item.latitude, item.longitude)
        self._zones: OrderedDict[tuple[int, str, str], NDArray[np.intp]] = OrderedDict()
        self._masks: dict[object, NDArray[np.bool_]] = {}

    def room(self, network: Network) -> Whole:
        """Units that each can take on the day of a network."""
        room = self.capacity.copy()
        for at in self.limited:
            room[at] -= network.locations[self.order[at]].taken_today
        return room

    def kilometres(self, latitude: float | None, longitude: float | None) -> NDArray[np.float64]:
        """Great-circle distances; not a number where unknown."""
        if latitude is None or longitude is None:
            return np.full(len(self.ids), np.nan)
        x, y, z = _point(latitude, longitude)
        across = (self.points[:, 0] - x) ** 2 + (self.points[:, 1] - y) ** 2 + (self.points[:, 2] - z) ** 2
        return np.asarray(2 * _EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(across) / 2)))

    def where(self, key: object, test: Callable[[LocationFacts], bool]) -> NDArray[np.bool_]:
        """Which locations pass a test, remembered by what it is about."""
        found = self._masks.get(key)
        if found is None:
            found = self._masks[key] = np.array([test(item) for item in self.locations], dtype=np.bool_)
        return found

    def paired(self, number: int, contract: CarrierContract, names: Sequence[str], code: str) -> NDArray[np.intp]:
        """The zone of each location by the contract's table of prefix pairs: its place in ``names``, -1 for none.

        The longest prefixes that the table has win.
        """
        end = "".join(sign for sign in code.upper() if sign.isalnum())[:10]
        longest = max((len(prefix) for row in contract.pair_table.values() for prefix in row), default=0)
        key = (number, contract.currency, end[:longest])
        found = self._zones.get(key)
        if found is None:
            place = {name: at for at, name in enumerate(names)}
            rows = {
                prefix: next((row[end[:n]] for n in range(len(end), 0, -1) if end[:n] in row), None)
                for prefix, row in contract.pair_table.items()
            }
            zones = {prefix: place[zone] for prefix, zone in rows.items() if zone is not None and zone in place}
            found = np.array([_longest(item.postal_code, zones) for item in self.locations], dtype=np.intp)
            self._zones[key] = found
            while len(self._zones) > 512:
                self._zones.popitem(last=False)
        return found


def columns_of(network: Network, documents: Documents) -> Columns:
    """The columns of a network with these documents, made once for them."""
    base = network.base
    policies = documents.get("location_policy", {})
    contracts = documents.get("carrier_contract", {})
    return _networks.recall((base, policies, contracts), lambda: Columns(base, policies))


def remembered(objects: Sequence[object], make: Callable[[], _T]) -> _T:
    """What was made for these objects before, or is made now."""
    return _parts.recall(objects, make)


def _longest(code: str, zones: Mapping[str, int]) -> int:
    start = "".join(sign for sign in code.upper() if sign.isalnum())
    return next((zones[start[:n]] for n in range(len(start), 0, -1) if start[:n] in zones), -1)


def _point(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = radians(latitude), radians(longitude)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)
