"""A captured order is reviewed by the retailer's own rules; a hold keeps it from routing until it is released."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fulfilment.routing.services import orders_route
from modules.journal import unpack
from modules.models import Decision
from modules.services import revise
from oms.infra.models import Event
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewLine, NewOrder
from orders.models import Channel, Order, OrderHold
from orders.services import NoSuchHold, hold_release, orders_capture


@pytest.fixture
def shop(acme: None) -> None:
    """A shop that holds orders of 500 GBP and more from being allocated."""
    Channel.objects.create(code="web", name="Web", currency="GBP")
    Product.objects.create(sku="LAMP")
    with revise(author="maria", reason="look at large orders") as revision:
        revision.put("order_management", "hold_rule", "large", {
            "title": "Large orders", "blocks": ["allocate"], "instructions": "Call the customer.",
            "groups": [{"conditions": [{"field": "total", "operator": "at_least", "value": "500.00"}]}],
        })  # fmt: skip


def capture(number: str, price: str) -> Order:
    order = NewOrder(
        external_number=number,
        placed_at=datetime(2026, 11, 1, tzinfo=UTC),
        currency="GBP",
        lines=(NewLine(sku="LAMP", quantity=1, unit_price=Decimal(price)),),
        destination=Destination(country="GB"),
    )
    [captured] = orders_capture(channel="web", orders=[order], actor="test")
    return Order.objects.get(pk=captured.order_id)


def test_an_order_that_meets_a_rule_is_held_with_the_reason_in_words(shop: None) -> None:
    small, large = capture("1", "499.99"), capture("2", "500.00")
    assert (small.status, large.status) == ("open", "held")
    hold = OrderHold.objects.get()
    assert (hold.order, hold.code, hold.blocks, hold.status) == (large, "large", ["allocate"], "active")
    assert hold.why
    assert list(Event.objects.filter(subject="WEB-2").values_list("name", flat=True)) == [
        "order.held.v1", "order.captured.v1",
    ]  # fmt: skip
    assert list(Decision.objects.filter(policy="review").order_by("id").values_list("subject", "outcome")) == [
        ("WEB-1", {"holds": []}), ("WEB-2", {"holds": [["large", ["allocate"]]]}),
    ]  # fmt: skip


def test_a_held_order_is_not_routed_until_its_hold_is_released(shop: None) -> None:
    order = capture("2", "500.00")
    assert orders_route(order_ids=[order.pk], actor="test").orders == 0
    hold_release(order_number="WEB-2", code="large", actor="maria")
    order.refresh_from_db()
    assert order.status == "open"
    assert orders_route(order_ids=[order.pk], actor="test").orders == 1
    with pytest.raises(NoSuchHold):
        hold_release(order_number="WEB-2", code="large", actor="maria")


def test_orders_of_a_customer_within_a_day_are_counted(shop: None) -> None:
    # given
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    hours = {"1": -24, "2": -23, "3": -1, "4": 0, "5": 1}
    orders = [
        NewOrder(
            external_number=number, placed_at=noon + timedelta(hours=since), currency="GBP",
            lines=(NewLine(sku="LAMP", quantity=1, unit_price=Decimal("1.00")),), customer_reference="C-1",
        )
        for number, since in hours.items()
    ]  # fmt: skip
    # when: most of them come together, out of their order, and one later
    orders_capture(channel="web", orders=[orders[3], orders[0], orders[2]], actor="test")
    orders_capture(channel="web", orders=[orders[1], orders[4]], actor="test")
    # then
    recent = {
        made.subject: unpack(bytes(made.facts)).get("recent", 0) for made in Decision.objects.filter(policy="review")
    }
    assert recent == {"WEB-4": 1, "WEB-1": 0, "WEB-3": 1, "WEB-2": 1, "WEB-5": 2}
