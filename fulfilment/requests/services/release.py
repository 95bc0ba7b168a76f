"""Units that a location no longer has to send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import UnitsReleased
from fulfilment.requests.models import FulfilmentRequest, FulfilmentRequestLine
from fulfilment.requests.services.locked import LockedLine, LockedRequest, requests_lock, waiting_lines
from oms.infra.events import record
from orders.services import Progress, lines_progress


class NothingToRelease(ValueError):
    """More units were to be released than locations are working on."""


def allocations_release(*, units_of_line: Mapping[int, int], reason: str, actor: str) -> None:
    """Release units of order lines (by primary key) from the requests that hold them, newest request first.

    Their stock is free and they are open again; a request that has nothing left to send is cancelled. Raises
    :class:`NothingToRelease`.
    """
    if not units_of_line:
        return
    locked = {item.id: item for item in requests_lock(_holders(units_of_line))}
    waiting = waiting_lines(list(locked))
    releases = _choose(units_of_line, waiting)
    now = timezone.now()
    stock_move(
        kind=MovementKind.RELEASE,
        changes=[
            StockChange(line.level_id, 0, -units, locked[line.request_id].number, reason) for line, units in releases
        ],
        actor=actor,
        moved_at=now,
    )
    for line, units in releases:
        row = FulfilmentRequestLine.objects.get(pk=line.id)
        row.released += units
        row.save(update_fields=["released"])
    lines_progress(
        order_ids={locked[line.request_id].order_id for line, _ in releases},
        progress={line_id: Progress(-units, 0) for line_id, units in units_of_line.items()},
    )
    cancel_empty(locked, waiting, releases)
    record([
        UnitsReleased(
            subject=locked[line.request_id].order_number, occurred_at=now, actor=actor,
            request=locked[line.request_id].number, location=locked[line.request_id].location_code,
            position=line.position, units=units, reason=reason,
        )
        for line, units in releases
    ])  # fmt: skip


def _holders(units_of_line: Mapping[int, int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT request_id FROM requests_fulfilmentrequestline"
            " WHERE order_line_id = ANY(%s) AND quantity > released + shipped",
            [list(units_of_line)],
        )
        return [row[0] for row in cursor.fetchall()]


def _choose(units_of_line: Mapping[int, int], waiting: list[LockedLine]) -> list[tuple[LockedLine, int]]:
    left = dict(units_of_line)
    releases = []
    for line in sorted(waiting, key=lambda line: -line.id):
        units = min(left.get(line.order_line_id, 0), line.waiting)
        if units:
            left[line.order_line_id] -= units
            releases.append((line, units))
    short = {line_id: units for line_id, units in left.items() if units}
    if short:
        message = f"{sum(short.values())} units are not held by any request of their lines"
        raise NothingToRelease(message)
    return releases


def cancel_empty(
    locked: Mapping[int, LockedRequest], waiting: list[LockedLine], releases: list[tuple[LockedLine, int]]
) -> None:
    """Cancel the locked requests of which nothing is left to send and nothing was sent."""
    left: dict[int, int] = defaultdict(int)
    for line in waiting:
        left[line.request_id] += line.waiting
    for line, units in releases:
        left[line.request_id] -= units
    empty = [request_id for request_id, units in left.items() if not units and request_id in locked]
    shipped = FulfilmentRequestLine.objects.filter(request__in=empty, shipped__gt=0).values("request")
    FulfilmentRequest.objects.filter(id__in=empty).exclude(id__in=shipped).update(status=RequestStatus.CANCELLED.value)
