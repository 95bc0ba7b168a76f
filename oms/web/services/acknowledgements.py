"""A partner has seen its work."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.services import RequestRefused
from fulfilment.requests.services.locked import requests_lock
from oms.infra.events import record
from oms.web.events import RequestAcknowledged
from oms.web.models import RequestAcknowledgement


class AcknowledgedOtherwise(ValueError):
    """The request has been acknowledged before, with another number."""


def request_acknowledge(*, request_id: int, reference: str, actor: str) -> bool:
    """Note that a partner has seen a request, and its own number for it; return whether that is news.

    Raises :class:`RequestRefused` where nobody waits for it any more, and :class:`AcknowledgedOtherwise`.
    """
    [locked] = requests_lock([request_id])
    said = RequestAcknowledgement.objects.filter(request=request_id).first()
    if said is not None:
        if said.reference != reference:
            message = f"{locked.number} was acknowledged before, as {said.reference or 'without a number'}"
            raise AcknowledgedOtherwise(message)
        return False
    if locked.status == RequestStatus.CANCELLED:
        message = f"{locked.number}: nothing of it is wanted any more"
        raise RequestRefused(message)
    RequestAcknowledgement.objects.create(request_id=request_id, reference=reference, actor=actor)
    record([
        RequestAcknowledged(
            subject=locked.order_number, occurred_at=timezone.now(), actor=actor, request=locked.number,
            location=locked.location_code, reference=reference,
        )
    ])  # fmt: skip
    return True
