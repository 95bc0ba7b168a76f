"""Fulfilment requests in the back office: a location's work, one step at a time, through the services."""

from __future__ import annotations

import pytest
from django.test import Client

from fulfilment.inventory.models import StockLevel
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, Shipment
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to, request_offered
from tests.oms.web.back_office import Page, listed, manager, staff, statements, told, visitor, words

REQUESTS = "/admin/requests/fulfilmentrequest/"


def page_of(key: int) -> str:
    return f"{REQUESTS}{key}/change/"


def press(client: Client, key: int, to: str, **given: str) -> Page:
    return client.post(f"{REQUESTS}{key}/step/", {"to": to, **given})


def status_of(key: int) -> str:
    with retailer_context("acme"):
        return FulfilmentRequest.objects.get(pk=key).status


@pytest.fixture
def offered(fresh: None) -> FulfilmentRequest:
    """WEB-7/1: Soho is to send two of its five lamps."""
    with retailer_context("acme"):
        stock_received(LocationFactory.create(code="SOHO", name="Soho"), ProductFactory.create(sku="LAMP"), 5)
        return request_offered(order_placed(("LAMP", 2), number="7"))


def test_its_page_shows_the_work(offered: FulfilmentRequest) -> None:
    page = words(manager().get(page_of(offered.pk)))

    assert "WEB-7/1 Offered Start picking Location Soho (SOHO) Order WEB-7 Customer not named" in page
    assert "1 LAMP Thing LAMP 2 – – 5" in page


def test_a_request_goes_its_way_by_one_button_at_a_time(offered: FulfilmentRequest) -> None:
    # given
    client = manager()
    # when
    picking = press(client, offered.pk, "picking")
    packed = press(client, offered.pk, "packed")
    page = words(client.get(page_of(offered.pk)))
    shipped = press(client, offered.pk, "shipped", carrier="Post", tracking_number="T-1")
    # then
    assert picking["Location"] == page_of(offered.pk)
    assert told(picking) == ["WEB-7/1 is being picked."]
    assert told(packed)[-1] == "WEB-7/1 is packed."
    assert "Carrier Tracking number Ship" in page
    assert told(shipped)[-1] == "WEB-7/1 has been shipped."
    assert "Shipments Shipment Left" in words(client.get(page_of(offered.pk)))
    with retailer_context("acme"):
        shipment = Shipment.objects.get()
        assert (shipment.carrier, shipment.tracking_number) == ("Post", "T-1")
        level = StockLevel.objects.get()
        assert (level.on_hand, level.reserved) == (3, 0)
        actors = Event.objects.filter(name__in=["fulfilment.advanced.v1", "fulfilment.shipped.v1"])
        assert {actor.split()[0] for actor in actors.values_list("actor", flat=True)} == {"user"}


def test_a_refusal_is_shown_and_nothing_happens(offered: FulfilmentRequest) -> None:
    # when: it is still offered
    response = press(manager(), offered.pk, "shipped")
    # then
    assert told(response) == [
        "WEB-7/1: the fulfilment request is offered and cannot become shipped; allowed: cancelled, picking"
    ]
    assert status_of(offered.pk) == "offered"
    with retailer_context("acme"):
        assert not Shipment.objects.exists()


def test_pressed_twice_it_moves_once(offered: FulfilmentRequest) -> None:
    # given
    client = manager()
    press(client, offered.pk, "picking")
    # when
    response = press(client, offered.pk, "picking")
    # then
    assert told(response)[-1] == "WEB-7/1 is being picked already."
    with retailer_context("acme"):
        assert Event.objects.filter(name="fulfilment.advanced.v1").count() == 1


@pytest.mark.parametrize(
    ("to", "given"),
    [("offered", {}), ("cancelled", {}), ("nonsense", {}), ("", {}), ("picking", {"carrier": "x" * 41})],
)
def test_what_no_button_sends_leaves_it_as_it_is(offered: FulfilmentRequest, to: str, given: dict[str, str]) -> None:
    response = press(manager(), offered.pk, to, **given)

    assert response.status_code == 302
    assert told(response)[0].startswith("WEB-7/1 was left as it is: ")
    assert status_of(offered.pk) == "offered"


def test_only_those_who_may_work_on_requests_do(offered: FulfilmentRequest) -> None:
    # given
    viewer = staff("requests.view_fulfilmentrequest")
    # then
    assert "Next: start picking; your account may not do it." in words(viewer.get(page_of(offered.pk)))
    assert press(viewer, offered.pk, "picking").status_code == 403
    assert press(visitor(), offered.pk, "picking").status_code == 302
    assert press(manager("globex"), offered.pk, "picking").status_code == 404
    assert manager("globex").get(page_of(offered.pk)).status_code == 404
    assert manager().get(f"{REQUESTS}{offered.pk}/step/").status_code == 405
    assert status_of(offered.pk) == "offered"
    assert press(staff("requests.change_fulfilmentrequest"), offered.pk, "picking").status_code == 302
    assert status_of(offered.pk) == "picking"


def test_requests_are_found_and_filtered(offered: FulfilmentRequest) -> None:
    # given
    with retailer_context("acme"):
        other = request_brought_to(order_placed(("LAMP", 1), number="8"), RequestStatus.SHIPPED)
        place = offered.location_id
    client = manager()
    expected = {
        "": ["WEB-8/1", "WEB-7/1"],
        "q=web-7/1": ["WEB-7/1"],
        "q=WEB-7": ["WEB-7/1"],
        "q=7": ["WEB-7/1"],
        "q=TRACK1": ["WEB-8/1"],
        f"q={other.number}-S1": ["WEB-8/1"],
        "q=WEB": [],
        "status=offered": ["WEB-7/1"],
        "status=shipped": ["WEB-8/1"],
        f"location__id__exact={place}": ["WEB-8/1", "WEB-7/1"],
    }
    # then
    assert {address: listed(client.get(f"{REQUESTS}?{address}")) for address in expected} == expected


def test_its_page_asks_the_same_number_of_questions_for_long_requests(offered: FulfilmentRequest) -> None:
    # given
    with retailer_context("acme"):
        skus = []
        for _ in range(20):
            product = ProductFactory.create()
            stock_received(offered.location, product, 1)
            skus.append((product.sku, 1))
        long = request_brought_to(order_placed(*skus), RequestStatus.SHIPPED)
    client = manager()
    client.get(page_of(offered.pk))
    questions = []
    for each in (offered, long):
        # when
        with statements() as asked:
            client.get(page_of(each.pk))
        questions.append(len(asked))
    # then: session, user, request, lines, shipments, exclusions, parcels
    assert questions == [7, 7]
