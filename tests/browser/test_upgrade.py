"""A whole upgrade by its screens alone: from the notice to going back, with the worker doing its part."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Dialog, Page, expect

from fulfilment.routing.services import orders_route
from modules.services.upgrade import upgrade_begin, upgrade_preview
from oms.infra.database.context import retailer_context
from tenants.cloning import clones_of, staging_drop
from tenants.cloning.services import label_of
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 300


@pytest.fixture
def site(port: int) -> str:
    """Acme with anna, two locations, and orders that routing 1.0 has split between them."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        york = LocationFactory.create(code="YORK", name="York", latitude=53.96, longitude=-1.08)
        lamp, vase = ProductFactory.create(sku="LAMP"), ProductFactory.create(sku="VASE")
        for place, product in ((soho, lamp), (york, lamp), (york, vase)):
            stock_received(place, product, 2 * ORDERS)
        placed = [order_placed(("LAMP", 1), ("VASE", 1), number=str(number)) for number in range(ORDERS)]
        orders_route(order_ids=[order.pk for order in placed], actor="routing")
    return f"http://acme.localhost:{port}"


@pytest.fixture
def clones_apart() -> Iterator[None]:
    """No other test process makes or drops clones meanwhile: their roles belong to the server."""
    with (settings.DATA_FOLDER / "staging-clones.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        for clone in clones_of():
            staging_drop(source=clone.source, label=label_of(clone.source, clone.schema))
        connections["deploy"].close()


def work() -> None:
    """A worker does what has been asked for, and stops."""
    command = [sys.executable, "manage.py", "work", "--until-empty"]
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
    }  # fmt: skip
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


def test_a_module_is_upgraded_and_taken_back_by_its_screens(site: str, page: Page) -> None:
    # given: anna configures a location in the form of release 1.0
    sign_in(page, f"{site}/admin/profile/")
    expect(page.locator("#order_routing")).to_contain_text("New release 3.0.2")
    page.get_by_role("link", name="Routing strategy").click()
    page.get_by_label("Greatest distance in km").fill("900")
    page.get_by_role("button", name="Add location setting").click()
    expect(page.get_by_role("combobox", name="Location")).to_be_focused()
    page.get_by_role("combobox", name="Location").fill("SOHO")
    page.get_by_role("button", name="Add location setting").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Remove location setting").nth(1).click()
    expect(page.get_by_role("combobox", name="Location")).to_have_count(1)
    expect(page.get_by_label("Greatest distance in km")).to_have_value("900")
    page.get_by_label("Why").fill("Not from farther away")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.get_by_text("Saved as revision 2")).to_be_visible()

    # when: she begins the upgrade and reviews her documents
    page.get_by_role("link", name="Profile", exact=True).first.click()
    page.get_by_role("link", name="Upgrades").last.click()
    page.locator("#order_routing summary", has_text="2.0.0").click()  # the newest is open, older ones are folded
    page.locator("#order_routing").get_by_role("button", name="Begin the upgrade to 2.0.0").click()
    expect(page.get_by_text("0 of 2 reviewed")).to_be_visible()
    page.locator("[id='location_policy/SOHO']").get_by_role("link", name="Merge").click()
    page.get_by_label("Handling per unit").fill("0.40")
    page.get_by_role("button", name="Use this when it is promoted").click()
    expect(page.get_by_text("1 of 2 reviewed")).to_be_visible()
    page.get_by_role("button", name="Keep mine for all that is left").click()
    expect(page.get_by_text("2 of 2 reviewed")).to_be_visible()

    # when: she asks for a preview and watches it
    page.get_by_role("link", name="Next: preview").click()
    page.get_by_role("button", name="Begin the preview").dblclick()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    # then: the page has found out by itself
    expect(page.get_by_role("heading", name=f"{ORDERS} recorded decisions, made again")).to_be_visible()
    expect(page.locator("#causes tr")).not_to_have_count(0)
    first = page.locator("#changed details").first
    expect(first).to_contain_text("1 × LAMP from Soho (SOHO)")
    expect(first).to_contain_text("1 × LAMP from York (YORK)")
    page.locator("#changed").get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 15")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as a table").click()
    assert len(download.value.path().read_text().splitlines()) == ORDERS + 1

    # when: she promotes it, not without typing its name
    page.get_by_role("link", name="Next: promote").click()
    page.get_by_role("button", name="Promote 2.0.0").click()
    expect(page.get_by_text("Type order_routing to confirm.")).to_be_visible()
    page.get_by_label("Type order_routing to confirm").fill("order_routing")
    page.get_by_role("button", name="Promote 2.0.0").dblclick()
    # then
    expect(page.get_by_role("heading", name="Order routing 2.0.0 is live since revision 3")).to_be_visible()

    # when: she goes back
    page.get_by_role("link", name="Roll back to 1.0.0").click()
    expect(page.get_by_text("No order has been taken on by 2.0.0 yet.")).to_be_visible()
    page.get_by_label("Why").fill("Only a rehearsal")
    page.get_by_role("button", name="Roll back to 1.0.0").dblclick()
    # then: everything is as it was, and the history tells all of it
    expect(page.get_by_text("Order routing is back at 1.0.0 since revision 4.")).to_be_visible()
    page.goto(f"{site}/admin/profile/history/compare/?before=2&after=4")
    expect(page.get_by_text("Nothing differs.")).to_be_visible()
    page.goto(f"{site}/admin/profile/history/")
    expect(page.locator("tbody tr")).to_have_count(4)
    for why in ("Only a rehearsal", "Not from farther away"):
        expect(page.get_by_text(why)).to_be_visible()


def test_what_has_been_typed_is_not_lost_by_a_click(site: str, page: Page) -> None:
    # given
    sign_in(page, f"{site}/admin/profile/edit/order_routing/routing_strategy/?key=default")
    page.get_by_label("Name").fill("Half of a na")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    # when
    page.get_by_role("link", name="Cancel").click()
    # then
    expect(page.get_by_label("Name")).to_have_value("Half of a na")
    assert asked == ["beforeunload"]


def test_no_page_is_wider_than_a_phone(site: str, page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    sign_in(page, f"{site}/admin/profile/")
    for address in (
        "/admin/profile/",
        "/admin/profile/edit/order_routing/routing_strategy/?key=default",
        "/admin/profile/new/order_management/hold_rule/",
        "/admin/profile/history/",
        "/admin/profile/history/1/",
        "/admin/upgrades/",
    ):
        page.goto(f"{site}{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.fixture
def previewed(site: str) -> tuple[str, int]:
    """Anna has reviewed release 2.0 and replayed her orders: the site, and the number of the upgrade."""
    with retailer_context("acme"):
        upgrade = upgrade_begin(module="order_routing", to="2.0.0", author="anna")
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    return site, upgrade.pk


def test_a_release_is_clicked_through_in_a_clone_promoted_and_measured(
    clones_apart: None, previewed: tuple[str, int], page: Page
) -> None:
    # given
    site, number = previewed
    sign_in(page, f"{site}/admin/upgrades/{number}/preview/")
    expect(page.get_by_role("link", name="Upgrades 1 new")).to_be_visible()
    # when: she asks for a clone, and a worker makes it
    page.get_by_role("button", name="Open in a staging clone").dblclick()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    expect(page.get_by_text(f"staging-u{number}.acme.localhost")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Go to the clone").click()
    # then: she is signed in there, and everything is as it will be
    clone = opened.value
    banner = clone.locator("#staging-banner")
    expect(banner).to_contain_text(f"Preview of Order routing 2.0.0 for upgrade {number}")
    expect(clone.locator("#order_routing")).to_contain_text("2.0.0")
    clone.get_by_role("link", name="Routing strategy").click()
    expect(clone.get_by_role("heading", name="Routing strategy").first).to_be_visible()
    clone.locator("#staging-banner").get_by_role("link", name="Back to the upgrade").click()
    expect(clone.get_by_role("link", name="Next: promote")).to_be_visible()
    assert clone.url.startswith(f"{site}/")
    clone.close()
    # when: she promotes it
    page.get_by_role("link", name="Next: promote").click()
    page.get_by_label("Type order_routing to confirm").fill("order_routing")
    page.get_by_role("button", name="Promote 2.0.0").click()
    # then: what it brings is measured
    measures = page.locator("#kpis")
    expect(measures).to_contain_text("Too few orders to tell yet")
    expect(measures.get_by_role("row", name="Split rate")).to_be_visible()
    expect(measures).to_contain_text(
        "Not measured: nothing of these orders left in a parcel that was booked with a price."
    )
    # when: she has no use for the clone any more
    page.get_by_role("link", name="2. Preview").click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_text("Dropping the clone")).to_be_visible()
    work()
    expect(page.get_by_text("Dropping the clone")).not_to_be_visible()
    expect(page.get_by_role("button", name="Go to the clone")).to_have_count(0)
