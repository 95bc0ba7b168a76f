"""How often a request goes to PostgreSQL and back, BEGIN and COMMIT included, as the protocol itself tells."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections

from tests.oms.web.api_data import ORDERS, open_shop, small_order


@contextmanager
def round_trips() -> Iterator[list[str]]:
    """Collects what this thread's connection asks: each question that PostgreSQL says it has answered."""
    raw: psycopg.Connection = connections["default"].connection
    asked: list[str] = []
    with raw.cursor() as cursor:
        cursor.execute("SELECT name, statement FROM pg_prepared_statements")
        known: dict[str, str] = dict(cursor.fetchall())
    with tempfile.TemporaryFile("w+") as trace:
        raw.pgconn.trace(trace.fileno())  # libpq writes every message there
        raw.pgconn.set_trace_flags(psycopg.pq.Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield asked
        finally:
            raw.pgconn.untrace()
        trace.seek(0)
        question = ""
        for line in trace:
            side, _, rest = line.partition("\t")
            if side == "F":
                kind, _, content = rest.partition("\t")[2].partition("\t")
                if kind.strip() == "Query":
                    question = content.strip(' "\n')
                elif kind.strip() == "Bind":
                    question = known.get(content.split('"')[3], content)
            elif side != "B":
                question += f" {line.strip()}"  # a question of several lines
            elif "ReadyForQuery" in rest:
                asked.append(question)


def beginnings(asked: list[str]) -> list[str]:
    return [" ".join(question.strip(' "').split()[:3]) for question in asked]


def test_an_order_of_two_lines(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, small_order(external_number="warm"))  # the process now knows the host name and the profile
    # when
    with round_trips() as asked:
        response = shop.post(ORDERS, small_order())
    # then
    assert response.status_code == 201
    assert "api_key_admit" in asked[0]  # who calls, how often: a transaction of its own that has ended with it
    assert asked[0].endswith("COMMIT")
    assert beginnings(asked) == [
        "BEGIN; SET LOCAL",
        "BEGIN; SET LOCAL",
        "WITH product AS",
        'INSERT INTO "orders_order"',
        "WITH part0 AS",
        "WITH recorded AS",
        "SELECT o.id, o.number,",
        "COMMIT",
    ]


def test_an_order_of_two_lines_with_everything_that_costs(fresh: None) -> None:
    # given
    shop = open_shop()
    order = small_order(customer={"reference": "C1"}, charges=[{"kind": "carriage", "amount": "5"}])
    warm = {**order, "external_number": "warm", "customer": {"reference": "C0"}}
    shop.post(ORDERS, warm, Idempotency_Key="warm")  # the statements are prepared
    # when
    with round_trips() as asked:
        response = shop.post(ORDERS, order, Idempotency_Key="k")
    # then
    assert response.status_code == 201
    assert len(asked) == 11, asked


def test_repeats_and_reads(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, small_order(), Idempotency_Key="k")
    shop.post(ORDERS, small_order())
    requests: dict[str, tuple[int, Callable[[], object]]] = {
        "replay": (4, lambda: shop.post(ORDERS, small_order(), Idempotency_Key="k")),
        "the same order": (5, lambda: shop.post(ORDERS, small_order())),
        "an order": (4, lambda: shop.get(f"{ORDERS}/SHOP-1")),
        "a page": (4, lambda: shop.get(f"{ORDERS}?status=open&channel=shop")),
        "an invalid body": (4, lambda: shop.post(ORDERS, {})),  # psycopg forgets what it prepared at a ROLLBACK
        "nothing": (3, lambda: shop.get("/api/v1/nothing")),
    }
    for name, (expected, send) in requests.items():
        # when
        with round_trips() as asked:
            send()
        # then
        assert len(asked) == expected, (name, asked)


def test_an_order_with_a_card_that_is_authorised_before_the_answer(fresh: None) -> None:
    # given
    shop = open_shop()
    cards = [{"kind": "card", "amount": "20.00", "token": "tok_1"}]
    shop.post(ORDERS, small_order(external_number="warm", payments=cards))
    # when
    with round_trips() as asked:
        response = shop.post(ORDERS, small_order(payments=cards))
    # then
    assert response.status_code == 201
    assert beginnings(asked)[7:] == [
        "SELECT o.id, o.number,",
        "COMMIT",
        "BEGIN; SET LOCAL",  # the sandbox, as a gateway would
        "BEGIN; SET LOCAL",
        "SELECT o.id, o.number,",
        "WITH answered AS",
        'INSERT INTO "infra_event"',
        "SELECT o.id, o.number,",
        "COMMIT",
    ]
