"""Orders in flight: each carries the release of a module that it finishes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from modules.contracts.inflight import MappedWork, Standing, Work
from modules.inflight import in_flight_work
from oms.infra.events import record
from orders.events import OrderMoved
from orders.models import Order, OrderStatus

_FINISHED = (OrderStatus.COMPLETE, OrderStatus.CANCELLED)
_UNFINISHED = [status.value for status in OrderStatus if status not in _FINISHED]


class OrdersInFlight:
    """Orders by the column that names their release of a module; one that has no release yet is not in flight.

    A module whose parts of an order have statuses of their own says how they are read and written.
    """

    thing = "order"

    def __init__(self, module: str, column: str) -> None:
        self.module = module
        self.column = column

    def unfinished(self) -> Mapping[str, int]:
        """Orders neither complete nor cancelled, by release."""
        rows = Order.objects.filter(status__in=_UNFINISHED).exclude(**{self.column: ""})
        return dict(rows.order_by().values_list(self.column).annotate(Count("id")))

    def standing(self, release: str) -> Sequence[Standing]:
        """All orders of a release by the status of their header."""
        rows = Order.objects.filter(**{self.column: release}).order_by()
        counts = dict(rows.values_list("status").annotate(Count("id")))
        found = []
        for status in OrderStatus:
            word, _, sentence = str(status.label).partition(": ")
            if status.value in counts:
                found.append(Standing(word, sentence, counts[status.value], status in _FINISHED))
        return found

    def lock_next(self, release: str, *, after: int, limit: int) -> Sequence[Work]:
        """Orders in the sequence of their ids, locked as every service locks them."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, number, status FROM orders_order WHERE {self.column} = %s AND id > %s"
                " AND status = ANY(%s) ORDER BY id LIMIT %s FOR UPDATE",
                [release, after, _UNFINISHED, limit],
            )
            rows = cursor.fetchall()
        statuses = self.statuses({row[0]: row[2] for row in rows})
        return [Work(row[0], row[1], statuses[row[0]]) for row in rows]

    def statuses(self, header_of: Mapping[int, str]) -> Mapping[int, tuple[str, ...]]:
        """Statuses of locked orders as the module knows them; ``header_of`` is that of each order's header."""
        return {order_id: (status,) for order_id, status in header_of.items()}

    def move(self, mapped: Sequence[MappedWork], *, before: str, after: str, actor: str) -> None:
        """Name the other release on each order. The header's status follows from the lines and stays."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE orders_order SET {self.column} = %s WHERE id = ANY(%s) AND {self.column} = %s",
                [after, [item.work.id for item in mapped], before],
            )
        now = timezone.now()
        record([
            OrderMoved(
                subject=item.work.number, occurred_at=now, actor=actor, module=self.module, before=before, after=after,
                statuses=tuple(f"{old} → {new}" if old != new else old for old, new in sorted(item.became.items())),
            )
            for item in mapped
        ])  # fmt: skip


#: Where an order names the release of a module that it finishes on.
PINNED = {"order_management": "release", "order_routing": "routing_release"}

in_flight_work(OrdersInFlight("order_management", PINNED["order_management"]))
