"""What a van is, where it goes and when: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from fulfilment.carriers.domain.parcels import Place
from fulfilment.carriers.domain.postal import begins_any
from fulfilment.carriers.domain.zones import kilometres


@dataclass(frozen=True, slots=True)
class Van:
    """A van as offers need it. ``weekdays`` are 1 (Monday) to 7; ``leaves_at`` is local to the location."""

    id: int
    code: str
    name: str
    parcels_per_day: int
    grams_per_day: int
    radius_km: int | None
    prefixes: tuple[str, ...]
    weekdays: frozenset[int]
    leaves_at: time | None
    price: Decimal
    currency: str


def out_of_reach(van: Van, origin: Place, destination: Place) -> str:
    """Why a van does not go there; empty where it does."""
    if destination.country != origin.country:
        return f"does not leave {origin.country or 'its country'}"
    if van.prefixes and not begins_any(van.prefixes, destination.postal_code, destination.country):
        return f"does not go to {destination.postal_code or 'an address without a postal code'}"
    if van.radius_km is None:
        return ""
    distance = kilometres(origin, destination)
    if distance is None:
        return f"goes {van.radius_km:,} km at most, and one end of the way is not on the map"
    if distance > van.radius_km:
        return f"goes {van.radius_km:,} km at most; it is {distance:,.1f} km"
    return ""


def next_run(van: Van, ready: datetime) -> date:
    """The first day on which the van leaves with a parcel that is ready at a local time."""
    missed = van.leaves_at is not None and ready.time() > van.leaves_at
    days = (ready.date() + timedelta(days=ahead + missed) for ahead in range(7))
    return next(day for day in days if day.isoweekday() in van.weekdays)
