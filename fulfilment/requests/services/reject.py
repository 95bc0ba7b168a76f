"""A location cannot send what it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import UnitsReleased
from fulfilment.requests.services.locked import LockedLine, LockedRequest, requests_lock, waiting_lines
from fulfilment.requests.services.release import cancel_empty
from oms.infra.events import record
from orders.services import Progress, lines_progress

_REJECTABLE = (RequestStatus.OFFERED, RequestStatus.PICKING)


class CannotReject(ValueError):
    """The request, or what was said of its lines, allows no rejection; the message says why."""


class RejectReason(StrEnum):
    """Why a location cannot send units."""

    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"
    DAMAGED = "damaged"
    CANNOT_SEND = "cannot_send"


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """Units of a request line that cannot be sent, and why; ``counted`` is what was found, for a mismatch."""

    reason: RejectReason
    units: int
    counted: int | None = None


def request_reject(*, request_id: int, lines: Mapping[int, RejectedLine], actor: str) -> int:
    """Give units of a request (by request line) back, in the caller's transaction; return how many.

    Their stock is free and they are open again; a request that has nothing left to send is cancelled. Raises
    :class:`CannotReject`.
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
    cancel_empty({locked.id: locked}, waiting, [(line, said.units) for line, said in rejected])
    record([
        UnitsReleased(
            subject=locked.order_number, occurred_at=now, actor=actor, request=locked.number,
            location=locked.location_code, position=line.position, units=said.units, reason=said.reason.value,
        )
        for line, said in rejected
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
    return [(known[key], said) for key, said in sorted(lines.items())]


def _mark(rejected: Sequence[tuple[LockedLine, RejectedLine]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_fulfilmentrequestline q SET released = q.released + d.units"
            " FROM unnest(%s::bigint[], %s::int[]) AS d(id, units) WHERE q.id = d.id",
            [[line.id for line, _ in rejected], [said.units for _, said in rejected]],
        )
