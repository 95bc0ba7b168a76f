"""Every page of the back office has no finding of axe-core, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.accounts.models import User
from oms.infra.backoffice.site import retailer_site
from oms.infra.database.context import retailer_context
from oms.web.workspace.services import bulk_confirm, bulk_draft, bulk_step, view_save
from orders.models import Order
from tests.browser.accessibility import findings
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.carriers import parcel_handed_over
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import every_stock_screen, stock_received
from tests.factories.locations import LocationFactory, LocationGroupFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to


def _bulk_pages(anna: User) -> Iterator[str]:
    """A page that asks, one that waits, and one that tells."""
    for action, steps in (("cancel", None), ("hold_place", 0), ("hold_release", 1)):
        job = bulk_draft(
            label="orders.order", action=action, rows=Order.objects.all(), chosen="status=open", given={},
            user=anna, actor="user anna",
        )  # fmt: skip
        if steps is not None:
            bulk_confirm(job_id=job.pk, given={"code": "check", "why": "because"})
            for _ in range(steps):
                bulk_step(job_id=job.pk)
        if steps != 0:  # a page that waits looks for news until it is left
            yield f"/admin/workspace/bulkjob/{job.pk}/change/"


@pytest.fixture
def pages(port: int) -> tuple[str, list[str]]:
    """The site's address, and the addresses of its pages: each list, filled and empty, forms, pages of rows."""
    with retailer_context("acme"):
        anna = ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        soho = LocationFactory.create(code="SOHO", name="Soho")
        lamp = ProductFactory.create(sku="LAMP", name="Brass lamp")
        stock_received(soho, lamp, 12)
        order = order_placed(("LAMP", 2), number="7", customer="C-9")
        request_brought_to(order, RequestStatus.SHIPPED)
        order_placed(("LAMP", 30), number="8")
        request_brought_to(order_placed(("LAMP", 1), number="9"), RequestStatus.PACKED)
        parcel_handed_over(soho)
        every_stock_screen(soho, LocationFactory.create(), lamp)
        LocationGroupFactory.create().locations.add(soho)
        view = view_save(label="orders.order", name="Open", query="status=open", user=anna, shared=True)
        bulk = list(_bulk_pages(anna))
        packed = FulfilmentRequest.objects.get(status="packed").pk
        lists = [
            f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in retailer_site._registry
        ]  # fmt: skip
    addresses = [
        "/admin/",
        *lists,
        f"/admin/orders/order/?status=open&view={view.pk}",
        "/admin/orders/order/?q=nothing",
        f"/admin/orders/order/{order.pk}/change/",
        f"/admin/requests/fulfilmentrequest/{packed}/change/",
        f"/admin/locations/location/{soho.pk}/change/",
        f"/admin/catalogue/product/{lamp.pk}/change/",
        f"/admin/accounts/user/{anna.pk}/change/",
        "/admin/locations/location/add/",
        "/admin/web/apikey/add/",
        "/admin/password_change/",
        "/admin/profile/",
        "/admin/profile/history/",
        "/admin/profile/edit/order_routing/routing_strategy/?key=default",
        "/admin/upgrades/",
        *bulk,
    ]
    return f"http://acme.localhost:{port}", addresses


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_finding(pages: tuple[str, list[str]], page: Page, theme: str) -> None:
    site, addresses = pages
    page.add_init_script(f"localStorage.setItem('adminTheme', JSON.stringify('{theme}'))")
    page.goto(f"{site}/admin/login/?next=/admin/")
    found = {"/admin/login/": findings(page, colours_only=theme == "dark")}
    sign_in(page, f"{site}/admin/")
    for address in addresses:
        answer = page.goto(f"{site}{address}")
        assert answer is not None
        assert answer.status == 200, address
        found[address] = findings(page, colours_only=theme == "dark")
    assert {address: told for address, told in found.items() if told} == {}
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_on_a_page_has_no_finding(pages: tuple[str, list[str]], page: Page, theme: str) -> None:
    site, _ = pages
    page.add_init_script(f"localStorage.setItem('adminTheme', JSON.stringify('{theme}'))")
    sign_in(page, f"{site}/admin/orders/order/")
    found = {}
    # when: the palette with its results
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("WEB-7")
    page.locator("#command-results-list [role=option]").first.wait_for()
    found["palette"] = findings(page)
    page.keyboard.press("Escape")
    # when: the keys
    page.keyboard.press("?")
    found["keys"] = findings(page)
    page.keyboard.press("Escape")
    # when: the menus above a list
    for word in ("Save view", "Columns"):
        page.locator("summary", has_text=word).click()
        found[word] = findings(page)
    # when: rows are chosen
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator("#changelist-actions").wait_for()
    found["chosen rows"] = findings(page)
    assert {what: told for what, told in found.items() if told} == {}
