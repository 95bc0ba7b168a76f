"""Screens of stock: every list, every page, every button, through the services."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fulfilment.inventory.models import IncomingSupply, SoftReservation, StockCount, StockLevel, Transfer
from fulfilment.locations.models import Location, OpeningHours
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import every_stock_screen
from tests.factories.locations import LocationFactory, LocationGroupFactory
from tests.oms.web.back_office import manager

pytestmark = pytest.mark.usefixtures("unbegun")

LISTS = (
    "inventory/stocklevel", "inventory/incomingsupply", "inventory/transfer", "inventory/stockcount",
    "inventory/softreservation", "inventory/stockfeed", "inventory/stockconfidence", "locations/locationgroup",
    "locations/location",
)  # fmt: skip


def make(first: int = 0, last: int = 1) -> None:
    """Everything that the lists show, once for each number."""
    for _ in range(first, last):
        here, there = LocationFactory.create(), LocationFactory.create()
        every_stock_screen(here, there, ProductFactory.create())
        LocationGroupFactory.create().locations.add(here)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_statements_for_three_rows_as_for_one(name: str) -> None:
    browser = manager()
    counts = []
    for first in (0, 1):
        make(first, first + 1 + first)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"/admin/{name}/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def press(browser: Client, model: str, key: int, verb: str, number: str = "") -> str:
    address = f"/admin/inventory/{model}/{key}/{verb}/do/"
    page = browser.post(address, {"number": number}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_the_page_of_a_level_says_how_its_promise_came_about() -> None:
    make()
    level = StockLevel.objects.get(on_hand=9)
    browser = manager()

    page = browser.get(f"/admin/inventory/stocklevel/{level.pk}/change/").content.decode()

    assert "What can be promised: 7, since the location takes work today" in page
    assert "Held by carts whose time has not run out" in page
    Location.objects.update(paused=True)
    page = browser.get(f"/admin/inventory/stocklevel/{level.pk}/change/").content.decode()
    assert "What can be promised: 0, since the location is paused" in page


def test_buttons_call_the_services_and_say_what_is_refused() -> None:
    make()
    browser = manager()
    level = StockLevel.objects.get(on_hand=9)
    supply, transfer, count = IncomingSupply.objects.get(), Transfer.objects.get(), StockCount.objects.get()
    assert "Accept it first" in press(browser, "incomingsupply", supply.pk, "receive", "1")
    assert "may be promised" in press(browser, "incomingsupply", supply.pk, "accept")
    assert "give a whole number" in press(browser, "incomingsupply", supply.pk, "receive", "few")
    assert "5 units are still expected" in press(browser, "incomingsupply", supply.pk, "receive", "6")
    assert "5 units received" in press(browser, "incomingsupply", supply.pk, "receive", "5")
    assert "has left" in press(browser, "transfer", transfer.pk, "send")
    assert "has arrived" in press(browser, "transfer", transfer.pk, "receive")
    assert "is closed" in press(browser, "transfer", transfer.pk, "close")
    assert "are in the ledger" in press(browser, "stockcount", count.pk, "post")
    assert "holds nothing any more" in press(browser, "softreservation", SoftReservation.objects.get().pk, "release")

    level.refresh_from_db()
    assert (level.on_hand, level.soft_reserved) == (8, 0)  # 9, 5 came, 4 left, 2 fewer counted


def test_hours_and_groups_are_kept_with_locations() -> None:
    location = LocationFactory.create()
    OpeningHours.objects.create(location=location, weekday=0, opens="09:00", closes="18:00")
    browser = manager()

    page = browser.get(f"/admin/locations/location/{location.pk}/change/").content.decode()

    assert "Opening hours" in page
    assert browser.get("/admin/locations/locationgroup/add/").status_code == 200
