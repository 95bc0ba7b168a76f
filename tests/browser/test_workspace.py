"""The workspace by the keyboard alone: views, columns, chosen rows, bulk jobs, the palette and the keys."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from oms.infra.database.context import retailer_context
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 60


@pytest.fixture
def site(port: int) -> str:
    """Acme with anna, who may do everything, one lamp in Soho, and sixty orders of one lamp each."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        stock_received(soho, ProductFactory.create(sku="LAMP"), 1)
        for number in range(ORDERS):
            order_placed(("LAMP", 1), number=str(number))
    return f"http://acme.localhost:{port}"


def work() -> None:
    """A worker does what has been asked for, and stops."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
    }  # fmt: skip
    command = [sys.executable, "manage.py", "work", "--until-empty"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


def test_all_that_match_are_held_and_let_go_again(site: str, page: Page) -> None:
    # given: a row is chosen by the keyboard
    sign_in(page, f"{site}/admin/orders/order/?status=open")
    page.keyboard.press("j")
    expect(page.locator("#result_list tr.data-row").first.locator("th a")).to_be_focused()
    page.keyboard.press("x")
    bar = page.locator("#changelist-actions")
    expect(bar).to_contain_text("1 of 50 selected")
    # when: then all that match
    page.locator("#action-toggle").check()
    bar.get_by_role("button", name="Select all 60 that match").click()
    expect(bar).to_contain_text("All 60 orders that match are selected")
    bar.get_by_label("What to do with the chosen rows").select_option("hold_place")
    bar.get_by_role("button", name="Go on").click()
    # then
    expect(page.get_by_role("heading", name="Place a hold: exactly 60 orders")).to_be_visible()
    # when
    page.get_by_label("Name of the hold").fill("stock_check")
    page.get_by_label("Why").fill("The shelf is being counted")
    page.get_by_role("button", name="Place a hold: 60 orders").click()
    expect(page.get_by_text("0 of 60 seen to")).to_be_visible()
    work()
    # then: the page tells by itself
    expect(page.get_by_role("heading", name="Place a hold: 60 orders")).to_contain_text("Done")
    # when: it is taken back
    page.get_by_role("button", name="Undo: release a hold").click()
    expect(page.get_by_role("heading", name="Release a hold: exactly 60 orders")).to_be_visible()
    page.get_by_role("button", name="Release a hold: 60 orders").click()
    work()
    expect(page.get_by_role("heading", name="Release a hold: 60 orders")).to_contain_text("Done")
    work()  # orders that a hold has let go are routed by themselves: the one lamp is given away
    # when: all others are routed
    page.goto(f"{site}/admin/orders/order/?status=open")
    page.locator("#action-toggle").check()
    bar.get_by_role("button", name="Select all 59 that match").click()
    bar.get_by_label("What to do with the chosen rows").select_option("route")
    bar.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Route now: 59 orders").click()
    expect(page.get_by_text("You can close this page")).to_be_visible()
    page.goto(f"{site}/admin/")
    work()
    page.get_by_role("link", name="Bulk jobs", exact=True).click()
    page.get_by_role("link", name="Route now").click()
    # then
    expect(page.locator("#bulk-told + a")).to_be_visible()
    expect(page.get_by_role("row", name="no location has stock").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as a table").click()
    assert len(download.value.path().read_text().splitlines()) == 60  # the heading and 59 orders


def test_a_view_with_its_columns_is_kept_and_opens_the_list(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/orders/order/?status=open")
    # when: columns are chosen
    page.locator("summary", has_text="Columns").press("Enter")
    page.get_by_label("City").press("Space")
    page.get_by_label("Total").press("Space")
    page.get_by_role("button", name="Show", exact=True).first.press("Enter")
    expect(page.locator("th.column-city")).to_be_visible()
    expect(page.locator("th.column-owed")).to_have_count(0)
    # when: it is kept
    page.locator("summary", has_text="Save view").press("Enter")
    page.get_by_label("Keep what is shown as").fill("By city")
    page.get_by_label("Share it with everybody").press("Space")
    page.get_by_label("Open this list with it").press("Space")
    page.get_by_role("button", name="Keep").press("Enter")
    # then
    expect(page.get_by_role("link", name="By city")).to_have_attribute("aria-current", "page")
    # when: the list is opened as a whole
    page.goto(f"{site}/admin/orders/order/")
    expect(page.locator("th.column-city")).to_be_visible()
    assert "status=open" in page.url
    # when: another filter
    page.get_by_role("navigation", name="Filter").get_by_role("link", name="Held").click()
    page.get_by_role("button", name="Save changes to By city").click()
    # then
    assert "status=held" in page.url
    expect(page.get_by_text("The view By city now shows this.")).to_be_visible()


def test_the_palette_keeps_the_keyboard_and_gives_it_back(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/orders/order/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#result_list tr.data-row").nth(1).locator("th a")
    expect(second).to_be_focused()
    # when
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find anything")
    expect(field).to_be_focused()
    for _ in range(4):  # round and round inside: the browser's own chrome lies between
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('#oms-palette') !== null"
        )
    page.keyboard.press("Escape")
    # then
    expect(second).to_be_focused()
    # when: a page by a part of its name, chosen by the arrows
    page.keyboard.press("Control+k")
    field.press_sequentially("loc")
    options = page.locator("#command-results-list [role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    first = field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") != first
    # when: Enter comes before the answer does
    field.fill("web-7")
    page.keyboard.press("Enter")
    # then
    expect(page.get_by_role("heading", level=2, name="WEB-7")).to_be_visible()


def test_enter_opens_what_is_typed_though_the_answer_to_less_comes_late(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/orders/order/")
    held: list[Route] = []
    late = re.compile(r"/search/.*s=loc$")
    page.route(late, lambda route: held.append(route))
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find anything")
    with page.expect_request(late):
        field.fill("loc")
    # when: the number is typed and sent off before the look-up of it has begun, and only now the old answer arrives
    field.evaluate("""field => {
        field.value = "web-7";
        field.dispatchEvent(new InputEvent("input"));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    }""")
    held[0].continue_()
    # then
    expect(page.get_by_role("heading", level=2, name="WEB-7")).to_be_visible()


def test_single_keys_can_be_switched_off(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/orders/order/")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    keys.get_by_label("Single keys work").uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    # when
    for key in ("?", "/", "j"):
        page.keyboard.press(key)
    # then
    expect(keys).to_be_hidden()
    expect(page.locator("#searchbar")).not_to_be_focused()
    page.get_by_role("button", name="Keys").click()
    keys.get_by_label("Single keys work").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()


def test_the_menu_is_passed_over_and_used_by_the_keyboard(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/orders/order/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main#content")).to_be_focused()
    page.locator(".oms-user-toggle").press("Enter")
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
