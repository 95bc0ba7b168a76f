"""The header Idempotency-Key on a write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.http import HttpResponse

from oms.infra.database.context import retailer_context
from oms.infra.models import Event, IdempotentAnswer
from orders.api.selectors import order_detail
from orders.models import Order
from tests.oms.web.api_data import ORDERS, open_shop, partner, problem, read, small_order


def test_the_same_request_gets_the_same_answer(fresh: None) -> None:
    # given
    shop = open_shop()
    first = shop.post(ORDERS, small_order(placed_at=None), Idempotency_Key="k-1")
    # when
    again = shop.post(ORDERS, small_order(placed_at=None), Idempotency_Key="k-1")
    # then
    assert (first.status_code, again.status_code) == (201, 201)
    assert read(again) == read(first)
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    with retailer_context("acme"):
        assert (Order.objects.count(), Event.objects.count(), IdempotentAnswer.objects.count()) == (1, 1, 1)


def test_the_kept_answer_is_given_though_the_order_has_moved_on(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, small_order(), Idempotency_Key="k")
    with retailer_context("acme"):
        Order.objects.update(status="cancelled")
    # when
    again = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    # then
    assert (again.status_code, read(again)["status"]) == (201, "open")
    assert read(shop.get(f"{ORDERS}/SHOP-1"))["status"] == "cancelled"


def test_the_key_of_another_request_is_refused(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
    # when
    response = shop.post(ORDERS, small_order("2"), Idempotency_Key="k")
    # then
    assert (response.status_code, problem(response)["code"]) == (422, "idempotency_key_reused")
    assert [order["number"] for order in read(shop.get(ORDERS))["orders"]] == ["SHOP-1"]


def test_keys_of_another_partner_are_other_keys(fresh: None) -> None:
    # given
    shop, till = open_shop(), partner()
    shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
    # when
    response = till.post(ORDERS, small_order("2"), Idempotency_Key="k")
    # then
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response.headers


def test_a_refused_request_can_be_mended_under_its_key(fresh: None) -> None:
    # given
    shop = open_shop()
    bad = small_order(lines=[{"sku": "X", "quantity": 1, "unit_price": "1"}])
    assert shop.post(ORDERS, bad, Idempotency_Key="k").status_code == 422
    shop.post(ORDERS, small_order("2"))
    assert shop.post(ORDERS, small_order("2", currency="EUR"), Idempotency_Key="k").status_code == 409
    # when
    response = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    # then
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response.headers


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_a_key_that_is_none_is_refused(fresh: None, key: str) -> None:
    # given
    shop = open_shop()
    # when
    response = shop.post(ORDERS, small_order(), Idempotency_Key=key)
    # then
    document = problem(response)
    assert (response.status_code, document["code"]) == (400, "malformed_request")
    assert document["detail"] == "Idempotency-Key has 1 to 255 visible ASCII characters."


def test_a_key_in_flight_is_refused_at_once(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a capture that is under way on another connection, its order written and not committed
    shop = open_shop()
    written, may_end = threading.Event(), threading.Event()

    def hold(number: str) -> object:
        written.set()
        assert may_end.wait(30)
        return order_detail(number)

    def post() -> HttpResponse:
        try:
            return shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
        finally:
            connections.close_all()

    monkeypatch.setattr("oms.web.api.orders.views.order_detail", hold)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post)
        assert written.wait(30)
        # when
        second = shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
        # then
        assert not first.done()
        assert (second.status_code, problem(second)["code"]) == (409, "idempotency_key_in_flight")
        assert second.headers["Retry-After"] == "1"
        may_end.set()
        assert first.result(30).status_code == 201
    again = shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
