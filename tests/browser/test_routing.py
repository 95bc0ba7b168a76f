"""Routing in a browser: a draft is tried beside its form, what waits is looked through, a location refuses."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_offered


@pytest.fixture
def site(port: int) -> str:
    """Soho is to send WEB-7; WEB-8 waits for a vase."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        stock_received(soho, ProductFactory.create(sku="LAMP", name="Brass lamp"), 12)
        stock_received(soho, ProductFactory.create(sku="VASE", name="Green vase"), 1)
        request_offered(order_placed(("LAMP", 2), number="7", customer="C-9"))
        orders_route(order_ids=[order_placed(("VASE", 3), number="8").pk], actor="routing")
    return f"http://acme.localhost:{port}"


def test_a_draft_is_tried_beside_its_form_and_stays_as_it_was_typed(site: str, page: Page) -> None:
    # given
    sign_in(page, f"{site}/admin/profile/edit/order_routing/routing_strategy/?key=default")
    page.get_by_label("Why").fill("nearer")
    # when
    page.get_by_role("button", name="What would it change?").click()
    # then
    panel = page.locator("#routing-panel")
    expect(panel).to_contain_text("of the last 2 orders would go another way")
    # when
    page.get_by_label("Try on an order").fill("WEB-7")
    panel.get_by_role("button", name="Try", exact=True).click()
    # then: nothing was saved, and it can still be
    expect(panel).to_contain_text("2 × LAMP from Soho (SOHO)")
    expect(panel).to_contain_text("Nothing was saved, reserved or sent.")
    expect(page.get_by_label("Why")).to_have_value("nearer")
    expect(page.get_by_role("button", name="Save", exact=True).last).to_be_enabled()


def test_what_waits_is_looked_through_and_a_location_refuses(site: str, page: Page) -> None:
    # given
    sign_in(page, f"{site}/admin/routing/queueentry/?queue=backorder")
    expect(page.locator("#result_list")).to_contain_text("WEB-8")
    # when: WEB-7's request is rejected
    page.goto(f"{site}/admin/requests/fulfilmentrequest/")
    page.get_by_role("link", name="WEB-7/1").click()
    page.get_by_text("Cannot send something …").click()
    page.get_by_label("Units of LAMP that cannot be sent").fill("2")
    page.get_by_role("button", name="Show what follows").click()
    # then: the consequence comes first
    expect(page.get_by_text("its stock here is set to none")).to_be_visible()
    page.get_by_role("button", name="Reject 2 units").click()
    expect(page.get_by_text("2 units given back; another location is looked for.")).to_be_visible()
    expect(page.get_by_text("Refused here")).to_be_visible()
