"""Stock feeds: row by row, with a reason for each that is refused, and nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.inventory.models import (
    FeedKind,
    FeedStatus,
    MovementKind,
    StockFeed,
    StockFeedRow,
    StockLevel,
    StockMovement,
)
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.inventory.services.feed_rows import Columns, rows_of_csv, rows_of_ndjson
from fulfilment.inventory.services.feeds import feed_merge_step, feed_receive
from oms.infra.rows import TooManyRows, UnreadableRows
from oms.infra.verification import all_invariants, check
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory

pytestmark = pytest.mark.usefixtures("acme")


def fed(lines: list[str], kind: FeedKind = FeedKind.SNAPSHOT, **more: Any) -> StockFeed:
    feed = feed_receive(kind=kind, rows=rows_of_csv(lines, Columns()), source="test", actor="erp", **more)
    while feed_merge_step(feed_id=feed.pk, at_once=2):
        pass
    feed.refresh_from_db()
    return feed


def told(feed: StockFeed) -> dict[int, tuple[str, str]]:
    return {
        row.number: (row.outcome, row.reason)
        for row in StockFeedRow.objects.filter(feed=feed).exclude(outcome="accepted")
    }


def on_hand() -> dict[str, int]:
    return {
        f"{level.location.code}/{level.product.sku}": level.on_hand
        for level in StockLevel.objects.select_related("location", "product")
    }


def violated() -> list[str]:
    return [item.name for item in all_invariants() if item.name.startswith("stock") and check(item)]


@pytest.fixture
def shop(acme: None) -> None:
    for code in ("S1", "S2"):
        LocationFactory.create(code=code)
    for sku in ("A", "B"):
        ProductFactory.create(sku=sku)


@pytest.mark.usefixtures("shop")
def test_a_snapshot_sets_what_is_there_and_says_why_rows_are_refused() -> None:
    feed = fed([
        "location,sku,quantity", "S1,A,5", "S9,A,5", "S1,Z,5", "S1,B,-1", "S1,B,many", "S1,A,6", ",A,1", "S2,A",
        "S2,B,0", "S2,A,3",
    ])  # fmt: skip

    assert on_hand() == {"S1/A": 5, "S2/A": 3, "S2/B": 0}
    assert told(feed) == {
        2: ("refused", "no location has the code S9"),
        3: ("refused", "no product has the SKU Z"),
        4: ("refused", "a snapshot says what is there: its quantity is not negative"),
        5: ("refused", "the quantity is not a whole number"),
        6: ("refused", "the feed has this location and SKU before; the first row counts"),
        7: ("refused", "the location is missing, longer than 64 characters or not plain text"),
        8: ("refused", "this is a row of 2 cells"),
    }
    assert (feed.rows, feed.merged, feed.accepted, feed.refused, feed.changed) == (10, 10, 3, 7, 2)
    assert feed.status == FeedStatus.DONE
    assert violated() == []


@pytest.mark.usefixtures("shop")
def test_a_delta_adds_and_an_unchanged_row_moves_nothing() -> None:
    fed(["location,sku,quantity", "S1,A,5"])

    feed = fed(["location,sku,quantity", "S1,A,-2", "S2,A,+4", "S1,B,0"], FeedKind.DELTA)

    assert on_hand() == {"S1/A": 3, "S2/A": 4, "S1/B": 0}
    assert feed.changed == 2
    assert [m.on_hand_change for m in StockMovement.objects.order_by("level_id", "id")] == [5, -2, 4]


@pytest.mark.usefixtures("shop")
def test_what_is_reserved_stays_on_hand_and_the_row_says_so() -> None:
    fed(["location,sku,quantity", "S1,A,5"])
    level = StockLevel.objects.get()
    stock_move(
        kind=MovementKind.RESERVE, changes=[StockChange(level.pk, 0, 4, "A-1/1")], actor="x", moved_at=timezone.now()
    )

    feed = fed(["location,sku,quantity", "S1,A,1"])

    assert on_hand() == {"S1/A": 4}
    assert told(feed) == {1: ("short", "it would leave 1 on hand, but 4 are reserved and stay")}
    assert (feed.accepted, feed.short, feed.refused) == (1, 1, 0)
    assert violated() == []


@pytest.mark.usefixtures("shop")
def test_a_feed_older_than_the_newest_of_its_location_is_refused() -> None:
    now = timezone.now()
    fed(["location,sku,quantity,as_of", f"S1,A,5,{(now - timedelta(hours=1)).isoformat()}"])

    feed = fed([
        "location,sku,quantity,as_of", f"S1,A,9,{(now - timedelta(hours=2)).isoformat()}",
        f"S1,B,1,{(now - timedelta(hours=1)).isoformat()}", f"S2,A,7,{(now - timedelta(hours=2)).isoformat()}",
        "S2,B,7,yesterday", f"S2,B,7,{(now + timedelta(hours=2)).isoformat()}",
    ])  # fmt: skip

    assert on_hand() == {"S1/A": 5, "S1/B": 1, "S2/A": 7}
    assert {number: reason for number, (_, reason) in told(feed).items()} == {
        1: "older than what has been accepted for this location",
        4: "as_of is no date and time with an offset, such as 2026-01-31T12:00:00Z",
        5: "as_of lies in the future",
    }


@pytest.mark.usefixtures("shop")
def test_rows_of_one_feed_do_not_make_each_other_old() -> None:
    now = timezone.now()
    times = [(now - timedelta(minutes=minutes)).isoformat() for minutes in (1, 30, 60, 90)]

    feed = fed([
        "location,sku,quantity,as_of", f"S1,A,1,{times[0]}", f"S2,B,4,{times[3]}", f"S1,B,2,{times[1]}",
        f"S2,A,3,{times[2]}",
    ])  # fmt: skip

    assert feed.refused == 0
    assert on_hand() == {"S1/A": 1, "S1/B": 2, "S2/A": 3, "S2/B": 4}


@pytest.mark.usefixtures("shop")
def test_what_left_after_the_snapshot_was_taken_does_not_come_back() -> None:
    # given: five at noon, two sold since
    noon = timezone.now() - timedelta(hours=1)
    fed(["location,sku,quantity,as_of", f"S1,A,5,{(noon - timedelta(hours=1)).isoformat()}"])
    level = StockLevel.objects.get()
    for kind, change in ((MovementKind.RESERVE, (0, 2)), (MovementKind.SHIPMENT, (-2, -2))):
        stock_move(kind=kind, changes=[StockChange(level.pk, *change, "A-1/1")], actor="x", moved_at=timezone.now())

    # when: the till's figure of noon arrives only now
    feed = fed(["location,sku,quantity,as_of", f"S1,A,5,{noon.isoformat()}"])

    assert on_hand() == {"S1/A": 3}
    assert feed.changed == 0


@pytest.mark.usefixtures("shop")
def test_ndjson_and_a_feed_of_one_location() -> None:
    rows = rows_of_ndjson(['{"sku": "A", "quantity": 3}', "", "[]", '{"sku": "B", "quantity": true}'], "S1")
    feed = feed_receive(kind=FeedKind.SNAPSHOT, rows=rows, source="test", actor="erp")
    feed_merge_step(feed_id=feed.pk)

    assert on_hand() == {"S1/A": 3}
    assert [row.reason for row in StockFeedRow.objects.filter(outcome="refused").order_by("number")] == [
        "this is a line that is not a JSON object",
        "the quantity is not a whole number",
    ]


def test_a_feed_that_cannot_be_read_keeps_nothing() -> None:
    with pytest.raises(UnreadableRows, match="the heading has no column sku; it has location, item"):
        fed(["location,item,quantity"])
    with pytest.raises(TooManyRows):
        fed(["location,sku,quantity", "S1,A,1", "S1,B,1"], at_most=1)


def test_a_merge_that_stopped_half_way_goes_on() -> None:
    location = LocationFactory.create(code="S1")
    stock_received(location, ProductFactory.create(sku="A"), 1)
    ProductFactory.create(sku="B")
    lines = ["location,sku,quantity", "S1,A,5", "S1,B,6"]
    feed = feed_receive(kind=FeedKind.SNAPSHOT, rows=rows_of_csv(lines, Columns()), source="test", actor="erp")

    assert feed_merge_step(feed_id=feed.pk, at_once=1)
    assert on_hand() == {"S1/A": 5}
    assert not feed_merge_step(feed_id=feed.pk, at_once=1)
    assert not feed_merge_step(feed_id=feed.pk, at_once=1)

    assert on_hand() == {"S1/A": 5, "S1/B": 6}
    assert StockMovement.objects.filter(kind="feed").count() == 2
