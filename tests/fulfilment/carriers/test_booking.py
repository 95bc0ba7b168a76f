"""Booking parcels: once, with the best carrier, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from fulfilment.carriers import jobs
from fulfilment.carriers.domain.parcels import Parcel as Contents
from fulfilment.carriers.jobs import CarrierSilent, ask
from fulfilment.carriers.models import FleetDay, FleetStop, FleetVan, Parcel, ParcelStatus
from fulfilment.carriers.own_fleet import room
from fulfilment.carriers.services import ParcelRefused, parcel_void, parcels_book
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from oms.infra import outbound
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, OutboundRefusal
from oms.infra.verification import all_invariants, check
from tests.factories.carriers import FleetVanFactory, contract_signed, request_packed, soho
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.orders import order_placed
from tests.factories.requests import request_offered
from tests.fulfilment.carriers.far_post import FarPost
from tests.oms.blocked import wait_until_blocked


def book(request: FulfilmentRequest, **given: object) -> list[Parcel]:
    return parcels_book(request_id=request.pk, actor="dock", **given)  # type: ignore[arg-type]


def test_the_lowest_price_is_booked_and_what_lost_is_kept(acme: None) -> None:
    # given
    contract_signed("DEAR", per_parcel="9.00")
    contract_signed("CHEAP", per_parcel="3.00", per_kg="0.50", name="Cheap Post")
    request = request_packed(soho(), units=2, grams=600)
    # when
    [parcel] = book(request)
    # then
    assert (parcel.status, parcel.carrier, parcel.carrier_name, parcel.service) == (
        "booked", "CHEAP", "Cheap Post", "standard",
    )  # fmt: skip
    assert (str(parcel.amount), parcel.currency, parcel.grams) == ("3.6000", "GBP", 1200)
    assert parcel.charges == [
        {"name": "Freight", "amount": "3.60", "because": "zone all: 3.00 a parcel; 0.50 a kg for 1,200 g"}
    ]
    assert parcel.number == "WEB-7/1-P1"
    assert parcel.tracking_number.startswith("TR")
    assert [(item["carrier"], item["reason"]) for item in parcel.compared] == [
        ("Cheap Post", "the lowest price"), ("DEAR", "5.40 GBP dearer"),
    ]  # fmt: skip
    assert parcel.ship_to["name"] == "Ada Clarke"
    event = Event.objects.get(name="parcel.booked.v1")
    assert (event.subject, event.payload["amount"], event.payload["reason"]) == ("WEB-7", "3.60", "the lowest price")


def test_booked_twice_it_is_booked_once(acme: None) -> None:
    contract_signed("POST")
    request = request_packed(soho())
    first, second = book(request, pieces=2), book(request, pieces=2)
    assert [item.pk for item in first] == [item.pk for item in second]
    assert [(item.piece, item.pieces, item.grams) for item in first] == [(1, 2, 600), (2, 2, 600)]
    assert Parcel.objects.count() == 2
    with pytest.raises(ParcelRefused, match="is booked in 2 parcels; void them to change that"):
        book(request, pieces=3)


def test_an_offer_can_be_chosen_by_hand(acme: None) -> None:
    contract_signed("DEAR", per_parcel="9.00")
    contract_signed("CHEAP", per_parcel="3.00")
    [parcel] = book(request_packed(soho()), offer=("DEAR", "standard"))
    assert parcel.carrier == "DEAR"
    assert [item["reason"] for item in parcel.compared if item["booked"]] == ["chosen by hand; 6.00 GBP dearer"]


def test_nobody_takes_it_and_why(acme: None) -> None:
    request = request_packed(soho())
    contract_signed("EURO", currency="EUR")
    contract_signed("US", countries=["US"])
    with pytest.raises(ParcelRefused) as refusal:
        book(request)
    assert str(refusal.value) == (
        "WEB-7/1: no carrier takes the parcel. EURO standard: priced in EUR; the order is in GBP; "
        "US standard: does not serve GB"
    )
    assert not Parcel.objects.exists()


def test_what_nobody_has_weighed_is_not_booked(acme: None) -> None:
    contract_signed("POST")
    request = request_packed(soho(), grams=None)
    with pytest.raises(ParcelRefused, match="has no weight: weigh the parcel"):
        book(request)
    [parcel] = book(request, contents=[Contents(450)])
    assert parcel.grams == 450


def test_before_it_is_picked_nothing_is_booked(acme: None) -> None:
    stock_received(soho(), ProductFactory.create(sku="LAMP", weight_grams=10), 1)
    request = request_offered(order_placed(("LAMP", 1), number="7"))
    with pytest.raises(ParcelRefused, match="the request is offered; parcels are booked while it is picked or packed"):
        book(request)


def test_a_voided_piece_is_booked_anew_under_a_new_key(acme: None) -> None:
    contract_signed("POST")
    request = request_packed(soho())
    [first] = book(request)
    voided = parcel_void(parcel_id=first.pk, actor="dock", reason="wrong box")
    again = parcel_void(parcel_id=first.pk, actor="dock", reason="wrong box")
    [second] = book(request)
    assert (voided.status, voided.reason, again.status) == ("voided", "wrong box", "voided")
    assert second.number == "WEB-7/1-P1.2"
    assert second.tracking_number != first.tracking_number
    assert Event.objects.filter(name="parcel.voided.v1").count() == 1


# -- vans ------------------------------------------------------------------------------------------


def test_own_vans_go_first_while_they_have_room(acme: None) -> None:
    # given a van with room for one more, and a cheaper carrier
    contract_signed("POST", per_parcel="0.10")
    place = soho()
    FleetVanFactory.create(code="V1", location=place, parcels_per_day=1)
    # when
    [first] = book(request_packed(place, number="7"))
    [second] = book(request_packed(place, number="8"))
    # then
    assert (first.carrier, first.service, first.adapter) == ("own_fleet", "V1", "own_fleet")
    assert second.carrier == "POST"
    assert "is full on" in next(item["reason"] for item in second.compared if item["carrier"] == "Own vans")
    # and its room comes back
    parcel_void(parcel_id=first.pk, actor="dock", reason="")
    assert FleetDay.objects.get().parcels == 0
    assert [found for found in map(check, all_invariants()) if found] == []


def test_a_van_that_fills_up_meanwhile_gives_way_to_the_next_offer(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    contract_signed("POST")
    place = soho()
    FleetVanFactory.create(code="V1", location=place, parcels_per_day=1)
    request, rival = request_packed(place, number="7"), request_packed(place, number="8")
    book(rival)
    # when its offer was made before the rival took the room
    monkeypatch.setattr(room, "left", lambda van, day: room.Left(1, 10**9))
    [parcel] = book(request)
    # then
    assert parcel.carrier == "POST"
    assert FleetStop.objects.count() == 1


def test_the_last_place_in_a_van_is_given_once(flat: None, admin_url: str) -> None:
    """Two transactions meet at the van's day: the second waits, and finds no room."""
    with retailer_context("acme"):
        FleetVanFactory.create(code="V1", location=soho(), parcels_per_day=1)
        day = timezone.localdate()

    def take(key: str, hold: threading.Event | None = None, taken: threading.Event | None = None) -> str | None:
        try:
            with retailer_context("acme"):
                answer = room.take(key=key, van="V1", day=day, grams=10, tracking_number=f"OF-{key}")
                if hold and taken:
                    taken.set()
                    assert hold.wait(30)
                return answer
        finally:
            connections.close_all()

    release, taken = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool, psycopg.connect(admin_url, autocommit=True) as admin:
        first = pool.submit(take, "A", release, taken)
        assert taken.wait(30)
        second = pool.submit(take, "B")
        wait_until_blocked(admin)
        release.set()
        assert (first.result(30), second.result(30)) == ("OF-A", None)
    with retailer_context("acme"):
        assert (FleetDay.objects.get().parcels, FleetStop.objects.get().key) == (1, "A")


def test_many_at_once_never_overbook_a_van(flat: None) -> None:
    callers, places = 12, 5
    with retailer_context("acme"):
        FleetVanFactory.create(code="V1", location=soho(), parcels_per_day=places)
        day = timezone.localdate()
    start = threading.Barrier(callers)

    def call(number: int) -> bool:
        try:
            start.wait(30)
            with retailer_context("acme"):
                return (
                    room.take(key=f"K{number}", van="V1", day=day, grams=10, tracking_number=f"N{number}") is not None
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as pool:
        taken = list(pool.map(call, range(callers)))
    assert sum(taken) == places
    with retailer_context("acme"):
        row = FleetDay.objects.get()
        assert (row.parcels, row.grams, FleetStop.objects.count()) == (places, places * 10, places)


def test_the_database_refuses_an_overbooked_van(acme: None) -> None:
    van: FleetVan = FleetVanFactory.create(location=soho(), parcels_per_day=1)
    room.take(key="A", van=van.code, day=timezone.localdate() + timedelta(days=1), grams=1, tracking_number="A")
    with pytest.raises(IntegrityError, match="fleet_never_overbooked"), transaction.atomic():
        FleetDay.objects.update(parcels=2)


# -- carriers outside of the house -----------------------------------------------------------------


def test_a_carrier_outside_is_asked_after_the_commit(flat: None, far_post: FarPost) -> None:
    with retailer_context("acme"):
        request = request_packed(soho())
        [parcel] = book(request)
        assert (parcel.status, far_post.asked) == ("booking", 0)
    ask("acme", parcel.pk)
    with retailer_context("acme"):
        parcel.refresh_from_db()
        assert (parcel.status, parcel.tracking_number) == ("booked", far_post.labels()[parcel.number])
        parcel_void(parcel_id=parcel.pk, actor="dock", reason="wrong box")
    ask("acme", parcel.pk)
    ask("acme", parcel.pk)  # nothing waits any more
    with retailer_context("acme"):
        parcel.refresh_from_db()
        assert parcel.status == "voided"
    assert far_post.asked == 1


def test_a_refusal_is_kept_and_the_next_booking_goes_elsewhere(flat: None, far_post: FarPost) -> None:
    far_post.refuses = "the postal code is unknown"
    with retailer_context("acme"):
        contract_signed("POST")
        request = request_packed(soho())
        [parcel] = book(request)
    ask("acme", parcel.pk)
    with retailer_context("acme"):
        parcel.refresh_from_db()
        assert (parcel.status, parcel.reason) == ("refused", "the postal code is unknown")
        [second] = book(request)
        assert (second.carrier, second.status, second.number) == ("POST", "booked", "WEB-7/1-P1.2")


def test_a_silent_carrier_is_asked_again_with_the_same_key(
    flat: None, far_post: FarPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retailer_context("acme"):
        [parcel] = book(request_packed(soho()))

    def broken(order: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(far_post, "book", broken)
        with pytest.raises(CarrierSilent):
            ask("acme", parcel.pk)
    ask("acme", parcel.pk)
    assert list(far_post.labels()) == [parcel.number]


def test_in_a_staging_clone_nothing_is_bought(flat: None, far_post: FarPost, monkeypatch: pytest.MonkeyPatch) -> None:
    with retailer_context("acme"):
        contract_signed("POST")
        [parcel] = book(request_packed(soho()))
    monkeypatch.setattr(outbound, "served_schema", lambda: "acme__staging")
    ask("acme", parcel.pk)
    with retailer_context("acme"):
        parcel.refresh_from_db()
        assert (parcel.status, parcel.reason) == ("refused", "acme__staging is a staging clone: no carrier leaves it")
        assert OutboundRefusal.objects.get().payload == {"verb": "book", "parcel": parcel.number, "service": "far"}
    assert far_post.labels() == {}


KILLED = """
import os, signal, sys
import django
django.setup()
from pathlib import Path
from fulfilment.carriers import jobs, registry
from tests.fulfilment.carriers.far_post import FarPost
carrier = FarPost(Path(sys.argv[1]))
registry.adapters.cache_clear()
found = {**registry.adapters(), "far_post": carrier}
registry.adapters = lambda: found
jobs._record = lambda parcel, answer: os.kill(os.getpid(), signal.SIGKILL)
jobs.ask("acme", int(sys.argv[2]))
"""


def test_killed_between_the_booking_and_its_record_no_second_label_is_bought(flat: None, far_post: FarPost) -> None:
    # given a job that is killed when the carrier has booked and nothing is written down
    with retailer_context("acme"):
        [parcel] = book(request_packed(soho()))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(far_post.memory), str(parcel.pk)], cwd=Path(__file__).parents[3],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test"}, check=False, capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    bought = far_post.labels()
    assert list(bought) == [parcel.number]
    with retailer_context("acme"):
        assert Parcel.objects.get().status == ParcelStatus.BOOKING
    # when it is done again
    ask("acme", parcel.pk)
    # then
    assert far_post.labels() == bought
    with retailer_context("acme"):
        row = Parcel.objects.get()
        assert (row.status, row.tracking_number) == ("booked", bought[parcel.number])


def test_a_request_cancelled_meanwhile_has_its_parcel_voided(flat: None, far_post: FarPost) -> None:
    with retailer_context("acme"):
        request = request_packed(soho())
        [parcel] = book(request)
        FulfilmentRequest.objects.filter(pk=request.pk).update(status=RequestStatus.CANCELLED)
    ask("acme", parcel.pk)
    with retailer_context("acme"):
        assert Parcel.objects.get().status == "voiding"
    jobs.ask("acme", parcel.pk)
    with retailer_context("acme"):
        assert Parcel.objects.get().status == "voided"
