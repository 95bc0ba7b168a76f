"""Orders that Order Routing works on: their lines have been routed, wait as backorder or have yet to be routed."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from fulfilment.routing.services.deciding import MODULE
from modules.inflight import in_flight_work
from orders.inflight import PINNED, OrdersInFlight


class RoutingInFlight(OrdersInFlight):
    """What a line waits for is told by its units and its backorder: moving an order leaves both as they are."""

    def statuses(self, header_of: Mapping[int, str]) -> Mapping[int, tuple[str, ...]]:
        """The queue states of an order's lines."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.order_id, array_agg(DISTINCT s.status ORDER BY s.status) FROM orders_orderline l"
                " LEFT JOIN routing_backorder b ON b.line_id = l.id"
                " CROSS JOIN LATERAL (VALUES ('routed', l.allocated + l.fulfilled > 0),"
                " ('backorder', l.open > 0 AND b.line_id IS NOT NULL),"
                " ('to_route', l.open > 0 AND b.line_id IS NULL)) s (status, applies)"
                " WHERE l.order_id = ANY(%s) AND s.applies GROUP BY l.order_id",
                [list(header_of)],
            )
            found = {row[0]: tuple(row[1]) for row in cursor.fetchall()}
        return {order_id: found.get(order_id, ()) for order_id in header_of}


in_flight_work(RoutingInFlight(MODULE, PINNED[MODULE]))
