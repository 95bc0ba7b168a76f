"""How many modules have a newer release stands in the sidebar of every page, and costs no statement."""

from __future__ import annotations

import re

from modules.models import ModuleAdoption
from modules.services import profile_begin, revise
from modules.services.upgrade import module_hold, module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from oms.web.profile.screens import VIEW
from tests.oms.web.back_office import Page, manager, platform_manager, staff, statements


def badge(page: Page) -> str:
    """What stands beside “Upgrades” in the sidebar."""
    html = page.content.decode()
    found = re.search(r'(?s)href="/admin/upgrades/" class="oms-menu-link.*?<span>Upgrades</span>(.*?)</a>', html)
    assert found is not None
    return re.sub(r"<[^>]*>", "", found.group(1)).strip()


def test_it_counts_modules_with_a_newer_release_that_are_not_held(unbegun: None) -> None:
    profile_begin(author="platform", adopt={"order_routing": "1.0.0", "order_management": "1.1.0"})
    client = manager()
    assert badge(client.get("/admin/")) == "2 new"
    # when: one is held
    module_hold(module="order_management", held=True, author="maria")
    assert badge(client.get("/admin/orders/order/")) == "1 new"
    # when: the other is promoted to its newest
    upgrade = upgrade_begin(module="order_routing", to="3.0.2", author="maria")
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    upgrade_promote(upgrade_id=upgrade.pk, author="maria")
    page = client.get("/admin/")
    assert badge(page) == ""
    assert "min-w-[18px]" not in page.content.decode()
    # when: it is taken back
    module_rollback(module="order_routing", author="maria")
    assert badge(client.get("/admin/")) == "1 new"


def test_versions_are_compared_as_numbers(unbegun: None) -> None:
    profile_begin(author="platform")
    assert badge(manager().get("/admin/")) == ""
    with revise(author="maria", reason="pinned") as revision:
        revision.adopt("order_routing", "1.1.0")
    assert ModuleAdoption.objects.filter(release="1.1.0").exists()
    assert badge(staff(VIEW, "orders.view_order").get("/admin/orders/order/")) == "1 new"


def test_it_costs_no_statement(unbegun: None) -> None:
    profile_begin(author="platform", adopt={"order_routing": "1.0.0"})
    client = manager()
    for _ in range(2):
        with statements() as asked:
            client.get("/admin/upgrades/enter/")
            client.get("/admin/password_change/")
        reading = [statement for statement in asked if "publishing_publishedrelease" in statement]
        assert len(reading) == 1
        assert '"accounts_user"' in reading[0]


def test_whoever_may_not_see_upgrades_sees_no_badge(unbegun: None) -> None:
    profile_begin(author="platform", adopt={"order_routing": "1.0.0"})
    page = staff("orders.view_order").get("/admin/orders/order/").content.decode()
    assert ">Upgrades<" not in page
    assert "1 new" not in page


def test_the_platforms_own_site_has_none(fresh: None) -> None:
    assert platform_manager().get("/admin/tenants/retailer/").status_code == 200
