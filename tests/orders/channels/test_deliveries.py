"""Channels are told of shipments, cancellations and stock: once, with patience, and never from a staging clone."""

from __future__ import annotations

import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import OutboundRefusal
from orders.models import ChannelConnection, ChannelDelivery, DeliveryState, Order, OrderLine
from orders.services import LineToCancel, lines_cancel
from orders.services.channels import (
    ShipmentFacts,
    deliveries_perform,
    deliveries_retry,
    messages_work,
    shipment_tell,
    status_tell,
    stock_tell,
    token_set,
)
from orders.services.channels import deliver as door
from tests.factories.channels import NOW, arrived, connection_made, platform_running, shopify_order

OPEN = {"fulfillment_orders": [{"id": 2, "status": "open", "line_items": [
    {"id": 20, "line_item_id": 91, "fulfillable_quantity": 2}]}]}  # fmt: skip
NOTHING_OPEN = {"fulfillment_orders": [{"id": 2, "status": "closed", "line_items": []}]}


def order_taken(base_url: str, **options: Any) -> Order:
    """A shop's order of two red ones, captured."""
    connection = connection_made(base_url=base_url, **options)
    token_set(connection_id=connection.pk, token="t0ken")
    arrived(connection, shopify_order(), x_shopify_topic="orders/create")
    messages_work(schema="acme")
    return Order.objects.get()


def tell_shipped(order: Order, units: int = 2) -> bool:
    facts = ShipmentFacts(
        order_number=order.number, shipment="SHOP-5001/1-S1", location="KAS", carrier="DHL", tracking_number="JD01",
        shipped_at=NOW, units={OrderLine.objects.get(order=order).pk: units},
    )  # fmt: skip
    return shipment_tell(facts=facts)


def test_a_shipment_is_told_once_with_the_platforms_own_numbers(fresh: None) -> None:
    with platform_running() as platform:
        platform.answers = [(200, OPEN), (201, {"fulfillment": {"id": 77}})]
        with retailer_context("acme"):
            order = order_taken(platform.url)
            assert tell_shipped(order)
            assert not tell_shipped(order)
        assert deliveries_perform(schema="acme") == 1
        assert deliveries_perform(schema="acme") == 0
        assert platform.asked() == [
            ("GET", "/admin/api/2026-07/orders/5001/fulfillment_orders.json"),
            ("POST", "/admin/api/2026-07/fulfillments.json"),
        ]
        assert {headers["x-shopify-access-token"] for _, _, headers, _ in platform.requests} == {"t0ken"}
    with retailer_context("acme"):
        delivery = ChannelDelivery.objects.get()
        assert (delivery.state, delivery.attempts, delivery.answer[:4]) == (DeliveryState.DELIVERED, 1, "201:")
        assert "t0ken" not in delivery.payload + delivery.target


def test_no_answer_is_tried_again_later_and_counts_once(fresh: None) -> None:
    """The platform did it and died before it answered: the next try finds nothing left to fulfil."""
    with platform_running() as platform:
        platform.answers = [(200, OPEN), (502, {}), (200, NOTHING_OPEN)]
        with retailer_context("acme"):
            tell_shipped(order_taken(platform.url))
        assert [deliveries_perform(schema="acme") for _ in range(2)] == [1, 0]
        with retailer_context("acme"):
            delivery = ChannelDelivery.objects.get()
            assert (delivery.state, delivery.answer) == (DeliveryState.PENDING, "502: {}")
            assert delivery.next_try_at > timezone.now() + timedelta(seconds=50)
            ChannelDelivery.objects.update(next_try_at=timezone.now())
        assert deliveries_perform(schema="acme") == 1
        assert [method for method, _ in platform.asked()] == ["GET", "POST", "GET"]
    with retailer_context("acme"):
        assert ChannelDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_refusal_of_the_platform_is_given_up_until_somebody_tries_again(fresh: None) -> None:
    with platform_running() as platform:
        platform.answers = [(404, {"errors": "Not Found"}), (200, NOTHING_OPEN)]
        with retailer_context("acme"):
            tell_shipped(order_taken(platform.url))
        deliveries_perform(schema="acme")
        with retailer_context("acme"):
            delivery = ChannelDelivery.objects.get()
            assert (delivery.state, delivery.answer) == (DeliveryState.FAILED, '404: {"errors": "Not Found"}')
            assert deliveries_retry() == 1
        deliveries_perform(schema="acme")
    with retailer_context("acme"):
        assert ChannelDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_platform_that_asks_for_patience_gets_it(fresh: None) -> None:
    with retailer_context("acme"):
        tell_shipped(order_taken("http://127.0.0.1:9"))
    deliveries_perform(schema="acme")
    with retailer_context("acme"):
        delivery = ChannelDelivery.objects.get()
        assert (delivery.state, delivery.answer) == (DeliveryState.PENDING, "no answer: ConnectError")
        ChannelDelivery.objects.update(next_try_at=timezone.now(), attempts=door.MOST_ATTEMPTS - 1)
    deliveries_perform(schema="acme")
    with retailer_context("acme"):
        assert ChannelDelivery.objects.get().state == DeliveryState.FAILED


def test_nothing_leaves_a_staging_clone(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.infra.outbound.is_staging", lambda schema: True)
    with platform_running() as platform:
        tell_shipped(order_taken(platform.url))
        assert deliveries_perform(schema="acme") == 1
        assert platform.requests == []
    delivery = ChannelDelivery.objects.get()
    assert (delivery.state, delivery.answer) == (
        DeliveryState.REFUSED, "acme is a staging clone: no connector leaves it",
    )  # fmt: skip
    refusal = OutboundRefusal.objects.get()
    assert refusal.kind == "connector"
    assert refusal.payload["told"]["tracking_number"] == "JD01"
    assert "t0ken" not in str(refusal.payload)


def test_a_cancellation_of_ours_is_told_and_one_of_the_channels_is_not(fresh: None) -> None:
    with retailer_context("acme"):
        order = order_taken("https://shop.example")
        line = OrderLine.objects.get()
        cancellation = LineToCancel(
            line_id=line.pk, quantity=2, unit_price=Decimal(10), external_number="", reason="sold out", happened_at=NOW
        )
        lines_cancel(cancellations=[cancellation], actor="user anna")
    from oms.infra.jobs import react

    react("acme")
    with retailer_context("acme"):
        delivery = ChannelDelivery.objects.get()
        assert (delivery.kind, delivery.subject, delivery.content["status"]) == ("status", order.number, "cancelled")
        assert not status_tell(order_number=order.number, changed_at=NOW)  # once is enough


def test_what_the_channel_cancelled_itself_is_not_told_back(fresh: None) -> None:
    with retailer_context("acme"):
        connection = connection_made(base_url="https://shop.example")
        cancelled = shopify_order(cancelled_at="2026-05-04T11:00:00+02:00")
        arrived(connection, cancelled, x_shopify_topic="orders/cancelled")
    messages_work(schema="acme")
    from oms.infra.jobs import react

    react("acme")
    with retailer_context("acme"):
        assert Order.objects.get().status == "cancelled"
        assert not ChannelDelivery.objects.exists()


def test_a_channel_without_an_address_is_not_told(acme: None) -> None:
    assert not tell_shipped(order_taken(""))
    assert not ChannelDelivery.objects.exists()


def test_stock_is_told_in_the_channels_own_sku(acme: None) -> None:
    connection = connection_made("woocommerce", base_url="https://shop.example")
    connection.channel.aliases.create(kind="sku", theirs="ROT", ours="RED")
    assert stock_tell(channel_id=connection.channel_id, key="1", quantities={"RED": 3, "BLUE": 0}, at=NOW) == 2
    assert stock_tell(channel_id=connection.channel_id, key="1", quantities={"RED": 3}, at=NOW) == 0
    told = ChannelDelivery.objects.order_by("id").values_list("content__sku", "content__quantity")
    assert sorted(told) == [("BLUE", 0), ("ROT", 3)]


def test_an_older_quantity_never_takes_the_place_of_a_newer_one(fresh: None) -> None:
    with platform_running() as platform:
        platform.answers = [(200, [{"id": 12, "type": "simple"}])]
        with retailer_context("acme"):
            connection = connection_made("woocommerce", base_url=platform.url)
            for key, quantity in (("1", 3), ("2", 1)):
                stock_tell(channel_id=connection.channel_id, key=key, quantities={"RED": quantity}, at=NOW)
        assert deliveries_perform(schema="acme") == 2
        assert [body for method, _, _, body in platform.requests if method == "PUT"] == [
            {"manage_stock": True, "stock_quantity": 1}
        ]
    with retailer_context("acme"):
        older = ChannelDelivery.objects.order_by("id")[0]
        assert older.answer == "not sent: a newer quantity is told instead"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://shop.example", "the channel's address must begin with https://"),
        ("https://127.0.0.1", "the host 127.0.0.1 is not on the public internet"),
        ("https://[::1]:8443", "the host ::1 is not on the public internet"),
        ("https://169.254.169.254", "the host 169.254.169.254 is not on the public internet"),
    ],
)
def test_a_retailers_setting_does_not_reach_what_stands_beside_the_server(
    fresh: None, settings: Any, address: str, reason: str
) -> None:
    settings.CHANNELS_REACH_INNER_ADDRESSES = False
    with retailer_context("acme"):
        tell_shipped(order_taken(address))
    deliveries_perform(schema="acme")
    with retailer_context("acme"):
        delivery = ChannelDelivery.objects.get()
        assert (delivery.state, delivery.answer) == (DeliveryState.FAILED, reason)


def test_a_removed_connection_is_said_and_not_stumbled_over(acme: None) -> None:
    tell_shipped(order_taken("https://shop.example"))
    ChannelConnection.objects.all().delete()
    assert deliveries_perform(schema="acme") == 1
    assert ChannelDelivery.objects.get().answer == "the channel has no address to be told at"


def test_what_was_looked_at_is_what_is_connected_to(
    fresh: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: a name that leads to a public address
    settings.CHANNELS_REACH_INNER_ADDRESSES = False
    asked: list[str] = []

    def found(host: str, port: int) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    monkeypatch.setattr("orders.services.channels.deliver.socket.getaddrinfo", found)
    with retailer_context("acme"):
        tell_shipped(order_taken("https://shop.example:8443"))
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    # when
    deliveries_perform(schema="acme", transport=httpx.MockTransport(take))
    # then: the connection goes to that address, the name is asked for by TLS and HTTP
    assert {(each.url.host, each.url.port) for each in sent} == {("93.184.215.14", 8443)}
    assert {each.headers["Host"] for each in sent} == {"shop.example:8443"}
    assert {each.extensions["sni_hostname"] for each in sent} == {"shop.example"}
    assert asked == ["shop.example"] * len(sent)
