"""The list of orders: found by exact terms, filtered by indexes, never counted to the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from oms.infra.backoffice import paginator
from oms.infra.database.context import retailer_context
from orders.models import Channel, Customer, Order
from orders.selectors import orders_numbered
from tests.factories.catalogue import ProductFactory
from tests.factories.locations import LocationFactory
from tests.factories.orders import PLACED_AT, order_placed
from tests.oms.web.back_office import listed, manager, staff, statements, visitor, words

ORDERS = "/admin/orders/order/"


@pytest.fixture
def three_orders(fresh: None) -> None:
    """WEB-a1 (a lamp for C-1), WEB-a2 (a vase for C-2), SHOP-a1 (a lamp, nobody named)."""
    with retailer_context("acme"):
        ProductFactory.create(sku="LAMP")
        ProductFactory.create(sku="VASE", gtin="4006381333931")
        order_placed(("LAMP", 2), number="a1", customer="C-1", email="Ada@Example.com")
        order_placed(("VASE", 1), number="a2", customer="C-2", placed_at=PLACED_AT + timedelta(days=1))
        order_placed(("LAMP", 1), number="a1", channel="shop", placed_at=PLACED_AT + timedelta(days=2))


def test_a_search_finds_what_its_whole_term_names(three_orders: None) -> None:
    client = manager()
    expected = {
        "WEB-a1": ["WEB-a1"],
        "web-A1": ["WEB-a1"],
        "  WEB-a1 ": ["WEB-a1"],
        "a1": ["SHOP-a1", "WEB-a1"],
        "C-2": ["WEB-a2"],
        "c-2": ["WEB-a2"],
        "ADA@example.COM": ["WEB-a1"],
        "LAMP": ["SHOP-a1", "WEB-a1"],
        "lamp": ["SHOP-a1", "WEB-a1"],
        "4006381333931": ["WEB-a2"],
        "WEB-a": [],
        "LAM": [],
        "%": [],
        "\x00": ["SHOP-a1", "WEB-a2", "WEB-a1"],
        "": ["SHOP-a1", "WEB-a2", "WEB-a1"],
    }

    assert {term: listed(client.get(ORDERS, {"q": term})) for term in expected} == expected


def test_a_number_finds_its_order_whatever_is_filtered(three_orders: None) -> None:
    # given: no order is complete
    client = manager()
    assert listed(client.get(ORDERS, {"status": "complete"})) == []
    # when
    response = client.get(ORDERS, {"status": "complete", "q": "web-a1"})
    # then
    assert listed(response) == ["WEB-a1"]


def test_another_way_of_searching_stays_within_the_filter(three_orders: None) -> None:
    assert listed(manager().get(ORDERS, {"status": "complete", "q": "LAMP"})) == []


def test_a_number_is_looked_up_by_an_index(acme: None) -> None:
    # given: plans that PostgreSQL would choose for a table too large to read through
    with statements() as asked:
        orders_numbered("WEB-1")
    # when
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    # then
    assert "order_number_any_case" in plan
    assert "order_external_number" in plan
    assert "Seq Scan" not in plan


def test_rows_say_what_they_are_in_words(three_orders: None) -> None:
    with retailer_context("acme"):
        Customer.objects.filter(reference="C-1").update(name="Ada Clarke")

    page = words(manager().get(ORDERS, {"q": "WEB-a1"}))

    assert "WEB-a1 2 Mar 2026, 10:30 Ada Clarke Open 2 20.00 GBP Web shop" in page


def test_filters_stand_in_the_address(three_orders: None) -> None:
    client = manager()
    expected = {
        "status=open": ["SHOP-a1", "WEB-a2", "WEB-a1"],
        "status=cancelled": [],
        "status=no+such": ["SHOP-a1", "WEB-a2", "WEB-a1"],
        "placed_at_from=2026-03-03": ["SHOP-a1", "WEB-a2"],
        "placed_at_to=2026-03-03": ["WEB-a2", "WEB-a1"],
        "placed_at_from=2026-03-03&placed_at_to=2026-03-03": ["WEB-a2"],
        "placed_at_from=not+a+day&placed_at_to=2026-02-31": ["SHOP-a1", "WEB-a2", "WEB-a1"],
        "placed_at_to=9999-12-31": ["SHOP-a1", "WEB-a2", "WEB-a1"],
        "o=2": ["WEB-a1", "WEB-a2", "SHOP-a1"],
        "o=-2": ["SHOP-a1", "WEB-a2", "WEB-a1"],
    }

    assert {address: listed(client.get(f"{ORDERS}?{address}")) for address in expected} == expected


def test_a_search_that_finds_nothing_says_what_it_takes(three_orders: None) -> None:
    page = words(manager().get(ORDERS, {"q": "<b>WEB"}))

    assert "Nothing is called “<b>WEB” The whole of it has to match: order number, customer, e-mail or sku." in page


def test_only_what_has_an_index_sorts(three_orders: None) -> None:
    client = manager()
    sorted_by = {}
    for column in range(7):
        with statements() as asked:
            client.get(ORDERS, {"o": str(column)})
        rows = [statement for statement in asked if statement.startswith('SELECT "orders_order"')][-1]
        sorted_by[column] = rows.partition(" ORDER BY ")[2].replace('"orders_order".', "").replace('"', "")

    newest_first = "placed_at DESC, id DESC"
    assert sorted_by == {**dict.fromkeys(range(7), newest_first), 2: "placed_at ASC, id DESC"}


def test_a_channel_is_a_filter(three_orders: None) -> None:
    with retailer_context("acme"):
        shop = Channel.objects.get(code="shop").pk

    assert listed(manager().get(ORDERS, {"channel__id__exact": shop})) == ["SHOP-a1"]


def test_a_day_is_the_retailers_day(fresh: None) -> None:
    # given: half past eleven in the evening, UTC, is past midnight in London's summer
    with retailer_context("acme"):
        order_placed(number="late", placed_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    client = manager()
    # when
    june = client.get(ORDERS, {"placed_at_to": "2026-06-30"})
    july = client.get(ORDERS, {"placed_at_from": "2026-07-01"})
    # then
    assert (listed(june), listed(july)) == ([], ["WEB-late"])
    assert "1 Jul 2026, 00:30" in words(july)


def test_no_address_makes_the_list_scan(three_orders: None) -> None:
    client = manager()
    for lookup in ("number__icontains", "customer__name", "city", "channel__code__contains", "open_quantity"):
        assert client.get(ORDERS, {lookup: "a"}).status_code == 400, lookup


def test_a_long_list_is_counted_to_the_cap(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setattr(paginator, "COUNTED_ROWS", 3)
    with retailer_context("acme"):
        sku = ProductFactory.create().sku
        for _ in range(5):
            order_placed((sku, 1))
    client = manager()
    # when
    with statements() as asked:
        response = client.get(ORDERS)
    # then
    [count] = [statement for statement in asked if "COUNT(" in statement and "orders_order" in statement]
    assert "LIMIT 4" in count
    assert "The first 3 : search or filter to reach the others" in words(response).replace("3:", "3 :")


def test_the_list_asks_six_questions_however_long_it_is(fresh: None) -> None:
    client = manager()
    for orders in (1, 12):
        # given
        with retailer_context("acme"):
            while Order.objects.count() < orders:
                order_placed(customer=f"C{Order.objects.count()}")
        client.get(ORDERS)
        # when
        with statements() as asked:
            response = client.get(ORDERS)
        # then: session, user, saved views, channels of the filter, the capped count, the rows
        assert len(listed(response)) == orders
        assert len(asked) == 6, asked


def test_a_search_asks_a_fixed_number_of_questions(three_orders: None) -> None:
    client = manager()
    client.get(ORDERS)
    expected = {"WEB-a1": 7, "a1": 7, "C-1": 8, "ada@example.com": 8, "LAMP": 8, "none": 8}
    asked_for = {}
    for term in expected:
        with statements() as asked:
            client.get(ORDERS, {"q": term})
        asked_for[term] = len(asked)

    assert asked_for == expected


def test_another_retailers_orders_are_not_found(three_orders: None) -> None:
    client = manager("globex")

    assert listed(client.get(ORDERS)) == []
    assert listed(client.get(ORDERS, {"q": "WEB-a1"})) == []


def test_only_those_who_may_view_orders_see_the_list(three_orders: None) -> None:
    assert staff("requests.view_fulfilmentrequest").get(ORDERS).status_code == 403
    assert staff("orders.view_order").get(ORDERS).status_code == 200
    assert visitor().get(ORDERS).status_code == 302


def test_nobody_adds_or_deletes_an_order_by_hand(three_orders: None) -> None:
    client = manager()
    with retailer_context("acme"):
        key = Order.objects.get(number="WEB-a1").pk

    assert client.post(f"{ORDERS}add/", {"number": "X"}).status_code == 403
    assert client.post(f"{ORDERS}{key}/delete/", {"post": "yes"}).status_code == 403
    client.post(ORDERS, {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
    with retailer_context("acme"):
        assert Order.objects.count() == 3


def test_the_command_search_finds_what_may_be_viewed(three_orders: None) -> None:
    # given
    with retailer_context("acme"):
        LocationFactory.create()
    address = "/admin/search/?extended=1&s="
    # when
    found = words(manager().get(f"{address}web-A1"))
    customer = words(manager().get(f"{address}ada@example.com"))
    product = words(staff("catalogue.view_product").get(f"{address}LAMP"))
    hidden = words(staff("catalogue.view_product").get(f"{address}WEB-a1"))
    # then
    assert "WEB-a1 • Order, placed 2 Mar 2026, 10:30" in found
    assert "C-1 • Customer: their orders" in customer
    assert "LAMP • Product: Thing LAMP" in product
    assert "No results matching your query" in hidden


def test_the_command_search_keeps_no_answer(fresh: None) -> None:
    # given
    client = manager()
    address = "/admin/search/?extended=1&s=WEB-new"
    assert "No results" in words(client.get(address))
    # when
    with retailer_context("acme"):
        order_placed(number="new")
    # then
    assert "WEB-new" in words(client.get(address))
    assert "No results" in words(manager("globex").get(address))
