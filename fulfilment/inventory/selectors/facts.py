"""What routing is told about stock beside the free units."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from modules.contracts.routing import Incoming

#: By (location, product).
UnitsByPlace = dict[tuple[int, int], int]


def confidence_of(products: Collection[int]) -> UnitsByPlace:
    """How far stock is to be trusted, in thousandths; what is wholly trusted (1000) is not named."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT location_id, product_id, value FROM inventory_stockconfidence"
            " WHERE product_id = ANY(%s) AND value <> 1000",
            [list(products)],
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}


def sold_last_28_days(products: Collection[int]) -> UnitsByPlace:
    """Units that left for customers in the last 28 days (UTC, today included), where there were any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT location_id, product_id, sum(units) FROM inventory_dailysales"
            " WHERE product_id = ANY(%s) AND day > (now() AT TIME ZONE 'UTC')::date - 28"
            " GROUP BY location_id, product_id",
            [list(products)],
        )
        return {(row[0], row[1]): int(row[2]) for row in cursor.fetchall()}


def incoming_of(products: Collection[int]) -> tuple[Incoming, ...]:
    """Accepted supply that has not come yet: the earliest first, each with the units still to come."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT location_id, product_id, quantity - received, expected_on FROM inventory_incomingsupply"
            " WHERE product_id = ANY(%s) AND accepted_at IS NOT NULL AND closed_at IS NULL AND quantity > received"
            " ORDER BY expected_on, id",
            [list(products)],
        )
        return tuple(Incoming(row[0], row[1], row[2], row[3].isoformat()) for row in cursor.fetchall())
