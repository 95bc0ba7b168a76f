"""The retailer's back office in a browser: from signing in to an order on its way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fulfilment.requests.domain import RequestStatus
from oms.infra.database.context import retailer_context
from tests.factories.accounts import PASSWORD, ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to


@pytest.fixture
def site(port: int) -> str:
    """Acme with anna, who may do everything, WEB-7 that was shipped in part, and WEB-8 that nobody has routed."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        stock_received(soho, ProductFactory.create(sku="LAMP", name="Brass lamp"), 12)
        stock_received(soho, ProductFactory.create(sku="VASE", name="Green vase"), 1)
        order = order_placed(("LAMP", 2), ("VASE", 3), number="7", customer="C-9")
        request_brought_to(order, RequestStatus.SHIPPED)
        order_placed(("LAMP", 4), number="8")
    return f"http://acme.localhost:{port}"


def sign_in(page: Page, address: str, username: str = "anna") -> None:
    page.goto(address)
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(address)  # and until its scripts have run: the keyboard is theirs


def test_an_order_is_found_by_its_number_and_shows_its_whole_story(site: str, page: Page) -> None:
    # given
    sign_in(page, f"{site}/admin/orders/order/?status=in_progress")
    # when: "/" leads to the search field, whatever is filtered
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.type("web-7")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="WEB-7", exact=True).click()
    # then
    expect(page.get_by_role("heading", level=2, name="WEB-7")).to_contain_text("In progress")
    expect(page.locator("#lines")).to_contain_text("VASE")
    expect(page.locator("#lines")).to_contain_text("not enough stock at any location that takes work")
    expect(page.locator("#requests")).to_contain_text("WEB-7/1")
    expect(page.locator("#requests")).to_contain_text("Chosen because: nearest with stock")
    expect(page.locator("#stock")).to_contain_text("Soho (SOHO)")
    expect(page.locator("#timeline li")).to_have_count(5)
    expect(page.locator("#timeline li").first).to_contain_text("Placed on Web shop")
    expect(page.locator("#timeline li").last).to_contain_text("3 units shipped from Soho (SOHO)")


def test_an_order_goes_from_open_to_shipped_by_its_buttons(site: str, page: Page) -> None:
    # given: Ctrl+K finds it by its number, and Enter opens it
    sign_in(page, f"{site}/admin/")
    page.keyboard.press("Control+k")
    search = page.locator("#search-input-command")
    expect(search).to_be_focused()
    search.press_sequentially("WEB-8")
    expect(page.locator("#command-results-list [role=option]").first).to_contain_text("WEB-8")
    page.keyboard.press("Enter")
    # when: the button is pressed twice
    page.get_by_role("button", name="Route now").dblclick()
    # then
    expect(page.locator("#requests details")).to_have_count(1)
    expect(page.locator("#timeline li")).to_have_count(2)
    # when
    page.get_by_role("link", name="Work on WEB-8/1").click()
    page.get_by_role("button", name="Start picking").click()
    page.get_by_role("button", name="Mark as packed").click()
    page.get_by_label("Carrier").fill("Post")
    page.get_by_label("Tracking number").fill("T-8")
    page.get_by_role("button", name="Ship").click()
    # then
    expect(page.get_by_text("WEB-8/1 has been shipped.")).to_be_visible()
    page.get_by_role("definition").get_by_role("link", name="WEB-8").click()
    expect(page.get_by_role("heading", level=2, name="WEB-8")).to_contain_text("Complete")
    expect(page.locator("#timeline li").last).to_contain_text("tracking number T-8")
    expect(page.locator("#timeline li").last).to_contain_text("anna")


def test_no_page_is_wider_than_a_phone(site: str, page: Page) -> None:
    # given
    page.set_viewport_size({"width": 400, "height": 800})
    sign_in(page, f"{site}/admin/")
    tile = page.get_by_role("link", name="Orders in progress")
    expect(tile).to_be_visible()
    # when
    tile.click()
    page.get_by_role("link", name="WEB-7", exact=True).click()
    # then
    expect(page.locator("#timeline")).to_be_attached()
    for address in (
        "/admin/",
        "/admin/orders/order/",
        page.url.removeprefix(site),
        "/admin/requests/fulfilmentrequest/",
    ):
        page.goto(f"{site}{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
