"""A card is authorised before the order's answer leaves; whatever fails on the way, once and no more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import Event, OutboundDeparture
from oms.web.api.orders import authorising
from orders.domain.capture import NewLine, NewOrder, NewPayment
from orders.domain.gateway import Begun
from orders.models import Order, PaymentTransaction, SandboxEntry
from orders.payments.sandbox.adapter import Sandbox
from orders.services import orders_capture
from orders.services.payments import at_once, calls_perform
from tests.oms.web.api_data import ORDERS, Partner, open_shop, read, small_order

CARD = {"kind": "card", "amount": "20.00", "token": "tok_1"}


@pytest.fixture
def shop(fresh: None) -> Partner:
    return open_shop()


def paid(number: str = "1", token: str = "tok_1", **more: object) -> dict[str, Any]:
    return small_order(number, payments=[{**CARD, "token": token}], **more)


def status(document: dict[str, Any]) -> str:
    [payment] = document["payments"]
    return str(payment["status"])


def at_the_gateway() -> int:
    with retailer_context("acme"):
        return SandboxEntry.objects.filter(operation="authorise", accepted=True).count()


def let_the_lease_end() -> None:
    with retailer_context("acme"):
        PaymentTransaction.objects.filter(status="pending").update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_nothing_is_left_to_the_job(shop: Partner) -> None:
    # when
    answer = shop.post(ORDERS, paid())
    # then
    document = read(answer)
    assert answer.status_code == 201
    assert int(answer["Content-Length"]) == len(answer.content)
    assert (status(document), document["payments"][0]["authorised"]) == ("authorised", "20.00")
    assert calls_perform(schema="acme") == 0
    assert read(shop.get(document["links"]["self"])) == document
    with retailer_context("acme"):
        call = PaymentTransaction.objects.get()
        assert (call.status, call.attempts) == ("succeeded", 1)
        assert OutboundDeparture.objects.filter(kind="gateway", target="sandbox").count() == 1
        assert Event.objects.filter(name="order.payment_moved.v1").count() == 1


def test_a_declined_card_is_told_with_the_hold(shop: Partner) -> None:
    document = read(shop.post(ORDERS, paid(token="sandbox:authorise=decline")))
    assert (document["status"], status(document)) == ("held", "declined")


def test_the_answer_that_is_kept_is_the_answer_that_was_given(shop: Partner) -> None:
    first = shop.post(ORDERS, paid(), Idempotency_Key="k")
    again = shop.post(ORDERS, paid(), Idempotency_Key="k")
    assert again["Idempotency-Replayed"] == "true"
    assert read(again) == read(first)
    assert status(read(first)) == "authorised"
    assert at_the_gateway() == 1


@pytest.mark.parametrize("fault", ["no_answer_before", "no_answer_after"])
def test_a_gateway_that_does_not_answer_is_left_to_the_job(shop: Partner, fault: str) -> None:
    # when
    answer = shop.post(ORDERS, paid(token=f"sandbox:authorise={fault}"))
    # then
    assert (answer.status_code, status(read(answer))) == (201, "pending")
    assert calls_perform(schema="acme") == 0  # the call is leased: nobody else makes it yet
    let_the_lease_end()
    assert calls_perform(schema="acme") == 1
    assert status(read(shop.get(f"{ORDERS}/SHOP-1"))) == "authorised"
    assert at_the_gateway() == 1


def test_a_gateway_that_did_not_answer_keeps_nobody_waiting_for_a_while(shop: Partner) -> None:
    shop.post(ORDERS, paid("1", token="sandbox:authorise=no_answer_before"))
    # when
    document = read(shop.post(ORDERS, paid("2")))
    # then
    assert status(document) == "pending"
    assert calls_perform(schema="acme") == 1  # this one was begun by nobody
    assert status(read(shop.get(f"{ORDERS}/SHOP-2"))) == "authorised"


def test_a_slow_gateway_answers_this_time_and_is_left_to_the_job_then(
    shop: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_once, "_SLOW", timedelta(seconds=-1))
    assert [status(read(shop.post(ORDERS, paid(number)))) for number in "12"] == ["authorised", "pending"]


def test_a_gateway_that_promises_nothing_is_left_to_the_job(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sandbox, "answers_within", None)
    assert status(read(shop.post(ORDERS, paid()))) == "pending"
    assert calls_perform(schema="acme") == 1


@pytest.mark.parametrize("at", ["calls_make", "calls_settle"])
def test_a_process_that_dies_on_the_way_leaves_it_to_the_job(
    shop: Partner, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    # given
    def die(**_: object) -> None:
        message = "killed"
        raise RuntimeError(message)

    monkeypatch.setattr(authorising, at, die)
    # when
    answer = shop.post(ORDERS, paid(), Idempotency_Key="k")
    # then
    assert (answer.status_code, status(read(answer))) == (201, "pending")
    assert at_the_gateway() == (0 if at == "calls_make" else 1)
    let_the_lease_end()
    assert calls_perform(schema="acme") == 1
    assert at_the_gateway() == 1
    assert status(read(shop.get(f"{ORDERS}/SHOP-1"))) == "authorised"


def test_the_job_was_there_first(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process wakes up after its lease: what the job has written down stays, and is told."""
    made = at_once.calls_make

    def late(**given: Any) -> Any:
        answered = made(**given)
        let_the_lease_end()
        assert calls_perform(schema="acme") == 1
        return answered

    monkeypatch.setattr(authorising, "calls_make", late)
    assert status(read(shop.post(ORDERS, paid()))) == "authorised"
    assert at_the_gateway() == 1
    with retailer_context("acme"):
        assert Event.objects.filter(name="order.payment_moved.v1").count() == 1


def test_an_order_that_is_undone_asks_nobody(shop: Partner) -> None:
    begun: list[Begun] = []
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        order = NewOrder(
            external_number="9", placed_at=timezone.now(), currency="GBP",
            lines=(NewLine(sku="A", quantity=1, unit_price=Decimal("9.90")),),
            payments=(NewPayment(kind="card", gateway="sandbox", amount=Decimal("9.90")),),
        )  # fmt: skip
        orders_capture(channel="shop", orders=[order], actor="shop", begin=begun.append)
        raise ZeroDivisionError
    assert begun == []
    with retailer_context("acme"):
        assert not Order.objects.exists()


def test_nothing_leaves_a_staging_clone(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "is_staging", lambda schema: True)
    assert status(read(shop.post(ORDERS, paid()))) == "pending"
    assert at_the_gateway() == 0
