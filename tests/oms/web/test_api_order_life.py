"""Changes, cancellations and notes over the API."""

from __future__ import annotations

from typing import Any

import pytest

from fulfilment.requests.domain import RequestStatus
from oms.infra.database.context import retailer_context
from orders.models import Order, OrderChange
from orders.services import note_write
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.requests import request_brought_to
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, problem, read, small_order

MORE = {"actions": [{"action": "quantity", "line": 1, "quantity": 5}], "reason": "rang"}


@pytest.fixture
def shop(fresh: None) -> Partner:
    shop = open_shop()
    assert shop.post(ORDERS, small_order("1")).status_code == 201
    return shop


def at(what: str) -> str:
    return f"{ORDERS}/SHOP-1/{what}"


def line(shop: Partner) -> dict[str, Any]:
    found: dict[str, Any] = read(shop.get(f"{ORDERS}/SHOP-1"))["lines"][0]
    return found


def test_a_change_is_previewed_done_once_and_listed(shop: Partner) -> None:
    before = line(shop)["quantity"]
    seen = read(shop.post(at("changes"), {**MORE, "preview": True}))
    assert (seen["preview"], seen["allowed"], seen["version"]) == (True, True, 1)
    assert line(shop)["quantity"] == before
    answers = [shop.post(at("changes"), {**MORE, "version": 1}, Idempotency_Key="k") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    done = read(answers[1])
    assert (done["status"], done["totals"]["before"], done["totals"]["after"]) == (
        "confirmed", seen["totals"]["before"], seen["totals"]["after"],
    )  # fmt: skip
    assert line(shop)["quantity"]["ordered"] == 5
    listed = read(shop.get(at("changes")))
    assert (listed["version"], [each["number"] for each in listed["changes"]]) == (2, [1])
    stale = shop.post(at("changes"), {"actions": [{"action": "remove", "line": 1}], "version": 1})
    assert problem(stale)["code"] == "order_changed_meanwhile"


def test_units_are_put_on_a_line_of_their_own(shop: Partner) -> None:
    with retailer_context("acme"):
        LocationFactory.create(code="NORTH")
    before = read(shop.get(f"{ORDERS}/SHOP-1"))
    split = {"action": "split", "line": 1, "quantity": 1, "ship_from": "NORTH"}
    done = read(shop.post(at("changes"), {"actions": [split]}, Idempotency_Key="k"))
    assert (done["status"], done["totals"]["before"]) == ("confirmed", done["totals"]["after"])
    after = read(shop.get(f"{ORDERS}/SHOP-1"))
    assert [(each["sku"], each["quantity"]["ordered"]) for each in after["lines"]] == [("A", 1), ("B", 1), ("A", 1)]
    assert after["totals"]["total"] == before["totals"]["total"]
    unknown = problem(shop.post(at("changes"), {"actions": [{**split, "line": 2, "ship_from": "MOON"}]}))
    assert [(each["pointer"], each["detail"]) for each in unknown["errors"]] == [
        ("/actions/0", "There is no location MOON.")
    ]
    too_many = problem(shop.post(at("changes"), {"actions": [{"action": "split", "line": 2, "quantity": 1}]}))
    assert too_many["errors"][0]["code"] == "not_possible"


def test_what_cannot_be_done_names_the_action(shop: Partner) -> None:
    actions = [{"action": "remove", "line": 7}, {"action": "add", "sku": "NONE", "quantity": 1}]
    answer = problem(shop.post(at("changes"), {"actions": actions}))
    assert [(each["pointer"], each["code"], each["detail"]) for each in answer["errors"]] == [
        ("/actions/0", "not_possible", "This order has no line 7."),
        ("/actions/1", "not_possible", "There is no product NONE."),
    ]
    assert problem(shop.post(at("changes"), {"actions": [{"action": "explode"}]}))["status"] == 422
    with retailer_context("acme"):
        assert OrderChange.objects.count() == 0


def test_a_cancellation_is_done_or_declined_with_the_reason(shop: Partner) -> None:
    done = shop.post(at("cancellations"), {"reason": "too many", "lines": [{"line": 1, "quantity": 1}]})
    assert (done.status_code, read(done)["status"]) == (201, "confirmed")
    assert line(shop)["quantity"]["cancelled"] == 1
    assert read(shop.post(ORDERS, small_order("2")))["number"] == "SHOP-2"
    with retailer_context("acme"):
        order = Order.objects.get(number="SHOP-2")
        place = LocationFactory.create()
        for each in order.lines.select_related("product"):
            stock_received(place, each.product, 20)
        request_brought_to(order, RequestStatus.PACKED)
    declined = shop.post(f"{ORDERS}/SHOP-2/cancellations", {"reason": "late"})
    assert (declined.status_code, read(declined)["status"], read(declined)["why"]) == (
        201, "declined", "line 1 is packed already",
    )  # fmt: skip
    with retailer_context("acme"):
        assert OrderChange.objects.get(order=order).status == "declined"
    whole = shop.post(at("cancellations"), {"reason": "rest"})
    assert (whole.status_code, read(shop.get(f"{ORDERS}/SHOP-1"))["status"]) == (201, "cancelled")
    assert len(read(shop.get(at("cancellations")))["cancellations"]) == 2


def test_partners_see_their_notes_and_those_meant_for_them(shop: Partner) -> None:
    assert shop.post(at("notes"), {"text": "Gate code 7"}).status_code == 201
    with retailer_context("acme"):
        note_write(order_number="SHOP-1", text="for us alone", author="user ada")
        note_write(order_number="SHOP-1", text="will do", author="user ada", for_partners=True)
    assert [each["text"] for each in read(shop.get(at("notes")))["notes"]] == ["Gate code 7", "will do"]
    assert problem(shop.post(at("notes"), {"text": "  "}))["errors"][0]["code"] == "blank"


@pytest.mark.parametrize("what", ["changes", "cancellations", "notes"])
def test_another_retailers_order_is_not_there_and_a_reading_key_writes_nothing(shop: Partner, what: str) -> None:
    stranger = open_shop("globex")
    assert stranger.get(at(what)).status_code == 404
    bodies = {"changes": MORE, "cancellations": {"reason": "x"}, "notes": {"text": "x"}}
    assert stranger.post(at(what), bodies[what]).status_code == 404
    reader = partner("acme", may_write=False)
    assert reader.post(at(what), bodies[what]).status_code == 403
    with retailer_context("acme"):
        assert OrderChange.objects.count() == 0
