"""Reads of locations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from fulfilment.locations.domain.hours import Interval, OpeningTimes
from fulfilment.locations.models import Location, OpeningException, OpeningHours


def locations_found(locations: QuerySet[Location], term: str) -> QuerySet[Location]:
    """Those with this code, else those with a part of this name: there are never many."""
    exact = locations.filter(code__in={term, term.upper()})
    return exact if exact.exists() else locations.filter(name__icontains=term)


def groups_of_locations() -> dict[int, tuple[str, ...]]:
    """Codes of the groups of each location that is in any, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.location_id, array_agg(g.code ORDER BY g.code) FROM locations_locationgroup_locations m"
            " JOIN locations_locationgroup g ON g.id = m.locationgroup_id GROUP BY m.location_id"
        )
        return {location: tuple(codes) for location, codes in cursor.fetchall()}


def opening_times(location_ids: Collection[int], *, since: date) -> dict[int, OpeningTimes]:
    """The hours of locations, with the exceptions from a day on."""
    weekly: dict[int, dict[int, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for row in OpeningHours.objects.filter(location__in=location_ids):
        weekly[row.location_id][row.weekday].append(Interval(row.opens, row.closes))
    exceptions: dict[int, dict[date, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for other in OpeningException.objects.filter(location__in=location_ids, day__gte=since):
        intervals = exceptions[other.location_id][other.day]
        if other.opens is not None and other.closes is not None:
            intervals.append(Interval(other.opens, other.closes))
    zones = Location.objects.filter(pk__in=location_ids).values_list("pk", "time_zone")
    return {key: OpeningTimes(zone, dict(weekly[key]), dict(exceptions[key])) for key, zone in zones}


def promised_beyond_stock(location_id: int) -> bool:
    """Whether more of any product is reserved at a location than is on hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM inventory_stocklevel WHERE location_id = %s AND reserved > on_hand)",
            [location_id],
        )
        return bool(cursor.fetchone()[0])
