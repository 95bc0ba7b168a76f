"""The facts that routing decides on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from fulfilment.locations.models import Location, LocationKind
from modules.contracts.routing import LineFacts, LocationFacts, Network


@dataclass(frozen=True, slots=True)
class OrderToRoute:
    """A locked order with the lines that have open units."""

    id: int
    number: str
    latitude: float | None
    longitude: float | None
    lines: tuple[LineFacts, ...]


@dataclass(frozen=True, slots=True)
class StockFacts:
    """Free units, and the level that holds them, by (location, product)."""

    available: dict[tuple[int, int], int]
    levels: dict[tuple[int, int], int]


def orders_to_route(order_ids: Sequence[int]) -> list[OrderToRoute]:
    """Lock the orders by number and return those with open units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number, latitude, longitude FROM orders_order"
            " WHERE id = ANY(%s) AND open_quantity > 0 ORDER BY id FOR UPDATE",
            [list(order_ids)],
        )
        orders = cursor.fetchall()
        cursor.execute(
            "SELECT order_id, id, position, product_id, open, ship_from FROM orders_orderline"
            " WHERE order_id = ANY(%s) AND open > 0 ORDER BY order_id, position",
            [[row[0] for row in orders]],
        )
        lines: dict[int, list[LineFacts]] = {}
        for order_id, *rest in cursor.fetchall():
            lines.setdefault(order_id, []).append(LineFacts(*rest))
    return [
        OrderToRoute(order_id, number, latitude, longitude, tuple(lines[order_id]))
        for order_id, number, latitude, longitude in orders
    ]


def network() -> Network:
    """The locations that ship and are not paused."""
    rows = Location.objects.filter(ships=True, paused=False).order_by("code")
    return Network(
        tuple(
            LocationFacts(item.pk, item.code, item.kind == LocationKind.VENDOR, item.latitude, item.longitude)
            for item in rows
        )
    )


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
