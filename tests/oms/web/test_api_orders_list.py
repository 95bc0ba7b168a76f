"""The list of orders: the newest first, page by page, filtered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.api.cursor import write_cursor
from orders.api.selectors import Place
from orders.catalogue.models import Product
from orders.models import Channel, Order, OrderLine
from orders.services.lines_cancel import LineToCancel, lines_cancel
from tests.oms.web.api_data import ORDERS, open_shop, problem, read, small_order


def fill(retailer: str = "acme") -> list[str]:
    """Seven orders on two channels, three of them placed at one time; their numbers, the newest first."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with retailer_context(retailer):
        product = Product.objects.get(sku="A")
        shop = Channel.objects.get()
        till = Channel.objects.create(code="till", name="Till", currency="GBP")
        for index, hours in enumerate([0, 1, 1, 1, 2, 3, 4]):
            channel = till if index % 3 == 0 else shop
            order = Order.objects.create(
                channel=channel, external_number=str(index), number=f"{channel.code.upper()}-{index}",
                status="cancelled" if index == 2 else "open", currency="GBP", lines_total=1, charges_total=0,
                placed_at=noon + timedelta(hours=hours),
            )  # fmt: skip
            OrderLine.objects.create(order=order, position=1, product=product, unit_price=1, ordered=1)
    return ["TILL-6", "SHOP-5", "SHOP-4", "TILL-3", "SHOP-2", "SHOP-1", "TILL-0"]


def numbers(response: HttpResponse) -> list[str]:
    assert response.status_code == 200, response.content
    return [order["number"] for order in read(response)["orders"]]


def test_a_list_shows_the_newest_first(fresh: None) -> None:
    # given
    shop = open_shop()
    expected = fill()
    # when
    response = shop.get(ORDERS)
    # then
    assert numbers(response) == expected
    document = read(response)
    assert (document["next_cursor"], document["links"]) == (None, {"self": ORDERS, "next": None})
    assert document["orders"][0] == {
        "number": "TILL-6",
        "channel": "till",
        "external_number": "6",
        "status": "open",
        "placed_at": "2026-03-01T16:00:00Z",
        "captured_at": document["orders"][0]["captured_at"],
        "totals": {"currency": "GBP", "lines": "1.00", "charges": "0.00", "total": "1.00"},
        "links": {"self": f"{ORDERS}/TILL-6"},
    }


def test_pages_meet_without_gap_or_overlap(fresh: None) -> None:
    # given
    shop = open_shop()
    expected = fill()
    for limit in (1, 2, 3, 6, 7, 200):
        pages: list[list[str]] = []
        address: str | None = f"{ORDERS}?limit={limit}"
        # when
        while address:
            response = shop.get(address)
            pages.append(numbers(response))
            address = read(response)["links"]["next"]
        # then
        assert pages == [expected[at : at + limit] for at in range(0, 7, limit)]


def test_pages_stay_put_while_orders_come_in(fresh: None) -> None:
    # given
    shop = open_shop()
    expected = fill()
    first = shop.get(f"{ORDERS}?limit=3")
    # when
    shop.post(ORDERS, small_order("new", placed_at=None))
    # then
    assert numbers(first) + numbers(shop.get(read(first)["links"]["next"])) == expected[:6]


def test_filters_narrow_the_list_and_stay_on_the_next_page(fresh: None) -> None:
    # given
    shop = open_shop()
    fill()
    # when
    first = shop.get(f"{ORDERS}?status=open&channel=shop&limit=2")
    # then
    following = read(first)["links"]["next"]
    assert following == f"{ORDERS}?status=open&channel=shop&limit=2&cursor={read(first)['next_cursor']}"
    assert numbers(first) == ["SHOP-5", "SHOP-4"]
    assert numbers(shop.get(following)) == ["SHOP-1"]
    assert numbers(shop.get(f"{ORDERS}?status=cancelled")) == ["SHOP-2"]
    assert numbers(shop.get(f"{ORDERS}?channel=till")) == ["TILL-6", "TILL-3", "TILL-0"]
    assert numbers(shop.get(f"{ORDERS}?channel=nowhere")) == []
    assert numbers(shop.get(f"{ORDERS}?status=complete")) == []


PARAMETERS = [
    ("limit=0", "limit", "out_of_range"),
    ("limit=201", "limit", "out_of_range"),
    ("limit=ten", "limit", "wrong_type"),
    ("limit=" + "9" * 5000, "limit", "wrong_type"),
    ("limit=", "limit", "wrong_type"),
    ("status=lost", "status", "unknown_value"),
    ("status=OPEN", "status", "unknown_value"),
    ("channel=%00", "channel", "malformed"),
    ("channel=SHOP", "channel", "malformed"),
    ("state=open", "state", "unknown_field"),
    ("status=open&status=cancelled", "status", "repeated"),
    ("cursor=", "cursor", "malformed_cursor"),
    ("cursor=%00", "cursor", "malformed_cursor"),
    ("cursor=%F0%9F%98%80", "cursor", "malformed_cursor"),
    ("cursor=MjAyNg", "cursor", "malformed_cursor"),
]


def test_a_parameter_that_cannot_be_taken_is_named(fresh: None) -> None:
    # given
    shop = open_shop()
    for parameters, name, code in PARAMETERS:
        # when
        response = shop.get(f"{ORDERS}?{parameters}")
        # then
        document = problem(response)
        assert (response.status_code, document["code"]) == (422, "validation"), parameters
        assert [(item["parameter"], item["code"]) for item in document["errors"]] == [(name, code)]


def test_several_parameters_are_named_at_once(fresh: None) -> None:
    # given
    shop = open_shop()
    # when
    document = problem(shop.get(f"{ORDERS}?limit=x&status=y&z=1"))
    # then
    assert {item["parameter"] for item in document["errors"]} == {"limit", "status", "z"}


def test_a_cursor_of_any_place_is_taken_and_a_changed_one_is_not(fresh: None) -> None:
    # given
    shop = open_shop()
    places = [
        Place(datetime.min.replace(tzinfo=UTC), 1),
        Place(datetime.max.replace(tzinfo=UTC), 2**63 - 1),
        Place(datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC), 12),
    ]
    for place in places:
        cursor = write_cursor(place)
        # when, then
        assert numbers(shop.get(f"{ORDERS}?cursor={cursor}")) == []
        assert shop.get(f"{ORDERS}?cursor={cursor}=").status_code == 422
        assert shop.get(f"{ORDERS}?cursor={cursor[1:]}").status_code == 422
    assert shop.get(f"{ORDERS}?cursor={write_cursor(Place(places[0].placed_at, 2**63))}").status_code == 422
    assert shop.get(f"{ORDERS}?cursor={write_cursor(Place(places[0].placed_at, 0))}").status_code == 422


def test_orders_of_which_something_happened_since(fresh: None) -> None:
    # given two orders that were captured long ago, and one of them changed now
    shop = open_shop()
    for number in ("1", "2"):
        shop.post(ORDERS, small_order(number))
    since = timezone.now().isoformat().replace("+00:00", "Z")
    assert read(shop.get(f"{ORDERS}?updated_since={since}"))["orders"] == []
    with retailer_context("acme"):
        line = OrderLine.objects.get(order__number="SHOP-2", position=1)
        cancellation = LineToCancel(
            line_id=line.pk, quantity=1, unit_price=line.unit_price, external_number="", reason="test",
            happened_at=timezone.now(),
        )  # fmt: skip
        lines_cancel(cancellations=[cancellation], actor="test")
    # when
    changed = read(shop.get(f"{ORDERS}?updated_since={since}"))
    # then
    assert [order["number"] for order in changed["orders"]] == ["SHOP-2"]
    assert problem(shop.get(f"{ORDERS}?updated_since=yesterday"))["errors"][0]["parameter"] == "updated_since"
