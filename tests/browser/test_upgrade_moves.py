"""Approval by a second person, orders that move along, and the way back: by the screens, with a real worker."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from modules.models import ModuleUpgrade
from modules.services.upgrade import upgrade_begin, upgrade_preview
from oms.infra.database.context import retailer_context
from tests.browser.test_admin import sign_in
from tests.browser.test_upgrade import ORDERS, site, work
from tests.factories.accounts import ManagerFactory

__all__ = ["site"]


@pytest.fixture
def ready(site: str) -> ModuleUpgrade:
    """Previewed, on the way to 2.0; bob may approve."""
    with retailer_context("acme"):
        ManagerFactory.create(username="bob")
        upgrade = upgrade_begin(module="order_routing", to="2.0.0", author="anna")
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk, limit=50)
    return upgrade


def test_two_people_promote_and_orders_move_there_and_back(
    site: str, ready: ModuleUpgrade, page: Page, browser: Browser
) -> None:
    # given: anna asks
    here = f"{site}/admin/upgrades/{ready.pk}"
    sign_in(page, f"{here}/promote/")
    page.get_by_text("Not now, or not alone").click()
    page.get_by_label("Somebody else has to approve it").check()
    page.get_by_role("button", name="Ask for it").dblclick()
    expect(page.get_by_role("heading", name="anna asks for approval")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    # when: bob agrees, and she promotes with the orders that have begun
    other = browser.new_context().new_page()
    sign_in(other, f"{here}/promote/", "bob")
    other.get_by_role("button", name="Approve").dblclick()
    expect(other.get_by_role("heading", name="Approved by bob: it can be promoted")).to_be_visible()
    page.reload()
    page.get_by_label("Move to 2.0.0 in the background").check()
    page.get_by_label("Type order_routing to confirm").fill("order_routing")
    page.get_by_role("button", name="Promote 2.0.0").dblclick()
    expect(page.get_by_role("heading", name="Order routing 2.0.0 is live since revision 2")).to_be_visible()
    work()
    # then
    page.reload()
    expect(page.get_by_text(f"{ORDERS} moved")).to_be_visible()

    # when: she goes back, and takes them along
    page.get_by_role("link", name="Roll back to 1.0.0").click()
    expect(page.get_by_text("No shipment has left since.")).to_be_visible()
    page.get_by_label("Move to 1.0.0 in the background").check()
    page.get_by_role("button", name="Roll back to 1.0.0").dblclick()
    expect(page.get_by_text("Order routing is back at 1.0.0 since revision 3.")).to_be_visible()
    work()
    # then
    page.goto(f"{site}/admin/upgrades/")
    expect(page.get_by_text(f"from 2.0.0 to 1.0.0: {ORDERS} moved.")).to_be_visible()
    expect(page.get_by_text(f"from 1.0.0 to 2.0.0: {ORDERS} moved.")).to_be_visible()
