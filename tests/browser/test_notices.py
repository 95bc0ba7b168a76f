"""Templates and notices as people see them: no finding of axe-core, and nothing that the content policy refuses."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.notices.kinds import NoticeKind
from oms.web.notices.models import Notice
from oms.web.notices.services.write import notices_write
from orders.events import OrderCaptured
from tests.browser.accessibility import findings
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.notices import template_made
from tests.factories.orders import CustomerFactory, order_placed


@pytest.fixture
def site(port: int) -> str:
    """A template, and two notices of it: one that waits and one that could not be sent."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna", first_name="Anna", last_name="Price")
        ProductFactory.create(sku="LAMP", name="Brass lamp")
        CustomerFactory.create(reference="ada", name="Ada Clarke", email="ada@example.com")
        template_made(NoticeKind.CONFIRMED, reply_to="care@acme.example")
        for number in ("7", "8"):
            order_placed(("LAMP", 2), number=number, customer="ada", placed_at=timezone.now())
        notices_write(events=list(Event.objects.filter(name=OrderCaptured.NAME)))
        Notice.objects.filter(order__number="WEB-8").update(status="failed", reason="550 no such mailbox", tries=1)
    return f"http://acme.localhost:{port}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_template_is_looked_at_before_it_is_kept(site: str, page: Page, theme: str) -> None:
    # given
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    page.add_init_script(f"localStorage.setItem('adminTheme', JSON.stringify('{theme}'))")
    sign_in(page, f"{site}/admin/notices/noticetemplate/add/")
    found = {"kinds": findings(page)}
    # when
    page.get_by_role("link", name="Order confirmed").click()
    page.get_by_label("Channel").select_option("Web shop")
    page.get_by_label("Subject").fill("Thank you, {customer}")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Thank you, Ada Clarke").wait_for()
    found["preview"] = findings(page)
    page.get_by_label("Subject").fill("Thank you, {name}")
    page.get_by_role("button", name="Keep the template").click()
    page.get_by_text("There is no field {name} here.").wait_for()
    found["refused"] = findings(page)
    page.get_by_label("Subject").fill("Thank you")
    page.get_by_role("button", name="Keep the template").click()
    page.get_by_text("The template is kept.").wait_for()
    found["template"] = findings(page)
    for address in ("notices/noticetemplate/", "notices/notice/"):
        page.goto(f"{site}/admin/{address}")
        found[address] = findings(page)
    page.goto(f"{site}/admin/notices/notice/?status=failed")
    page.get_by_role("link", name="Order confirmed").click()
    page.get_by_text("550 no such mailbox").wait_for()
    found["failed"] = findings(page)
    page.get_by_role("button", name="Send now").click()
    page.get_by_text("It is being sent to ada@example.com.").wait_for()
    # then
    assert {where: told for where, told in found.items() if told} == {}
    assert refused == []
