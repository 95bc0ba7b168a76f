"""Carriers that are reached over a network are asked here, through the outbound door.

A job may be killed at any line, and is then done again: the carrier is asked with the same key, and answers with the
booking that it has made already.
"""

from __future__ import annotations

import logging

from django.db import close_old_connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fulfilment.carriers.domain.adapter import Booked, Refused, Tracking, Voided
from fulfilment.carriers.models import Parcel, ParcelStatus
from fulfilment.carriers.registry import adapter
from fulfilment.carriers.services import (
    deliveries_presume,
    parcel_tracked,
    parcel_untracked,
    parcel_void,
    parcels_hand_over,
    parcels_to_track,
)
from fulfilment.carriers.services.answers import booking_order, booking_record, void_record
from fulfilment.requests.domain import RequestStatus
from oms.infra import outbound
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every
from tenants.registry import time_zone_of

logger = logging.getLogger(__name__)

#: Parcels that one job asks for.
TRACKED_AT_ONCE = 100

_ACTOR = "carrier"
_Answer = Booked | Refused | Voided


class CarrierSilent(RuntimeError):
    """A carrier could not be asked, or gave no answer; the job is tried again with the same key."""


@app.task(name="fulfilment.carriers.jobs.ask", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def ask(schema: str, parcel_id: int) -> None:
    """Ask for what a parcel waits for: a booking, or that it is taken back. Nothing to ask is fine.

    Raises :class:`CarrierSilent`.
    """
    answers: list[_Answer] = []
    with retailer_context(schema):
        parcel = _waiting(parcel_id)
        if parcel is None:
            return
        sent = _send(parcel, answers)
        if isinstance(sent, outbound.Refused):
            _record(parcel, Refused(sent.reason))
            return
    if not answers:
        message = f"{parcel.adapter} gave no answer for {parcel.number}"
        raise CarrierSilent(message)
    with retailer_context(schema):
        _record(parcel, answers[0])


@app.task(name="fulfilment.carriers.jobs.track", retry=3)
def track(schema: str) -> None:
    """Ask carriers for news of a batch of parcels on their way; once more while there is a full batch.

    Each is asked alone: one that does not answer, or whose answer cannot be kept, is asked again in its next turn.
    """
    close_old_connections()
    zone = time_zone_of(schema)
    with retailer_context(schema):
        parcels = parcels_to_track(now=timezone.now(), limit=TRACKED_AT_ONCE)
    for parcel_id in parcels:
        try:
            with timezone.override(zone):
                _track(schema, parcel_id)
        except Exception:
            logger.exception("the news of parcel %s of %s were not kept", parcel_id, schema)
    with retailer_context(schema):
        if len(parcels) == TRACKED_AT_ONCE:
            enqueue("fulfilment.carriers.jobs.track", queueing_lock="fulfilment.carriers.jobs.track")


@app.task(name="fulfilment.carriers.jobs.presume", retry=3)
def presume(schema: str) -> None:
    """Count as arrived what nobody tracks and whose day is over, by the retailer's calendar."""
    close_old_connections()
    presumed = 1
    while presumed:
        with timezone.override(time_zone_of(schema)), retailer_context(schema):
            presumed = deliveries_presume()


def _track(schema: str, parcel_id: int) -> None:
    answers: list[Tracking | Refused] = []
    with retailer_context(schema):
        parcel = Parcel.objects.get(pk=parcel_id)
        carrier = adapter(parcel.adapter)
        number = parcel.tracking_number
        if carrier.local:
            answers.append(carrier.track(number))
        else:
            sent = outbound.send(
                kind=outbound.Kind.CARRIER, target=parcel.adapter,
                payload={"verb": "track", "parcel": parcel.number, "tracking_number": number},
                perform=lambda: answers.append(carrier.track(number)),
            )  # fmt: skip
            if isinstance(sent, outbound.Refused):  # a clone is told nothing, today or later
                parcel_untracked(parcel_id=parcel_id)
    told = answers[0] if answers else None
    if isinstance(told, Tracking) and told.events:
        with retailer_context(schema):
            parcel_tracked(parcel_id=parcel_id, events=told.events, actor=_ACTOR)


def _waiting(parcel_id: int) -> Parcel | None:
    waiting = Parcel.objects.filter(status__in=[ParcelStatus.BOOKING, ParcelStatus.VOIDING])
    return waiting.select_related("request__order", "request__location").filter(pk=parcel_id).first()


def _send(parcel: Parcel, answers: list[_Answer]) -> outbound.Accepted | outbound.Refused:
    carrier = adapter(parcel.adapter)
    order = booking_order(parcel, parcel.request.order.number)

    def perform() -> None:
        if parcel.status == ParcelStatus.VOIDING:
            answers.append(carrier.void(order.key, parcel.tracking_number))
        else:
            answers.append(carrier.book(order))

    verb = "void" if parcel.status == ParcelStatus.VOIDING else "book"
    payload: dict[str, outbound.Json] = {"verb": verb, "parcel": parcel.number, "service": parcel.service}
    return outbound.send(kind=outbound.Kind.CARRIER, target=parcel.adapter, payload=payload, perform=perform)


def _record(parcel: Parcel, answer: _Answer) -> None:
    if parcel.status == ParcelStatus.VOIDING and not isinstance(answer, Booked):
        void_record(parcel, answer, actor=_ACTOR)
    elif parcel.status == ParcelStatus.BOOKING and not isinstance(answer, Voided):
        booking_record(parcel, answer, actor=_ACTOR)
        _catch_up(parcel)


def _catch_up(parcel: Parcel) -> None:
    """While the carrier thought about it, the request may have left, or been cancelled."""
    parcels_hand_over(request_ids=[parcel.request_id])
    if parcel.request.status == RequestStatus.CANCELLED:
        booked = Parcel.objects.filter(pk=parcel.pk, status=ParcelStatus.BOOKED)
        if booked.exists():
            parcel_void(parcel_id=parcel.pk, actor=_ACTOR, reason="request cancelled while it was booked")


every(300, "fulfilment.carriers.jobs.track")
every(3600, "fulfilment.carriers.jobs.presume")
