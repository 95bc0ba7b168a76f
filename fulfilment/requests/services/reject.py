"""A location cannot send what it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestRejected
from fulfilment.requests.models import RejectReason
from fulfilment.requests.services.doubt import Doubt, stock_correct
from fulfilment.requests.services.locked import LockedLine, LockedRequest, requests_lock, waiting_lines
from fulfilment.requests.services.parcels import parcels_leave
from fulfilment.requests.services.release import requests_close_empty
from oms.infra.events import record
from orders.services import Progress, lines_progress

_REJECTABLE = (RequestStatus.OFFERED, RequestStatus.PICKING)


class CannotReject(ValueError):
    """The request, or what was said of its lines, allows no rejection; the message says why."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """Units of a request line that cannot be sent, and why; ``counted`` is what was found, for a mismatch."""

    reason: RejectReason
    units: int
    counted: int | None = None


def request_reject(*, request_id: int, lines: Mapping[int, RejectedLine], actor: str) -> int:
    """Give units of a request (by request line) back, in the caller's transaction; return how many.

    They are open again, the location's stock is corrected by the reason, the location is not asked for these lines
    again, and routing is told by an event. The rest of the request stays as it is. Raises :class:`CannotReject`.
    """
    found = requests_lock([request_id])
    if not found:
        message = "there is no such request"
        raise CannotReject(message)
    locked = found[0]
    if locked.status not in _REJECTABLE:
        message = f"{locked.number} is {locked.status.value}: only what is offered or being picked can be rejected"
        raise CannotReject(message)
    waiting = waiting_lines([request_id])
    rejected = _checked(locked, waiting, lines)
    now = timezone.now()
    stock_move(
        kind=MovementKind.RELEASE,
        changes=[StockChange(line.level_id, 0, -said.units, locked.number, "rejected") for line, said in rejected],
        actor=actor,
        moved_at=now,
    )
    _mark(rejected)
    progress: dict[int, Progress] = {}
    for line, said in rejected:
        before = progress.get(line.order_line_id, Progress(0, 0))
        progress[line.order_line_id] = Progress(before.allocated - said.units, 0)
    lines_progress(order_ids=[locked.order_id], progress=progress)
    _exclude(locked, rejected, actor, now)
    releases = [(line, said.units) for line, said in rejected]
    requests_close_empty({locked.id: locked}, waiting, releases)
    parcels_leave([locked.id], actor=actor)
    stock_correct(
        [Doubt(line.level_id, said.reason, said.units, said.counted, locked.number) for line, said in rejected],
        actor=actor,
    )
    record([
        RequestRejected(
            subject=locked.order_number, occurred_at=now, actor=actor, request=locked.number,
            location=locked.location_code, units=sum(said.units for _, said in rejected),
            lines=tuple((line.position, said.units, said.reason.value) for line, said in rejected),
        )
    ])  # fmt: skip
    return sum(said.units for _, said in rejected)


def _checked(
    locked: LockedRequest, waiting: Sequence[LockedLine], lines: Mapping[int, RejectedLine]
) -> list[tuple[LockedLine, RejectedLine]]:
    known = {line.id: line for line in waiting}
    if not lines:
        message = f"{locked.number}: say which items cannot be sent"
        raise CannotReject(message)
    for key, said in lines.items():
        line = known.get(key)
        if line is None or not 0 < said.units <= line.waiting:
            what = f"line {line.position} waits for {line.waiting}" if line else "it is not one of its lines"
            message = f"{locked.number}: {said.units} units cannot be rejected; {what}"
            raise CannotReject(message)
        if said.reason is RejectReason.MISMATCH and said.counted is None:
            message = f"{locked.number}: say how many units of line {line.position} were counted"
            raise CannotReject(message)
        if said.counted is not None and said.counted < 0:
            message = f"{locked.number}: nobody counts less than none"
            raise CannotReject(message)
    return [(known[key], said) for key, said in sorted(lines.items())]


def _mark(rejected: Sequence[tuple[LockedLine, RejectedLine]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_fulfilmentrequestline q SET released = q.released + d.units"
            " FROM unnest(%s::bigint[], %s::int[]) AS d(id, units) WHERE q.id = d.id",
            [[line.id for line, _ in rejected], [said.units for _, said in rejected]],
        )


def _exclude(
    locked: LockedRequest, rejected: Sequence[tuple[LockedLine, RejectedLine]], actor: str, now: datetime
) -> None:
    """The location is asked for a line at most once, so it is excluded at most once until that is lifted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO requests_exclusion (line_id, location_id, request_id, reason, units, counted, actor,"
            " excluded_at, lifted_by) SELECT d.line, r.location_id, r.id, d.reason, d.units, d.counted, %s, %s, ''"
            " FROM requests_fulfilmentrequest r,"
            " unnest(%s::bigint[], %s::varchar[], %s::int[], %s::int[]) AS d(line, reason, units, counted)"
            " WHERE r.id = %s ON CONFLICT (line_id, location_id) WHERE lifted_at IS NULL"
            " DO UPDATE SET units = requests_exclusion.units + excluded.units",
            [
                actor, now, [line.order_line_id for line, _ in rejected], [said.reason.value for _, said in rejected],
                [said.units for _, said in rejected], [said.counted for _, said in rejected], locked.id,
            ],
        )  # fmt: skip
