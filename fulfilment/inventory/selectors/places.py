"""Where stock may be promised from at a moment: the rows that every question about availability joins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from fulfilment.inventory.domain.limits import KeptBack, LimitPolicies, kept_back
from modules.contracts.availability import StockLimits
from modules.profile import NotAdopted, Profile, current_profile

MODULE = "order_routing"

_by_profile: WeakKeyDictionary[Profile, dict[str, KeptBack]] = WeakKeyDictionary()


def stock_limits(profile: Profile) -> StockLimits:
    """The retailer's limits; without Order Routing there are none."""
    try:
        policies: LimitPolicies = profile.release(MODULE).policies
    except NotAdopted:
        return StockLimits()
    return policies.stock_limits(profile.of_module(MODULE))


def limits_now(channel: str = "") -> KeptBack:
    """The limits at the newest revision, worked out once for each revision and channel."""
    profile = current_profile()
    known = _by_profile.setdefault(profile, {})
    found = known.get(channel)
    if found is None:
        found = known[channel] = kept_back(stock_limits(profile), channel)
    return found


_NO_LOAD = "SELECT NULL::bigint AS location_id, NULL::bigint AS units WHERE false"
#: Units of work that each location has taken since its midnight: who gives out work says how to know.
_day_load = _NO_LOAD


def day_load_is(query: str) -> None:
    """Name the query that tells what each location has taken today. It returns ``location_id`` and ``units``."""
    global _day_load
    _day_load = query


# ``why_not`` is empty where stock may be promised. A day is the location's own.
_PLACES = """
looked_at AS MATERIALIZED (
    SELECT c.id, c.code, to_json(c.code)::text || ':' AS quoted, coalesce(m.floor, %(other_floor)s) AS floor,
        CASE
            WHEN c.paused THEN 'paused'
            WHEN NOT coalesce(m.enabled, %(other_enabled)s) THEN 'off'
            WHEN NOT (c.ships OR c.offers_pickup) THEN 'serves_nobody'
            WHEN NOT coalesce(x.opens, h.week IS NULL OR (h.week >> d.weekday) & 1 = 1) THEN 'closed'
            WHEN w.units >= CASE WHEN m.code IS NULL THEN %(other_capacity)s::bigint ELSE m.capacity END THEN 'full'
            ELSE ''
        END AS why_not
    FROM locations_location c
    LEFT JOIN unnest(%(codes)s::varchar[], %(enabled)s::boolean[], %(floors)s::bigint[], %(capacities)s::bigint[])
        AS m(code, enabled, floor, capacity) ON m.code = c.code
    CROSS JOIN LATERAL (
        SELECT day, extract(isodow FROM day)::integer - 1 AS weekday
        FROM coalesce(%(on)s::date, (now() AT TIME ZONE c.time_zone)::date) AS day
    ) d
    LEFT JOIN (
        SELECT location_id, bit_or(1 << weekday) AS week FROM locations_openinghours GROUP BY location_id
    ) h ON h.location_id = c.id
    LEFT JOIN (
        SELECT location_id, day, bool_or(opens IS NOT NULL) AS opens FROM locations_openingexception
        WHERE day BETWEEN coalesce(%(on)s::date, current_date - 1) AND coalesce(%(on)s::date, current_date + 1)
        GROUP BY location_id, day
    ) x ON x.location_id = c.id AND x.day = d.day
    LEFT JOIN ({load}) w ON w.location_id = c.id
    WHERE {where}
),
place AS MATERIALIZED (
    SELECT *, CASE WHEN why_not = '' THEN floor END AS open_floor FROM looked_at
)
"""

_OF_CHANNEL = """
(NOT EXISTS (SELECT FROM locations_locationgroup_channels WHERE channel_id = %(channel)s) OR c.id IN (
    SELECT m.location_id FROM locations_locationgroup_locations m
    JOIN locations_locationgroup_channels n ON n.locationgroup_id = m.locationgroup_id
    WHERE n.channel_id = %(channel)s))
"""

_OF_GROUPS = """
c.id IN (SELECT m.location_id FROM locations_locationgroup_locations m
         JOIN locations_locationgroup g ON g.id = m.locationgroup_id WHERE g.code = ANY(%(groups)s))
"""


def places(
    *,
    channel_id: int | None = None,
    channel: str = "",
    locations: Sequence[str] = (),
    groups: Sequence[str] = (),
    on: date | None = None,
) -> tuple[str, dict[str, Any]]:
    """A common table expression ``place(id, code, floor, why_not)`` and its parameters.

    Only the locations where the channel sells, of these codes, of these groups (each where it is given). What a
    location has taken today counts for today alone: with ``on`` it is left out.
    """
    limits = limits_now(channel)
    where = ["true"]
    if channel_id is not None:
        where.append(_OF_CHANNEL)
    if locations:
        where.append("c.code = ANY(%(locations)s)")
    if groups:
        where.append(_OF_GROUPS)
    load = _day_load if limits.any_capacity and on is None else _NO_LOAD
    parameters = {
        "channel": channel_id, "locations": list(locations), "groups": list(groups), "on": on,
        "codes": limits.codes, "enabled": limits.enabled, "floors": limits.floors, "capacities": limits.capacities,
        "other_floor": limits.other_floor, "other_enabled": limits.other_enabled,
        "other_capacity": limits.other_capacity,
    }  # fmt: skip
    return _PLACES.format(load=load, where=" AND ".join(where)), parameters
