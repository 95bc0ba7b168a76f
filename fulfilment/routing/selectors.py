"""The facts that routing decides on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from fulfilment.locations.models import Location
from modules.contracts.routing import LineFacts, LocationFacts, Network


@dataclass(frozen=True, slots=True)
class OrderToRoute:
    """A locked order with the lines that have open units; ``release`` is the one that it finishes on, if any."""

    id: int
    number: str
    channel: str
    currency: str
    country: str
    latitude: float | None
    longitude: float | None
    release: str
    lines: tuple[LineFacts, ...]


@dataclass(frozen=True, slots=True)
class StockFacts:
    """Free units, and the level that holds them, by (location, product)."""

    available: dict[tuple[int, int], int]
    levels: dict[tuple[int, int], int]


def orders_to_route(order_ids: Sequence[int]) -> list[OrderToRoute]:
    """Lock the orders by number and return those with open units that no hold keeps back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.number, c.code, o.currency, o.country, o.latitude, o.longitude, o.routing_release"
            " FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id"
            " WHERE o.id = ANY(%s) AND o.open_quantity > 0 AND o.status <> 'held' ORDER BY o.id FOR UPDATE OF o",
            [list(order_ids)],
        )
        orders = cursor.fetchall()
        cursor.execute(
            "SELECT l.order_id, l.id, l.position, l.product_id, p.sku, l.open, l.unit_price, p.weight_grams,"
            " l.ship_from FROM orders_orderline l JOIN catalogue_product p ON p.id = l.product_id"
            " WHERE l.order_id = ANY(%s) AND l.open > 0 ORDER BY l.order_id, l.position",
            [[row[0] for row in orders]],
        )
        lines: dict[int, list[LineFacts]] = {}
        for order_id, *rest in cursor.fetchall():
            lines.setdefault(order_id, []).append(LineFacts(*rest))
    return [
        OrderToRoute(
            id=row[0], number=row[1], channel=row[2], currency=row[3], country=row[4], latitude=row[5],
            longitude=row[6], release=row[7], lines=tuple(lines[row[0]]),
        )
        for row in orders
    ]  # fmt: skip


def network() -> Network:
    """The locations that ship and are not paused, with the units that each has taken since its midnight."""
    rows = Location.objects.filter(ships=True, paused=False).order_by("code")
    base = Network(
        tuple(
            LocationFacts(item.pk, item.code, item.kind, item.country, item.latitude, item.longitude) for item in rows
        )
    )
    taken = _taken_today()
    return base.with_taken(taken) if taken else base


def _taken_today() -> dict[int, int]:
    """Units offered to each location since its own midnight; an index of the requests answers alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.location_id, sum(r.units) FROM requests_fulfilmentrequest r"
            " JOIN locations_location c ON c.id = r.location_id"
            " WHERE r.created_at >= now() - interval '26 hours'"
            " AND r.created_at >= date_trunc('day', now(), c.time_zone) GROUP BY r.location_id"
        )
        return {row[0]: int(row[1]) for row in cursor.fetchall()}


def stock_facts(products: Collection[int]) -> StockFacts:
    """Free units of the products at every location that takes work."""
    facts = StockFacts({}, {})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.location_id, s.product_id, s.id, s.on_hand - s.reserved FROM inventory_stocklevel s"
            " JOIN locations_location c ON c.id = s.location_id AND c.ships AND NOT c.paused"
            " WHERE s.product_id = ANY(%s) AND s.on_hand > s.reserved",
            [list(products)],
        )
        for location, product, level, free in cursor.fetchall():
            facts.available[location, product] = free
            facts.levels[location, product] = level
    return facts
