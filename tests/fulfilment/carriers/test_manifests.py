"""Parcels leave with their request, each on exactly one manifest, and a closed manifest never changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import IntegrityError, connections, transaction

from fulfilment.carriers.models import FleetDay, Manifest, Parcel
from fulfilment.carriers.services import ParcelRefused, manifest_close, parcels_book, parcels_hand_over
from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import allocations_release, requests_ship
from oms.infra.database.context import retailer_context
from oms.infra.events import react_to
from oms.infra.models import Event, PendingReaction
from oms.infra.verification import all_invariants, check
from tests.factories.carriers import FleetVanFactory, contract_signed, request_packed, soho
from tests.oms.blocked import wait_until_blocked


def shipped(location: Location, number: str, pieces: int = 1) -> FulfilmentRequest:
    request = request_packed(location, number=number)
    parcels_book(request_id=request.pk, actor="dock", pieces=pieces)
    requests_ship(request_ids=[request.pk], actor="dock")
    return request


def react() -> None:
    """What the job does after the commit."""
    for pending in PendingReaction.objects.order_by("event_id"):
        react_to([Event.objects.get(pk=pending.event_id)])
        pending.delete()


def sound() -> bool:
    return not [found for found in map(check, all_invariants()) if found]


def test_shipping_puts_parcels_on_the_open_manifest(acme: None) -> None:
    # given
    contract_signed("POST")
    place = soho()
    # when
    shipped(place, "7", pieces=2)
    shipped(place, "8")
    react()
    # then
    manifest = Manifest.objects.get()
    assert (manifest.location_id, manifest.carrier, manifest.status) == (place.pk, "POST", "open")
    assert list(Parcel.objects.order_by("id").values_list("number", "status", "manifest_id")) == [
        ("WEB-7/1-P1", "shipped", manifest.pk), ("WEB-7/1-P2", "shipped", manifest.pk),
        ("WEB-8/1-P1", "shipped", manifest.pk),
    ]  # fmt: skip
    assert sound()


def test_handing_over_twice_changes_nothing(acme: None) -> None:
    contract_signed("POST")
    request = shipped(soho(), "7")
    assert [parcels_hand_over(request_ids=[request.pk]) for _ in range(2)] == [1, 0]


def test_a_request_that_has_not_left_keeps_its_parcels(acme: None) -> None:
    contract_signed("POST")
    request = request_packed(soho())
    parcels_book(request_id=request.pk, actor="dock")
    assert parcels_hand_over(request_ids=[request.pk]) == 0
    assert not Manifest.objects.exists()


def test_each_carrier_and_location_has_a_manifest_of_its_own(acme: None) -> None:
    contract_signed("POST")
    place, other = soho(), soho(code="BATH", name="Bath")
    FleetVanFactory.create(location=place, parcels_per_day=1)
    for location, number in ((place, "7"), (place, "8"), (other, "9")):
        # only the location in question has stock of its product
        request = shipped(location, number)
        parcels_hand_over(request_ids=[request.pk])
    found = Manifest.objects.order_by("id").values_list("location__code", "carrier")
    assert list(found) == [("SOHO", "own_fleet"), ("SOHO", "POST"), ("BATH", "POST")]


def test_what_leaves_after_closing_goes_on_a_new_one(acme: None) -> None:
    # given
    contract_signed("POST")
    place = soho()
    parcels_hand_over(request_ids=[shipped(place, "7").pk])
    first = Manifest.objects.get()
    # when
    closed = manifest_close(manifest_id=first.pk, actor="user anna")
    again = manifest_close(manifest_id=first.pk, actor="user ben")
    parcels_hand_over(request_ids=[shipped(place, "8").pk])
    # then
    assert (closed.status, closed.closed_by, closed.carrier_reference) == ("closed", "user anna", f"M{first.pk}")
    assert again.closed_by == "user anna"
    assert [manifest.parcels.count() for manifest in Manifest.objects.order_by("id")] == [1, 1]
    assert sound()


def test_an_empty_manifest_is_not_closed(acme: None) -> None:
    manifest = Manifest.objects.create(location=soho(), carrier="POST")
    with pytest.raises(ParcelRefused, match="has no parcels; nothing is handed over"):
        manifest_close(manifest_id=manifest.pk, actor="dock")


def test_the_database_keeps_a_parcel_on_its_manifest(acme: None) -> None:
    contract_signed("POST")
    place = soho()
    parcels_hand_over(request_ids=[shipped(place, "7").pk])
    closed = Manifest.objects.get()
    manifest_close(manifest_id=closed.pk, actor="dock")
    parcels_hand_over(request_ids=[shipped(place, "8").pk])
    late = Parcel.objects.get(number="WEB-8/1-P1")
    other = Manifest.objects.create(location=place, carrier="OTHER")
    attacks = (
        (lambda: Parcel.objects.filter(pk=late.pk).update(manifest=other), "it stays there"),
        (lambda: Parcel.objects.filter(number="WEB-7/1-P1").update(manifest=None, status="booked"), "stays there"),
        (lambda: Parcel.objects.filter(pk=late.pk).update(manifest=None), "it stays there"),
        (lambda: Manifest.objects.filter(pk=closed.pk).update(status="open", closed_at=None), "it never changes"),
        (lambda: Manifest.objects.create(location=place, carrier="POST"), "manifest_one_open"),
    )
    for attack, said in attacks:
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            attack()


def test_closing_waits_for_parcels_on_their_way_onto_it(flat: None, admin_url: str) -> None:
    """The manifest is held while parcels go on it: the closing one sees them."""
    with retailer_context("acme"):
        contract_signed("POST")
        place = soho()
        parcels_hand_over(request_ids=[shipped(place, "7").pk])
        manifest = Manifest.objects.get()
        late = shipped(place, "8")
    added, release = threading.Event(), threading.Event()

    def add() -> None:
        try:
            with retailer_context("acme"):
                parcels_hand_over(request_ids=[late.pk])
                added.set()
                assert release.wait(30)
        finally:
            connections.close_all()

    def close() -> int:
        try:
            with retailer_context("acme"):
                return manifest_close(manifest_id=manifest.pk, actor="dock").parcels.count()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool, psycopg.connect(admin_url, autocommit=True) as admin:
        adding = pool.submit(add)
        assert added.wait(30)
        closing = pool.submit(close)
        wait_until_blocked(admin)
        release.set()
        adding.result(30)
        assert closing.result(30) == 2


def test_a_parcel_that_comes_while_a_manifest_is_closed_goes_on_the_next(flat: None, admin_url: str) -> None:
    with retailer_context("acme"):
        contract_signed("POST")
        place = soho()
        parcels_hand_over(request_ids=[shipped(place, "7").pk])
        manifest = Manifest.objects.get()
        late = shipped(place, "8")
    closed, release = threading.Event(), threading.Event()

    def close() -> None:
        try:
            with retailer_context("acme"):
                manifest_close(manifest_id=manifest.pk, actor="dock")
                closed.set()
                assert release.wait(30)
        finally:
            connections.close_all()

    def add() -> int:
        try:
            with retailer_context("acme"):
                return parcels_hand_over(request_ids=[late.pk])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool, psycopg.connect(admin_url, autocommit=True) as admin:
        closing = pool.submit(close)
        assert closed.wait(30)
        adding = pool.submit(add)
        wait_until_blocked(admin)
        release.set()
        closing.result(30)
        assert adding.result(30) == 1
    with retailer_context("acme"):
        assert [row.parcels.count() for row in Manifest.objects.order_by("id")] == [1, 1]
        assert sound()


def test_a_cancelled_request_has_its_labels_voided(acme: None) -> None:
    place = soho()
    FleetVanFactory.create(location=place)
    request = request_packed(place)
    [parcel] = parcels_book(request_id=request.pk, actor="dock")
    assert parcel.carrier == "own_fleet"
    line = request.lines.get()
    allocations_release(units_of_line={line.order_line_id: line.quantity}, actor="user anna", reason="changed my mind")
    react()
    parcel.refresh_from_db()
    request.refresh_from_db()
    assert request.status == RequestStatus.CANCELLED
    assert (parcel.status, parcel.reason) == ("voided", "request cancelled: changed my mind")
    assert FleetDay.objects.get().parcels == 0


def test_reactions_may_come_twice(acme: None) -> None:
    contract_signed("POST")
    shipped(soho(), "7")
    event = Event.objects.get(name="fulfilment.shipped.v1")
    for _ in range(2):
        react_to([event])
    assert Parcel.objects.get().status == "shipped"
