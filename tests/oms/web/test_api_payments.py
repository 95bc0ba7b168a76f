"""Money over the API: orders say how they are paid, gateways tell what they did."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from orders.models import Payment, PaymentTransaction
from orders.payments.sandbox.adapter import connect
from orders.services.payments import calls_perform
from tests.oms.web.api_data import ORDERS, open_shop, problem, read, small_order

CARD = {"kind": "card", "amount": "25.43", "token": "tok_1", "label": "Visa 4242"}


def told(document: dict[str, Any]) -> dict[str, str]:
    [payment] = document["payments"]
    return {name: payment[name] for name in ("amount", "authorised", "captured", "refunded")}


def test_an_order_says_how_it_is_paid_and_shows_what_became_of_it(fresh: None) -> None:
    shop = open_shop()
    document = read(shop.post(ORDERS, small_order("1", payments=[CARD])))
    assert document["payments"] == [
        {
            "position": 1, "kind": "card", "gateway": "sandbox", "label": "Visa 4242", "status": "authorised",
            "amount": "25.43", "authorised": "25.43", "voided": "0.00", "captured": "0.00", "refunded": "0.00",
        }
    ]  # fmt: skip
    assert "tok_1" not in str(document)
    assert calls_perform(schema="acme") == 0
    again = read(shop.get(document["links"]["self"]))
    assert told(again) == {"amount": "25.43", "authorised": "25.43", "captured": "0.00", "refunded": "0.00"}


def test_money_that_a_channel_took_itself_is_written_down(fresh: None) -> None:
    taken = {**CARD, "gateway": "elsewhere", "authorisation": "ch_77", "captured": True}
    document = read(open_shop().post(ORDERS, small_order("1", payments=[taken])))
    assert told(document) == {"amount": "25.43", "authorised": "25.43", "captured": "25.43", "refunded": "0.00"}
    assert calls_perform(schema="acme") == 0


def test_the_same_order_twice_is_paid_once(fresh: None) -> None:
    shop = open_shop()
    body = small_order("1", payments=[CARD], placed_at="2026-01-31T11:00:00Z")
    assert [shop.post(ORDERS, body).status_code for _ in range(2)] == [201, 200]
    with retailer_context("acme"):
        assert Payment.objects.count() == 1
    other = {**body, "payments": [{**CARD, "amount": "20.00"}]}
    assert problem(shop.post(ORDERS, other))["errors"][0]["pointer"] == "/payments/0/amount"


@pytest.mark.parametrize(
    ("payment", "pointer", "code"),
    [
        ({"amount": "0.00"}, "/payments/0", "out_of_range"),
        ({"amount": 25.43}, "/payments/0/amount", "money_as_number"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "/payments/0/expires_at", "out_of_range"),
        ({"gateway": "acme_pay"}, "/payments/0/gateway", "unknown_gateway"),
        ({"captured": True}, "/payments/0", "incomplete"),
        ({"amount": "40.00"}, "", "paid_too_much"),
    ],
)
def test_a_payment_that_cannot_be_taken_is_named(
    fresh: None, payment: dict[str, object], pointer: str, code: str
) -> None:
    refused = problem(open_shop().post(ORDERS, small_order("1", payments=[{**CARD, **payment}])))
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(pointer, code)]


def test_a_gateway_calls_back_and_the_same_again_is_no_news(fresh: None) -> None:
    open_shop().post(ORDERS, small_order("1", payments=[{**CARD, "token": "sandbox:authorise=no_answer_after"}]))
    assert calls_perform(schema="acme") == 0
    with retailer_context("acme"):
        key = PaymentTransaction.objects.get().key
    headers, body = connect("acme").signed_callback(key)
    answers = [
        Client().post(
            "/api/v1/payment-callbacks/sandbox", body, content_type="application/json", headers=headers,
            SERVER_NAME="acme.localhost",
        ).json()
        for _ in range(2)
    ]  # fmt: skip
    assert answers == [{"news": True}, {"news": False}]
    with retailer_context("acme"):
        assert Payment.objects.get().authorised == Decimal("25.43")


@pytest.mark.parametrize(
    ("address", "status"), [("payment-callbacks/sandbox", 400), ("payment-callbacks/acme_pay", 404)]
)
def test_a_callback_that_nobody_signed_is_refused(fresh: None, address: str, status: int) -> None:
    answer = Client().post(
        f"/api/v1/{address}", b'{"key": "SHOP-1/1/authorise/1"}', content_type="application/json",
        headers={"Sandbox-Signature": "0" * 64}, SERVER_NAME="acme.localhost",
    )  # fmt: skip
    assert answer.status_code == status
