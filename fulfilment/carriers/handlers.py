"""Carriers react to what happens to fulfilment requests."""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.carriers.models import Parcel, ParcelStatus
from fulfilment.carriers.services import parcel_void, parcels_hand_over
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestShipped, UnitsReleased
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.events import handles, handles_together


@handles_together(RequestShipped)
def parcels_leave_with_their_requests(events: Sequence[RequestShipped]) -> None:
    """By whatever way requests were shipped, their booked parcels have left with them."""
    numbers = [event.request for event in events]
    requests = FulfilmentRequest.objects.filter(number__in=numbers).values_list("id", flat=True)
    parcels_hand_over(request_ids=list(requests))


@handles(UnitsReleased)
def parcels_of_a_cancelled_request_are_voided(event: UnitsReleased) -> None:
    """Nothing of the request is wanted any more: its labels must not be used, and vans get their room back."""
    request = FulfilmentRequest.objects.get(number=event.request)
    if request.status == RequestStatus.CANCELLED:
        for parcel_id in Parcel.objects.filter(request=request, status=ParcelStatus.BOOKED).values_list(
            "id", flat=True
        ):
            parcel_void(parcel_id=parcel_id, actor=event.actor, reason=f"request cancelled: {event.reason}")
