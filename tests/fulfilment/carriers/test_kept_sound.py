"""What ``verify`` watches over parcels, and how they travel into a staging clone."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from fulfilment.carriers.invariants import INVARIANTS
from fulfilment.carriers.models import FleetDay, FleetStop, Manifest, Parcel
from fulfilment.carriers.services import parcels_book, parcels_hand_over
from fulfilment.requests.services import requests_ship
from oms.infra.database.context import retailer_context
from oms.infra.verification import check
from tenants.cloning import staging_clone
from tests.factories.carriers import FleetVanFactory, contract_signed, request_packed, soho
from tests.tenants.cloning.schemas import CLONE, violations

DAMAGE = {
    "van_room_equals_stops": "UPDATE carriers_fleetday SET parcels = parcels + 1",
    "van_stops_equal_parcels": "UPDATE carriers_fleetstop SET tracking_number = 'OTHER'",
    "shipped_parcels_are_on_a_manifest": "UPDATE carriers_manifest SET carrier = 'OTHER'",
    "tracking_numbers_are_given_once": "UPDATE carriers_parcel SET tracking_number = 'SAME', adapter = 'table_rate'",
    "arrived_with_the_last_parcel": "UPDATE carriers_parcel SET delivered_at = now() WHERE status = 'shipped';"
    " INSERT INTO carriers_parceltrack (parcel_id, happened_at, place, what, delivered, told_by)"
    " SELECT id, now(), '', 'x', true, 'x' FROM carriers_parcel WHERE status = 'shipped'",
    "delivered_parcels_were_told_of": "UPDATE carriers_parcel SET delivered_at = now() WHERE status = 'shipped'",
    "parcel_prices_add_up": "UPDATE carriers_parcel SET amount = amount + 1",
}


def two_parcels() -> None:
    """WEB-7 has left with a van, WEB-8 is booked with the post."""
    contract_signed("POST")
    place = soho()
    FleetVanFactory.create(location=place, code="V1")
    first = request_packed(place, number="7")
    parcels_book(request_id=first.pk, actor="dock")
    requests_ship(request_ids=[first.pk], actor="dock")
    parcels_hand_over(request_ids=[first.pk])
    parcels_book(request_id=request_packed(place, number="8").pk, actor="dock", offer=("POST", "standard"))


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(acme: None, name: str) -> None:
    # given
    two_parcels()
    invariant = next(item for item in INVARIANTS if item.name == name)
    assert check(invariant) is None
    # when
    with connection.cursor() as cursor:
        cursor.execute(DAMAGE[name])
    # then
    assert check(invariant) is not None


def test_every_invariant_is_damaged_here() -> None:
    assert {item.name for item in INVARIANTS} == set(DAMAGE)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"tracking_number": ""}, "parcel_booked_has_tracking"),
        ({"status": "shipped"}, "parcel_shipped_on_manifest"),
        ({"piece": 2}, "parcel_piece_of_pieces"),
        ({"status": "lost"}, "parcel_status_known"),
    ],
)
def test_the_database_refuses(acme: None, change: dict[str, object], constraint: str) -> None:
    two_parcels()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Parcel.objects.filter(number="WEB-8/1-P1").update(**change)


def test_of_one_piece_there_is_one_live_parcel(acme: None) -> None:
    two_parcels()
    twin = Parcel.objects.get(number="WEB-8/1-P1")
    twin.pk, twin.number = twin.pk + 1000, "WEB-8/1-P1.2"
    with pytest.raises(IntegrityError, match="parcel_piece_once"), transaction.atomic():
        twin.save(force_insert=True)


def test_a_full_clone_has_all_of_it(flat: None) -> None:
    with retailer_context("acme"):
        two_parcels()
    staging_clone(source="acme", full=True)
    assert violations(CLONE) == []
    with retailer_context(CLONE):
        assert (Parcel.objects.count(), Manifest.objects.count(), FleetStop.objects.count()) == (2, 1, 1)


def test_in_a_partial_clone_room_of_parcels_left_behind_is_free(flat: None) -> None:
    # given a van with the parcels of two orders, of which the newer one travels
    with retailer_context("acme"):
        place = soho()
        FleetVanFactory.create(location=place, code="V1")
        for number in ("7", "8"):
            parcels_book(request_id=request_packed(place, number=number).pk, actor="dock")
        assert FleetDay.objects.get().parcels == 2
    # when
    staging_clone(source="acme", orders=1)
    # then
    assert violations(CLONE) == []
    with retailer_context(CLONE):
        assert list(Parcel.objects.values_list("number", flat=True)) == ["WEB-8/1-P1"]
        assert FleetDay.objects.get().parcels == 1
