"""The locations and contracts that an order could use, nearest first, and why the others cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import cast

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import LineFacts, LocationFacts, RoutingFacts, great_circle_km

from .amounts import grains
from .assignment import UNLIMITED
from .documents import CarrierContract, LocationPolicy, RoutingSettings, RoutingStrategy, ShippingMethod

_USUAL = LocationPolicy.model_validate({})
_SETTINGS = RoutingSettings.model_validate({})


@dataclass(frozen=True, slots=True)
class Carriage:
    """The prices of a contract in grains; ``number`` counts the contracts in the order of their codes."""

    number: int
    code: str
    per_parcel: int
    per_gram: int
    per_100_km: int

    def fixed(self, kilometres: int) -> int:
        """What a parcel costs over so many kilometres before anything is in it."""
        return self.per_parcel + self.per_100_km * kilometres // 100

    def never_dearer_than(self, other: Carriage) -> bool:
        """Whether it costs no more in any respect, and less in one or, all the same, comes first."""
        mine = (self.per_parcel, self.per_gram, self.per_100_km)
        theirs = (other.per_parcel, other.per_gram, other.per_100_km)
        return all(map(int.__le__, mine, theirs)) and (mine != theirs or self.number < other.number)


#: While there is no contract, carriage counts as nothing.
_NOTHING = Carriage(0, "", 0, 0, 0)


@dataclass(slots=True)
class Place:
    """A location that may take a part of the order.

    ``kilometres`` are whole; ``distance`` is None where unknown. ``stock`` holds what it may give of each product,
    ``bound`` what it has been given, and ``carriages`` how its parcel may travel once it has one.
    """

    rank: int
    location: LocationFacts
    policy: LocationPolicy
    distance: float | None
    kilometres: int
    stock: dict[int, int]
    room: int
    carriages: tuple[Carriage, ...] = ()
    bound: list[tuple[LineFacts, int]] = field(default_factory=list)

    def to_spare(self, product: int, wanted: int, keep: int = 0) -> int:
        """Units of a product that it can still take today, at most as many as are wanted, keeping so many more."""
        units = self.stock.get(product, 0) - keep
        return 0 if units <= 0 or self.room <= 0 else min(units, self.room, wanted)

    def take(self, line: LineFacts, units: int, carriages: tuple[Carriage, ...]) -> None:
        """Give it units of a line; its parcel must be able to travel in one of these ways."""
        self.stock[line.product_id] -= units
        self.room -= units
        self.carriages = self.allowed(carriages)
        self.bound.append((line, units))

    def allowed(self, carriages: tuple[Carriage, ...]) -> tuple[Carriage, ...]:
        """Those of these ways in which its parcel may travel."""
        return tuple(one for one in carriages if one in self.carriages) if self.bound else carriages

    @property
    def units(self) -> int:
        """Units in its parcel."""
        return sum(units for _, units in self.bound)

    def cost(self, carriage: Carriage) -> int:
        """What its parcel costs with a contract: carriage and handling."""
        grams = sum(units * (line.weight_grams or 0) for line, units in self.bound)
        return carriage.fixed(self.kilometres) + carriage.per_gram * grams + self.policy.handling * self.units

    def cheapest(self) -> Carriage:
        """The contract that carries its parcel."""
        return min(self.carriages, key=lambda one: (self.cost(one), one.number))


class Places:
    """The locations and contracts that an order could use, looked up as they are asked for."""

    def __init__(self, facts: RoutingFacts, documents: Documents, strategy: RoutingStrategy) -> None:
        self.facts = facts
        self.strategy = strategy
        self.penalty = grains(strategy.split_penalty)
        self.refused: dict[str, str] = {}
        self.switched_off: list[str] = []
        self._policies = documents.get("location_policy", {})
        self._kept = settings_of(documents).kept_from.get(facts.channel, 0)
        self.carriages = self._carriages(documents)
        self.refusals = _refusals(facts)
        self._named: dict[str, Place] = {}
        self._own: dict[int, Place] = {}
        self._nowhere: list[Place] | None = None
        self._holders: Collection[int] | None = None
        few = len(facts.available) <= 2 * len(facts.network.locations) // 3
        if few or len(facts.network.locations) < _SMALL:
            self._holders = {location for (location, _), units in facts.available.items() if units > 0}
        self._further = self._known()

    def near(self, within_km: int | None = None) -> Iterator[Place]:
        """The own locations that have stock of this order and take work, nearest first, unknown distances last."""
        yield from self._within(within_km)
        yield from self._unknown()

    def _within(self, within_km: int | None) -> Iterator[Place]:
        for place in tuple(self._own.values()):
            if within_km is not None and place.distance is not None and place.distance > within_km:
                return
            yield place
        for place in self._further:
            self._own[place.rank] = place
            if within_km is not None and place.distance is not None and place.distance > within_km:
                return
            yield place

    def beyond(self, km: int) -> Place | None:
        """The nearest that is farther than this, if one was come across."""
        return next((p for p in self._own.values() if p.distance is not None and p.distance > km), None)

    def policy(self, code: str) -> LocationPolicy:
        """What holds for a location."""
        found = self._policies.get(code)
        return cast("LocationPolicy", found) if found else _USUAL

    def at(self, rank: int) -> Place:
        """The location of a rank."""
        if rank in self._own:
            return self._own[rank]
        others: list[Place] = [*(self._nowhere or ()), *self._named.values()]
        return next(place for place in others if place.rank == rank)

    def with_parcel(self) -> list[Place]:
        """Those that have been given something, by rank."""
        found = {place.rank: place for place in (*self._own.values(), *self._unknown(), *self._named.values())}
        return [place for _, place in sorted(found.items()) if place.bound]

    def named(self, line: LineFacts) -> Place | None:
        """The location that alone may ship a line; None where it may not now."""
        code = line.ship_from
        location = self.facts.network.by_code.get(code)
        if location is None or not self.policy(code).enabled or not self.carriages:
            return None
        if location.location_id in self.facts.excluded.get(line.line_id, ()):
            return None
        if code not in self._named:
            near = None
            if not location.vendor and (self._holders is None or location.location_id in self._holders):
                near = next((place for place in self.near() if place.location.code == code), None)
            self._named[code] = near or self._beyond(location)
        return self._named[code]

    def cost(self) -> int:
        """What all parcels cost together, with the penalty for splitting."""
        parcels = self.with_parcel()
        return sum(place.cost(place.cheapest()) for place in parcels) + self.penalty * max(0, len(parcels) - 1)

    def _known(self) -> Iterator[Place]:
        network, facts = self.facts.network, self.facts
        if not self.carriages:
            return
        for rank, item in enumerate(network.nearest(facts.latitude, facts.longitude, self._holders)):
            if item.kilometres is None:
                return
            place = self._place(rank, item.location, item.kilometres)
            if place:
                yield place

    def _unknown(self) -> list[Place]:
        if self._nowhere is None:
            base = len(self.facts.network.locations)
            found = (
                self._place(base + at, location, None)
                for at, location in enumerate(_nowhere(self.facts))
                if self.carriages and (self._holders is None or location.location_id in self._holders)
            )
            self._nowhere = [place for place in found if place]
        return self._nowhere

    def _place(self, rank: int, location: LocationFacts, distance: float | None) -> Place | None:
        """The location as a place; None where it has nothing of this order or takes no work."""
        policy, facts = self.policy(location.code), self.facts
        kept = policy.kept + self._kept
        stock = {}
        for line in facts.lines:
            units = facts.available.get((location.location_id, line.product_id), 0)
            if units > 0 and location.location_id not in self.refusals.get(line.product_id, ()):
                stock[line.product_id] = units - kept
        if not stock:
            return None
        if not policy.enabled:
            self.switched_off.append(location.code)
            return None
        room = UNLIMITED if policy.capacity_per_day is None else policy.capacity_per_day - location.taken_today
        kilometres = int((self._farthest() if distance is None else distance) + 0.5)
        return Place(rank, location, policy, distance, kilometres, stock, room)

    def _farthest(self) -> float:
        """The greatest known distance, which an unknown one counts as."""
        facts = self.facts
        found = [0.0]
        for location in facts.network.locations:
            away = great_circle_km(location.latitude, location.longitude, facts.latitude, facts.longitude)
            if away is not None and not location.vendor:
                found.append(away)
        return max(found)

    def _beyond(self, location: LocationFacts) -> Place:
        """A location that was named: a vendor, or one that has nothing to give."""
        facts, policy = self.facts, self.policy(location.code)
        distance = great_circle_km(location.latitude, location.longitude, facts.latitude, facts.longitude)
        stock = {}
        for line in facts.lines:
            units = facts.available.get((location.location_id, line.product_id), 0)
            stock[line.product_id] = units - policy.kept - self._kept
        room = UNLIMITED if policy.capacity_per_day is None else policy.capacity_per_day - location.taken_today
        rank = 2 * len(facts.network.locations) + len(self._named)
        return Place(rank, location, policy, distance, int((distance or 0.0) + 0.5), stock, room)

    def _carriages(self, documents: Documents) -> tuple[Carriage, ...]:
        contracts = documents.get("carrier_contract", {})
        if not contracts:
            return (_NOTHING,)
        method = cast("ShippingMethod | None", documents.get("shipping_method", {}).get(self.facts.method))
        found: list[Carriage] = []
        for number, (code, document) in enumerate(sorted(contracts.items())):
            contract = cast("CarrierContract", document)
            refusal = _refusal(contract, self.facts)
            if method and method.carriers and code not in method.carriers:
                refusal = f"does not carry {method.title}"
            if refusal:
                self.refused[code] = refusal
                continue
            per_gram = grains(contract.per_kg) // 1000
            found.append(Carriage(number, code, grains(contract.per_parcel), per_gram, grains(contract.per_100_km)))
        return tuple(found)


#: Networks up to this size are looked through for holders of stock at once.
_SMALL = 200


def settings_of(documents: Documents) -> RoutingSettings:
    """The routing settings, or those that hold where there are none."""
    found = documents.get("routing_settings", {}).get("default")
    return cast("RoutingSettings", found) if found else _SETTINGS


def undominated(carriages: Collection[Carriage]) -> tuple[Carriage, ...]:
    """Without those that another one undercuts in every respect."""
    return tuple(one for one in carriages if not any(other.never_dearer_than(one) for other in carriages))


def _refusals(facts: RoutingFacts) -> dict[int, set[int]]:
    """For each product the locations that have refused it for any line of the order."""
    found: dict[int, set[int]] = {}
    for line in facts.lines:
        refused = facts.excluded.get(line.line_id)
        if refused:
            found.setdefault(line.product_id, set()).update(refused)
    return found


def _nowhere(facts: RoutingFacts) -> list[LocationFacts]:
    """The own locations whose distance to the destination is not known, by code."""
    nowhere = facts.latitude is None or facts.longitude is None
    return sorted(
        (
            item
            for item in facts.network.locations
            if not item.vendor and (nowhere or item.latitude is None or item.longitude is None)
        ),
        key=lambda item: item.code,
    )


def _refusal(contract: CarrierContract, facts: RoutingFacts) -> str:
    """Why a contract does not serve an order; empty where it does."""
    today = facts.decided_on
    if contract.currency != facts.currency:
        return f"priced in {contract.currency}; the order is in {facts.currency}"
    if contract.countries and facts.country not in contract.countries:
        return f"does not serve {facts.country or 'an order without a country'}"
    if contract.valid_from and today < contract.valid_from.isoformat():
        return f"valid from {contract.valid_from}; today is {today}"
    if contract.valid_until and today > contract.valid_until.isoformat():
        return f"valid until {contract.valid_until}; today is {today}"
    return ""
