"""A location goes on with its work."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils import timezone

from fulfilment.requests.domain import REQUEST_LIFE, RequestStatus
from fulfilment.requests.events import RequestAdvanced
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services.locked import LockedRequest, requests_lock
from oms.infra.events import record


class RequestRefused(ValueError):
    """A request may not become what was asked; the message says what it may become."""


def requests_advance(*, request_ids: Collection[int], to: RequestStatus, actor: str) -> int:
    """Move requests to the next status, all or none; return how many moved.

    Shipping has a verb of its own (:func:`requests_ship`). Raises :class:`RequestRefused`.
    """
    locked = requests_lock(request_ids)
    refuse_unless_allowed(locked, to)
    FulfilmentRequest.objects.filter(id__in=[item.id for item in locked]).update(status=to.value)
    now = timezone.now()
    record([
        RequestAdvanced(
            subject=item.order_number, occurred_at=now, actor=actor, request=item.number,
            location=item.location_code, status=to.value,
        )
        for item in locked
    ])  # fmt: skip
    return len(locked)


def refuse_unless_allowed(locked: Sequence[LockedRequest], to: RequestStatus) -> None:
    """Raise :class:`RequestRefused` for the first request that may not become ``to``."""
    for item in locked:
        verdict = REQUEST_LIFE.may(item.status, to)
        if not verdict:
            message = f"{item.number}: {verdict.reason}"
            raise RequestRefused(message)
