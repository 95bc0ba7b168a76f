"""Rules with groups of conditions: a list of lists in a form, on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from modules.domain.canonical import Body, Json
from modules.services.revise import revise
from oms.infra.database.context import retailer_context
from tests.browser.test_admin import sign_in
from tests.factories.accounts import ManagerFactory

ADDRESS = "/admin/profile/edit/order_management/hold_rule/?key=risk"


def group(match: str, *conditions: tuple[str, str, str]) -> Json:
    written: list[Json] = [
        {"field": field, "operator": operator, "value": value} for field, operator, value in conditions
    ]
    return {"match": match, "conditions": written}


@pytest.fixture
def site(port: int) -> str:
    """Acme with anna and a rule of two groups."""
    rule: Body = {
        "title": "Risky orders", "blocks": ["allocate", "capture"], "match": "any", "instructions": "Call.",
        "groups": [
            group("all", ("total", "above", "500.00"), ("country", "one_of", "FR")),
            group("any", ("time_of_day", "at_least", "22:00"), ("time_of_day", "below", "06:00")),
        ],
    }  # fmt: skip
    with retailer_context("acme"):
        ManagerFactory.create(username="anna")
        with revise(author="anna", reason="a rule") as revision:
            revision.put("order_management", "hold_rule", "risk", rule)
    return f"http://acme.localhost:{port}"


@pytest.mark.parametrize("width", [400, 1280])
def test_the_form_is_as_wide_as_the_window(site: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, f"{site}{ADDRESS}")
    expect(page.get_by_label("Title")).to_have_value("Risky orders")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_condition_is_added_to_a_group_and_saved(site: str, page: Page) -> None:
    # given
    sign_in(page, f"{site}{ADDRESS}")
    # when
    page.get_by_role("button", name="Add condition").nth(1).click()
    page.locator("[name='body.groups.1.conditions.2.field']").select_option("postal_code")
    page.locator("[name='body.groups.1.conditions.2.operator']").select_option("starts_with")
    page.locator("[name='body.groups.1.conditions.2.value']").fill("BT, IM")
    page.get_by_label("Why").fill("the islands")
    page.get_by_role("button", name="Save", exact=True).last.click()
    # then
    expect(page.get_by_text("Nothing was saved")).to_have_count(0)
    page.goto(f"{site}{ADDRESS}")
    expect(page.locator("[name='body.groups.1.conditions.2.value']")).to_have_value("BT, IM")
    expect(page.locator("[name='body.groups.0.conditions.1.value']")).to_have_value("FR")
