"""The orders, the network and the stock that routing decides on."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from fulfilment.inventory.selectors.carts import LIVE_CARTS
from fulfilment.locations.models import Location
from fulfilment.requests.selectors import DAY_LOAD
from fulfilment.routing.domain.queues import Queue
from modules.contracts.routing import LineFacts, LocationFacts, Network


@dataclass(frozen=True, slots=True)
class OrderToRoute:
    """An order with the lines that have open units; ``release`` is the one that it finishes on, if any.

    ``excluded`` holds, by line, the locations that have refused it.
    """

    id: int
    number: str
    channel: str
    currency: str
    country: str
    latitude: float | None
    longitude: float | None
    release: str
    lines: tuple[LineFacts, ...]
    postal_code: str = ""
    method: str = ""
    priority: int = 0
    promise_by: str = ""
    value: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def products(self) -> set[int]:
        """Of its lines."""
        return {line.product_id for line in self.lines}


@dataclass(frozen=True, slots=True)
class StockFacts:
    """Free units, and the level that holds them, by (location, product).

    ``seen`` is the snapshot of the database in which they were read, as text: which transactions it sees.
    """

    available: dict[tuple[int, int], int]
    levels: dict[tuple[int, int], int]
    seen: str


_ORDER = (
    "SELECT o.id, o.number, c.code, o.currency, o.country, o.latitude, o.longitude, o.routing_release,"
    " o.postal_code, o.method, o.priority, o.promise_by, o.total, o.attributes::text"
    " FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id WHERE o.id = ANY(%s)"
)


def orders_to_route(order_ids: Sequence[int], *, lock: bool = True) -> list[OrderToRoute]:
    """The orders with open units that no hold keeps back, locked by number unless ``lock`` is False."""
    ending = " FOR UPDATE OF o" if lock else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_ORDER} AND o.open_quantity > 0 AND o.status <> 'held' ORDER BY o.id{ending}", [list(order_ids)]
        )
        orders = cursor.fetchall()
    return _with_lines(orders, "l.open")


def orders_as_if_new(order_ids: Sequence[int]) -> list[OrderToRoute]:
    """The orders as if they came in now, with every unit that is not cancelled; nothing is locked."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_ORDER} ORDER BY o.id", [list(order_ids)])
        orders = cursor.fetchall()
    return _with_lines(orders, "l.ordered - l.cancelled")


def _with_lines(orders: Sequence[Sequence[Any]], units: str) -> list[OrderToRoute]:
    if not orders:
        return []
    lines: dict[int, list[LineFacts]] = {}
    excluded: dict[int, dict[int, tuple[int, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.order_id, l.id, l.position, l.product_id, p.sku, {units}, l.unit_price, p.weight_grams,"
            " l.ship_from, p.category, p.length_mm, p.width_mm, p.height_mm, p.sold_from,"
            " ARRAY(SELECT x.location_id FROM requests_exclusion x WHERE x.line_id = l.id AND x.lifted_at IS NULL"
            " ORDER BY x.location_id)"
            " FROM orders_orderline l JOIN catalogue_product p ON p.id = l.product_id"
            f" WHERE l.order_id = ANY(%s) AND {units} > 0 ORDER BY l.order_id, l.position",
            [[row[0] for row in orders]],
        )
        for row in cursor.fetchall():
            order_id, line, refused = row[0], _line(row[1:]), row[-1]
            lines.setdefault(order_id, []).append(line)
            if refused:
                excluded.setdefault(order_id, {})[line.line_id] = tuple(refused)
    return [_order(row, tuple(lines[row[0]]), excluded.get(row[0], {})) for row in orders if row[0] in lines]


def _line(row: Sequence[Any]) -> LineFacts:
    size = (row[9], row[10], row[11]) if row[9] and row[10] and row[11] else None
    return LineFacts(
        line_id=row[0], position=row[1], product_id=row[2], sku=row[3], quantity=row[4], unit_price=row[5],
        weight_grams=row[6], ship_from=row[7], category=row[8], millimetres=size, sold_from=_day(row[12]),
    )  # fmt: skip


def _order(row: Sequence[Any], lines: tuple[LineFacts, ...], excluded: dict[int, tuple[int, ...]]) -> OrderToRoute:
    return OrderToRoute(
        id=row[0], number=row[1], channel=row[2], currency=row[3], country=row[4], latitude=row[5],
        longitude=row[6], release=row[7], lines=lines, postal_code=row[8], method=row[9], priority=row[10],
        promise_by=_day(row[11]), value=row[12], attributes=json.loads(row[13]), excluded=excluded,
    )  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def network(groups: Mapping[int, tuple[str, ...]] | None = None) -> Network:
    """The locations that ship and are not paused, with the units that each has taken since its midnight.

    ``groups`` holds the codes of the location groups of each, where the release looks at them.
    """
    rows = Location.objects.filter(ships=True, paused=False).order_by("code")
    groups = groups or {}
    base = Network(
        tuple(
            LocationFacts(
                item.pk, item.code, item.kind, item.country, item.latitude, item.longitude,
                postal_code=item.postal_code, groups=groups.get(item.pk, ()),
            )
            for item in rows
        )
    )  # fmt: skip
    taken = _taken_today()
    return base.with_taken(taken) if taken else base


def _taken_today() -> dict[int, int]:
    """Units offered to each location since its own midnight."""
    with connection.cursor() as cursor:
        cursor.execute(DAY_LOAD)
        return {row[0]: int(row[1]) for row in cursor.fetchall()}


#: Which transactions a statement issued now sees, as text. The present one counts as not seen: what it frees later
#: is news to what it has decided before.
SNAPSHOT = """
    (SELECT CASE WHEN own IS NULL OR own >= pg_snapshot_xmax(now) THEN now::text ELSE
        least(pg_snapshot_xmin(now), own)::text || ':' || pg_snapshot_xmax(now)::text || ':' || (
            SELECT string_agg(xid::text, ',' ORDER BY xid)
            FROM (SELECT pg_snapshot_xip(now) AS xid UNION SELECT own) open) END
    FROM (SELECT pg_current_snapshot() AS now, pg_current_xact_id_if_assigned() AS own) present)
"""


def stock_facts(products: Collection[int]) -> StockFacts:
    """Free units of the products at every location that takes work: what neither work nor a cart has a claim on."""
    available: dict[tuple[int, int], int] = {}
    levels: dict[tuple[int, int], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {SNAPSHOT}, array_agg(location_id), array_agg(product_id), array_agg(id), array_agg(free) FROM ("
            f" SELECT l.location_id, l.product_id, l.id, l.on_hand - l.reserved - {LIVE_CARTS} AS free"
            " FROM inventory_stocklevel l"
            " JOIN locations_location c ON c.id = l.location_id AND c.ships AND NOT c.paused"
            " WHERE l.product_id = ANY(%s) AND l.on_hand > l.reserved) s WHERE free > 0",
            [list(products)],
        )
        seen, *columns = cursor.fetchone()
    for location, product, level, free in zip(*(column or () for column in columns), strict=True):
        available[location, product] = free
        levels[location, product] = level
    return StockFacts(available, levels, seen)


#: Lines of a queue that are counted: a list never counts a whole table.
COUNTED = 1_000


def queue_counts() -> dict[Queue, int]:
    """How many lines wait in each queue; one more than :data:`COUNTED` for any number above."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, (SELECT count(*) FROM (SELECT FROM routing_backorder WHERE queue = name LIMIT %s) few)"
            " FROM unnest(%s::varchar[]) AS name",
            [COUNTED + 1, [queue.value for queue in Queue]],
        )
        return {Queue(name): number for name, number in cursor.fetchall()}
