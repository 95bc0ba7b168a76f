"""From the packing table to the platform: shipments and stock reach the channel by themselves."""

from __future__ import annotations

import pytest

from fulfilment.inventory.services.channel_stock import channel_stock_tell
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.services import requests_advance, requests_ship
from modules.contracts.order_terms import ChannelTerms
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from orders.catalogue.models import Product
from orders.models import ChannelDelivery, Order
from orders.services.channels import deliveries_perform, messages_work
from tests.factories.channels import arrived, connection_made, platform_running, shopify_order
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.requests import request_offered


def test_a_shipment_reaches_the_platform(fresh: None) -> None:
    open_there = {"fulfillment_orders": [{"id": 2, "status": "open", "line_items": [
        {"id": 20, "line_item_id": 91, "fulfillable_quantity": 2}]}]}  # fmt: skip
    with platform_running() as platform:
        platform.answers = [(200, open_there), (201, {})]
        with retailer_context("acme"):
            connection = connection_made(base_url=platform.url)
            stock_received(LocationFactory.create(code="KAS"), Product.objects.get(sku="RED"), 5)
            arrived(connection, shopify_order(), x_shopify_topic="orders/create")
        messages_work(schema="acme")
        with retailer_context("acme"):
            request = request_offered(Order.objects.get())
            requests_advance(request_ids=[request.pk], to=RequestStatus.PICKING, actor="anna")
            requests_advance(request_ids=[request.pk], to=RequestStatus.PACKED, actor="anna")
            requests_ship(request_ids=[request.pk], actor="anna", carrier="DHL", tracking_number="JD01")
        react("acme")
        react("acme")  # again is harmless
        assert deliveries_perform(schema="acme") == 1
        body = platform.requests[1][3]["fulfillment"]
    assert body["tracking_info"] == {"number": "JD01", "company": "DHL"}
    assert body["line_items_by_fulfillment_order"][0]["fulfillment_order_line_items"] == [{"id": 20, "quantity": 2}]


def test_stock_is_told_when_it_has_changed_and_the_channel_wants_it(
    acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connection_made("woocommerce", base_url="https://shop.example")
    red, blue = (Product.objects.get(sku=sku) for sku in ("RED", "BLUE"))
    kassel, ulm = LocationFactory.create(code="KAS"), LocationFactory.create(code="ULM")
    stock_received(kassel, red, 5)
    stock_received(ulm, red, 2)
    stock_received(ulm, blue, 9)
    connection.channel.aliases.create(kind="sku", theirs="ROT", ours="RED")
    assert channel_stock_tell() == 0  # by default channels are not told of stock

    terms = ChannelTerms(tell_stock=True, stock_buffer=3)
    monkeypatch.setattr("fulfilment.inventory.services.channel_stock.terms_of_channel", lambda code: terms)
    assert [channel_stock_tell() for _ in range(2)] == [1, 0]
    stock_received(LocationFactory.create(code="BER"), red, 1)
    assert [channel_stock_tell() for _ in range(2)] == [1, 0]
    told = ChannelDelivery.objects.order_by("id").values_list("content__sku", "content__quantity")
    assert list(told) == [("ROT", 4), ("ROT", 5)]
