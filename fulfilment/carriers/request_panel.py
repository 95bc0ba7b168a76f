"""Parcels on the page of a fulfilment request: the offers compared, what is booked, and how the request goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfilment.carriers.domain import tracking_numbers
from fulfilment.carriers.domain.packing import UnknownWeight, packed
from fulfilment.carriers.domain.quotes import Quote
from fulfilment.carriers.forms import ContentsForm
from fulfilment.carriers.models import Parcel, ParcelStatus
from fulfilment.carriers.models.parcel import LIVE
from fulfilment.carriers.selectors import RequestFacts, request_facts
from fulfilment.carriers.services.book import may_book
from fulfilment.carriers.services.compare import name_of, parcel_compare
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.extensions import HowItGoes
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.backoffice.display import Tone, badge

_TONES = {
    ParcelStatus.BOOKING: Tone.WAITING,
    ParcelStatus.BOOKED: Tone.WORKING,
    ParcelStatus.REFUSED: Tone.WRONG,
    ParcelStatus.VOIDING: Tone.WAITING,
    ParcelStatus.VOIDED: Tone.NEUTRAL,
    ParcelStatus.SHIPPED: Tone.DONE,
}


def parcel_status_badge(parcel: Parcel) -> SafeString:
    """The parcel's status in words."""
    status = ParcelStatus(parcel.status)
    return badge(str(status.label), _TONES[status])


def parcels_panel(request: HttpRequest, row: FulfilmentRequest) -> Mapping[str, Any]:
    """What is booked, and while something is not, the offers for it."""
    parcels = list(Parcel.objects.filter(request=row).order_by("piece", "id"))
    live = [parcel for parcel in parcels if parcel.status in LIVE]
    missing = (live[0].pieces if live else 1) > len(live)
    form = ContentsForm(request.GET if "pieces" in request.GET else {"pieces": live[0].pieces if live else 1})
    shown: dict[str, Any] = {
        "row": row,
        "parcels": [{"row": parcel, "status": parcel_status_badge(parcel)} for parcel in parcels],
        "may_act": request.user.has_perm("carriers.change_parcel"),
        "may_view": any(request.user.has_perm(f"carriers.{verb}_parcel") for verb in ("view", "change")),
        "form": form,
        "bookable": missing and bool(may_book(RequestStatus(row.status))),
    }
    if shown["bookable"] and shown["may_view"]:
        shown |= _offers(row, form)
    return shown


def _offers(row: FulfilmentRequest, form: ContentsForm) -> dict[str, Any]:
    if not form.is_valid():
        return {"fault": "; ".join(str(fault) for faults in form.errors.values() for fault in faults)}
    facts = request_facts(row.pk)
    try:
        parcel = (form.contents or packed(facts.units, form.count))[0]
    except UnknownWeight as unknown:
        return {"fault": str(unknown)}
    compared = parcel_compare(facts=facts, parcel=parcel, promised_on=facts.promised_on).choice.compared
    return {
        "parcel": parcel,
        "offers": [
            {
                "carrier": name_of(item.offer.carrier), "key": item.offer.carrier, "service": item.offer.service,
                "quote": item.offer if isinstance(item.offer, Quote) else None, "item": item,
                "bookable": isinstance(item.offer, Quote) and item.dearer is not None,
            }
            for item in compared
        ],
        "destination": _destination(facts),
    }  # fmt: skip


def _destination(facts: RequestFacts) -> str:
    return f"{facts.ship_to.postal_code} {facts.ship_to.city} {facts.ship_to.country}".strip()


def how_booked_parcels_go(row: FulfilmentRequest) -> HowItGoes | None:
    """Carrier and number of the first booked parcel."""
    first = Parcel.objects.filter(request=row, status=ParcelStatus.BOOKED).order_by("piece").first()
    return HowItGoes(first.carrier_name[:40], first.tracking_number) if first else None


def tracking_doubt(typed: HowItGoes) -> str:
    """What looks wrong about a tracking number; empty where nothing does."""
    return tracking_numbers.doubt(typed.tracking_number, typed.carrier)
