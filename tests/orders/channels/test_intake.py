"""What channels send is stored once, worked through, and never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from fulfilment.routing.selectors import orders_to_route
from modules.services import revise
from oms.infra.database.context import retailer_context
from orders.channels.shopify import adapter as shopify
from orders.domain.channel import Message, Setup
from orders.models import (
    ChannelAlias,
    ChannelConnection,
    ChannelMessage,
    ChannelOrder,
    LineCancellation,
    MessageState,
    Order,
    OrderLine,
    Payment,
)
from orders.services.channels import MessagesFailed, messages_retry, messages_work
from orders.services.payments import calls_perform
from tests.factories.catalogue import ProductFactory
from tests.factories.channels import (
    arrived,
    arrived_as,
    connection_made,
    shopify_line,
    shopify_order,
    woo_order,
)

CREATE = {"x_shopify_topic": "orders/create"}


def worked(message: ChannelMessage) -> tuple[str, str]:
    """State and reason once everything that was received has been worked through."""
    messages_work(schema="acme")
    message.refresh_from_db()
    return message.state, message.reason


def test_an_order_is_captured_with_the_platforms_numbers(acme: None) -> None:
    message = arrived(connection_made(), shopify_order(), **CREATE, x_shopify_webhook_id="w-1")
    assert worked(message) == (MessageState.TAKEN, "")
    order = Order.objects.get()
    assert (order.number, order.total, order.currency) == ("SHOP-5001", Decimal("20.0000"), "EUR")
    assert (order.recipient, order.city, order.country) == ("Ida Berg", "Kassel", "DE")
    assert order.customer.reference == "shop:44"
    kept = ChannelOrder.objects.get()
    assert (kept.label, kept.references) == ("#1001", {"order": "5001", "lines": {"1": "91"}})
    payment = Payment.objects.get()
    assert (payment.kind, payment.captured, payment.gateway) == ("shopify_payments", Decimal("20.0000"), "elsewhere")
    [outcome] = message.outcomes
    assert outcome == {"external_number": "5001", "state": "taken", "reason": "captured as SHOP-5001"}


def test_the_same_delivery_twice_is_stored_once(acme: None) -> None:
    connection = connection_made()
    first, second = (arrived_as(connection, shopify_order(), **CREATE, x_shopify_webhook_id="w-1") for _ in range(2))
    assert (first.new, second.new, first.message_id) == (True, False, second.message_id)
    messages_work(schema="acme")
    assert (ChannelMessage.objects.count(), Order.objects.count()) == (1, 1)


def test_another_body_under_the_same_number_is_not_lost(acme: None) -> None:
    connection = connection_made()
    numbers = [
        arrived_as(connection, shopify_order(number), **CREATE, x_shopify_webhook_id="w-1").message_id
        for number in (5001, 5002)
    ]
    messages_work(schema="acme")
    assert len(set(numbers)) == 2
    assert Order.objects.count() == 2


def test_the_same_order_under_another_number_is_captured_once(acme: None) -> None:
    connection = connection_made()
    arrived(connection, shopify_order(), **CREATE, x_shopify_webhook_id="w-1")
    again = arrived(connection, shopify_order(), x_shopify_topic="orders/updated", x_shopify_webhook_id="w-2")
    assert worked(again) == (MessageState.TAKEN, "")
    assert again.outcomes[0]["reason"] == "SHOP-5001 is known already"
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1


def test_an_order_told_again_with_another_sum_waits_for_a_person(acme: None) -> None:
    connection = connection_made()
    arrived(connection, shopify_order(), **CREATE)
    edited = shopify_order(total="30.00", line_items=[shopify_line(91, "RED", 3)])
    again = arrived(connection, edited, x_shopify_topic="orders/updated")
    state, reason = worked(again)
    assert state == MessageState.WAITING
    assert reason == "SHOP-5001 was captured with 20.00 EUR and is now told with 30.00 EUR"
    assert OrderLine.objects.get().ordered == 2


def test_an_unknown_product_waits_until_it_is_there(acme: None) -> None:
    message = arrived(connection_made(), shopify_order(line_items=[shopify_line(91, "GREEN", 2)]), **CREATE)
    assert worked(message) == (
        MessageState.WAITING,
        "unknown SKU: GREEN; add the product, or an alias of it for this channel, and try again",
    )
    assert not Order.objects.exists()
    ProductFactory.create(sku="GREEN")
    assert messages_retry() == 1
    assert worked(message) == (MessageState.TAKEN, "")
    assert message.attempts == 2


def test_an_alias_names_the_retailers_product(acme: None) -> None:
    connection = connection_made()
    message = arrived(connection, shopify_order(line_items=[shopify_line(91, None, 2)]), **CREATE)
    assert worked(message)[1].startswith("unknown SKU: variant:7;")
    ChannelAlias.objects.create(channel=connection.channel, kind="sku", theirs="variant:7", ours="RED")
    ChannelAlias.objects.create(channel=connection.channel, kind="method", theirs="DHL", ours="standard")
    messages_retry(message_ids=[message.pk])
    assert worked(message) == (MessageState.TAKEN, "")
    assert OrderLine.objects.get().product.sku == "RED"


def test_a_cancellation_that_overtakes_its_order_waits_for_it(acme: None) -> None:
    connection = connection_made("woocommerce")
    gone = {"id": 801, "status": "cancelled", "total": "29.75", "line_items": [],
            "date_modified_gmt": "2026-05-04T09:00:00"}  # fmt: skip
    early = arrived(connection, gone, x_wc_webhook_topic="order.updated")
    assert worked(early) == (MessageState.WAITING, "it waits for its order, which has not come yet")
    arrived(connection, woo_order(), x_wc_webhook_topic="order.created")
    assert worked(early) == (MessageState.TAKEN, "")
    order = Order.objects.get()
    assert (order.status, order.open_quantity) == ("cancelled", 0)


def test_a_cancelled_order_seen_for_the_first_time_is_taken_and_cancelled(acme: None) -> None:
    connection = connection_made()
    cancelled = shopify_order(cancelled_at="2026-05-04T11:00:00+02:00", cancel_reason="customer")
    first = arrived(connection, cancelled, x_shopify_topic="orders/cancelled")
    late = arrived(connection, shopify_order(), **CREATE)
    assert worked(first) == (MessageState.TAKEN, "")
    assert worked(late) == (MessageState.TAKEN, "")
    assert Order.objects.get().status == "cancelled"
    assert LineCancellation.objects.get().quantity == 2


def carried(number: int, *ways: tuple[str, str]) -> dict[str, Any]:
    """An order with ways of shipping, by code and title."""
    lines = [{"code": code, "title": title, "price": "0.00"} for code, title in ways]
    return shopify_order(number, shipping_lines=lines)


def settings_put(**body: Any) -> None:
    with revise(author="maria", reason="channel settings") as revision:
        revision.put("order_management", "channel_settings", "shop", body)


def method_put(code: str) -> None:
    with revise(author="maria", reason="ways of shipping") as revision:
        revision.put("order_routing", "shipping_method", code, {"title": code})


def alias(connection: ChannelConnection, theirs: str, ours: str) -> None:
    ChannelAlias.objects.create(channel=connection.channel, kind="method", theirs=theirs, ours=ours)


def test_the_way_of_shipping_is_the_retailers_own_by_its_alias(acme: None) -> None:
    connection = connection_made()
    alias(connection, "Express (1-2 days)", "express")
    message = arrived(connection, carried(5001, ("rate-77", "express (1-2 Days)")), **CREATE)
    assert worked(message) == (MessageState.TAKEN, "")
    order = Order.objects.get()
    assert (order.method, ChannelOrder.objects.get().method) == ("express", "express")
    # then: routing is told the same
    assert next(iter(orders_to_route([order.pk]))).method == "express"


def test_a_way_that_no_alias_names_waits_where_the_channel_has_aliases(acme: None) -> None:
    connection = connection_made()
    alias(connection, "DHL", "standard")
    message = arrived(connection, carried(5001, ("UPS", "UPS Next Day")), **CREATE)
    assert worked(message) == (
        MessageState.WAITING,
        "no alias of this channel says which way of shipping 'UPS' is: add one (or a usual way in the channel's "
        "settings) and try again",
    )
    assert not Order.objects.exists()
    alias(connection, "UPS Next Day", "express")
    messages_retry()
    assert worked(message) == (MessageState.TAKEN, "")
    assert Order.objects.get().method == "express"


def test_the_channels_settings_say_what_holds_for_orders_that_name_nothing_known(acme: None) -> None:
    connection = connection_made()
    settings_put(default_method="standard", default_priority=7)
    alias(connection, "Overnight", "express")
    for number, ways in ((5001, ()), (5002, (("UPS", "UPS"),)), (5003, (("", "Overnight"),))):
        assert worked(arrived(connection, carried(number, *ways), **CREATE)) == (MessageState.TAKEN, "")
    found = Order.objects.order_by("id").values_list("method", "priority")
    assert list(found) == [("standard", 7), ("standard", 7), ("express", 7)]


def test_the_retailers_own_name_of_a_way_needs_no_alias(acme: None) -> None:
    method_put("locker")
    connection = connection_made()
    assert worked(arrived(connection, carried(5001, ("locker", "Parcel locker")), **CREATE))[0] == MessageState.TAKEN
    assert Order.objects.get().method == "locker"


def test_a_channel_without_aliases_and_settings_uses_no_ways(acme: None) -> None:
    assert worked(arrived(connection_made(), carried(5001, ("UPS", "UPS")), **CREATE))[0] == MessageState.TAKEN
    assert (Order.objects.get().method, ChannelOrder.objects.get().method) == ("", "UPS")


def test_ways_that_differ_here_wait_and_ways_that_are_one_here_do_not(acme: None) -> None:
    connection = connection_made()
    for theirs, ours in (("A", "standard"), ("B", "standard"), ("C", "pickup")):
        alias(connection, theirs, ours)
    both = arrived(connection, carried(5001, ("A", "Slow"), ("C", "Store")), **CREATE)
    assert worked(both) == (
        MessageState.WAITING,
        "it names ways of shipping that are different ones here (pickup, standard): split it in the shop, or give "
        "them the same alias, and try again",
    )
    same = arrived(connection, carried(5002, ("A", "Slow"), ("B", "Slower")), **CREATE)
    assert worked(same) == (MessageState.TAKEN, "")
    assert Order.objects.get().method == "standard"


def refund(*, kind: str = "cancel", amount: str = "10.00", number: int = 61) -> dict[str, object]:
    return {
        "id": number, "order_id": 5001, "created_at": "2026-05-05T10:00:00Z", "note": "too late",
        "refund_line_items": [{"line_item_id": 91, "quantity": 1, "restock_type": kind}],
        "transactions": [{"kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}],
    }  # fmt: skip


def test_a_refund_takes_units_and_money_back_once(acme: None) -> None:
    connection = connection_made()
    arrived(connection, shopify_order(), **CREATE)
    told = arrived(connection, refund(), x_shopify_topic="refunds/create")
    again = arrived(connection, shopify_order(refunds=[refund()]), x_shopify_topic="orders/updated")
    assert worked(told) == (MessageState.TAKEN, "")
    assert worked(again) == (MessageState.TAKEN, "")
    line = OrderLine.objects.get()
    assert (line.ordered, line.cancelled, line.open) == (2, 1, 1)
    payment = Payment.objects.get()
    assert (payment.captured, payment.refunding) == (Decimal("20.0000"), Decimal("10.0000"))
    assert payment.transactions.filter(operation="refund").count() == 1


def test_more_than_was_paid_is_not_given_back(acme: None) -> None:
    connection = connection_made()
    arrived(connection, shopify_order(), **CREATE)
    told = arrived(connection, refund(amount="21.00"), x_shopify_topic="refunds/create")
    state, reason = worked(told)
    assert state == MessageState.WAITING
    assert "at most 20.00 EUR can be given back" in reason
    assert Payment.objects.get().refunding == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff{", "the body is not UTF-8 (byte 0)"),
        (b"{", "the body is not JSON (line 1, column 2: Expecting property name enclosed in double quotes)"),
        (b"[" * 5000, "the body is JSON nested too deeply or with numbers too long to be read"),
        (b"", "the body is not JSON (line 1, column 1: Expecting value)"),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(acme: None, body: bytes, reason: str) -> None:
    message = arrived(connection_made(), body, **CREATE)
    assert worked(message) == (MessageState.WAITING, reason)
    assert bytes(message.body) == body


def test_what_orders_do_not_need_is_kept_as_ignored(acme: None) -> None:
    message = arrived(connection_made(), {"id": 1, "title": "Lamp"}, x_shopify_topic="products/update")
    assert worked(message) == (MessageState.IGNORED, "products/update is nothing that orders need")


@pytest.mark.parametrize(
    ("more", "state", "reason"),
    [
        ({"test": True}, "ignored", "a test order of the shop"),
        ({"fulfillment_status": "fulfilled"}, "ignored", "the shop has sent it itself"),
        ({"financial_status": "pending"}, "waiting", "not paid yet (pending); the shop sends it again once it is paid"),
        ({"total_price": "25.00"}, "waiting",
         "lines and charges come to 20.00 EUR, the platform says 25.00 EUR: 5.00 EUR cannot be explained"),
    ],
)  # fmt: skip
def test_an_order_that_is_not_to_be_worked_on_is_kept(
    acme: None, more: dict[str, Any], state: str, reason: str
) -> None:
    assert worked(arrived(connection_made(), shopify_order(**more), **CREATE)) == (state, reason)
    assert not Order.objects.exists()


def test_paid_later_an_order_is_taken_and_the_waiting_message_is_done(acme: None) -> None:
    connection = connection_made()
    unpaid = arrived(connection, shopify_order(financial_status="pending"), **CREATE)
    assert worked(unpaid)[0] == MessageState.WAITING
    arrived(connection, shopify_order(), x_shopify_topic="orders/paid")
    assert worked(unpaid) == (MessageState.TAKEN, "")


def test_an_inactive_channel_loses_nothing(acme: None) -> None:
    connection = connection_made()
    connection.channel.active = False
    connection.channel.save()
    message = arrived(connection, shopify_order(), **CREATE)
    assert worked(message) == (MessageState.WAITING, "channel 'shop' takes no orders: it is inactive")


def test_headers_with_proofs_and_secrets_are_not_kept(acme: None) -> None:
    message = arrived(
        connection_made(), shopify_order(), **CREATE, x_shopify_hmac_sha256="abc", authorization="Bearer x", cookie="c"
    )
    assert message.headers == {"x-shopify-topic": "orders/create"}


def test_a_stored_body_is_never_changed_nor_deleted(acme: None) -> None:
    message = arrived(connection_made(), shopify_order(), **CREATE)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ChannelMessage.objects.update(body=b"{}")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ChannelMessage.objects.filter(pk=message.pk).delete()


def test_a_fault_of_ours_keeps_the_message_and_does_not_stop_the_others(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retailer_context("acme"):
        connection = connection_made()
        bad = arrived(connection, shopify_order(5001), **CREATE)
        good = arrived(connection, shopify_order(5002), **CREATE)
    real = shopify.Shopify.read

    def failing(self: shopify.Shopify, message: Message, setup: Setup) -> object:
        if b"5001" in message.body:
            raise ZeroDivisionError
        return real(self, message, setup)

    monkeypatch.setattr(shopify.Shopify, "read", failing)
    with pytest.raises(MessagesFailed):
        messages_work(schema="acme")
    with retailer_context("acme"):
        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.state, bad.attempts) == (MessageState.RECEIVED, 1)
        assert good.state == MessageState.TAKEN
    monkeypatch.undo()
    assert messages_work(schema="acme") == 1
    with retailer_context("acme"):
        bad.refresh_from_db()
        assert bad.state == MessageState.TAKEN
        assert Order.objects.count() == 2


def test_refunded_money_is_booked_by_the_gateway_that_only_writes_down(fresh: None) -> None:
    with retailer_context("acme"):
        connection = connection_made()
        arrived(connection, shopify_order(refunds=[refund()]), **CREATE)
    assert messages_work(schema="acme") == 1
    assert calls_perform(schema="acme") == 1
    with retailer_context("acme"):
        assert Payment.objects.get().refunded == Decimal("10.0000")
