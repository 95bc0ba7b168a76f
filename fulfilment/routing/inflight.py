"""Orders that Order Routing works on: their lines have been routed, wait in a queue or have yet to be routed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection

from fulfilment.routing.domain.queues import Queue
from fulfilment.routing.services.deciding import MODULE
from modules.contracts.inflight import MappedWork
from modules.inflight import in_flight_work
from orders.inflight import PINNED, OrdersInFlight


class RoutingInFlight(OrdersInFlight):
    """What the lines of an order wait for is told by their units and their queues."""

    def statuses(self, header_of: Mapping[int, str]) -> Mapping[int, tuple[str, ...]]:
        """The queue states of an order's lines."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.order_id, array_agg(DISTINCT s.status ORDER BY s.status) FROM orders_orderline l"
                " LEFT JOIN routing_backorder b ON b.line_id = l.id"
                " CROSS JOIN LATERAL (VALUES ('routed', l.allocated + l.fulfilled > 0),"
                " (coalesce(b.queue, 'to_route'), l.open > 0)) s (status, applies)"
                " WHERE l.order_id = ANY(%s) AND s.applies GROUP BY l.order_id",
                [list(header_of)],
            )
            found = {row[0]: tuple(row[1]) for row in cursor.fetchall()}
        return {order_id: found.get(order_id, ()) for order_id in header_of}

    def move(self, mapped: Sequence[MappedWork], *, before: str, after: str, actor: str) -> None:
        """Name the other release on each order, and put its waiting lines where that release lets them wait."""
        super().move(mapped, before=before, after=after, actor=actor)
        queues = {queue.value for queue in Queue}
        changes = [
            (item.work.id, old, new)
            for item in mapped
            for old, new in item.became.items()
            if old != new and old in queues and new in queues
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE routing_backorder q SET queue = d.new"
                " FROM unnest(%s::bigint[], %s::varchar[], %s::varchar[]) AS d(order_id, old, new), orders_orderline l"
                " WHERE l.id = q.line_id AND l.order_id = d.order_id AND q.queue = d.old",
                [list(column) for column in zip(*changes, strict=True)] or [[], [], []],
            )


in_flight_work(RoutingInFlight(MODULE, PINNED[MODULE]))
