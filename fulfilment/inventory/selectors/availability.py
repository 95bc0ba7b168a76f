"""What can be promised, and what a channel may sell: always worked out from the levels as they are now.

The rule is written down for people in docs/algorithms/availability.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from fulfilment.inventory.selectors.places import places
from orders.models import Channel


class UnknownChannel(LookupError):
    """There is no channel with this code."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Accepted supply that comes on a day."""

    on: date
    units: int


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be promised of one SKU: ``by_location`` (code -> ATP, where it is more than none) and what is coming.

    ``total`` is the ATS: the sum over the locations and, for a later day, of what arrives until then.
    """

    sku: str
    total: int
    by_location: Mapping[str, int]
    incoming: tuple[Arrival, ...]


def availability(
    skus: Sequence[str],
    *,
    channel: str | None = None,
    locations: Sequence[str] = (),
    groups: Sequence[str] = (),
    on: date | None = None,
) -> list[Availability]:
    """ATP by location and ATS of SKUs, in one statement; SKUs that are not known are left out.

    ``on`` asks for a later day: its opening hours, and accepted supply that has arrived by then. Raises
    :class:`UnknownChannel`.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_question(_ROWS, skus, channel, locations, groups, on))
        return [
            Availability(
                sku, int(total), dict(zip(codes or (), units or (), strict=True)),
                tuple(Arrival(day, count) for day, count in zip(days or (), counts or (), strict=True)),
            )
            for sku, total, codes, units, days, counts in cursor.fetchall()
        ]  # fmt: skip


def availability_json(
    skus: Sequence[str],
    *,
    channel: str | None = None,
    locations: Sequence[str] = (),
    groups: Sequence[str] = (),
    on: date | None = None,
    totals: bool = False,
) -> str:
    """As :func:`availability`, written by the database as a JSON array; ``totals`` leaves out the locations."""
    with connection.cursor() as cursor:
        cursor.execute(*_question(_TOTALS if totals else _DOCUMENT, skus, channel, locations, groups, on))
        return str(cursor.fetchone()[0])


def _question(
    answer: str,
    skus: Sequence[str],
    channel: str | None,
    locations: Sequence[str],
    groups: Sequence[str],
    on: date | None,
) -> tuple[str, dict[str, Any]]:
    channel_id = None
    if channel is not None:
        channel_id = Channel.objects.filter(code=channel).values_list("pk", flat=True).first()
        if channel_id is None:
            message = f"there is no channel {channel!r}"
            raise UnknownChannel(message)
    here, parameters = places(
        channel_id=channel_id, channel=channel or "", locations=locations, groups=groups, on=on
    )  # fmt: skip
    return f"WITH {here}, {_ASKED} {answer}", {**parameters, "skus": list(skus)}


# Incoming supply counts wherever the question looks, whether the location is open today or not: it is about another
# day. Each SKU is looked up by itself: its levels then lie together in the index, and nothing has to be sorted.
_ASKED = """
asked AS MATERIALIZED (SELECT id, sku FROM catalogue_product WHERE sku = ANY(%(skus)s)),
arrival AS (
    SELECT s.product_id, s.expected_on, sum(s.quantity - s.received)::bigint AS units
    FROM inventory_incomingsupply s JOIN place ON place.id = s.location_id
    WHERE s.product_id = ANY(ARRAY(SELECT id FROM asked)) AND s.accepted_at IS NOT NULL AND s.closed_at IS NULL
        AND s.quantity > s.received
    GROUP BY s.product_id, s.expected_on
),
held AS MATERIALIZED (
    SELECT l.product_id, l.location_id, sum(p.quantity)::bigint AS units
    FROM inventory_softpart p JOIN inventory_stocklevel l ON l.id = p.level_id
    WHERE l.product_id = ANY(ARRAY(SELECT id FROM asked)) AND p.expires_at > statement_timestamp()
    GROUP BY l.product_id, l.location_id
),
coming AS (
    SELECT product_id, array_agg(expected_on ORDER BY expected_on) AS days,
        array_agg(units ORDER BY expected_on) AS counts,
        json_agg(json_build_object('on', expected_on, 'quantity', units) ORDER BY expected_on) AS document,
        coalesce(sum(units) FILTER (WHERE expected_on <= %(on)s::date), 0)::bigint AS by_then
    FROM arrival GROUP BY product_id
)
"""

_FREE = """
FROM asked a
CROSS JOIN LATERAL (
    SELECT {columns}
    FROM (
        SELECT place.code, place.quoted, l.on_hand - l.reserved - coalesce(h.units, 0) - place.open_floor AS units
        FROM inventory_stocklevel l JOIN place ON place.id = l.location_id
        LEFT JOIN held h ON h.product_id = l.product_id AND h.location_id = l.location_id
        WHERE l.product_id = a.id
    ) s WHERE units > 0
) f
LEFT JOIN coming c ON c.product_id = a.id
"""

_ROWS = (
    "SELECT a.sku, coalesce(f.total, 0) + coalesce(c.by_then, 0), f.codes, f.units, c.days, c.counts"
    + _FREE.format(columns="sum(units)::bigint AS total, array_agg(code) AS codes, array_agg(units) AS units")
    + "ORDER BY a.sku"
)

# Strings put together by hand: half the time of json_object_agg for a chain of thousands of stores.
_DOCUMENT = """
SELECT '[' || coalesce(string_agg(
    '{"sku":' || to_json(a.sku)::text || ',"total":' || coalesce(f.total, 0) + coalesce(c.by_then, 0)
    || ',"incoming":' || coalesce(c.document::text, '[]') || ',"locations":{' || coalesce(f.document, '') || '}}',
    ',' ORDER BY a.sku
), '') || ']'
""" + _FREE.format(columns="sum(units)::bigint AS total, string_agg(quoted || units, ',') AS document")

_TOTALS = """
SELECT coalesce(json_agg(json_build_object(
    'sku', a.sku, 'total', coalesce(f.total, 0) + coalesce(c.by_then, 0), 'incoming', coalesce(c.document, '[]')
) ORDER BY a.sku), '[]')::text
""" + _FREE.format(columns="sum(units)::bigint AS total")
