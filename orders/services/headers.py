"""The header of an order follows from its lines."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from orders.domain.status import Units, derive_status


def headers_refresh(order_ids: Collection[int]) -> None:
    """Derive status and open quantity of orders anew from their lines.

    The caller holds the orders' row locks, taken in the order of their numbers.
    """
    if not order_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, sum(ordered), sum(cancelled), sum(allocated), sum(fulfilled),"
            " EXISTS (SELECT FROM orders_orderhold h WHERE h.order_id = l.order_id AND h.status = 'active'"
            " AND 'allocate' = ANY(h.blocks))"
            " FROM orders_orderline l WHERE order_id = ANY(%s) GROUP BY order_id",
            [list(order_ids)],
        )
        derived = [(row[0], Units(*map(int, row[1:5])), bool(row[5])) for row in cursor.fetchall()]
        cursor.execute(
            "UPDATE orders_order o SET status = d.status, open_quantity = d.open_quantity"
            " FROM unnest(%s::bigint[], %s::varchar[], %s::bigint[]) AS d(id, status, open_quantity)"
            " WHERE o.id = d.id AND (o.status, o.open_quantity) IS DISTINCT FROM (d.status, d.open_quantity)",
            [
                [order_id for order_id, _, _ in derived],
                [derive_status(units, held=held).value for _, units, held in derived],
                [units.open for _, units, _ in derived],
            ],
        )
