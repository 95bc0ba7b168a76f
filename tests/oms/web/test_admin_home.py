"""The home page: what waits, and the way to it."""

from __future__ import annotations

import re

import pytest

from fulfilment.requests.domain import RequestStatus
from fulfilment.routing.services import orders_route
from oms.importing.models import ImportedLine
from oms.infra.backoffice import paginator
from oms.infra.database.context import retailer_context
from oms.web.admin_sites import home
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_lost, stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import ChannelFactory, order_placed
from tests.factories.requests import request_brought_to, request_offered
from tests.oms.web.back_office import listed, manager, staff, statements, words


@pytest.fixture
def day(fresh: None) -> None:
    """One order open with 4 units of backorder, one offered, one in picking, one shipped; one line refused."""
    with retailer_context("acme"):
        lamp = ProductFactory.create(sku="LAMP")
        stock_received(LocationFactory.create(), lamp, 9)
        waiting = order_placed((ProductFactory.create().sku, 4), number="1", customer="C-1")
        orders_route(order_ids=[waiting.pk], actor="routing")
        request_offered(order_placed(("LAMP", 1), number="2"))
        request_brought_to(order_placed(("LAMP", 1), number="3"), RequestStatus.PICKING)
        request_brought_to(order_placed(("LAMP", 1), number="4"), RequestStatus.SHIPPED)
        stock_lost(lamp, 99)
        ImportedLine.objects.create(
            channel=ChannelFactory.create(), fingerprint="0" * 32, occurrence=0, row=2, outcome="refused",
            reason="bad_date", money=0,
        )  # fmt: skip


def tiles_of(html: str) -> dict[str, tuple[str, str]]:
    """Word of each tile: its number and where it leads."""
    found = re.findall(r'(?s)<a class="oms-tile" href="([^"]+)">.*?</span>([^<]+)</span>\s*<strong[^>]*>([^<]+)<', html)
    return {word.strip(): (number, address) for address, word, number in found}


def test_each_number_leads_to_what_it_counts(day: None) -> None:
    # given
    client = manager()
    # when
    page = client.get("/admin/")
    tiles = tiles_of(page.content.decode())
    # then
    assert {word: number for word, (number, _) in tiles.items()} == {
        "Orders open": "1",
        "Orders in progress": "2",
        "Units backordered": "4",
        "Requests offered": "1",
        "Requests being picked": "1",
        "Requests packed": "0",
        "Adjustments waiting": "1",
        "Lines refused": "1",
    }
    behind = {word: len(listed(client.get(address))) for word, (_, address) in tiles.items()}
    assert behind == {word: int(number) for word, (number, _) in tiles.items()} | {"Units backordered": 1}


def test_it_says_as_of_when_and_what_waits_longest(day: None) -> None:
    page = words(manager().get("/admin/"))

    assert re.search(r"As of \d\d:\d\d, \w+day \d+ \w+ \d{4} \((GMT|BST)\)", page)
    assert "WEB-1 2 Mar 2026, 10:30 C-1 4 Web shop" in page


def test_it_shows_only_what_the_person_may_view(day: None) -> None:
    agent, stranger = staff("orders.view_order"), staff()

    assert set(tiles_of(agent.get("/admin/").content.decode())) == {"Orders open", "Orders in progress"}
    page = words(stranger.get("/admin/"))
    assert "Your account may not look into anything yet" in page
    assert "WEB-1" not in page


def test_it_asks_a_fixed_number_of_questions(day: None) -> None:
    client = manager()
    client.get("/admin/")
    with statements() as asked:
        client.get("/admin/")
    # session, user, two counts of orders, backorders, requests, adjustments, refused lines, failing webhooks,
    # longest waiting
    assert len(asked) == 10, asked


def test_numbers_stop_where_counting_would_cost(day: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "COUNTED_ROWS", 1)
    monkeypatch.setattr(paginator, "COUNTED_ROWS", 1)

    tiles = tiles_of(manager().get("/admin/").content.decode())

    assert tiles["Orders in progress"][0] == "1+"
    assert tiles["Orders open"][0] == "1"
