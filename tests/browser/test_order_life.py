"""Changing and cancelling an order in a browser."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from oms.infra.database.context import retailer_context
from orders.models import Order
from tests.browser.accessibility import findings
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.requests import request_offered
from tests.orders.life.conftest import gateway_answers, open_shop


@pytest.fixture
def order(port: int) -> tuple[str, Order]:
    """An order of two A and one B, paid by card, offered to a location; and where the back office is."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        order = open_shop().order()
    gateway_answers()
    with retailer_context("acme"):
        request_offered(order)
    return f"http://acme.localhost:{port}", order


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("OMS_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_change_is_priced_first_and_then_done(order: tuple[str, Order], page: Page) -> None:
    site, row = order
    sign_in(page, f"{site}/admin/orders/order/{row.pk}/change/")
    shot(page, "order")
    page.get_by_role("link", name="Change order").click()
    page.get_by_label("Units of line 1", exact=True).fill("1")
    page.get_by_label("SKU to add, 1").fill("C")
    page.get_by_label("Reason").fill("the customer rang")
    page.get_by_role("button", name="Show what follows").click()
    expect(page.locator("#preview")).to_contain_text("27.00 GBP")
    expect(page.locator("#preview")).to_contain_text("24.50 GBP")
    shot(page, "change")
    page.get_by_role("button", name="Change the order").dblclick()
    expect(page.locator("#changes")).to_contain_text("the customer rang")
    expect(page.locator("#changes tbody tr")).to_have_count(1)
    expect(page.locator("#timeline")).to_contain_text("The customer pays 24.50 GBP (-2.50 GBP)")
    shot(page, "changed")


def test_units_apart_a_line_discount_and_own_fields_stay_out_of_the_way(order: tuple[str, Order], page: Page) -> None:
    site, row = order
    sign_in(page, f"{site}/admin/orders/order/{row.pk}/alter/")
    apart = page.get_by_label("Units of line 1 to put on a line of their own")
    expect(apart).to_be_hidden()
    shot(page, "change-calm")
    page.get_by_text("Send units separately").click()
    apart.fill("1")
    page.get_by_label("Code of the location that sends them, line 1").fill("SOUTH")
    page.get_by_text("Discount single lines").click()
    page.get_by_label("Discount of line 2", exact=True).fill("1.50")
    page.get_by_label("What the discount of line 2 is for").fill("scratched")
    page.get_by_text("Own fields of the order").click()
    page.get_by_label("Name of a field to add, 1").fill("wrapping")
    page.get_by_label("Value of the field to add, 1").fill("red")
    page.get_by_role("button", name="Show what follows").click()
    preview = page.locator("#preview")
    for said in ("Line 1: 1 unit apart, from SOUTH", "1.50 off line 2", "Wrapping: red", "27.00 GBP", "25.50 GBP"):
        expect(preview).to_contain_text(said)
    expect(apart).to_have_value("1")
    assert findings(page) == []
    shot(page, "change-more")
    page.get_by_role("button", name="Change the order").dblclick()
    expect(page.locator("#changes tbody tr")).to_have_count(1)
    expect(page.locator("#timeline")).to_contain_text("1.50 off line 2")
    expect(page.locator("#decisions")).to_contain_text("Allowed 3 actions")
    shot(page, "change-more-done")


def test_a_cancellation_states_its_consequence_and_asks_why(order: tuple[str, Order], page: Page) -> None:
    site, row = order
    sign_in(page, f"{site}/admin/orders/order/{row.pk}/change/")
    page.get_by_role("link", name="Cancel …").click()
    expect(page.locator("#preview")).to_contain_text("3 units will be cancelled")
    shot(page, "cancel")
    page.get_by_role("button", name="Cancel 3 units").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is cancelled")
    page.get_by_label("Reason").fill("changed their mind")
    page.get_by_role("button", name="Cancel 3 units").click()
    expect(page.locator("#timeline")).to_contain_text("Cancelled: all 3 units that had not left")
    shot(page, "cancelled")


def test_a_hold_is_placed_and_rejected(order: tuple[str, Order], page: Page) -> None:
    site, row = order
    sign_in(page, f"{site}/admin/orders/order/{row.pk}/change/")
    page.get_by_text("Hold …").click()
    page.get_by_label("Name").fill("Address")
    page.get_by_label("Why").fill("no house number")
    shot(page, "hold")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.locator(".oms-hold")).to_contain_text("No house number")
    page.get_by_text("Reject …").click()
    page.get_by_label("Everything that has not left is cancelled. Why?").fill("never reached them")
    shot(page, "reject")
    page.get_by_role("button", name="Reject and cancel").click()
    expect(page.locator("#timeline")).to_contain_text("Hold rejected: address")
