"""What has left arrives at the customer's, or is handed to him."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from fulfilment.requests.events import RequestDelivered
from fulfilment.requests.services.locked import requests_lock
from oms.infra.events import record
from orders.services.promises import promises_deliver


def requests_deliver(
    *, request_ids: Collection[int], delivered_at: datetime, actor: str, presumed: bool = False
) -> list[str]:
    """What has left of these requests has arrived, or was handed over; return the numbers that were new.

    Promises are settled by the day in the active time zone, which the caller makes the retailer's. What has arrived
    stays so: told again, nothing happens. ``presumed`` says that nobody has seen it: the expected day counts.
    """
    locked = {item.id: item for item in requests_lock(request_ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_shipment SET delivered_at = greatest(%s, shipped_at), presumed = %s"
            " WHERE request_id = ANY(%s) AND delivered_at IS NULL RETURNING id, request_id, delivered_at",
            [delivered_at, presumed, list(locked)],
        )
        arrived = {shipment: (request, at) for shipment, request, at in cursor.fetchall()}
        cursor.execute(
            "SELECT s.shipment_id, q.order_line_id, s.quantity FROM requests_shipmentline s"
            " JOIN requests_fulfilmentrequestline q ON q.id = s.request_line_id WHERE s.shipment_id = ANY(%s)",
            [list(arrived)],
        )
        units: dict[date, Counter[int]] = defaultdict(Counter)
        for shipment, line, quantity in cursor.fetchall():
            units[timezone.localdate(arrived[shipment][1])][line] += quantity
    requests = sorted({request for request, _ in arrived.values()})
    record([
        RequestDelivered(
            subject=locked[request].order_number, occurred_at=delivered_at, actor=actor,
            request=locked[request].number, location=locked[request].location_code, presumed=presumed,
        )
        for request in requests
    ])  # fmt: skip
    for day, lines in sorted(units.items()):
        promises_deliver(units=lines, day=day)
    return [locked[request].number for request in requests]
