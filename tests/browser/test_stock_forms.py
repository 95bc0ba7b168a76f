"""Forms about stock by the keyboard alone: nothing typed is lost, and nothing is saved twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from fulfilment.inventory.models import IncomingSupply, StockAdjustment, StockLevel, Transfer
from oms.infra.database.context import retailer_context
from tests.browser.accessibility import findings
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory

T = TypeVar("T")

#: Where to leave pictures for somebody to look at; none are taken without it.
PICTURES = os.environ.get("OMS_PICTURES", "")


@pytest.fixture
def site(port: int) -> str:
    """Anna, twelve lamps and four vases in Soho, nothing in Leeds."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        LocationFactory.create(code="LEEDS", name="Leeds")
        stock_received(soho, ProductFactory.create(sku="LAMP", name="Brass lamp", category="Light"), 12)
        for number in range(8):
            ProductFactory.create(sku=f"P{number}")
        stock_received(soho, ProductFactory.create(sku="VASE", name="Blue vase", gtin="4006381333931"), 4)
    return f"http://acme.localhost:{port}"


def look(page: Page, name: str) -> None:
    """No finding of axe-core, in light and in dark."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []
    page.emulate_media(color_scheme="light")


def read(question: Callable[[], T]) -> T:
    """Ask the database in a thread of its own: the browser's event loop runs in this one."""

    def answer() -> T:
        try:
            with retailer_context("acme"):
                return question()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(answer).result()


def on_hand() -> dict[str, int]:
    return read(lambda: {
        f"{level.location.code}/{level.product.sku}": level.on_hand
        for level in StockLevel.objects.select_related("location", "product")
    })  # fmt: skip


def test_a_transfer_is_written_sent_and_received_with_a_difference(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/inventory/transfer/add/")
    # given: a form with two faults
    expect(page.get_by_label("From")).to_be_focused()
    page.keyboard.type("SOHO")
    page.keyboard.press("Tab")
    page.keyboard.type("NOWHERE")
    page.get_by_label("SKU or GTIN, line 1").fill("LAMP")
    page.get_by_label("Units, line 1").fill("5")
    page.get_by_label("SKU or GTIN, line 2").fill("LAMB")
    page.get_by_label("Units, line 2").fill("1")
    look(page, "transfer")
    page.get_by_role("button", name="Write the transfer").click()
    # then: each is said at its field, and nothing typed is lost
    alert = page.locator(".inv-faults")
    expect(alert).to_contain_text("There is no location NOWHERE.")
    expect(alert).to_contain_text("There is no product LAMB.")
    expect(page.get_by_label("To", exact=True)).to_have_value("NOWHERE")
    expect(page.get_by_label("To", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Units, line 1")).to_have_value("5")
    look(page, "transfer-faults")
    # when: they are mended, with a name that the form finds, and the button is pressed twice
    page.get_by_label("To", exact=True).fill("LEEDS")
    page.get_by_label("SKU or GTIN, line 2").fill("vas")
    expect(page.locator("datalist option[value=VASE]")).to_have_count(1)
    page.get_by_label("SKU or GTIN, line 2").fill("4006381333931")
    page.get_by_role("button", name="Write the transfer").dblclick()
    expect(page.locator(".oms-messages")).to_contain_text("is written. Send it when it leaves.")
    assert read(Transfer.objects.count) == 1
    look(page, "transfer-page")
    # when: it leaves, and one lamp is missing where it arrives
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Receive with differences").click()
    expect(page.get_by_label("Arrived units of LAMP")).to_have_value("5")
    page.get_by_label("Scan or type a SKU or GTIN").fill("lamp")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Arrived units of LAMP")).to_be_focused()
    page.keyboard.type("6")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".inv-faults")).to_contain_text("Only 5 are still on their way")
    page.get_by_label("Arrived units of LAMP").fill("4")
    page.get_by_label("Nothing more will arrive").check()
    look(page, "receive")
    page.get_by_role("button", name="Receive").click()
    # then
    expect(page.locator(".oms-messages")).to_contain_text("5 units of")
    assert on_hand() == {"SOHO/LAMP": 7, "SOHO/VASE": 3, "LEEDS/LAMP": 4, "LEEDS/VASE": 1}


def test_a_count_is_entered_by_the_keyboard_and_posted(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/inventory/stockcount/add/")
    # when: nothing is named
    page.keyboard.type("SOHO")
    page.get_by_role("button", name="Begin to count").click()
    # then
    expect(page.locator(".inv-faults")).to_contain_text("one of the three")
    expect(page.get_by_label("Location")).to_have_value("SOHO")
    # when: everything, twice where it differs by more than two
    page.get_by_label("Or everything that lies there").check()
    page.get_by_label("Count again above a difference of").fill("2")
    look(page, "count-add")
    page.get_by_role("button", name="Begin to count").click()
    # then: a scanned code leads to its field, Enter to the next
    expect(page.get_by_label("Scan or type a SKU or GTIN")).to_be_focused()
    page.keyboard.type("4006381333931")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Counted units of VASE")).to_be_focused()
    page.keyboard.type("4")
    page.get_by_label("Counted units of LAMP").focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Counted units of VASE")).to_be_focused()
    look(page, "counting")
    page.keyboard.press("Control+Enter")
    # then: five lamps fewer are counted a second time
    expect(page.locator(".oms-messages")).to_contain_text("2 products counted. 1 differ by much: count them again.")
    expect(page.locator("form.inv-form")).to_contain_text("7: count again")
    page.get_by_label("Counted units of LAMP").fill("8")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Post the differences").click()
    expect(page.locator(".oms-messages")).to_contain_text("are in the ledger")
    look(page, "count-page")
    assert on_hand() == {"SOHO/LAMP": 8, "SOHO/VASE": 4}


def test_supply_is_announced_and_changed_and_stock_adjusted(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/inventory/incomingsupply/add/")
    page.keyboard.type("PO-7")
    page.get_by_label("To", exact=True).fill("SOHO")
    page.get_by_label("Expected on").fill("2020-01-02")
    page.get_by_label("SKU or GTIN, line 1").fill("LAMP")
    page.get_by_label("Units, line 1").fill("20")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".inv-faults")).to_contain_text("This day has gone by.")
    page.get_by_label("Expected on").fill("2099-01-02")
    look(page, "supply")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".oms-messages")).to_contain_text("PO-7: 1 products are announced.")
    page.get_by_role("link", name="PO-7").click()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Units expected").fill("30")
    look(page, "supply-change")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".oms-messages")).to_contain_text("PO-7: 30 on 2 Jan 2099.")
    # an adjustment that takes more than is there is refused in words
    level = read(lambda: StockLevel.objects.get(product__sku="VASE").pk)
    assert read(lambda: IncomingSupply.objects.get().quantity) == 30
    page.goto(f"{site}/admin/inventory/stocklevel/{level}/change/")
    page.get_by_role("link", name="Adjust", exact=True).click()
    page.get_by_label("Change in units").fill("-9")
    page.get_by_label("Reason").select_option("broken")
    page.get_by_role("button", name="Adjust", exact=True).click()
    expect(page.locator(".inv-faults")).to_contain_text("more would be gone than is free")
    expect(page.get_by_label("Reason")).to_have_value("broken")
    page.get_by_label("Change in units").fill("-1")
    look(page, "adjust")
    page.get_by_role("button", name="Adjust").dblclick()
    expect(page.locator(".oms-messages")).to_contain_text("-1 units of VASE")
    assert read(lambda: StockAdjustment.objects.get().quantity) == -1
    assert on_hand()["SOHO/VASE"] == 3


def test_a_filled_last_line_is_followed_by_another(site: str, page: Page) -> None:
    sign_in(page, f"{site}/admin/inventory/transfer/add/")
    page.get_by_label("From").fill("SOHO")
    page.get_by_label("To", exact=True).fill("LEEDS")
    for number in range(8):
        page.get_by_label(f"SKU or GTIN, line {number + 1}", exact=True).fill(f"P{number}")
        page.get_by_label(f"Units, line {number + 1}", exact=True).fill("1")
    page.get_by_role("button", name="Write the transfer").click()
    expect(page.locator(".oms-messages")).to_contain_text("is written")
    assert read(lambda: Transfer.objects.get().lines.count()) == 8
