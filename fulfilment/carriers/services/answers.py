"""What carriers answered is written down; the same for those that answer at once and those that are asked by a job."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils import timezone

from fulfilment.carriers.domain.adapter import Address, Booked, BookingOrder, Refused, Voided
from fulfilment.carriers.domain.parcels import Parcel as Contents
from fulfilment.carriers.domain.parcels import Size
from fulfilment.carriers.domain.quotes import Charge, Quote
from fulfilment.carriers.events import ParcelBooked, ParcelNotTaken, ParcelVoided
from fulfilment.carriers.models import Parcel, ParcelStatus
from oms.infra.events import record


def booking_order(parcel: Parcel, order_number: str) -> BookingOrder:
    """What a carrier is asked to book: made from the row alone, so that it is the same however often it is made."""
    quote = Quote(
        carrier=parcel.carrier, service=parcel.service, service_name=parcel.service_name, amount=parcel.amount,
        currency=parcel.currency, zone=parcel.zone, billable_grams=parcel.billable_grams,
        collected_on=parcel.collected_on, transit_days=None, arrives_on=parcel.arrives_on,
        charges=tuple(Charge(item["name"], item["amount"], item["because"]) for item in parcel.charges),
    )  # fmt: skip
    return BookingOrder(
        key=parcel.number, serial=parcel.pk, quote=quote, parcel=contents_of(parcel),
        ship_from=Address(**parcel.ship_from), ship_to=Address(**parcel.ship_to), reference=order_number,
        piece=parcel.piece, pieces=parcel.pieces,
    )  # fmt: skip


def contents_of(parcel: Parcel) -> Contents:
    """Weight and size of a parcel."""
    if parcel.length_mm and parcel.width_mm and parcel.height_mm:
        return Contents(parcel.grams, Size(parcel.length_mm, parcel.width_mm, parcel.height_mm))
    return Contents(parcel.grams)


def booking_record(parcel: Parcel, answer: Booked | Refused, *, actor: str) -> None:
    """Write down what a carrier answered to a booking, once."""
    if isinstance(answer, Refused):
        changed = Parcel.objects.filter(pk=parcel.pk, status=ParcelStatus.BOOKING).update(
            status=ParcelStatus.REFUSED, reason=answer.reason[:255]
        )
        if changed:
            record([ParcelNotTaken(**envelope(parcel, actor), reason=answer.reason)])
        return
    waits = Parcel.objects.filter(pk=parcel.pk, status=ParcelStatus.BOOKING)
    changed = waits.update(
        status=ParcelStatus.BOOKED, tracking_number=answer.tracking_number,
        carrier_reference=answer.carrier_reference[:100], label=answer.label, label_type=answer.label_type,
    )  # fmt: skip
    if changed:
        parcel.tracking_number = answer.tracking_number
        why = next((item["reason"] for item in parcel.compared if item["booked"]), "")
        record([
            ParcelBooked(
                **envelope(parcel, actor), amount=str(parcel.amount), currency=parcel.currency, reason=why or "",
            )
        ])  # fmt: skip


def void_record(parcel: Parcel, answer: Voided | Refused, *, actor: str) -> None:
    """Write down what a carrier answered to a void, once: a refusal leaves the parcel booked, with its reason."""
    waits = Parcel.objects.filter(pk=parcel.pk, status=ParcelStatus.VOIDING)
    if isinstance(answer, Refused):
        reason = f"the carrier does not take it back: {answer.reason}"
        waits.update(status=ParcelStatus.BOOKED, reason=reason[:255])
    elif waits.update(status=ParcelStatus.VOIDED):
        record([ParcelVoided(**envelope(parcel, actor), reason=parcel.reason)])


class _Envelope(TypedDict):
    """What every event of a parcel has."""

    subject: str
    occurred_at: datetime
    actor: str
    request: str
    location: str
    parcel: str
    carrier: str
    service: str
    tracking_number: str


def envelope(parcel: Parcel, actor: str) -> _Envelope:
    """What every event of a parcel says; ``parcel`` knows its request, order and location."""
    request = parcel.request
    return {
        "subject": request.order.number, "occurred_at": timezone.now(), "actor": actor, "request": request.number,
        "location": request.location.code, "parcel": parcel.number, "carrier": parcel.carrier,
        "service": parcel.service_name, "tracking_number": parcel.tracking_number,
    }  # fmt: skip
