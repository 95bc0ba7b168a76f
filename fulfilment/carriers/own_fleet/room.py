"""Room in vans: taken by one conditional UPDATE, so that a van is never given more than it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from fulfilment.carriers.models import FleetDay, FleetStop, FleetVan
from fulfilment.carriers.own_fleet.vans import Van


@dataclass(frozen=True, slots=True)
class Left:
    """What still fits into a van on a day."""

    parcels: int
    grams: int


def vans_of(location_code: str) -> list[Van]:
    """The vans that run from a location, in the order of their codes."""
    rows = FleetVan.objects.filter(location__code=location_code, active=True).order_by("code")
    return [
        Van(
            row.pk, row.code, row.name, row.parcels_per_day, row.grams_per_day, row.radius_km,
            tuple(row.prefixes.upper().split()), frozenset(int(day) for day in row.weekdays), row.leaves_at,
            row.price, row.currency,
        )
        for row in rows
    ]  # fmt: skip


def left(van: Van, day: date) -> Left:
    """What still fits, as it looks now: only :func:`take` makes sure."""
    taken = FleetDay.objects.filter(van_id=van.id, day=day).values_list("parcels", "grams").first() or (0, 0)
    return Left(van.parcels_per_day - taken[0], van.grams_per_day - taken[1])


# The day's row is made by whoever needs it first; then one statement checks and takes. Two that want the last place
# meet at the row's lock, and the second finds the condition no longer true.
_MAKE_DAY = """
INSERT INTO carriers_fleetday (van_id, day, parcels, grams, parcels_most, grams_most)
SELECT id, %(day)s, 0, 0, parcels_per_day, grams_per_day FROM carriers_fleetvan WHERE code = %(van)s AND active
ON CONFLICT (van_id, day) DO NOTHING
"""
_TAKE = """
UPDATE carriers_fleetday d
SET parcels = d.parcels + 1, grams = d.grams + %(grams)s,
    parcels_most = v.parcels_per_day, grams_most = v.grams_per_day
FROM carriers_fleetvan v
WHERE v.id = d.van_id AND v.code = %(van)s AND v.active AND d.day = %(day)s
  AND d.parcels + 1 <= v.parcels_per_day AND d.grams + %(grams)s <= v.grams_per_day
RETURNING d.id
"""
_CLAIM = """
INSERT INTO carriers_fleetstop (key, day_id, tracking_number, grams)
SELECT %(key)s, d.id, %(tracking_number)s, %(grams)s
FROM carriers_fleetday d JOIN carriers_fleetvan v ON v.id = d.van_id WHERE v.code = %(van)s AND d.day = %(day)s
ON CONFLICT (key) DO NOTHING RETURNING id
"""


def take(*, key: str, van: str, day: date, grams: int, tracking_number: str) -> str | None:
    """Take room for a parcel, once for a key; return its tracking number, or None where there is no room.

    The key is claimed first: of two transactions with the same key the second waits for the first and finds it.
    """
    given: dict[str, str | int | date] = {
        "key": key,
        "van": van,
        "day": day,
        "grams": grams,
        "tracking_number": tracking_number,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_DAY, given)
        cursor.execute(_CLAIM, given)
        claimed = cursor.fetchone()
        if claimed is None:
            cursor.execute("SELECT tracking_number FROM carriers_fleetstop WHERE key = %(key)s", given)
            row = cursor.fetchone()
            return str(row[0]) if row else None
        cursor.execute(_TAKE, given)
        if cursor.fetchone() is None:
            cursor.execute("DELETE FROM carriers_fleetstop WHERE id = %s", [claimed[0]])
            return None
    return tracking_number


def give_back(*, key: str, tracking_number: str) -> bool:
    """Give the room of a booking back, once; False where there is no such booking."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH freed AS (UPDATE carriers_fleetstop SET voided_at = now()"
            " WHERE key = %s AND tracking_number = %s AND voided_at IS NULL RETURNING day_id, grams)"
            " UPDATE carriers_fleetday d SET parcels = d.parcels - 1, grams = d.grams - f.grams"
            " FROM freed f WHERE f.day_id = d.id",
            [key, tracking_number],
        )
    return FleetStop.objects.filter(key=key, tracking_number=tracking_number).exists()


def carries(tracking_number: str) -> bool:
    """Whether a van carries the parcel of this number."""
    return FleetStop.objects.filter(tracking_number=tracking_number).exists()
