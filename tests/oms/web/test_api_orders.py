"""Orders over the API: captured once, read back, listed."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

import psycopg
import pytest
from django.db import connections
from django.http import HttpResponse
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import Event, PendingReaction
from oms.web.api.orders.body import OrderBody
from orders.models import Channel, Customer, LinePromise, Order, OrderCharge, OrderLine
from orders.services import orders_capture
from tests.oms.blocked import wait_until_blocked
from tests.oms.web.api_data import ORDERS, Partner, open_shop, problem, read, small_order

FULL = small_order(
    "1001",
    currency="JPY",
    customer={"reference": "C1", "name": "Ana", "email": "ana@example.com"},
    destination={
        "recipient": "Ana Ito", "address": "1 High St", "city": "London", "postal_code": "N1", "country": "GB",
        "latitude": 51.5, "longitude": -0.1,
    },
    charges=[
        {"kind": "carriage", "amount": "500"}, {"kind": "discount", "amount": "-100.5", "description": "Welcome"},
    ],
    method="express",
    priority=2,
    promise_by="2026-02-03",
    attributes={"gift": "yes"},
)  # fmt: skip


def units(ordered: int) -> dict[str, int]:
    return {"ordered": ordered, "open": ordered, "allocated": 0, "fulfilled": 0, "cancelled": 0, "returned": 0}


def test_a_small_order_is_captured_with_what_the_channel_leaves_out(fresh: None) -> None:
    # given
    shop = open_shop()
    before = timezone.now()
    # when
    response = shop.post(ORDERS, small_order("1001", placed_at=None))
    # then
    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Location"] == "/api/v1/orders/SHOP-1001"
    document = read(response)
    placed_at = datetime.fromisoformat(document.pop("placed_at"))
    captured_at = datetime.fromisoformat(document.pop("captured_at"))
    assert before <= placed_at <= captured_at <= timezone.now()
    assert document == {
        "number": "SHOP-1001",
        "channel": "shop",
        "external_number": "1001",
        "status": "open",
        "totals": {"currency": "GBP", "lines": "25.4321", "charges": "0.00", "total": "25.4321"},
        "customer": None,
        "destination": {
            "recipient": "", "address": "", "city": "", "postal_code": "", "country": "",
            "latitude": None, "longitude": None,
        },
        "lines": [
            {
                "position": 1, "sku": "A", "description": "Apron", "unit_price": "10.00", "amount": "20.00",
                "quantity": units(2), "promise": None,
            },
            {
                "position": 2, "sku": "B", "description": "A bowl", "unit_price": "5.4321", "amount": "5.4321",
                "quantity": units(1), "promise": None,
            },
        ],
        "charges": [],
        "payments": [],
        "method": "",
        "priority": 0,
        "promise_by": None,
        "attributes": {},
        "links": {"self": "/api/v1/orders/SHOP-1001"},
    }  # fmt: skip


def test_a_full_order_is_captured_as_it_was_said(fresh: None) -> None:
    # given
    shop = open_shop()
    # when
    document = read(shop.post(ORDERS, FULL))
    # then
    assert document["placed_at"] == "2026-01-31T11:00:00Z"
    assert document["totals"] == {"currency": "JPY", "lines": "25.4321", "charges": "399.5", "total": "424.9321"}
    assert document["customer"] == FULL["customer"]
    assert document["destination"] == FULL["destination"]
    assert [document[name] for name in ("method", "priority", "promise_by", "attributes")] == [
        "express", 2, "2026-02-03", {"gift": "yes"},
    ]  # fmt: skip
    assert document["charges"] == [
        {"kind": "carriage", "description": "", "amount": "500", "line": 0},
        {"kind": "discount", "description": "Welcome", "amount": "-100.5", "line": 0},
    ]
    assert [line["unit_price"] for line in document["lines"]] == ["10", "5.4321"]
    with retailer_context("acme"):
        order = Order.objects.get()
        assert (order.lines_total, order.charges_total) == (Decimal("25.4321"), Decimal("399.5"))
        assert OrderLine.objects.count() == 2
        assert OrderCharge.objects.count() == 2
        [event] = Event.objects.all()
        assert (event.name, event.subject, event.payload["total"]) == ("order.captured.v1", "SHOP-1001", "424.9321")
        assert event.actor.startswith("Web shop (")
        assert PendingReaction.objects.get().event == event


def test_an_order_reads_back_as_it_was_answered(fresh: None) -> None:
    # given
    shop = open_shop()
    captured = shop.post(ORDERS, FULL)
    # when
    response = shop.get(captured.headers["Location"])
    # then
    assert response.status_code == 200
    assert read(response) == read(captured)
    assert "Location" not in response.headers


def test_a_line_says_its_newest_promise(fresh: None) -> None:
    # given
    shop = open_shop()
    where = shop.post(ORDERS, small_order()).headers["Location"]
    assert [line["promise"] for line in read(shop.get(where))["lines"]] == [None, None]
    # when
    with retailer_context("acme"):
        line = OrderLine.objects.get(position=2)
        settled = {"outcome": "replaced", "settled_at": timezone.now()}
        LinePromise.objects.create(line=line, promised_on=date(2026, 5, 1), why="as the channel said", **settled)
        LinePromise.objects.create(
            line=line, promised_on=date(2026, 5, 4), expected_on=date(2026, 5, 5), why="two days by van"
        )
    # then
    before, told = read(shop.get(where))["lines"]
    assert before["promise"] is None
    assert told["promise"] == {
        "promised_on": "2026-05-04", "expected_on": "2026-05-05", "delivered": 0, "delivered_on": None,
        "outcome": "open",
    }  # fmt: skip


def test_any_number_of_a_channel_has_an_address(fresh: None) -> None:
    # given
    shop = open_shop()
    for number in ("10/01", "a/../b", "ü 1", "50%", "x?y#z", "..", "//", "+&="):
        # when
        captured = shop.post(ORDERS, small_order(number))
        # then
        assert captured.status_code == 201, number
        assert captured.headers["Location"] == f"{ORDERS}/SHOP-{quote(number, safe='')}"
        assert read(shop.get(captured.headers["Location"]))["external_number"] == number


def test_the_same_order_again_is_answered_and_not_captured(fresh: None) -> None:
    # given
    shop = open_shop()
    first = shop.post(ORDERS, FULL)
    # when it comes again, also in other words for the same
    same = {**FULL, "placed_at": "2026-01-31T11:00:00Z", "charges": [
        {"kind": "carriage", "amount": "500.0000", "description": ""}, FULL["charges"][1],
    ]}  # fmt: skip
    again = [shop.post(ORDERS, FULL), shop.post(ORDERS, same), shop.post(ORDERS, small_order("1001", placed_at=None))]
    # then
    assert [response.status_code for response in again[:2]] == [200, 200]
    assert [read(response) for response in again[:2]] == [read(first), read(first)]
    assert "Location" not in again[0].headers
    assert again[2].status_code == 409
    with retailer_context("acme"):
        assert (Order.objects.count(), OrderLine.objects.count(), Event.objects.count()) == (1, 2, 1)


def test_left_out_time_and_currency_make_no_difference(fresh: None) -> None:
    # given
    shop = open_shop()
    assert shop.post(ORDERS, small_order(placed_at=None)).status_code == 201
    # when
    again = shop.post(ORDERS, small_order(placed_at=None, currency="GBP"))
    # then
    assert again.status_code == 200


def test_a_known_customer_keeps_name_and_address(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, FULL)
    # when
    other = small_order("1002", customer={"reference": "C1", "name": "Somebody else"})
    responses = [shop.post(ORDERS, other), shop.post(ORDERS, other)]
    # then
    assert [response.status_code for response in responses] == [201, 200]
    assert read(responses[0])["customer"] == FULL["customer"]
    with retailer_context("acme"):
        assert Customer.objects.count() == 1


CHANGES: list[tuple[dict[str, object], list[str]]] = [
    ({"placed_at": "2026-01-31T12:00:01+01:00"}, ["/placed_at"]),
    ({"currency": "GBP"}, ["/currency"]),
    ({"currency": None}, ["/currency"]),
    ({"customer": None}, ["/customer"]),
    ({"customer": {"reference": "C2"}}, ["/customer/reference"]),
    ({"destination": {"city": "Leeds"}}, [
        "/destination/recipient", "/destination/address", "/destination/city", "/destination/postal_code",
        "/destination/country", "/destination/latitude", "/destination/longitude",
    ]),
    ({"lines": [{"sku": "A", "quantity": 3, "unit_price": "10"}]}, ["/lines", "/lines/0/quantity"]),
    ({"lines": [{"sku": "B", "quantity": 2, "unit_price": "10.0001", "description": "x"},
                {"sku": "B", "quantity": 1, "unit_price": "5.4321", "description": "A bowl"}]},
     ["/lines/0/sku", "/lines/0/unit_price", "/lines/0/description"]),
    ({"lines": [{"sku": "unheard of", "quantity": 2, "unit_price": "10"},
                {"sku": "B", "quantity": 1, "unit_price": "5.4321", "description": "A bowl"}]},
     ["/lines/0/sku"]),
    ({"charges": []}, ["/charges"]),
    ({"charges": [{"kind": "fee", "amount": "500.01"}, {"kind": "discount", "amount": "-100.5"}]},
     ["/charges/0/kind", "/charges/0/amount", "/charges/1/description"]),
    ({"method": "standard", "priority": 0}, ["/method", "/priority"]),
    ({"promise_by": None}, ["/promise_by"]),
    ({"attributes": {"gift": "no", "engraving": "A"}}, ["/attributes/gift", "/attributes/engraving"]),
    ({"attributes": {}}, ["/attributes/gift"]),
]  # fmt: skip


def test_another_order_with_its_number_is_refused_naming_what_differs(fresh: None) -> None:
    # given
    shop = open_shop()
    first = read(shop.post(ORDERS, FULL))
    for change, differing in CHANGES:
        # when
        body = {name: value for name, value in {**FULL, **change}.items() if value is not None}
        response = shop.post(ORDERS, body)
        # then
        document = problem(response)
        assert (response.status_code, document["code"]) == (409, "order_already_captured_differently"), change
        found = [(item["pointer"], item["code"]) for item in document["errors"]]
        assert found == [(at, "differs") for at in differing]
        assert differing[0] in document["detail"]
    assert read(shop.get(f"{ORDERS}/SHOP-1001")) == first


def test_a_difference_says_both_values(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post(ORDERS, FULL)
    # when
    document = problem(shop.post(ORDERS, {**FULL, "currency": "EUR"}))
    # then
    assert document["detail"] == "SHOP-1001 was captured before, with other content: /currency."
    assert document["errors"] == [
        {"pointer": "/currency", "code": "differs", "detail": "“EUR” here, “JPY” in the captured order."}
    ]


def test_what_the_retailer_does_not_know_is_refused_by_name(fresh: None) -> None:
    # given
    shop = open_shop()
    with retailer_context("acme"):
        Channel.objects.create(code="closed", name="Closed", currency="GBP", active=False)
    lines = [{"sku": sku, "quantity": 1, "unit_price": "1"} for sku in ("A", "X", "B", "Y")]
    # when
    products, channel, closed = (
        problem(shop.post(ORDERS, {**small_order(), **change}))
        for change in ({"lines": lines}, {"channel": "market"}, {"channel": "closed"})
    )
    # then
    assert [document["status"] for document in (products, channel, closed)] == [422, 422, 422]
    assert products["errors"] == [
        {"pointer": "/lines/1/sku", "code": "unknown_sku", "detail": "There is no product X."},
        {"pointer": "/lines/3/sku", "code": "unknown_sku", "detail": "There is no product Y."},
    ]
    assert channel["errors"] == [
        {"pointer": "/channel", "code": "unknown_channel", "detail": "There is no channel market."}
    ]
    assert closed["errors"] == [
        {"pointer": "/channel", "code": "inactive_channel", "detail": "closed takes no orders now."}
    ]
    with retailer_context("acme"):
        assert not Order.objects.exists()


def test_an_order_of_1000_lines_is_captured(fresh: None) -> None:
    # given
    shop = open_shop()
    lines = [{"sku": "A", "quantity": 1, "unit_price": "0.0001"}] * 1000
    # when
    response = shop.post(ORDERS, small_order(lines=lines))
    # then
    assert response.status_code == 201
    assert read(response)["totals"]["total"] == "0.10"
    assert [line["position"] for line in read(response)["lines"]] == list(range(1, 1001))
    assert shop.post(ORDERS, small_order(lines=lines)).status_code == 200


def test_the_largest_values_are_captured_exactly(fresh: None) -> None:
    # given
    shop = open_shop()
    line = {"sku": "A", "quantity": 2_147_483_647, "unit_price": "9999999999.9999", "description": "é" * 255}
    # when
    document = read(shop.post(ORDERS, small_order("9" * 64, lines=[line, line])))
    # then
    assert document["lines"][0]["amount"] == "21474836469999785251.6353"
    assert document["totals"]["total"] == "42949672939999570503.2706"


# -- races -----------------------------------------------------------------------------------------


def post_on_its_own_connection(shop: Partner, body: object, **headers: str) -> HttpResponse:
    try:
        return Partner(shop.retailer, shop.token).post(ORDERS, body, **headers)
    finally:
        connections.close_all()


@pytest.mark.parametrize(
    ("change", "status", "code"), [({}, 200, None), ({"currency": "EUR"}, 409, "order_already_captured_differently")]
)
def test_an_order_that_is_captured_meanwhile_is_not_captured_twice(
    fresh: None, admin_url: str, change: dict[str, object], status: int, code: str | None
) -> None:
    """The other capture commits after this one has asked whether the order is there, and found it is not."""
    # given
    shop = open_shop()
    order = OrderBody.model_validate(small_order()).new_order(timezone.now())
    with psycopg.connect(admin_url, autocommit=True) as admin, ThreadPoolExecutor(1) as pool:
        with retailer_context("acme"):
            orders_capture(channel="shop", orders=[order], actor="another")
            late = pool.submit(post_on_its_own_connection, shop, {**small_order(), **change})
            wait_until_blocked(admin)
        # when
        response = late.result(30)
    # then
    assert response.status_code == status
    assert read(response).get("code") == code
    with retailer_context("acme"):
        assert [event.actor for event in Event.objects.all()] == ["another"]
        assert OrderLine.objects.count() == 2


def test_an_order_whose_other_capture_is_undone_is_captured(fresh: None, admin_url: str) -> None:
    # given
    shop = open_shop()
    order = OrderBody.model_validate(small_order()).new_order(timezone.now())
    with psycopg.connect(admin_url, autocommit=True) as admin, ThreadPoolExecutor(1) as pool:
        with pytest.raises(ZeroDivisionError), retailer_context("acme"):
            orders_capture(channel="shop", orders=[order], actor="another")
            late = pool.submit(post_on_its_own_connection, shop, small_order())
            wait_until_blocked(admin)
            raise ZeroDivisionError
        # when
        response = late.result(30)
    # then
    assert response.status_code == 201
    with retailer_context("acme"):
        assert Event.objects.get().actor.startswith("Web shop")


def test_of_many_equal_orders_at_once_one_is_captured(fresh: None) -> None:
    # given
    shop = open_shop()
    many = 6
    start = threading.Barrier(many)

    def post(_: int) -> int:
        start.wait(30)
        return post_on_its_own_connection(shop, FULL).status_code

    # when
    with ThreadPoolExecutor(many) as pool:
        statuses = Counter(pool.map(post, range(many)))
    # then
    assert statuses == {201: 1, 200: many - 1}
    with retailer_context("acme"):
        assert (Order.objects.count(), Customer.objects.count(), Event.objects.count()) == (1, 1, 1)
