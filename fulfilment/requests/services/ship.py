"""Goods leave a location."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, picks_succeeded, stock_move
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestShipped
from fulfilment.requests.models import FulfilmentRequest, Shipment, ShipmentLine
from fulfilment.requests.services.advance import RequestRefused, refuse_unless_allowed
from fulfilment.requests.services.locked import LockedLine, LockedRequest, requests_lock, waiting_lines
from fulfilment.requests.services.parcels import parcel_mates
from oms.infra.database.bulk import insert_rows, take_numbers
from oms.infra.events import record
from orders.selectors import holds_on
from orders.services import Progress, lines_progress
from orders.services.payments import captures_request


def requests_ship(*, request_ids: Collection[int], actor: str, carrier: str = "", tracking_number: str = "") -> int:
    """Ship everything that waits in packed requests, one shipment each: all or none; return the units shipped.

    What shares a parcel with one of them leaves with it, under the same tracking number. Stock leaves the ledger,
    the orders' units become fulfilled. Raises :class:`~fulfilment.requests.services.RequestRefused` where a request
    is not packed, or a hold keeps its order from being shipped.
    """
    locked = requests_lock(parcel_mates(request_ids))
    refuse_unless_allowed(locked, RequestStatus.SHIPPED)
    if not locked:
        return 0
    _refuse_held(locked)
    lines = waiting_lines([item.id for item in locked])
    now = timezone.now()
    numbers = {item.id: item.number for item in locked}
    stock_move(
        kind=MovementKind.SHIPMENT,
        changes=[StockChange(line.level_id, -line.waiting, -line.waiting, numbers[line.request_id]) for line in lines],
        actor=actor,
        moved_at=now,
    )
    picks_succeeded(level_ids=[line.level_id for line in lines])
    units = _write_shipments(locked, lines, carrier, tracking_number)
    _mark_lines(lines)
    FulfilmentRequest.objects.filter(id__in=[item.id for item in locked]).update(
        status=RequestStatus.SHIPPED.value, shipped_at=now
    )
    fulfilled = Counter[int]()
    for line in lines:
        fulfilled[line.order_line_id] += line.waiting
    lines_progress(
        order_ids={item.order_id for item in locked},
        progress={line_id: Progress(-count, count) for line_id, count in fulfilled.items()},
    )
    captures_request(order_ids={item.order_id for item in locked}, actor=actor, reason="shipped")
    record([
        RequestShipped(
            subject=item.order_number, occurred_at=now, actor=actor, request=item.number,
            location=item.location_code, shipment=_shipment_number(item), units=units[item.id],
            tracking_number=tracking_number,
        )
        for item in locked
    ])  # fmt: skip
    return fulfilled.total()


def _refuse_held(locked: Sequence[LockedRequest]) -> None:
    held = holds_on({item.order_id for item in locked}, "ship")
    for item in locked:
        if item.order_id in held:
            message = f"{item.number}: {held[item.order_id]}"
            raise RequestRefused(message)


def _write_shipments(
    locked: Sequence[LockedRequest], lines: Sequence[LockedLine], carrier: str, tracking_number: str
) -> Counter[int]:
    now = timezone.now()
    [keys] = take_numbers([(Shipment, len(locked))])
    shipment_of = {item.id: key for item, key in zip(locked, keys, strict=True)}
    insert_rows(
        Shipment,
        ["id", "number", "request", "carrier", "tracking_number", "shipped_at"],
        [(shipment_of[item.id], _shipment_number(item), item.id, carrier, tracking_number, now) for item in locked],
    )
    insert_rows(
        ShipmentLine,
        ["shipment", "request_line", "quantity"],
        [(shipment_of[line.request_id], line.id, line.waiting) for line in lines],
    )
    units = Counter[int]()
    for line in lines:
        units[line.request_id] += line.waiting
    return units


def _mark_lines(lines: Sequence[LockedLine]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_fulfilmentrequestline SET shipped = quantity - released WHERE id = ANY(%s)",
            [[line.id for line in lines]],
        )


def _shipment_number(request: LockedRequest) -> str:
    return f"{request.number}-S1"
