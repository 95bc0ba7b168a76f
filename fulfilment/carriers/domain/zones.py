"""Which zone a destination lies in, seen from where the parcel starts."""

from __future__ import annotations

from collections.abc import Mapping

from fulfilment.carriers.domain.parcels import Place
from fulfilment.carriers.domain.postal import begins_any, tidy
from fulfilment.carriers.domain.rates import Contract, ZoneRule
from modules.contracts.routing import great_circle_km

#: Origin prefix → destination prefix → zone.
Pairs = Mapping[str, Mapping[str, str]]


def kilometres(origin: Place, destination: Place) -> float | None:
    """Great-circle distance; None where an end is not on the map."""
    return great_circle_km(origin.latitude, origin.longitude, destination.latitude, destination.longitude)


def zone_of(contract: Contract, origin: Place, destination: Place) -> str | None:
    """The zone: by the table of pairs, else by the first zone rule that fits; None where none does.

    A contract with neither has the one zone ``all``.
    """
    if not contract.pairs and not contract.zones:
        return "all"
    if contract.pairs:
        found = paired(contract.pair_table, origin, destination)
        if found is not None:
            return found
    distance = kilometres(origin, destination) if any(rule.up_to_km for rule in contract.zones) else None
    return next((rule.zone for rule in contract.zones if _fits(rule, origin, destination, distance)), None)


def paired(pairs: Pairs, origin: Place, destination: Place) -> str | None:
    """The zone that a table of prefix pairs gives; the longest prefixes that it has win."""
    start, end = (tidy(place.postal_code, place.country).replace(" ", "") for place in (origin, destination))
    for from_length in range(len(start), 0, -1):
        row = pairs.get(start[:from_length])
        if row is None:
            continue
        for to_length in range(len(end), 0, -1):
            zone = row.get(end[:to_length])
            if zone is not None:
                return zone
    return None


def _fits(rule: ZoneRule, origin: Place, destination: Place, distance: float | None) -> bool:
    if rule.countries and destination.country not in rule.countries:
        return False
    if rule.domestic is not None and rule.domestic != (origin.country == destination.country):
        return False
    if rule.origins and not begins_any(rule.origins, origin.postal_code, origin.country):
        return False
    if rule.destinations and not begins_any(rule.destinations, destination.postal_code, destination.country):
        return False
    return rule.up_to_km is None or (distance is not None and distance <= rule.up_to_km)
