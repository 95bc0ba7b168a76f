"""Parcels, manifests and vans in the back office."""

from __future__ import annotations

import pytest
from django.test import Client

from fulfilment.carriers.models import FleetVan, Manifest, Parcel
from fulfilment.carriers.services import parcels_book, parcels_hand_over
from fulfilment.requests.models import FulfilmentRequest, Shipment
from fulfilment.requests.services import requests_ship
from oms.infra.database.context import retailer_context
from tests.factories.carriers import FleetVanFactory, contract_signed, request_packed, soho
from tests.oms.web.back_office import Page, listed, manager, staff, statements, told, visitor, words

PARCELS = "/admin/carriers/parcel/"
MANIFESTS = "/admin/carriers/manifest/"


def page_of(request: FulfilmentRequest, query: str = "") -> str:
    return f"/admin/requests/fulfilmentrequest/{request.pk}/change/{query}"


def book(client: Client, request: FulfilmentRequest, **given: str) -> Page:
    return client.post(f"{PARCELS}book/{request.pk}/", given)


def ship(client: Client, request: FulfilmentRequest, **given: str) -> Page:
    return client.post(f"/admin/requests/fulfilmentrequest/{request.pk}/step/", {"to": "shipped", **given})


@pytest.fixture
def packed(flat: None) -> FulfilmentRequest:
    """WEB-7/1: two units of 600 g, packed at Soho; Cheap Post and Dear Post offer to carry them."""
    with retailer_context("acme"):
        contract_signed("CHEAP", per_parcel="3.00", per_kg="0.50", name="Cheap Post")
        contract_signed("DEAR", per_parcel="9.00", name="Dear Post")
        return request_packed(soho())


def parcel() -> Parcel:
    with retailer_context("acme"):
        return Parcel.objects.get()


def test_the_page_of_a_request_compares_what_carriers_offer(packed: FulfilmentRequest) -> None:
    page = words(manager().get(page_of(packed)))

    assert "Offers for 1,200 g to E1 6AN London GB, best first." in page
    assert "Cheap Post Standard 3.60 GBP –" in page
    assert "best the lowest price Freight 3.60: zone all: 3.00 a parcel; 0.50 a kg for 1,200 g Book the best" in page
    assert "Dear Post Standard 9.00 GBP 5.40" in page


def test_a_measured_weight_is_compared_and_booked(packed: FulfilmentRequest) -> None:
    client = manager()
    assert "Offers for 2,000 g" in words(client.get(page_of(packed, "?pieces=2&grams=2000")))
    assert "No offers yet: give all three sides, or none." in words(
        client.get(page_of(packed, "?pieces=1&grams=2000&length_mm=10"))
    )
    book(client, packed, pieces="2", grams="2000")
    with retailer_context("acme"):
        assert list(Parcel.objects.order_by("piece").values_list("piece", "pieces", "grams")) == [
            (1, 2, 2000), (2, 2, 2000),
        ]  # fmt: skip


def test_the_best_is_booked_printed_and_voided(packed: FulfilmentRequest) -> None:
    # given
    client = manager()
    # when
    booked = book(client, packed, pieces="1")
    row = parcel()
    pdf = client.get(f"{PARCELS}{row.pk}/label.pdf")
    zpl = client.get(f"{PARCELS}{row.pk}/label.zpl")
    page = words(client.get(page_of(packed)))
    voided = client.post(f"{PARCELS}{row.pk}/void/", {"reason": "wrong box"})
    # then
    assert told(booked) == [
        f"Parcel WEB-7/1-P1 is booked: Cheap Post, Standard, 3.60 GBP, tracking number {row.tracking_number}."
    ]
    assert booked["Location"] == voided["Location"] == page_of(packed)
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Content-Disposition"] == f'attachment; filename="{row.tracking_number}.pdf"'
    assert f"^FD{row.tracking_number}^FS" in zpl.content.decode()
    assert "Print label ZPL Void Reason Void parcel" in page
    assert "Book the best" not in page
    assert told(voided)[-1] == "Parcel WEB-7/1-P1 is voided: destroy its label."
    assert (parcel().status, parcel().reason) == ("voided", "wrong box")
    assert "Voided wrong box" in words(client.get(page_of(packed)))
    assert client.get(f"{PARCELS}{row.pk}/label.pdf").status_code == 404


def test_another_offer_can_be_chosen(packed: FulfilmentRequest) -> None:
    book(manager(), packed, pieces="1", carrier="DEAR", service="standard")
    assert parcel().carrier == "DEAR"


def test_pressed_twice_it_is_booked_once(packed: FulfilmentRequest) -> None:
    client = manager()
    book(client, packed, pieces="1")
    book(client, packed, pieces="1")
    assert parcel().status == "booked"


def test_a_refusal_is_shown(packed: FulfilmentRequest) -> None:
    answer = book(manager(), packed, pieces="1", carrier="GONE", service="x")
    assert told(answer) == ["WEB-7/1: GONE x does not take the parcel: there is no such offer any more"]
    assert told(book(manager(), packed, pieces="99"))[0].startswith("WEB-7/1 was left as it is: Ensure this value")


def test_a_booked_parcel_fills_the_shipping_form(packed: FulfilmentRequest) -> None:
    client = manager()
    book(client, packed, pieces="1")
    html = client.get(page_of(packed)).content.decode()
    assert 'value="Cheap Post"' in html
    assert f'value="{parcel().tracking_number}"' in html


def test_a_doubtful_tracking_number_is_asked_about_once(packed: FulfilmentRequest) -> None:
    # given
    client = manager()
    # when a digit is mistyped
    asked = ship(client, packed, carrier="UPS", tracking_number="1Z5R89390357567128")
    again = client.get(asked["Location"])
    # then nothing has left, and what was typed is still there
    assert told(asked) == [
        "1Z5R89390357567128 looks like UPS 1Z, but its check digit is wrong: is a digit mistyped?"
        " Press Ship again to use it all the same."
    ]
    assert 'value="1Z5R89390357567128"' in again.content.decode()
    with retailer_context("acme"):
        assert not Shipment.objects.exists()
    # and pressed again, it is used
    ship(client, packed, carrier="UPS", tracking_number="1Z5R89390357567128", sure="1")
    with retailer_context("acme"):
        assert Shipment.objects.get().tracking_number == "1Z5R89390357567128"


def test_anothers_tracking_number_is_asked_about(packed: FulfilmentRequest) -> None:
    asked = ship(manager(), packed, carrier="FedEx", tracking_number="1Z5R89390357567127")
    assert told(asked)[0].startswith("1Z5R89390357567127 is a number of UPS, not of FedEx.")


def test_only_those_who_may_book_do(packed: FulfilmentRequest) -> None:
    associate = staff("requests.change_fulfilmentrequest")
    viewer = staff("requests.view_fulfilmentrequest", "carriers.view_parcel")
    assert "Parcels 0" not in words(associate.get(page_of(packed)))
    assert "Cheap Post" in words(viewer.get(page_of(packed)))
    assert "Book the best" not in words(viewer.get(page_of(packed)))
    for client in (associate, viewer):
        assert book(client, packed, pieces="1").status_code == 403
    assert book(visitor(), packed, pieces="1").status_code == 302
    assert book(manager("globex"), packed, pieces="1").status_code == 404
    book(manager(), packed, pieces="1")
    row = parcel()
    for way in (f"{row.pk}/label.pdf", f"{row.pk}/label.zpl"):
        assert viewer.get(PARCELS + way).status_code == 403
        assert manager("globex").get(PARCELS + way).status_code == 404
    assert viewer.post(f"{PARCELS}{row.pk}/void/").status_code == 403
    assert manager("globex").post(f"{PARCELS}{row.pk}/void/").status_code == 404
    assert manager().get(f"{PARCELS}{row.pk}/void/").status_code == 405
    assert parcel().status == "booked"


def test_parcels_are_listed_and_found(packed: FulfilmentRequest) -> None:
    client = manager()
    book(client, packed, pieces="1")
    number = parcel().tracking_number
    page = words(client.get(PARCELS))
    assert f"Booked Cheap Post, Standard 3.60 GBP {number} not promised Soho (SOHO) WEB-7" in page
    spaced = f"{number[:2]} {number[2:7]} {number[7:]}".lower()
    for term in (number, spaced, "WEB-7/1-P1", "WEB-7/1", "web-7"):
        assert listed(client.get(PARCELS, {"q": term})) == ["WEB-7/1-P1"]
    assert listed(client.get(PARCELS, {"q": "TR9"})) == []
    assert listed(client.get(PARCELS, {"status": "voided"})) == []


def test_its_page_tells_the_price_and_what_lost(packed: FulfilmentRequest) -> None:
    client = manager()
    book(client, packed, pieces="1")
    page = words(client.get(f"{PARCELS}{parcel().pk}/change/"))
    order = words(client.get(f"/admin/orders/order/{packed.order_id}/change/"))
    assert f"Parcel WEB-7/1-P1 booked Standard, 3.60 GBP, tracking number {parcel().tracking_number}." in order
    assert "Price 3.60 GBP For How it comes about Amount Freight zone all: 3.00 a parcel; 0.50 a kg" in page
    assert "booked the lowest price Dear Post Standard 9.00 GBP – 5.40 GBP dearer" in page


def test_a_manifest_is_closed_and_printed(packed: FulfilmentRequest) -> None:
    # given
    client = manager()
    with retailer_context("acme"):
        parcels_book(request_id=packed.pk, actor="dock")
        requests_ship(request_ids=[packed.pk], actor="dock")
        parcels_hand_over(request_ids=[packed.pk])
        key = Manifest.objects.get().pk
    # when
    page = words(client.get(f"{MANIFESTS}{key}/change/"))
    closed = client.post(f"{MANIFESTS}{key}/close/")
    pdf = client.get(f"{MANIFESTS}{key}/manifest.pdf")
    # then
    assert "Close and hand over Location Soho (SOHO) Carrier CHEAP Parcels 1 1,200 g" in page
    assert told(closed) == [f"M{key} is closed: print it and have it signed."]
    assert parcel().tracking_number.encode() in pdf.content
    assert "Close and hand over" not in words(client.get(f"{MANIFESTS}{key}/change/"))
    assert listed(client.get(MANIFESTS, {"status": "closed"})) == [f"M{key}"]
    assert staff("carriers.view_manifest").post(f"{MANIFESTS}{key}/close/").status_code == 403


def test_vans_are_kept_by_hand_and_their_days_are_listed(packed: FulfilmentRequest) -> None:
    client = manager()
    fields = {
        "code": "V1", "name": "Soho van", "location": str(packed.location_id), "active": "on", "parcels_per_day": "10",
        "grams_per_day": "50000", "price": "1.50", "currency": "GBP", "weekdays": "1234567", "prefixes": "E1",
    }  # fmt: skip
    bad = client.post("/admin/carriers/fleetvan/add/", {**fields, "weekdays": "89"})
    good = client.post("/admin/carriers/fleetvan/add/", fields)
    book(client, packed, pieces="1")
    assert "Write days as digits from 1 to 7." in words(bad)
    assert good.status_code == 302
    assert (parcel().carrier_name, parcel().service) == ("Own vans", "V1")
    assert "1 of 10 1.2 of 50.0 kg" in words(client.get("/admin/carriers/fleetday/"))
    with retailer_context("acme"):
        assert FleetVan.objects.get().price == 1.5


def test_lists_ask_the_same_few_questions_however_long_they_are(packed: FulfilmentRequest) -> None:
    client, questions = manager(), []
    for number in ("8", "9", "10"):
        with retailer_context("acme"):
            request = request_packed(FulfilmentRequest.objects.get(pk=packed.pk).location, number=number)
            parcels_book(request_id=request.pk, actor="dock")
        client.get(PARCELS)
        with statements() as asked:
            client.get(PARCELS)
        questions.append(len(asked))
    assert len(set(questions)) == 1
    assert questions[0] <= 6


def test_a_van_that_is_full_is_told_on_the_page(packed: FulfilmentRequest) -> None:
    with retailer_context("acme"):
        FleetVanFactory.create(location=packed.location, code="V1", name="Soho van", parcels_per_day=1)
        other = request_packed(packed.location, number="8")
        parcels_book(request_id=other.pk, actor="dock")
    assert "is full on" in words(manager().get(page_of(packed)))
