"""The page of an order: what every module knows about it, and the one button that moves it on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.routing.services import orders_route
from modules.contracts.review import HoldDecision
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.admin_sites import order_page
from orders.models import Order, OrderHold
from orders.services import LineToCancel, holds_place, lines_cancel
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to, request_offered
from tests.oms.web.back_office import manager, staff, statements, told, visitor, words


def page_of(key: int) -> str:
    return f"/admin/orders/order/{key}/change/"


def route_of(key: int) -> str:
    return f"/admin/orders/order/{key}/route/"


@pytest.fixture
def order(fresh: None) -> Order:
    """WEB-7 wants two lamps and three vases; Soho has five lamps and one vase. Nothing is routed."""
    with retailer_context("acme"):
        soho = LocationFactory.create(code="SOHO", name="Soho")
        stock_received(soho, ProductFactory.create(sku="LAMP"), 5)
        stock_received(soho, ProductFactory.create(sku="VASE"), 1)
        return order_placed(("LAMP", 2), ("VASE", 3), number="7", customer="C-9")


def test_it_shows_what_every_module_knows(order: Order) -> None:
    # given: the lamps and one vase have left, one vase is cancelled, one waits
    with retailer_context("acme"):
        request_brought_to(order, RequestStatus.SHIPPED)
        orders_route(order_ids=[order.pk], actor="routing")
        cancelled = LineToCancel(
            line_id=order.lines.get(position=2).pk, quantity=1, unit_price=Decimal("10"), external_number="CN-1",
            reason="changed mind", happened_at=timezone.now(),
        )  # fmt: skip
        lines_cancel(cancellations=[cancelled], actor="user anna", react=False)
    # when
    page = words(manager().get(page_of(order.pk)))
    # then
    for said in (
        "WEB-7 In progress",
        "Placed 2 Mar 2026, 10:30 GMT Channel Web shop 7 Customer C-9",
        "Ada Clarke 1 High Street E1 6AN London GB Total 50.00 GBP",
        "Fulfilled 3 Allocated 0 Open 1 Cancelled 1",
        "1 LAMP Thing LAMP 10.00 2 – – 2 – 20.00",
        "2 VASE Thing VASE Backorder not enough stock at any location that takes work 10.00 3 1 – 1 1 30.00",
        "WEB-7/1 Shipped Soho (SOHO) 3 units Chosen because: nearest with stock, 3 km",
        "LAMP 2 – 2",
        "Shipment WEB-7/1-S1, left",
        "Post, tracking number TRACK1",
        "LAMP Thing LAMP 3 free at 1 location",
        "Soho (SOHO) 3 – 3",
        "VASE line 2 1 – 10.00 GBP CN-1 changed mind",
    ):
        assert said in page, said


def test_its_timeline_tells_who_did_what_and_why_oldest_first(order: Order) -> None:
    # given
    with retailer_context("acme"):
        request_brought_to(order, RequestStatus.SHIPPED)
    # when
    timeline = words(manager().get(page_of(order.pk))).partition("Timeline")[2]
    # then
    steps = [
        "Placed on Web shop 5 units in 2 lines, 50.00 GBP 2 Mar 2026, 10:30 , Shop",
        "3 units offered to Soho (SOHO) Request WEB-7/1. Why here: nearest with stock, 3 km",
        "Soho (SOHO) is picking Request WEB-7/1",
        "Soho (SOHO) has packed Request WEB-7/1",
        "3 units shipped from Soho (SOHO) Shipment WEB-7/1-S1, tracking number TRACK1",
    ]
    places = [timeline.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)
    assert (timeline.count("Routing"), timeline.count("Associate")) == (1, 3)


def test_it_asks_the_same_number_of_questions_for_long_orders(order: Order) -> None:
    # given
    with retailer_context("acme"):
        soho = order.lines.get(position=1).product.stock_levels.get().location
        skus = []
        for _ in range(30):
            product = ProductFactory.create()
            stock_received(soho, product, 9)
            skus.append((product.sku, 1))
        long = order_placed(*skus)
        for each in (order, long):
            request_brought_to(each, RequestStatus.SHIPPED)
    client = manager()
    client.get(page_of(order.pk))
    questions = []
    for each in (order, long):
        # when
        with statements() as asked:
            client.get(page_of(each.pk))
        questions.append(len(asked))
    # then: session, user, order, how many lines, the lines, events, requests, shipments, lines of requests,
    # units, charges, cancellations, stock, holds, decisions, and three for the names in their outcomes, payments,
    # changes, notes, files, promises
    assert questions == [23, 23]


def test_a_long_order_is_shown_in_pages(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setattr(order_page, "LINES_AT_ONCE", 1)
    client = manager()
    # when
    first = words(client.get(page_of(order.pk)))
    second = words(client.get(page_of(order.pk), {"lines": "2"}))
    odd = words(client.get(page_of(order.pk), {"lines": "²"}))
    # then
    assert "Page 1 of 2 Next" in first
    assert "2 VASE" not in first
    assert "Previous Page 2 of 2" in second
    assert "1 LAMP" not in second
    assert "Page 1 of 2 Next" in odd


def test_what_customers_write_is_shown_and_not_run(order: Order) -> None:
    with retailer_context("acme"):
        evil = order_placed(("LAMP", 1), description="<script>alert(1)</script>")

    html = manager().get(page_of(evil.pk)).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)" not in html


def test_routing_gives_the_open_units_to_locations(order: Order) -> None:
    # given
    client = manager()
    assert "Route now" in words(client.get(page_of(order.pk)))
    # when
    response = client.post(route_of(order.pk))
    # then
    assert (response.status_code, response["Location"]) == (302, page_of(order.pk))
    assert told(response) == ["WEB-7: 3 units given to 1 location; 2 units wait as backorder."]
    with retailer_context("acme"):
        assert FulfilmentRequest.objects.get().number == "WEB-7/1"
        assert Event.objects.get(name="fulfilment.offered.v1").actor.startswith("user manager")


def test_pressed_twice_it_routes_once(order: Order) -> None:
    # given: the vases are there too
    with retailer_context("acme"):
        vase = order.lines.get(position=2).product
        stock_received(vase.stock_levels.get().location, vase, 9)
    client = manager()
    # when
    client.post(route_of(order.pk))
    response = client.post(route_of(order.pk))
    # then
    assert told(response)[-1] == "WEB-7: nothing was left to route."
    with retailer_context("acme"):
        assert FulfilmentRequest.objects.count() == 1
        assert Event.objects.filter(name="fulfilment.offered.v1").count() == 1


def test_what_no_location_has_waits(order: Order) -> None:
    with retailer_context("acme"):
        order = order_placed((ProductFactory.create().sku, 1), number="8")

    response = manager().post(route_of(order.pk))

    assert told(response) == ["WEB-8: no location has stock; 1 unit waits as backorder."]


def test_the_button_follows_the_state(order: Order) -> None:
    client = manager()
    with retailer_context("acme"):
        lamps = order_placed(("LAMP", 1), number="9")
        request_offered(lamps)
        done = order_placed(("LAMP", 1), number="10")
        request_brought_to(done, RequestStatus.SHIPPED)

    assert "Route now" in words(client.get(page_of(order.pk)))
    assert "Work on WEB-9/1" in words(client.get(page_of(lamps.pk)))
    assert "Every unit of this order has been given to a location." in words(client.get(page_of(done.pk)))


def test_a_held_order_is_not_routed(order: Order) -> None:
    # given
    with retailer_context("acme"):
        Order.objects.filter(pk=order.pk).update(status="held")
    client = manager()
    # when
    page = words(client.get(page_of(order.pk)))
    response = client.post(route_of(order.pk))
    # then
    assert "WEB-7 Held A hold keeps the open units of this order from being given to a location." in page
    assert "Route now" not in page
    assert told(response) == ["WEB-7: nothing was left to route."]
    with retailer_context("acme"):
        assert not FulfilmentRequest.objects.exists()


def test_only_those_who_may_change_orders_route_them(order: Order) -> None:
    # given
    viewer = staff("orders.view_order")
    # when
    page = words(viewer.get(page_of(order.pk)))
    # then
    assert "Route now" not in page
    assert "your account may not route orders" in page
    assert viewer.post(route_of(order.pk)).status_code == 403
    assert staff("requests.change_fulfilmentrequest").post(route_of(order.pk)).status_code == 403
    assert visitor().post(route_of(order.pk)).status_code == 302
    assert staff("orders.change_order").post(route_of(order.pk)).status_code == 302
    with retailer_context("acme"):
        assert FulfilmentRequest.objects.count() == 1


def test_routing_takes_a_press_of_the_button_and_nothing_less(order: Order) -> None:
    # given
    client = manager()
    careful = Client(enforce_csrf_checks=True, headers={"Host": "acme.localhost"})
    careful.cookies["sessionid"] = client.cookies["sessionid"].value
    # then: neither a link nor a form of another site routes
    assert client.get(route_of(order.pk)).status_code == 405
    assert careful.post(route_of(order.pk)).status_code == 403
    with retailer_context("acme"):
        assert not FulfilmentRequest.objects.exists()


def test_another_retailers_order_is_not_there(order: Order) -> None:
    client = manager("globex")

    assert client.get(page_of(order.pk)).status_code == 404
    assert client.post(route_of(order.pk)).status_code == 404
    with retailer_context("acme"):
        assert not FulfilmentRequest.objects.exists()


@pytest.mark.parametrize("key", ["0", "99999999999999999999999", "abc", "1_2F", "%00"])
def test_what_is_no_order_is_not_there(fresh: None, key: str) -> None:
    assert manager().get(f"/admin/orders/order/{key}/change/").status_code == 404


def test_the_page_changes_nothing(order: Order) -> None:
    client = manager()

    client.post(page_of(order.pk), {"status": "cancelled", "number": "X", "open_quantity": "0"})

    with retailer_context("acme"):
        now = Order.objects.get(pk=order.pk)
        assert (now.number, now.status, now.open_quantity) == ("WEB-7", "open", 5)


def test_a_held_order_is_released_by_one_button(order: Order) -> None:
    # given
    hold = HoldDecision("value_review", ("allocate",), "worth 900.00 GBP, more than 500.00 GBP")
    with retailer_context("acme"):
        holds_place(holds=[(order.pk, order.number, hold)], actor="test")
    client = manager()
    page = words(client.get(page_of(order.pk)))
    assert "Worth 900.00 GBP, more than 500.00 GBP" in page
    assert "Release hold" in page
    assert "Route now" not in page
    # when
    for _ in range(2):
        client.post(f"/admin/orders/order/{order.pk}/holds/value_review/release/")
    # then
    with retailer_context("acme"):
        order.refresh_from_db()
        assert order.status == "open"
        released = OrderHold.objects.get()
        assert released.status == "released"
        assert released.released_by.startswith("user manager")
        assert Event.objects.filter(name="order.hold_released.v1").count() == 1
    assert "Route now" in words(client.get(page_of(order.pk)))


def test_it_shows_why_it_was_decided(order: Order) -> None:
    with retailer_context("acme"):
        orders_route(order_ids=[order.pk], actor="test")
    page = words(manager().get(page_of(order.pk)))
    assert "Order routing: route" in page
    assert "release 1.0.0" in page


def test_its_decisions_lead_to_what_would_happen_now(order: Order) -> None:
    page = manager().get(page_of(order.pk)).content.decode()
    card = page.partition('id="decisions"')[2].partition("</section>")[0]
    assert f'href="/admin/routing/now/{order.pk}/"' in card
    assert page.count("What would happen now?") == 1


def test_a_line_without_words_is_told_by_the_products_name(order: Order) -> None:
    with retailer_context("acme"):
        order.lines.update(description="")
        order.lines.filter(product__sku="VASE").update(description="Vase, blue")
    page = words(manager().get(page_of(order.pk)))
    assert "LAMP Thing LAMP" in page
    assert "VASE Vase, blue" in page


def test_a_release_that_says_no_day_leaves_no_code_on_the_page(order: Order) -> None:
    # given: routed by a release that knows no day of arrival
    with retailer_context("acme"):
        orders_route(order_ids=[order.pk], actor="test")
        request = FulfilmentRequest.objects.get()
    # when
    page = manager().get(page_of(order.pk)).content.decode()
    # then
    assert request.arrives_why == ""
    assert ">SOHO</p>" not in page
