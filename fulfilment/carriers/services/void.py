"""A booking is taken back."""

from __future__ import annotations

from fulfilment.carriers.models import Parcel, ParcelStatus
from fulfilment.carriers.registry import adapter
from fulfilment.carriers.services.answers import void_record
from fulfilment.carriers.services.book import ask_by_job
from fulfilment.carriers.services.refusals import ParcelRefused
from fulfilment.requests.services.locked import requests_lock
from oms.kernel.verdict import Verdict


def may_void(parcel: Parcel) -> Verdict:
    """Whether a parcel's booking may be taken back."""
    if parcel.status in (ParcelStatus.BOOKED, ParcelStatus.VOIDING):
        return Verdict.yes()
    return Verdict.no(f"parcel {parcel.number} is {parcel.status}; only a booked parcel can be voided")


def parcel_void(*, parcel_id: int, actor: str, reason: str) -> Parcel:
    """Take a booking back; the piece can then be booked anew. Voided already is fine.

    A local carrier answers at once; others are asked by a job, the parcel is ``voiding`` until they do. Raises
    :class:`ParcelRefused`, and ``Parcel.DoesNotExist``.
    """
    requests_lock([Parcel.objects.values_list("request_id", flat=True).get(pk=parcel_id)])
    parcel = Parcel.objects.select_for_update(of=("self",)).select_related("request__order", "request__location")
    found = parcel.get(pk=parcel_id)
    if found.status == ParcelStatus.VOIDED:
        return found
    verdict = may_void(found)
    if not verdict:
        raise ParcelRefused(verdict.reason)
    found.status, found.reason = ParcelStatus.VOIDING, reason[:255]
    found.save(update_fields=["status", "reason"])
    carrier = adapter(found.adapter)
    if not carrier.local:
        ask_by_job(found)
        return found
    void_record(found, carrier.void(found.number, found.tracking_number), actor=actor)
    found.refresh_from_db()
    return found
