"""What the documents say about the locations that could take an order, and about sending a parcel from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import LineFacts, LocationFacts, RoutingFacts, great_circle_km

from .assignment import UNLIMITED
from .documents import CarrierContract, LocationPolicy, RoutingStrategy, grains

_USUAL = LocationPolicy.model_validate({})


def money(cost: int) -> Decimal:
    """A cost in grains as an amount, to the cent, halves up."""
    return Decimal(cost).scaleb(-7).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Carriage:
    """The prices of a contract; ``number`` counts the contracts in the order of their codes."""

    number: int
    code: str
    per_parcel: int
    per_gram: int
    per_100_km: int

    def fixed(self, place: Place) -> int:
        """What a parcel from there costs before anything is in it."""
        return self.per_parcel + self.per_100_km * place.kilometres // 100

    def never_dearer_than(self, other: Carriage) -> bool:
        """Whether it costs no more in any respect, and less in one or, all the same, comes first."""
        mine = (self.per_parcel, self.per_gram, self.per_100_km)
        theirs = (other.per_parcel, other.per_gram, other.per_100_km)
        return all(map(int.__le__, mine, theirs)) and (mine != theirs or self.number < other.number)


#: While there is no contract, carriage counts as nothing.
_NOTHING = Carriage(0, "", 0, 0, 0)


@dataclass(slots=True)
class Place:
    """A location that may take a part of the order. ``kilometres`` are whole; ``distance`` is None where unknown."""

    rank: int
    location: LocationFacts
    policy: LocationPolicy
    distance: float | None
    kilometres: int
    stock: dict[int, int]
    handling: int
    room: int
    bound: list[tuple[LineFacts, int]] = field(default_factory=list)

    def to_spare(self, product: int, wanted: int) -> int:
        """Units of a product above the threshold that it can still take today, at most as many as are wanted."""
        units = self.stock.get(product, 0) - self.policy.threshold
        return 0 if units <= 0 or self.room <= 0 else min(units, self.room, wanted)

    def take(self, line: LineFacts, units: int) -> None:
        """Give it units of a line that only it may ship."""
        self.stock[line.product_id] -= units
        self.room -= units
        self.bound.append((line, units))

    def cost_of_bound(self, carriage: Carriage) -> int:
        """What the units cost that it takes in any case."""
        if not self.bound:
            return 0
        each = ((units, line.weight_grams or 0) for line, units in self.bound)
        return sum(units * (self.handling + carriage.per_gram * grams) for units, grams in each)


class Places:
    """The locations and contracts that an order could use, nearest first, and why the others cannot be."""

    def __init__(self, facts: RoutingFacts, documents: Documents) -> None:
        found = documents.get("routing_strategy", {}).get("default")
        self.strategy = cast("RoutingStrategy", found) if found else RoutingStrategy.model_validate({})
        self.penalty = grains(self.strategy.split_penalty)
        self.currency = facts.currency
        self.facts = facts
        self._policies = documents.get("location_policy", {})
        self.refused: dict[str, str] = {}
        self.carriages = self._carriages(documents)
        self.switched_off: list[str] = []
        self.too_far: list[tuple[str, float]] = []
        self._named: dict[str, Place] = {}
        self._own: dict[int, Place] = {}
        self._further = self._near()

    def near(self) -> Iterator[Place]:
        """The retailer's own locations with stock of this order, within the radius and switched on, nearest first.

        They are looked up as they are asked for.
        """
        yield from tuple(self._own.values())
        for place in self._further:
            self._own[place.rank] = place
            yield place

    def policy(self, code: str) -> LocationPolicy:
        """What holds for a location."""
        found = self._policies.get(code)
        return cast("LocationPolicy", found) if found else _USUAL

    def at(self, rank: int) -> Place:
        """The location of a rank: its place among the nearest, or beyond them for one that was named."""
        return self._own[rank] if rank in self._own else next(p for p in self._named.values() if p.rank == rank)

    def named(self, code: str) -> Place | None:
        """The location that alone may ship a line; None where it takes no work or nothing can be sent from it."""
        location = self.facts.network.by_code.get(code)
        if location is None or not self.policy(code).enabled or not self.carriages:
            return None
        if code not in self._named:
            near = (place for place in self.near() if place.location.code == code)
            self._named[code] = next(near, None) or self._beyond(location)
        return self._named[code]

    def carriage(self, number: int) -> Carriage:
        """The contract of a number."""
        return next(item for item in self.carriages if item.number == number)

    def _near(self) -> Iterator[Place]:
        facts, radius = self.facts, self.strategy.radius_km
        stock: dict[int, dict[int, int]] = {}
        for (location_id, product), units in facts.available.items():
            stock.setdefault(location_id, {})[product] = units
        ranked = facts.network.nearest_first(facts.latitude, facts.longitude) if self.carriages else ()
        farthest = next((item.kilometres for item in reversed(ranked) if item.kilometres is not None), 0.0)
        for rank, item in enumerate(ranked):
            held = stock.get(item.location.location_id)
            if not held:
                continue
            policy = self.policy(item.location.code)
            if not policy.enabled:
                self.switched_off.append(item.location.code)
            elif radius is not None and item.kilometres is not None and item.kilometres > radius:
                self.too_far.append((item.location.code, item.kilometres))
            else:
                yield _place(rank, item.location, policy, item.kilometres, farthest, held)

    def _beyond(self, location: LocationFacts) -> Place:
        """A location that was named: a vendor, or one outside the radius."""
        facts = self.facts
        distance = great_circle_km(location.latitude, location.longitude, facts.latitude, facts.longitude)
        held = {
            product: units
            for (location_id, product), units in facts.available.items()
            if location_id == location.location_id
        }
        rank = len(facts.network.locations) + len(self._named)
        return _place(rank, location, self.policy(location.code), distance, 0.0, held)

    def _carriages(self, documents: Documents) -> list[Carriage]:
        contracts = documents.get("carrier_contract", {})
        if not contracts:
            return [_NOTHING]
        found: list[Carriage] = []
        for number, (code, document) in enumerate(sorted(contracts.items())):
            contract = cast("CarrierContract", document)
            refusal = _refusal(contract, self.facts)
            if refusal:
                self.refused[code] = refusal
                continue
            per_gram = grains(contract.per_kg) // 1000
            found.append(Carriage(number, code, grains(contract.per_parcel), per_gram, grains(contract.per_100_km)))
        return [one for one in found if not any(other.never_dearer_than(one) for other in found)]


def _place(
    rank: int,
    location: LocationFacts,
    policy: LocationPolicy,
    distance: float | None,
    farthest: float,
    held: dict[int, int],
) -> Place:
    capacity = policy.capacity_per_day
    room = UNLIMITED if capacity is None else capacity - location.taken_today
    kilometres = int((farthest if distance is None else distance) + 0.5)
    return Place(rank, location, policy, distance, kilometres, held, policy.handling, room)


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
