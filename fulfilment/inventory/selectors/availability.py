"""What can be promised, and what a channel may sell: always worked out from the levels as they are now.

The rule is written down for people in docs/algorithms/availability.md. Levels are read through the boards (see
:mod:`fulfilment.inventory.models.board`), and one by one where a board has not seen their newest change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import Cursor

from fulfilment.inventory.selectors.places import places
from orders.models import Channel

_Units = NDArray[np.int64]
#: Numbers as JSON, padded to one width: thousands of them are written without looking at each.
_PADDED = np.array([f"{units:>4}," for units in range(10_000)], dtype="S5")


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


@dataclass(frozen=True, slots=True)
class _Found:
    """A SKU with its ATP at every place that was looked at."""

    sku: str
    atp: _Units
    incoming: tuple[Arrival, ...]
    by_then: int

    @property
    def total(self) -> int:
        return int(self.atp.sum()) + self.by_then


def availability(
    skus: Sequence[str],
    *,
    channel: str | None = None,
    locations: Sequence[str] = (),
    groups: Sequence[str] = (),
    on: date | None = None,
) -> list[Availability]:
    """ATP by location and ATS of SKUs; SKUs that are not known are left out.

    ``on`` asks for a later day: its opening hours, and accepted supply that has arrived by then. Raises
    :class:`UnknownChannel`.
    """
    here, found = _ask(skus, channel, locations, groups, on)
    return [
        Availability(
            each.sku,
            each.total,
            {here.codes[at]: int(each.atp[at]) for at in np.flatnonzero(each.atp)},
            each.incoming,
        )
        for each in found
    ]


def availability_json(
    skus: Sequence[str],
    *,
    channel: str | None = None,
    locations: Sequence[str] = (),
    groups: Sequence[str] = (),
    on: date | None = None,
    totals: bool = False,
) -> str:
    """The members ``locations`` and ``skus`` of a JSON object, without its braces.

    ``locations`` are the codes of the places that can promise anything at all; each SKU has as many numbers in ``atp``,
    in the same order. ``totals`` leaves both out.
    """
    here, found = _ask(skus, channel, locations, groups, on)
    documents = []
    for each in found:
        head = json.dumps({
            "sku": each.sku, "total": each.total,
            "incoming": [{"on": item.on.isoformat(), "quantity": item.units} for item in each.incoming],
        })  # fmt: skip
        documents.append(head if totals else f'{head[:-1]}, "atp": [{_numbers(each.atp)}]}}')
    written = f'"skus": [{", ".join(documents)}]'
    return written if totals else f'"locations": {json.dumps(here.codes)}, {written}'


def _numbers(units: _Units) -> str:
    if units.size and int(units.max()) < len(_PADDED):
        return _PADDED[units].tobytes()[:-1].decode()
    return ",".join(map(str, units.tolist()))


class _Here:
    """The places that may promise anything, in the order of their codes, with the units that each keeps back."""

    def __init__(self, ids: Sequence[int], codes: Sequence[str], floors: Sequence[int]) -> None:
        self.codes = list(codes)
        self.floors: _Units = np.array(floors, dtype=np.int64)
        unsorted = np.array(ids, dtype=np.int64)
        self._order = np.argsort(unsorted)
        self._ids = unsorted[self._order]
        self._known: dict[bytes, tuple[NDArray[np.intp], NDArray[np.bool_]]] = {}

    def spread(self, units: _Units, at: NDArray[np.int64], free: _Units) -> None:
        """Write the units of locations to their places; locations that are not looked at are left out."""
        if self._ids.size and at.size:
            where = np.minimum(np.searchsorted(self._ids, at), self._ids.size - 1)
            here = self._ids[where] == at
            units[self._order[where[here]]] = free[here]

    def spread_board(self, units: _Units, places: bytes, free: bytes) -> None:
        """The same from a board. Boards of a chain mostly name the same locations: those are looked up once."""
        if not self._ids.size:
            return
        known = self._known.get(places)
        if known is None:
            at = np.frombuffer(places, "<i4").astype(np.int64)
            where = np.minimum(np.searchsorted(self._ids, at), self._ids.size - 1)
            here = self._ids[where] == at
            known = self._known[places] = (self._order[where[here]], here)
        where, here = known
        units[where] = np.frombuffer(free, "<i4")[here]


def _ask(
    skus: Sequence[str],
    channel: str | None,
    locations: Sequence[str],
    groups: Sequence[str],
    on: date | None,
) -> tuple[_Here, list[_Found]]:
    channel_id = None
    if channel is not None:
        channel_id = Channel.objects.filter(code=channel).values_list("pk", flat=True).first()
        if channel_id is None:
            message = f"there is no channel {channel!r}"
            raise UnknownChannel(message)
    place, parameters = places(
        channel_id=channel_id, channel=channel or "", locations=locations, groups=groups, on=on
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {place} {_PLACES}", parameters)
        every, *rest = cursor.fetchone()
        here = _Here(*(column or () for column in rest))
        # Boards come as bytes, not as twice as many hexadecimal digits.
        with Cursor(cursor.connection) as levels:
            levels.execute(_LEVELS, {"skus": list(skus), "places": every or [], "on": on}, binary=True)
            return here, list(_found(here, levels.fetchall()))


def _found(here: _Here, rows: Sequence[tuple[Any, ...]]) -> Iterator[_Found]:
    for sku, places_, board, at, free, held_at, held, days, counts, by_then in rows:
        units = np.zeros(here.floors.size, dtype=np.int64)
        if board is not None:
            here.spread_board(units, bytes(places_), bytes(board))
        here.spread(units, np.array(at or (), dtype=np.int64), np.array(free or (), dtype=np.int64))
        kept = here.floors
        if held_at:
            carts = np.zeros(here.floors.size, dtype=np.int64)
            here.spread(carts, np.array(held_at, dtype=np.int64), np.array(held, dtype=np.int64))
            kept = kept + carts
        incoming = tuple(Arrival(day, count) for day, count in zip(days or (), counts or (), strict=True))
        yield _Found(sku, np.maximum(units - kept, 0), incoming, int(by_then or 0))


# Incoming supply counts wherever the question looks, whether the location is open today or not: it is about another
# day. So the places come twice: all of them, and those that may promise.
_PLACES = """
SELECT array_agg(id), array_agg(id ORDER BY code) FILTER (WHERE why_not = ''),
    array_agg(code ORDER BY code) FILTER (WHERE why_not = ''),
    array_agg(floor ORDER BY code) FILTER (WHERE why_not = '')
FROM place
"""

# One statement, so one snapshot: what a board has not seen, its notes tell.
_LEVELS = """
WITH asked AS MATERIALIZED (SELECT id, sku FROM catalogue_product WHERE sku = ANY(%(skus)s)),
board AS MATERIALIZED (
    SELECT b.product_id, b.places, b.free, b.snapshot::pg_snapshot AS seen FROM inventory_stockboard b
    WHERE b.product_id = ANY(ARRAY(SELECT id FROM asked))
        AND pg_snapshot_xmax(b.snapshot::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
),
note AS MATERIALIZED (
    SELECT DISTINCT n.product_id, n.location_id FROM inventory_levelnote n JOIN board b ON b.product_id = n.product_id
    WHERE NOT pg_visible_in_snapshot(n.xid::text::xid8, b.seen)
),
whole AS MATERIALIZED (
    SELECT a.id FROM asked a
    WHERE NOT EXISTS (SELECT FROM board b WHERE b.product_id = a.id)
        OR EXISTS (SELECT FROM note n WHERE n.product_id = a.id AND n.location_id IS NULL)
),
live AS (
    SELECT w.id AS product_id, s.at, s.free FROM whole w CROSS JOIN LATERAL (
        SELECT array_agg(l.location_id) AS at, array_agg(l.on_hand - l.reserved) AS free
        FROM inventory_stocklevel l WHERE l.product_id = w.id
    ) s
    UNION ALL
    SELECT n.product_id, array_agg(l.location_id), array_agg(l.on_hand - l.reserved)
    FROM note n JOIN inventory_stocklevel l ON l.location_id = n.location_id AND l.product_id = n.product_id
    WHERE n.product_id NOT IN (SELECT id FROM whole) GROUP BY n.product_id
),
held AS (
    SELECT s.product_id, array_agg(s.location_id) AS at, array_agg(s.units) AS units FROM (
        SELECT l.product_id, l.location_id, sum(p.quantity)::bigint AS units
        FROM inventory_softpart p JOIN inventory_stocklevel l ON l.id = p.level_id
        WHERE l.product_id = ANY(ARRAY(SELECT id FROM asked)) AND p.expires_at > statement_timestamp()
        GROUP BY l.product_id, l.location_id
    ) s GROUP BY s.product_id
),
coming AS (
    SELECT product_id, array_agg(expected_on ORDER BY expected_on) AS days,
        array_agg(units ORDER BY expected_on) AS counts,
        coalesce(sum(units) FILTER (WHERE expected_on <= %(on)s::date), 0)::bigint AS by_then
    FROM (
        SELECT s.product_id, s.expected_on, sum(s.quantity - s.received)::bigint AS units
        FROM inventory_incomingsupply s
        WHERE s.product_id = ANY(ARRAY(SELECT id FROM asked)) AND s.location_id = ANY(%(places)s)
            AND s.accepted_at IS NOT NULL AND s.closed_at IS NULL AND s.quantity > s.received
        GROUP BY s.product_id, s.expected_on
    ) arrival GROUP BY product_id
)
SELECT a.sku, b.places, CASE WHEN w.id IS NULL THEN b.free END, v.at, v.free, h.at, h.units, c.days, c.counts, c.by_then
FROM asked a
LEFT JOIN board b ON b.product_id = a.id
LEFT JOIN whole w ON w.id = a.id
LEFT JOIN live v ON v.product_id = a.id
LEFT JOIN held h ON h.product_id = a.id
LEFT JOIN coming c ON c.product_id = a.id
ORDER BY a.sku
"""
