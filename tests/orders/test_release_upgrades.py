"""A retailer goes from the first release of Order Management to the newest and back, with its orders and its rules."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from modules.domain.canonical import Body
from modules.models import Decision
from modules.profile import current_profile
from modules.services import profile_begin, revise
from modules.services.revise import UnknownCode
from modules.services.upgrade import module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from modules.services.verify import profile_verify
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewLine, NewOrder, NewPayment
from orders.models import Channel, OrderHold
from orders.services import orders_capture

MODULE = "order_management"


def capture(first: int, prices: list[str]) -> list[str]:
    """Capture an order for each price; the holds that they got."""
    orders = [
        NewOrder(
            external_number=str(number), placed_at=datetime(2026, 11, 20, 22, 30, tzinfo=UTC), currency="GBP",
            lines=(NewLine(sku="LAMP", quantity=1, unit_price=Decimal(price)),),
            payments=(NewPayment(kind="gift_card", gateway="sandbox", amount=Decimal(price), captured=True,
                                 authorisation=f"A-{number}"),),
            destination=Destination(country="GB", postal_code="BT1 1AA"),
        )
        for number, price in enumerate(prices, first)
    ]  # fmt: skip
    captured = orders_capture(channel="web", orders=orders, actor="test", react=False)
    found = OrderHold.objects.filter(order__in=[item.order_id for item in captured])
    return [f"{hold.order.number}: {hold.code}" for hold in found.select_related("order").order_by("id")]


@pytest.fixture
def shop(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acme on 1.0 with a limit of 500 GBP, and every release as if it were published."""
    monkeypatch.setattr("modules.services.upgrade.is_published", lambda module, version: True)
    with retailer_context("acme"):
        profile_begin(author="setup", adopt={MODULE: "1.0.0"})
        Channel.objects.create(code="web", name="Web", currency="GBP")
        Product.objects.create(sku="LAMP")
        with revise(author="maria", reason="large orders") as revision:
            revision.put(MODULE, "order_review", "default", {"value_limit": "500.00", "currency": "GBP"})
        assert capture(1, ["499.99", "500.01", "20.00"]) == ["WEB-2: value_review"]


def promote(to: str) -> None:
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=MODULE, to=to, author="maria")
    replay = upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    assert (replay.replayed, replay.changed, replay.baseline_differences) == (3, 0, 0)
    with retailer_context("acme"):
        upgrade.refresh_from_db()
        assert upgrade.status == "ready", upgrade.review
        upgrade_promote(upgrade_id=upgrade.pk, author="maria")


def test_from_the_first_release_to_the_newest_and_back(shop: None) -> None:
    # given
    promote("3.0.0")
    with retailer_context("acme"):
        profile = current_profile()
        assert sorted(profile.of_module(MODULE)["edit_policy"]) == ["channel", "customer", "staff"]
        # when: rules of the new release are added to the converted one
        rule: Body = {"title": "Islands", "blocks": ["ship"], "instructions": "Ask for the weight.", "groups": [
            {"match": "all", "conditions": [
                {"field": "postal_code", "operator": "starts_with", "value": "BT, IM"},
                {"field": "payment", "operator": "one_of", "value": "gift_card"},
                {"field": "time_of_day", "operator": "at_least", "value": "22:00"},
            ]},
        ]}  # fmt: skip
        with revise(author="maria", reason="islands") as revision:
            revision.put(MODULE, "hold_rule", "islands", rule)
        # then
        assert capture(10, ["499.99", "500.01"]) == ["WEB-10: islands", "WEB-11: islands", "WEB-11: value_review"]
        made = Decision.objects.filter(policy="review", subject="WEB-10").get()
        assert made.release == "3.0.0"
    with retailer_context("acme"):
        module_rollback(module=MODULE, author="maria")
        assert current_profile().adopted[MODULE] == "1.0.0"
        assert capture(20, ["499.99", "500.01"]) == ["WEB-21: value_review"]
        assert profile_verify() == []


def test_a_policy_is_for_somebody_who_can_ask(shop: None) -> None:
    promote("3.0.0")
    with (
        retailer_context("acme"),
        pytest.raises(UnknownCode, match="it is customer, staff or channel"),
        revise(author="maria", reason="robots") as revision,
    ):
        revision.put(MODULE, "edit_policy", "robot", {"actions": [], "confirm_above": []})
