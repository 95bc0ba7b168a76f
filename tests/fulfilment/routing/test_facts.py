"""What a release is told, and what that costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fulfilment.routing.domain.policies import LATER_FACTS
from fulfilment.routing.selectors import orders_to_route
from fulfilment.routing.services import orders_route
from modules.contracts.routing_json import facts_from_json, facts_to_json, network_from_json, network_to_json
from modules.contracts.routing_runs import ConsolidationRule
from orders.domain.capture import NewLine, NewOrder
from orders.models import Order
from orders.services import orders_capture
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import LONDON, PLACED_AT, ChannelFactory, order_placed
from tests.fulfilment.routing.releases import Told, adopt


def express() -> Order:
    """An order that says everything."""
    ChannelFactory.create()
    ProductFactory.create(
        sku="LAMP", category="light", length_mm=300, width_mm=200, height_mm=100, sold_from=date(2026, 12, 1)
    )
    order = NewOrder(
        external_number="1", placed_at=PLACED_AT, currency="GBP", destination=LONDON, method="express", priority=3,
        promise_by=date(2026, 3, 5), attributes={"gift": "yes"},
        lines=(NewLine(sku="LAMP", quantity=2, unit_price=Decimal("10.00")),),
    )  # fmt: skip
    [captured] = orders_capture(channel="web", orders=[order], actor="shop", react=False)
    return Order.objects.get(pk=captured.order_id)


def test_an_order_says_how_it_is_to_travel(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    policies = Told()
    adopt(monkeypatch, policies)
    LocationFactory.create(code="SOHO", postal_code="W1")
    # when
    orders_route(order_ids=[express().pk], actor="routing")
    # then
    [facts] = policies.asked
    assert (facts.method, facts.priority, facts.promise_by) == ("express", 3, "2026-03-05")
    assert (facts.value, facts.attributes, facts.postal_code) == (Decimal("20.0000"), {"gift": "yes"}, "E1 6AN")
    [line] = facts.lines
    assert (line.category, line.millimetres, line.sold_from) == ("light", (300, 200, 100), "2026-12-01")
    assert facts.network.by_code["SOHO"].postal_code == "W1"
    # and they are written down and read back as they were
    network = network_from_json(network_to_json(facts.network))
    assert facts_to_json(facts_from_json(facts_to_json(facts), network)) == facts_to_json(facts)


def questions(policies: Told, monkeypatch: pytest.MonkeyPatch, order: Order) -> int:
    adopt(monkeypatch, policies)
    orders_route(order_ids=[order.pk], actor="routing")
    Order.objects.filter(pk=order.pk).update(routing_release="")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        orders_route(order_ids=[order.pk], actor="routing")
    return len(asked)


def test_what_no_release_needs_is_not_asked_for(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    LocationFactory.create(code="SOHO")
    order = order_placed()
    without = questions(Told(), monkeypatch, order)
    everything = questions(
        Told(needs=LATER_FACTS, rule=ConsolidationRule(hours=4)), monkeypatch, order_placed()
    )  # fmt: skip
    assert everything > without
    # as before there was more to know: orders, lines, four of the profile, locations, taken, stock, a savepoint,
    # its end, the pin, the context, the decision, two of the queue
    assert without == 16


def test_attributes_are_texts(acme: None) -> None:
    order = order_placed()
    for wrong in ('{"a": 1}', '["a"]', '{"a": {"b": "c"}}'):
        with pytest.raises(IntegrityError, match="order_attributes_are_texts"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("UPDATE orders_order SET attributes = %s::jsonb", [wrong])
    assert order.attributes == {}


def test_a_location_that_refused_a_line_has_nothing_for_its_order(acme: None) -> None:
    store = LocationFactory.create(code="SOHO")
    product = ProductFactory.create(sku="LAMP")
    stock_received(store, product, 5)
    order = order_placed(("LAMP", 1))
    [told] = orders_to_route([order.pk])
    assert told.excluded == {}
