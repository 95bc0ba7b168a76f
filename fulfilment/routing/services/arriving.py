"""When what was decided arrives: from the location's hours and the room in its day, then by the carrier's calendar.

The release says by which service a parcel goes, and when it would arrive if it left at once. What keeps the location
is not the release's to know; so the day is worked out again from the moment at which the parcel is ready.
See docs/algorithms/promises.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from fulfilment.inventory.selectors.places import limits_now
from fulfilment.locations.selectors import opening_times
from fulfilment.requests.extensions import ARRIVALS, Journey, Spot
from fulfilment.routing.domain.readiness import Ready, ready
from fulfilment.routing.services.deciding import Decided
from modules.contracts.routing import LocationFacts, ParcelChoice


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a location's parcel of an order travels, when it arrives (None: nobody knows), and why then."""

    contract: str
    service: str
    day: date | None
    why: str


def arrivals_of(decided: Sequence[Decided], now: datetime) -> dict[tuple[int, int], Arrival]:
    """The arrival of each parcel that was decided on, by (order, location)."""
    parcels = [(item, parcel) for item in decided for parcel in item.decision.parcels]
    dated = {parcel.location_id for _, parcel in parcels if parcel.arrives_on}
    places = _places(decided)
    times = opening_times(dated, since=timezone.localdate() - timedelta(days=1)) if dated else {}
    full = _beyond_capacity(decided, places) if dated else frozenset()
    leaving = []
    for item, parcel in parcels:
        key = (item.order.id, parcel.location_id)
        at = ready(times[parcel.location_id], now, full=key in full) if parcel.arrives_on else None
        if at is not None:
            leaving.append((item, parcel, at))
    told = _told_by_carriers(leaving, places)
    nobody = {(item.order.id, parcel.location_id): _undated(parcel) for item, parcel in parcels}
    return nobody | {
        (item.order.id, parcel.location_id): _dated(item, parcel, at, told.get((item.order.id, parcel.location_id)))
        for item, parcel, at in leaving
    }


def method_day(item: Decided) -> date | None:
    """The day that the order's shipping method promises, counted as its release counts it."""
    method = item.by.documents.get("shipping_method", {}).get(item.facts.method)
    days: int | None = getattr(method, "promise_days", None)
    return None if days is None else date.fromisoformat(item.facts.decided_on) + timedelta(days=days)


def _places(decided: Sequence[Decided]) -> dict[int, LocationFacts]:
    """The locations that are asked for anything."""
    asked = {allocation.location_id for item in decided for allocation in item.decision.allocations}
    networks = {id(item.facts.network): item.facts.network for item in decided}
    return {
        place.location_id: place
        for network in networks.values()
        for place in network.locations
        if place.location_id in asked
    }


def _beyond_capacity(decided: Sequence[Decided], places: Mapping[int, LocationFacts]) -> frozenset[tuple[int, int]]:
    """By (order, location): what is more than the location does today, by the capacity that the retailer has set.

    A release decides order by order on what was taken before; of orders decided together the later ones come here.
    """
    limits = limits_now()
    if not limits.any_capacity:
        return frozenset()
    capacity = dict(zip(limits.codes, limits.capacities, strict=True))
    taken = Counter({place_id: place.taken_today for place_id, place in places.items()})
    beyond = set()
    for item in decided:
        for allocation in item.decision.allocations:
            taken[allocation.location_id] += allocation.quantity
        for place_id in {allocation.location_id for allocation in item.decision.allocations}:
            most = capacity.get(places[place_id].code, limits.other_capacity)
            if most is not None and taken[place_id] > most:
                beyond.add((item.order.id, place_id))
    return frozenset(beyond)


def _told_by_carriers(
    leaving: Sequence[tuple[Decided, ParcelChoice, Ready]], places: Mapping[int, LocationFacts]
) -> Mapping[tuple[int, int], date | None]:
    journeys = [_journey(item, parcel, at, places[parcel.location_id]) for item, parcel, at in leaving]
    if not journeys or not ARRIVALS:
        return {}
    keys = [(item.order.id, parcel.location_id) for item, parcel, _ in leaving]
    return dict(zip(keys, ARRIVALS[0](journeys), strict=True))


def _journey(item: Decided, parcel: ParcelChoice, at: Ready, place: LocationFacts) -> Journey:
    facts = item.facts
    weights = {line.line_id: line.weight_grams for line in facts.lines}
    grams: int | None = 0
    for allocation in item.decision.allocations:
        if allocation.location_id == parcel.location_id and grams is not None:
            weight = weights[allocation.line_id]
            grams = None if weight is None else grams + weight * allocation.quantity
    return Journey(
        parcel.contract, parcel.service,
        Spot(place.country, place.postal_code, place.latitude, place.longitude, place.code),
        Spot(facts.country, facts.postal_code, facts.latitude, facts.longitude), grams, at.at,
    )  # fmt: skip


def _dated(item: Decided, parcel: ParcelChoice, at: Ready, told: date | None) -> Arrival:
    """Where carriers cannot tell, the release's day, put off by as many days as the location is."""
    put_off = max(at.at.date() - date.fromisoformat(item.facts.decided_on), timedelta(0))
    day = told or date.fromisoformat(parcel.arrives_on) + put_off
    why = f"ready {at.at:%Y-%m-%d}" + (f", {at.why}" if at.why else "")
    return Arrival(parcel.contract[:100], parcel.service[:30], day, f"{why}; {_way(parcel)} arrives {day}")


def _undated(parcel: ParcelChoice) -> Arrival:
    why = "does not open" if parcel.arrives_on else f"sends by {_way(parcel)}, which promises no day"
    return Arrival(parcel.contract[:100], parcel.service[:30], None, why)


def _way(parcel: ParcelChoice) -> str:
    return f"{parcel.contract} {parcel.service}".strip() or "no service"
