"""The money of an order on its page."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from orders.models import Order, Payment, PaymentTransaction
from orders.services.payments import calls_perform
from tests.oms.web.back_office import Page, manager, staff, told, words
from tests.orders.payments.test_payments import leave, order_paid


@pytest.fixture
def order(fresh: None) -> Order:
    """Two units for 24.95 with carriage, paid by card, all of it taken."""
    with retailer_context("acme"):
        order = order_paid()
    calls_perform(schema="acme")
    with retailer_context("acme"):
        leave(order, 2)
    calls_perform(schema="acme")
    return order


def page_of(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def refund(client: Client, order: Order, **given: str) -> Page:
    form = {"amount": "5.00", "reason": "late", "key": "abcdefgh12", **given}
    return client.post(f"/admin/orders/order/{order.pk}/refund/", form)


def test_the_page_shows_each_tender_and_every_call(order: Order) -> None:
    said = words(manager().get(page_of(order)))
    assert "Visa 4242 sandbox 24.95 GBP taken of 24.95 GBP" in said
    assert "Amount in GBP (at most 24.95)" in said
    assert "Taken 24.95 GBP, Visa 4242 (shipped)" in said
    assert "tok_" not in said


def test_a_refund_is_on_its_way_once_however_often_the_button_is_pressed(order: Order) -> None:
    client = manager()
    key = re.search(r'name="key" value="([^"]+)"', client.get(page_of(order)).content.decode()).group(1)
    first, second = refund(client, order, key=key), refund(client, order, key=key)
    assert told(first)[-1] == told(second)[-1] == "5.00 GBP is on its way back."
    calls_perform(schema="acme")
    with retailer_context("acme"):
        assert Payment.objects.get().refunded == Decimal("5.00")
        assert PaymentTransaction.objects.filter(operation="refund").count() == 1


@pytest.mark.parametrize(
    ("given", "words_said"),
    [
        ({"amount": "24.96"}, "Nothing was given back: at most 24.95 GBP can be given back"),
        ({"amount": "0"}, "Nothing was given back. amount: Ensure this value is greater than or equal to 0.0001."),
        ({"amount": "five"}, "Nothing was given back. amount: Enter a number."),
        ({"reason": ""}, "Nothing was given back. reason: This field is required."),
        ({"key": "../etc"}, "Nothing was given back. key: Enter a valid value."),
    ],
)
def test_a_refund_that_cannot_be_made_says_why(order: Order, given: dict[str, str], words_said: str) -> None:
    assert told(refund(manager(), order, **given))[-1].startswith(words_said)
    with retailer_context("acme"):
        assert PaymentTransaction.objects.filter(operation="refund").count() == 0


def test_who_may_only_look_is_offered_no_refund_and_cannot_ask_for_one(order: Order) -> None:
    client = staff("orders.view_order")
    assert "Give money back" not in words(client.get(page_of(order)))
    assert refund(client, order).status_code == 403


def test_another_retailers_order_is_not_there(order: Order) -> None:
    assert refund(manager("globex"), order).status_code == 404
