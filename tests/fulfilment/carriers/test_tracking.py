"""Parcels on their way: asked for in turns, arrived once, and what follows for the request and the promise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfilment.carriers import jobs
from fulfilment.carriers.domain.adapter import Tracked
from fulfilment.carriers.models import Parcel, ParcelTrack
from fulfilment.carriers.services import parcel_tracked, parcels_book, parcels_hand_over, parcels_to_track
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, Shipment
from fulfilment.requests.services import requests_ship
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, OutboundDeparture
from oms.infra.verification import all_invariants, check
from orders.models import LinePromise, OrderStatus
from orders.services.promises import promises_make
from tests.factories.carriers import FleetVanFactory, contract_signed, request_packed, soho
from tests.fulfilment.carriers.far_post import FarPost

HOUR = timedelta(hours=1)


def left(request: FulfilmentRequest, pieces: int = 1, offer: tuple[str, str] | None = None) -> list[Parcel]:
    """The parcels of a request, handed over."""
    parcels = parcels_book(request_id=request.pk, actor="dock", pieces=pieces, offer=offer)
    requests_ship(request_ids=[request.pk], actor="dock")
    parcels_hand_over(request_ids=[request.pk])
    return parcels


def arrived(moment: datetime, what: str = "delivered") -> Tracked:
    return Tracked(moment, "London", what, delivered=True)


def promised(request: FulfilmentRequest, day: date) -> None:
    promises_make(order_id=request.order_id, days=dict.fromkeys(request.order.lines.values_list("id", flat=True), day))


def violations() -> list[object]:
    return [found for found in map(check, all_invariants()) if found]


def test_a_request_arrives_with_the_last_of_its_parcels(acme: None) -> None:
    # given
    contract_signed("POST")
    request = request_packed(soho())
    today = timezone.localdate()
    promised(request, today)
    first, second = left(request, pieces=2)
    now = timezone.now()
    # when: the later moment is told first
    assert parcel_tracked(parcel_id=second.pk, events=[arrived(now + 2 * HOUR)], actor="carrier") == 1
    # then
    shipment = Shipment.objects.get()
    assert shipment.delivered_at is None
    assert LinePromise.objects.get().outcome == "open"
    # when
    parcel_tracked(parcel_id=first.pk, events=[arrived(now + HOUR)], actor="carrier")
    # then
    shipment.refresh_from_db()
    assert (shipment.delivered_at, shipment.presumed) == (now + 2 * HOUR, False)
    promise = LinePromise.objects.get()
    assert promise.delivered == 2
    assert promise.outcome == ("kept" if timezone.localdate(now + 2 * HOUR) == today else "broken")
    request.order.refresh_from_db()
    assert request.order.status == OrderStatus.COMPLETE
    names = Event.objects.filter(subject=request.order.number, name__contains="delivered").order_by("id")
    assert list(names.values_list("name", flat=True)) == [
        "parcel.delivered.v1", "parcel.delivered.v1", "fulfilment.delivered.v1",
    ]  # fmt: skip
    assert violations() == []


def test_what_is_told_again_happens_once(acme: None) -> None:
    contract_signed("POST")
    [parcel] = left(request_packed(soho()))
    moment = timezone.now()
    for _ in range(2):
        parcel_tracked(parcel_id=parcel.pk, events=[arrived(moment), arrived(moment + HOUR)], actor="carrier")
    assert ParcelTrack.objects.count() == 2
    assert Parcel.objects.get().delivered_at == moment
    assert Event.objects.filter(name="fulfilment.delivered.v1").count() == 1


def test_a_late_parcel_breaks_the_promise_and_that_is_told(acme: None) -> None:
    contract_signed("POST")
    request = request_packed(soho())
    day = timezone.localdate()
    promised(request, day)
    [parcel] = left(request)
    parcel_tracked(parcel_id=parcel.pk, events=[arrived(timezone.now() + timedelta(days=1))], actor="carrier")
    promise = LinePromise.objects.get()
    assert (promise.outcome, promise.delivered_on) == ("broken", day + timedelta(days=1))
    told = Event.objects.get(name="order.promise_broken.v1")
    assert (told.subject, told.payload["promised_on"]) == (request.order.number, day.isoformat())


def test_only_what_has_left_arrives(acme: None) -> None:
    contract_signed("POST")
    [parcel] = parcels_book(request_id=request_packed(soho()).pk, actor="dock")
    parcel_tracked(parcel_id=parcel.pk, events=[arrived(timezone.now())], actor="carrier")
    assert Parcel.objects.get().delivered_at is None
    with pytest.raises(IntegrityError, match="parcel_delivered_had_left"), transaction.atomic():
        Parcel.objects.update(delivered_at=timezone.now())


# -- turns -----------------------------------------------------------------------------------------


def test_a_silent_carrier_is_asked_ever_less_often(acme: None) -> None:
    contract_signed("POST")
    [parcel] = left(request_packed(soho()))
    now = timezone.now()
    waits = []
    for _ in range(7):
        assert parcels_to_track(now=now, limit=10) == [parcel.pk]
        assert parcels_to_track(now=now, limit=10) == []
        parcel.refresh_from_db()
        assert parcel.track_at is not None
        waits.append((parcel.track_at - now) / HOUR)
        now = parcel.track_at
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    # news bring it back to the first step
    parcel_tracked(parcel_id=parcel.pk, events=[Tracked(timezone.now(), "London", "sorted")], actor="carrier")
    assert Parcel.objects.get().track_silent == 0


def test_nobody_asks_for_what_has_arrived_or_is_forgotten(acme: None) -> None:
    contract_signed("POST")
    place = soho()
    [there] = left(request_packed(place, number="1"))
    [old] = left(request_packed(place, number="2"))
    [waiting] = left(request_packed(place, number="3"))
    parcels_book(request_id=request_packed(place, number="4").pk, actor="dock")
    parcel_tracked(parcel_id=there.pk, events=[arrived(timezone.now())], actor="carrier")
    Parcel.objects.filter(pk=old.pk).update(shipped_at=timezone.now() - timedelta(days=61))
    assert parcels_to_track(now=timezone.now() + timedelta(hours=2), limit=10) == [waiting.pk]


def test_those_that_have_waited_longest_are_asked_for_first(acme: None) -> None:
    contract_signed("POST")
    place = soho()
    parcels = [left(request_packed(place, number=str(number)))[0].pk for number in range(3)]
    now = timezone.now()
    assert parcels_to_track(now=now, limit=2) == parcels[:2]
    assert parcels_to_track(now=now, limit=2) == parcels[2:]


# -- carriers --------------------------------------------------------------------------------------


def test_a_carrier_over_the_network_is_asked_through_the_door(flat: None, far_post: FarPost) -> None:
    with retailer_context("acme"):
        request = request_packed(soho())
        [parcel] = parcels_book(request_id=request.pk, actor="dock")
    jobs.ask("acme", parcel.pk)
    with retailer_context("acme"):
        requests_ship(request_ids=[request.pk], actor="dock")
        parcels_hand_over(request_ids=[request.pk])
        departures = OutboundDeparture.objects.count()
    # when it does not answer
    far_post.silent = True
    jobs.track("acme")
    with retailer_context("acme"):
        assert not ParcelTrack.objects.exists()
        assert OutboundDeparture.objects.count() == departures + 1
        Parcel.objects.update(track_at=None)
    # when it does
    far_post.silent = False
    far_post.news = [arrived(datetime(2026, 3, 4, 9, tzinfo=UTC))]
    jobs.track("acme")
    jobs.track("acme")
    # then
    assert far_post.tracked == 2
    with retailer_context("acme"):
        assert [track.what for track in ParcelTrack.objects.all()] == ["label made", "delivered"]
        assert Parcel.objects.get().presumed is False
        assert Shipment.objects.get().delivered_at is not None
        assert violations() == []


@pytest.mark.parametrize("carrier", ["POST", "own_fleet"])
def test_whoever_reports_nothing_counts_as_arrived_once_the_day_is_over(
    flat: None, monkeypatch: pytest.MonkeyPatch, carrier: str
) -> None:
    with retailer_context("acme"):
        contract_signed("POST")
        place = soho()
        FleetVanFactory.create(code="V1", location=place)
        request = request_packed(place)
        promised(request, timezone.localdate())
        offer = (carrier, "V1" if carrier == "own_fleet" else "standard")
        [parcel] = left(request, offer=offer)
    real = timezone.now()
    # when: the day is not over
    jobs.track("acme")
    with retailer_context("acme"):
        assert [track.what for track in ParcelTrack.objects.all()] == ["left the location"]
        assert Shipment.objects.get().delivered_at is None
        run = Parcel.objects.get(pk=parcel.pk).arrives_on or timezone.localdate()
    # when: it is
    later = datetime(run.year, run.month, run.day, 12, tzinfo=UTC) + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: max(later, real + timedelta(hours=2)))
    jobs.track("acme")
    # then
    with retailer_context("acme"):
        shipment = Shipment.objects.get()
        assert shipment.presumed
        assert Parcel.objects.get().presumed
        assert LinePromise.objects.get().delivered_on == run
        assert violations() == []


def test_what_left_without_a_parcel_of_ours_counts_as_arrived_on_its_day(
    flat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retailer_context("acme"):
        place = soho()
        dated, undated, booked = (request_packed(place, number=number) for number in "123")
        today = timezone.localdate()
        for request in (dated, undated):
            promised(request, today)
        FulfilmentRequest.objects.filter(pk=dated.pk).update(arrives_on=today + timedelta(days=2))
        contract_signed("POST")
        left(booked)
        requests_ship(request_ids=[dated.pk, undated.pk], actor="dock", carrier="Post", tracking_number="X1")
        assert FulfilmentRequest.objects.filter(status=RequestStatus.SHIPPED).count() == 3
    real = timezone.now()

    def outcomes() -> list[str | None]:
        with retailer_context("acme"):
            promises = {each.line.order_id: each.outcome for each in LinePromise.objects.select_related("line")}
            return [promises.get(request.order_id) for request in (dated, undated)]

    jobs.presume("acme")
    assert outcomes() == ["open", "open"]
    monkeypatch.setattr(timezone, "now", lambda: real + timedelta(days=1))
    jobs.presume("acme")
    assert outcomes() == ["open", "kept"]
    monkeypatch.setattr(timezone, "now", lambda: real + timedelta(days=3))
    jobs.presume("acme")
    assert outcomes() == ["broken", "kept"]
    with retailer_context("acme"):
        assert Shipment.objects.get(request=booked).delivered_at is None
        assert violations() == []
