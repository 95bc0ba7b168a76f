"""Whatever goes wrong under /api/ is answered by a problem document, and has done nothing."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfilment.routing.services.orders_route import StockContention
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, IdempotentAnswer
from oms.web.api.problems import MOST_FAULTS, Fault, Kind, invalid
from orders.models import Customer, Order
from orders.services import orders_capture
from tenants.middleware import RetailerMiddleware
from tests.oms.blocked import wait_until_blocked
from tests.oms.web.api_data import ORDERS, Partner, open_shop, problem, read, small_order


def test_a_problem_document_says_all_that_it_should(fresh: None) -> None:
    # given
    shop = open_shop()
    # when
    response = shop.post(ORDERS, small_order(charges=[{"kind": "", "amount": "1"}]), X_Request_Id="my-request-1")
    # then
    assert response.status_code == 422
    assert read(response) == {
        "type": "/problems/validation",
        "title": "Some values cannot be taken",
        "status": 422,
        "detail": "1 value cannot be taken. Nothing was done.",
        "code": "validation",
        "instance": "/api/v1/orders",
        "request_id": "my-request-1",
        "errors": [{"pointer": "/charges/0/kind", "code": "blank", "detail": "It must not be empty."}],
    }
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == "my-request-1"


def test_every_code_has_one_type_and_says_what_to_do() -> None:
    assert len({kind.code for kind in Kind}) == len(list(Kind))
    assert {kind.status for kind in Kind} == {
        400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 422, 428, 429, 500, 503,
    }  # fmt: skip
    assert all(kind.title and not kind.title.endswith(".") for kind in Kind)


def test_a_document_names_the_first_faults_of_many(fresh: None) -> None:
    # given
    shop = open_shop()
    # when
    document = problem(shop.post(ORDERS, small_order(lines=[{"sku": ""}] * 1000)))
    # then
    assert document["detail"] == "3000 values cannot be taken; the first 100 are named. Nothing was done."
    assert len(document["errors"]) == MOST_FAULTS
    assert invalid([Fault("", "x", "y")] * 2).text == "2 values cannot be taken. Nothing was done."


def test_each_refusal_has_its_code(fresh: None) -> None:
    # given
    shop = open_shop()
    text = {"Content-Type": "text/plain"}
    refusals: list[tuple[Callable[[], HttpResponse], int, str]] = [
        (lambda: shop.post(ORDERS, b"{"), 400, "malformed_json"),
        (lambda: shop.post(ORDERS, b""), 422, "validation"),
        (lambda: shop.get(f"{ORDERS}/SHOP-1"), 404, "not_found"),
        (lambda: shop.get(f"{ORDERS}/SHOP-%00"), 404, "not_found"),
        (lambda: shop.get(f"{ORDERS}/"), 404, "not_found"),
        (lambda: shop.get("/api/v1/nothing"), 404, "not_found"),
        (lambda: shop.get("/api/v1/"), 404, "not_found"),
        (lambda: shop.get("/api/"), 404, "not_found"),
        (lambda: shop.get("/api"), 404, "not_found"),
        (lambda: shop.post("/api/v2/orders", {}), 404, "not_found"),
        (lambda: Partner("acme", "").get("/api/v1/nothing"), 404, "not_found"),
        (lambda: Partner("nobody", shop.token).get(ORDERS), 404, "not_found"),
        (lambda: Partner("platform", shop.token).get(ORDERS), 404, "not_found"),
        (lambda: shop.send("PUT", ORDERS), 405, "method_not_allowed"),
        (lambda: shop.send("OPTIONS", ORDERS), 405, "method_not_allowed"),
        (lambda: shop.send("TRACE", ORDERS), 405, "method_not_allowed"),
        (lambda: shop.send("DELETE", f"{ORDERS}/SHOP-1"), 405, "method_not_allowed"),
        (lambda: shop.get(ORDERS, Accept="text/html"), 406, "not_acceptable"),
        (lambda: shop.post(ORDERS, small_order(), **text), 415, "unsupported_media_type"),
        (lambda: shop.send("POST", ORDERS, b"{}"), 415, "unsupported_media_type"),
        (lambda: shop.post(ORDERS, b" " * (5 * 1024 * 1024 + 1)), 413, "body_too_large"),
    ]
    for number, (send, status, code) in enumerate(refusals):
        # when
        response = send()
        # then
        assert (response.status_code, problem(response)["code"]) == (status, code), number
    assert shop.send("PUT", ORDERS).headers["Allow"] == "GET, HEAD, POST"
    with retailer_context("acme"):
        assert not Order.objects.exists()


def test_a_host_name_that_is_none_is_refused(fresh: None) -> None:
    response = Partner("acme", "").get(ORDERS, Host="evil.example")
    assert (response.status_code, problem(response)["code"]) == (400, "malformed_request")


def test_errors_elsewhere_stay_as_they_are(fresh: None) -> None:
    response = Partner("acme", "").get("/apiary")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_body_of_unannounced_length_is_refused(fresh: None) -> None:
    # given
    shop = open_shop()
    body = json.dumps(small_order()).encode()
    # when
    response = shop.client.generic(
        "POST", ORDERS, body, content_type="application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked",
        headers={"Host": "acme.localhost", "Authorization": f"Bearer {shop.token}"},
    )  # fmt: skip
    # then
    assert (response.status_code, read(response)["code"]) == (411, "length_required")  # type: ignore[arg-type]


def test_a_body_that_breaks_off_is_refused(fresh: None) -> None:
    # given
    shop = open_shop()
    stream: dict[str, Any] = {"wsgi.input": _BreaksOff()}
    # when
    response: Any = shop.client.generic(
        "POST", ORDERS, b"{}", content_type="application/json", **stream,
        headers={"Host": "acme.localhost", "Authorization": f"Bearer {shop.token}"},
    )  # fmt: skip
    # then
    assert (response.status_code, problem(response)["code"]) == (400, "malformed_request")


class _BreaksOff(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("connection reset")


def test_a_fault_of_ours_shows_nothing_of_the_inside(
    fresh: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # given a fault behind everything that capture writes
    def fail(number: str) -> None:
        raise ZeroDivisionError(f"secret inside of {number}")

    shop = open_shop()
    monkeypatch.setattr("oms.web.api.orders.views.order_detail", fail)
    # when
    with caplog.at_level(logging.ERROR):
        response = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    # then
    document = problem(response)
    assert (response.status_code, document["code"]) == (500, "server_error")
    assert b"secret inside" not in response.content
    assert b"ZeroDivision" not in response.content
    assert "ZeroDivisionError: secret inside of SHOP-1" in caplog.text
    assert document["request_id"] in caplog.text
    with retailer_context("acme"):
        assert not Order.objects.exists()
        assert not Event.objects.exists()
        assert not IdempotentAnswer.objects.exists()


@pytest.mark.parametrize("fault", [StockContention("taken"), OperationalError("deadlock detected")])
def test_what_may_go_well_next_time_says_so(fresh: None, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    # given
    def fail(**given: Any) -> None:
        orders_capture(**given)
        raise fault

    shop = open_shop()
    # when
    with monkeypatch.context() as patched:
        patched.setattr("oms.web.api.orders.views.orders_capture", fail)
        refused = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    again = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    # then
    assert (refused.status_code, problem(refused)["code"]) == (503, "try_again")
    assert refused.headers["Retry-After"] == "1"
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers


# -- a real database that gives up -----------------------------------------------------------------


def post_on_its_own_connection(shop: Partner, body: object) -> HttpResponse:
    try:
        return Partner(shop.retailer, shop.token).post(ORDERS, body, Idempotency_Key="k")
    finally:
        connections.close_all()


def test_the_loser_of_a_deadlock_may_try_again(fresh: None, admin_url: str) -> None:
    # given another transaction that holds the order's key and will want the customer's
    shop = open_shop()
    order = small_order(customer={"reference": "C1"})
    customer = "INSERT INTO acme.orders_customer (reference, name, email, phone) VALUES ('C1', '', '', '')"
    with psycopg.connect(admin_url) as other, psycopg.connect(admin_url, autocommit=True) as admin:
        other.execute("SET deadlock_timeout = '60s'")  # so that it is not the one to give up
        other.execute(
            "INSERT INTO acme.orders_order (channel_id, external_number, number, status, open_quantity, currency,"
            " lines_total, charges_total, placed_at, recipient, address, city, postal_code, country)"
            " SELECT id, '1', 'SHOP-1', 'open', 1, 'GBP', 1, 0, now(), '', '', '', '', '' FROM acme.orders_channel"
        )
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(post_on_its_own_connection, shop, order)
            wait_until_blocked(admin)
            # when
            other.execute(customer)
            response = late.result(30)
            other.rollback()
    # then
    assert (response.status_code, problem(response)["code"]) == (503, "try_again")
    with retailer_context("acme"):
        assert not Customer.objects.exists()
        assert not IdempotentAnswer.objects.exists()
    assert shop.post(ORDERS, order, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("ending", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_statement_or_connection_that_is_ended_may_be_tried_again(fresh: None, admin_url: str, ending: str) -> None:
    # given
    shop = open_shop()
    with psycopg.connect(admin_url) as other, psycopg.connect(admin_url, autocommit=True) as admin:
        other.execute("LOCK TABLE acme.orders_orderline IN EXCLUSIVE MODE")
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(post_on_its_own_connection, shop, small_order())
            backend = wait_until_blocked(admin)
            # when
            admin.execute(f"SELECT {ending}(%s)", [backend])
            response = late.result(30)
    # then
    assert (response.status_code, problem(response)["code"]) == (503, "try_again")
    with retailer_context("acme"):
        assert not Order.objects.exists()
    assert shop.post(ORDERS, small_order(), Idempotency_Key="k").status_code == 201


# -- whatever comes --------------------------------------------------------------------------------

ANY_BYTES = st.binary(max_size=20) | st.text(max_size=20).map(str.encode)
ADDRESSES = [
    f"{ORDERS}/{{}}", f"{ORDERS}?cursor={{}}", f"{ORDERS}?status=open&channel={{}}", f"{ORDERS}?{{}}",
    "/api/v1/{}", "/api/{}",
]  # fmt: skip


def test_no_address_breaks_the_server(fresh: None) -> None:
    shop = open_shop()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "X"]), st.sampled_from(ADDRESSES), ANY_BYTES)
    def send(method: str, address: str, anything: bytes) -> None:
        response = shop.send(method, address.format(quote(anything, safe="")))
        assert response.status_code < 500
        if response.status_code >= 400:
            problem(response)

    send()


@pytest.fixture
def ended_before_commit(admin_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection of the next transaction of a retailer is ended when its view has answered."""
    respond = RetailerMiddleware._respond

    def end(middleware: RetailerMiddleware, request: HttpRequest) -> HttpResponse:
        answer = respond(middleware, request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", backend)
        monkeypatch.undo()
        return answer

    monkeypatch.setattr(RetailerMiddleware, "_respond", end)


def test_a_connection_that_is_gone_at_the_commit_may_be_tried_again(fresh: None, request: Any) -> None:
    shop = open_shop()
    request.getfixturevalue("ended_before_commit")
    # when
    response = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    # then
    assert (response.status_code, problem(response)["code"]) == (503, "try_again")
    assert response.headers["Retry-After"] == "1"
    again = shop.post(ORDERS, small_order(), Idempotency_Key="k")
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, None)


def test_the_back_office_says_that_the_database_is_away(fresh: None, ended_before_commit: None) -> None:
    # when
    response = Client().get("/admin/login/?next=/admin/", headers={"Host": "acme.localhost"})
    # then
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert "The database is away for a moment" in response.content.decode()
    assert 'href="/admin/login/?next=/admin/"' in response.content.decode()
