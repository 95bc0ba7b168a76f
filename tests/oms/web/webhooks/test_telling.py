"""From a fact to a call: what is told to whom, once it is true and not before."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.db import connections, transaction
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from oms.infra.database.context import retailer_context
from oms.infra.verification import all_invariants, check
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.models import Attempt, Delivery, Message
from oms.web.webhooks.services.deliver import deliveries_perform
from oms.web.webhooks.services.fan_out import HISTORY
from orders.models import Order, OrderLine
from orders.services.lines_cancel import LineToCancel, lines_cancel
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import ChannelFactory, order_placed
from tests.factories.requests import request_brought_to
from tests.factories.webhooks import endpoint_made, looked, looked_through, told_everything
from tests.oms.web.webhooks.receiver import listening

EVERYTHING = tuple(CATALOGUE)


def placed(number: str, channel: str = "web") -> Order:
    return order_placed(number=number, channel=channel, placed_at=timezone.now())


def bodies(event: str = "") -> list[dict[str, Any]]:
    with retailer_context("acme"):
        rows = Message.objects.order_by("id")
        return [json.loads(row.body) for row in (rows.filter(event=event) if event else rows)]


def violated() -> list[str]:
    with retailer_context("acme"):
        return [item.name for item in all_invariants() if item.name.startswith("webhook") and check(item)]


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE)
def test_samples_fit_their_schema_and_show_nothing_of_the_house(event: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(event.schema)
    jsonschema.validate(event.sample, event.schema)
    assert "_id" not in json.dumps(event.sample)
    assert not {"actor", "token", "id"} & set(json.dumps(event.sample).split('"'))


def test_a_fact_is_told_once_signed_and_logged(fresh: None) -> None:
    # given
    with listening() as receiver:
        with retailer_context("acme"):
            _, secret = endpoint_made(receiver.url)
            placed("1")
        receiver.secrets = [secret]
        # when
        done = told_everything()
        again = told_everything()
    # then
    assert (done.calls, done.delivered, again.calls) == (1, 1, 0)
    assert receiver.unsigned == 0
    [call] = receiver.calls
    body = json.loads(call.body)
    assert body["type"] == "order.captured"
    assert body["data"] == {
        "order": {"number": "WEB-1", "channel": "web", "external_number": "1"},
        "lines": 1, "units": 1, "total": {"amount": "10.00", "currency": "GBP"},
    }  # fmt: skip
    with retailer_context("acme"):
        delivery = Delivery.objects.get()
        attempt = Attempt.objects.get()
        assert (delivery.status, delivery.attempts) == ("delivered", 1)
        assert (attempt.status, attempt.response_body) == (200, '{"ok": true}')
        assert attempt.request_headers["webhook-signature"] == "v1,(hidden)"
        assert call.headers["webhook-signature"] not in json.dumps(attempt.request_headers)
    assert violated() == []


def test_what_is_rolled_back_is_never_told(fresh: None) -> None:
    with retailer_context("acme"):
        endpoint_made()
    with retailer_context("acme"):
        placed("1")
        transaction.set_rollback(True)

    assert looked().messages == 0


def test_history_that_is_brought_in_is_not_told(fresh: None) -> None:
    with retailer_context("acme"):
        endpoint_made()
        order_placed(number="old", placed_at=timezone.now() - HISTORY - timedelta(minutes=1))
        order_placed(number="young", placed_at=timezone.now() - HISTORY + timedelta(minutes=1))
    looked()
    assert [body["data"]["order"]["number"] for body in bodies()] == ["WEB-young"]


def test_a_late_commit_behind_a_later_number_is_told(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        endpoint_made()
        ChannelFactory.create()
        ProductFactory.create(sku="A")
        ProductFactory.create(sku="B")
    recorded, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with retailer_context("acme"):
            order_placed(("A", 1), number="slow", placed_at=timezone.now())
            recorded.set()
            may_commit.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert recorded.wait(10)
    with retailer_context("acme"):
        order_placed(("B", 1), number="quick", placed_at=timezone.now())
    # when: several runs, while the fact with the lower number is not there yet
    for _ in range(4):
        looked()
    seen = [body["data"]["order"]["number"] for body in bodies()]
    may_commit.set()
    thread.join()
    looked_through()
    # then
    assert seen == ["WEB-quick"]
    assert [body["data"]["order"]["number"] for body in bodies()] == ["WEB-quick", "WEB-slow"]
    assert violated() == []


def test_filters_pass_over_what_has_no_channel_or_location(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        ChannelFactory.create(code="web")
        ChannelFactory.create(code="ebay", name="eBay")
        here, there = LocationFactory.create(code="HERE"), LocationFactory.create(code="THERE")
        product = ProductFactory.create(sku="A")
        web, _ = endpoint_made("https://web.example/", *EVERYTHING, channels=("web",), name="web")
        place, _ = endpoint_made("https://here.example/", *EVERYTHING, locations=("HERE",), name="here")
        stock_received(there, product, 5)
        order = order_placed(("A", 1), number="1", channel="ebay", placed_at=timezone.now())
        request_brought_to(order, RequestStatus.PICKING)
        stock_received(here, ProductFactory.create(sku="B"), 5)
    # when
    looked_through()
    # then
    with retailer_context("acme"):
        told = {
            name: [row.message.event for row in Delivery.objects.filter(endpoint=endpoint).order_by("id")]
            for name, endpoint in (("web", web), ("here", place))
        }  # fmt: skip
        subjects = list(
            Message.objects.filter(event="stock.changed").order_by("subject").values_list("subject", flat=True)
        )
    assert told == {"web": ["stock.changed", "stock.changed"], "here": ["order.captured", "stock.changed"]}
    assert subjects == ["HERE", "THERE"]
    assert violated() == []


def test_stock_is_told_together_as_it_stands(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        location = LocationFactory.create(code="LON1")
        one, two = ProductFactory.create(sku="A"), ProductFactory.create(sku="B")
        endpoint_made("https://partner.example/", "stock.changed")
        ChannelFactory.create()
    with retailer_context("acme"):
        stock_received(location, one, 5)
        stock_received(location, two, 1)
    with retailer_context("acme"):
        order = order_placed(("A", 2), number="1", placed_at=timezone.now())
        request_brought_to(order, RequestStatus.PICKING)
    # when
    looked_through()
    # then
    [body] = bodies("stock.changed")
    assert body["data"] == {
        "location": "LON1",
        "items": [
            {"sku": "A", "on_hand": 5, "reserved": 2, "available": 3},
            {"sku": "B", "on_hand": 1, "reserved": 0, "available": 1},
        ],
    }


def test_units_taken_back_are_cancelled_or_returned(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        location = LocationFactory.create(code="LON1")
        stock_received(location, ProductFactory.create(sku="A"), 2)
        endpoint_made("https://partner.example/", *EVERYTHING)
        order = order_placed(("A", 3), number="1", placed_at=timezone.now())
        request_brought_to(order, RequestStatus.SHIPPED)
        line = OrderLine.objects.get(order=order)
        # when: one is open still, two have left
        lines_cancel(
            cancellations=[
                LineToCancel(
                    line_id=line.pk, quantity=2, unit_price=Decimal("10"), external_number="K1", reason="wrong size",
                    happened_at=timezone.now(),
                )
            ],
            actor="suite",
        )  # fmt: skip
    looked()
    # then
    [cancelled], [returned] = bodies("order.cancelled"), bodies("return.recorded")
    assert (cancelled["data"]["units"], returned["data"]["units"]) == (1, 1)
    assert cancelled["data"]["line"] == {"position": 1, "sku": "A"}
    [shipped] = bodies("shipment.created")
    assert shipped["data"]["tracking_number"] == "TRACK1"
    for body in bodies():
        jsonschema.validate(body, CATALOGUE[body["type"]].schema)
    assert violated() == []


def test_what_an_endpoint_was_not_told_shows_as_violated(fresh: None) -> None:
    with retailer_context("acme"):
        endpoint_made()
        placed("1")
    looked_through()
    assert violated() == []
    with retailer_context("acme"):
        Delivery.objects.all().delete()
    assert violated() == ["webhook_facts_are_told"]


def test_a_paused_endpoint_misses_nothing(fresh: None) -> None:
    from oms.web.webhooks.models import EndpointState
    from oms.web.webhooks.services.endpoints import endpoint_set_state

    with listening() as receiver:
        with retailer_context("acme"):
            endpoint, secret = endpoint_made(receiver.url)
            receiver.secrets = [secret]
            endpoint_set_state(reference=endpoint.reference, state=EndpointState.PAUSED, actor="suite")
            placed("1")
        assert told_everything().calls == 0
        with retailer_context("acme"):
            endpoint_set_state(reference=endpoint.reference, state=EndpointState.ACTIVE, actor="suite")
        assert deliveries_perform(schema="acme").delivered == 1
    assert receiver.unsigned == 0
