"""How the promises of orders stand, seen in a browser: in the list, and on the page of an order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import arrivals_tell, requests_deliver
from oms.infra.database.context import retailer_context
from orders.models import Order
from orders.services.promises import promises_make
from tests.browser.test_admin import sign_in
from tests.browser.test_order_life import shot
from tests.factories.accounts import ManagerFactory
from tests.factories.carriers import soho
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to


@pytest.fixture
def orders(port: int) -> tuple[str, Order, Order]:
    """Where the back office is; an order that will be late, and one that came too late."""
    today = timezone.localdate()
    with retailer_context("acme"):
        ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        stock_received(soho(), ProductFactory.create(sku="LAMP", name="Desk lamp"), 9)
        late, broken, fine = (order_placed(("LAMP", 1), number=number) for number in ("LATE", "BROKEN", "FINE"))
        for order, days in ((late, 1), (broken, -1), (fine, 9)):
            days_of = {line: today + timedelta(days=days) for line in order.lines.values_list("id", flat=True)}
            promises_make(order_id=order.pk, days=days_of, why="SOHO ready today; POST eco arrives then")
            request_brought_to(order, RequestStatus.SHIPPED)
            FulfilmentRequest.objects.filter(order=order).update(
                arrives_on=today + timedelta(days=3), arrives_why="SOHO booked Post Eco; arrives then"
            )
            arrivals_tell([order.pk])
        requests_deliver(
            request_ids=broken.requests.values_list("id", flat=True), delivered_at=timezone.now(), actor="carrier"
        )
    return f"http://acme.localhost:{port}", late, broken


def test_orders_are_found_by_their_promise_and_say_how_it_stands(orders: tuple[str, Order, Order], page: Page) -> None:
    site, late, broken = orders
    sign_in(page, f"{site}/admin/orders/order/?promise=at_risk")
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(late.number)
    shot(page, "promises-at-risk")
    page.goto(f"{site}/admin/orders/order/?promise=broken")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(broken.number)
    # when
    page.goto(f"{site}/admin/orders/order/{late.pk}/change/")
    # then
    expect(page.locator("#lines")).to_contain_text("Promise at risk")
    expect(page.locator("#requests")).to_contain_text("SOHO booked Post Eco; arrives then")
    shot(page, "promise-at-risk")
    page.goto(f"{site}/admin/orders/order/{broken.pk}/change/")
    expect(page.locator("#lines")).to_contain_text("Promise broken")
    expect(page.locator("#timeline")).to_contain_text("Promise broken: line 1 was promised by")
    expect(page.locator("#timeline")).to_contain_text("What Soho (SOHO) sent has arrived")
    shot(page, "promise-broken")
