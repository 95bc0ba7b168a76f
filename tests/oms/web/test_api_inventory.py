"""Availability, reservations and stock feeds over the API."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django import app

from fulfilment.inventory.jobs import feed_merge
from fulfilment.inventory.models import StockFeed, StockLevel
from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.factories.inventory import stock_received
from tests.oms.web.api_data import Partner, open_shop, partner, problem, read

pytestmark = pytest.mark.usefixtures("bare")
FEEDS = "/api/v1/stock-feeds"


@pytest.fixture
def shop() -> Partner:
    caller = open_shop()
    with retailer_context("acme"):
        for code, units in (("S1", 5), ("S2", 3)):
            stock_received(Location.objects.create(code=code, name=code), Product.objects.get(sku="A"), units)
    return caller


def on_hand() -> dict[str, int]:
    with retailer_context("acme"):
        return dict(StockLevel.objects.filter(product__sku="A").values_list("location__code", "on_hand"))


def test_availability_by_location_and_in_total(shop: Partner) -> None:
    found = shop.get("/api/v1/availability?sku=A&sku=B&sku=Z&channel=shop")

    assert found.status_code == 200
    assert found.headers["Cache-Control"] == "no-store"
    document = read(found)
    assert (document["channel"], document["on"]) == ("shop", None)
    assert document["locations"] == ["S1", "S2"]
    assert document["skus"] == [
        {"sku": "A", "total": 8, "incoming": [], "atp": [5, 3]},
        {"sku": "B", "total": 0, "incoming": [], "atp": [0, 0]},
    ]
    assert read(shop.get("/api/v1/availability?sku=A&location=S2&detail=totals"))["skus"] == [
        {"sku": "A", "total": 3, "incoming": []}
    ]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "required"),
        ("sku=A&channel=nowhere", "unknown_channel"),
        ("sku=A&on=2001-01-01", "out_of_range"),
        ("sku=A&on=soon", "date_from_datetime_parsing"),
        ("sku=A&detail=totals&detail=totals", "repeated"),
        ("sku=A&colour=red", "unknown_field"),
        ("&".join(f"sku={number}" for number in range(101)), "too_many"),
    ],
)
def test_questions_that_cannot_be_answered(shop: Partner, question: str, code: str) -> None:
    found = shop.get(f"/api/v1/availability?{question}")

    assert found.status_code == 422
    assert problem(found)["errors"][0]["code"] == code


def test_a_cart_holds_extends_and_gives_back(shop: Partner) -> None:
    body = {"key": "cart 1/A", "sku": "A", "quantity": 6, "channel": "shop"}
    held = shop.post("/api/v1/reservations", body)
    again = shop.post("/api/v1/reservations", body)

    assert (held.status_code, again.status_code) == (201, 201)
    assert read(held)["state"] == "live"
    refused = shop.post("/api/v1/reservations", {**body, "key": "cart 2", "quantity": 3})
    assert (refused.status_code, problem(refused)["code"]) == (409, "not_enough_stock")
    assert problem(refused)["detail"] == "Nothing was held: only 2 can be promised."
    assert problem(shop.post("/api/v1/reservations", {**body, "quantity": 1}))["code"] == "idempotency_key_reused"
    unknown = problem(shop.post("/api/v1/reservations", {**body, "key": "x", "sku": "Z"}))
    assert [fault["pointer"] for fault in unknown["errors"]] == ["/sku"]

    longer = shop.send(
        "PATCH", "/api/v1/reservations/cart 1/A", b'{"seconds": 3600}', Content_Type="application/json"
    )  # fmt: skip
    assert longer.status_code == 200
    assert read(longer)["expires_at"] > read(held)["expires_at"]
    assert read(shop.send("DELETE", "/api/v1/reservations/cart 1/A"))["state"] == "released"
    assert read(shop.get("/api/v1/reservations/cart 1/A"))["state"] == "released"
    assert read(shop.get("/api/v1/availability?sku=A&detail=totals"))["skus"][0]["total"] == 8
    assert shop.send("DELETE", "/api/v1/reservations/nothing").status_code == 404


def test_another_retailer_sees_nothing_of_it(shop: Partner) -> None:
    shop.post("/api/v1/reservations", {"key": "mine", "sku": "A", "quantity": 1})
    outsider = partner("globex")

    assert outsider.get("/api/v1/reservations/mine").status_code == 404
    assert read(outsider.get("/api/v1/availability?sku=A"))["skus"] == []


def test_a_small_feed_is_merged_while_its_sender_waits(shop: Partner) -> None:
    feed = shop.post(
        FEEDS, b"location,sku,quantity\nS1,A,9\nS9,A,1\n", Content_Type="text/csv", Idempotency_Key="feed-1"
    )  # fmt: skip
    again = shop.post(
        FEEDS, b"location,sku,quantity\nS1,A,9\nS9,A,1\n", Content_Type="text/csv", Idempotency_Key="feed-1"
    )  # fmt: skip
    other = shop.post(FEEDS, b"location,sku,quantity\n", Content_Type="text/csv", Idempotency_Key="feed-1")

    assert feed.status_code == 201
    document = read(feed)
    assert (document["status"], document["merged"], document["refused"]) == ("done", 2, 1)
    assert read(again) == document
    assert problem(other)["code"] == "idempotency_key_reused"
    assert on_hand() == {"S1": 9, "S2": 3}
    rows = read(shop.get(document["links"]["refused"]))
    assert rows["rows"] == [
        {
            "number": 2, "location": "S9", "sku": "A", "quantity": 1, "as_of": rows["rows"][0]["as_of"],
            "outcome": "refused", "reason": "no location has the code S9",
        }
    ]  # fmt: skip
    page = read(shop.get(f"{document['links']['rows']}?limit=1"))
    assert [row["outcome"] for row in page["rows"]] == ["accepted"]
    assert [row["number"] for row in read(shop.get(page["links"]["next"]))["rows"]] == [2]


def test_a_long_feed_is_a_job(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.web.api.inventory.feeds.MERGED_AT_ONCE", 1)
    lines = b'{"sku": "A", "quantity": -2}\n{"sku": "B", "quantity": 4}\n'

    sent = shop.post(f"{FEEDS}?kind=delta&location=S1", lines, Content_Type="application/x-ndjson")

    assert sent.status_code == 202
    waiting = read(sent)
    assert (waiting["status"], waiting["rows"], waiting["merged"]) == ("waiting", 2, 0)
    assert read(shop.get(waiting["links"]["rows"]))["rows"][0]["outcome"] == "waiting"
    feed_merge("acme", feed_id=waiting["id"])
    feed_merge("acme", feed_id=waiting["id"])
    assert read(shop.get(waiting["links"]["self"]))["status"] == "done"
    assert on_hand()["S1"] == 3
    assert app.tasks["fulfilment.inventory.jobs.feed_merge"].name


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"sku,quantity\nA,1\n", "text/csv", 422, "validation"),
        (b"location,sku,quantity\nS1,\xff,1\n", "text/csv", 422, "validation"),
        (b"location,sku,quantity,sku\nS1,A,1,B\n", "text/csv", 422, "validation"),
        (b"x" * 70_000, "application/x-ndjson", 422, "validation"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
    ],
)
def test_feeds_that_cannot_be_read_keep_nothing(
    shop: Partner, body: bytes, content_type: str, status: int, code: str
) -> None:
    refused = shop.post(FEEDS, body, Content_Type=content_type)

    assert (refused.status_code, problem(refused)["code"]) == (status, code)
    with retailer_context("acme"):
        assert not StockFeed.objects.exists()


def test_a_read_only_key_sends_no_feed(shop: Partner) -> None:
    reader = partner(may_write=False)

    assert reader.post(FEEDS, b"location,sku,quantity\n", Content_Type="text/csv").status_code == 403
    assert reader.get("/api/v1/availability?sku=A").status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("sku=A%00", "sku"), ("sku=A&location=%00", "location"), ("sku=A&channel=%00", "channel"), ("sku=A&on=0", "on")],
)
def test_what_no_question_can_say_is_refused_by_name(shop: Partner, query: str, parameter: str) -> None:
    refused = shop.get(f"/api/v1/availability?{query}")

    assert refused.status_code == 422
    assert [fault["parameter"] for fault in problem(refused)["errors"]] == [parameter]


def test_no_reservation_has_a_nul_in_its_key(shop: Partner) -> None:
    there = "/api/v1/reservations/a%00b"

    answers = [shop.get(there), shop.send("DELETE", there)]
    answers.append(shop.send("PATCH", there, b'{"seconds": 60}', Content_Type="application/json"))

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_address_of_a_reservation_leads_to_it_whatever_its_key(shop: Partner) -> None:
    key = "cart ü/7?a#b"

    held = shop.post("/api/v1/reservations", {"key": key, "sku": "A", "quantity": 1})

    assert held.status_code == 201
    assert held.headers["Location"] == "/api/v1/reservations/cart%20%C3%BC%2F7%3Fa%23b"
    assert read(shop.get(held.headers["Location"]))["key"] == key


def test_rows_that_cannot_be_kept_are_refused_one_by_one(shop: Partner) -> None:
    lines = [
        '{"sku": "A", "quantity": 1, "as_of": "0001-01-01T00:00:00+14:00"}',
        '{"sku": "A", "quantity": 1, "as_of": "9999-12-31T23:59:59-14:00"}',
        '{"sku": "A", "quantity": ' + "9" * 5000 + "}",
        '{"sku": "A\u2028B", "quantity": 1}',
    ]

    sent = shop.post(f"{FEEDS}?location=S1", "\n".join(lines).encode(), Content_Type="application/x-ndjson")

    assert sent.status_code == 201
    rows = read(shop.get(read(sent)["links"]["rows"]))["rows"]
    assert [row["outcome"] for row in rows] == ["refused"] * 4
    assert [row["as_of"] for row in rows] == [None, None, None, rows[3]["as_of"]]
    assert rows[3]["reason"] != "this is a line that is not a JSON object"
