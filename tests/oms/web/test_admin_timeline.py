"""Every event in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.infra.models import Event
from oms.web.admin_sites.timeline import Names, actor_in_words, count, tell

NAMES = Names(channels={"web": "Web shop"}, locations={"SOHO": "Soho"})
WORK = {"request": "W-1/1", "location": "SOHO"}
CAPTURED = {"channel": "web", "external_number": "1", "lines": 1, "units": 1200, "total": "3.5", "currency": "GBP"}
CANCELLED = {"position": 2, "quantity": 3, "returned": 0, "credit": "30", "currency": "GBP", "reason": ""}


@pytest.mark.parametrize(
    ("name", "payload", "title", "detail"),
    [
        ("order.captured.v1", CAPTURED, "Placed on Web shop", "1,200 units in 1 line, 3.50 GBP"),
        ("order.captured.v1", {**CAPTURED, "channel": "old"}, "Placed on old", "1,200 units in 1 line, 3.50 GBP"),
        ("order.extended.v1", {"lines": 2, "units": 1, "amount": "-1", "currency": "JPY"},
         "Added to by its channel", "1 unit in 2 lines, -1 JPY"),
        ("order.line_cancelled.v1", CANCELLED, "3 units of line 2 cancelled", "Credit 30.00 GBP"),
        ("order.line_cancelled.v1", {**CANCELLED, "reason": "too late"},
         "3 units of line 2 cancelled", "Credit 30.00 GBP. Too late"),
        ("order.line_cancelled.v1", {**CANCELLED, "returned": 3}, "3 units of line 2 returned", "Credit 30.00 GBP"),
        ("order.line_cancelled.v1", {**CANCELLED, "returned": 1},
         "3 units of line 2 cancelled", "Credit 30.00 GBP; 1 unit of them had left and came back"),
        ("fulfilment.offered.v1", {**WORK, "units": 4, "reason": "SOHO: nearest with stock, 3 km"},
         "4 units offered to Soho (SOHO)", "Request W-1/1. Why here: nearest with stock, 3 km"),
        ("fulfilment.offered.v1", {**WORK, "location": "GONE", "units": 4, "reason": ""},
         "4 units offered to GONE", "Request W-1/1"),
        ("fulfilment.advanced.v1", {**WORK, "status": "picking"}, "Soho (SOHO) is picking", "Request W-1/1"),
        ("fulfilment.advanced.v1", {**WORK, "status": "packed"}, "Soho (SOHO) has packed", "Request W-1/1"),
        ("fulfilment.shipped.v1", {**WORK, "shipment": "W-1/1-S1", "units": 1, "tracking_number": ""},
         "1 unit shipped from Soho (SOHO)", "Shipment W-1/1-S1"),
        ("fulfilment.shipped.v1", {**WORK, "shipment": "W-1/1-S1", "units": 1, "tracking_number": "T9"},
         "1 unit shipped from Soho (SOHO)", "Shipment W-1/1-S1, tracking number T9"),
        ("fulfilment.released.v1", {**WORK, "position": 1, "units": 2, "reason": "cancelled by customer"},
         "2 units of line 1 taken back from Soho (SOHO)", "Request W-1/1. Cancelled by customer"),
        ("loyalty.points_given.v2", {"points": 7, "card_number": "X"},
         "Loyalty points given", "points 7, card number X"),
    ],
)  # fmt: skip
def test_an_event_in_words(name: str, payload: dict[str, Any], title: str, detail: str) -> None:
    when = datetime(2026, 3, 2, tzinfo=UTC)

    entry = tell(Event(name=name, payload=payload, actor="user anna", occurred_at=when), NAMES)

    assert (entry.title, entry.detail, entry.actor, entry.when) == (title, detail, "anna", when)


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("user anna", "anna"),
        ("user anna of soho", "anna of soho"),
        ("command fulfil", "command fulfil"),
        ("routing", "Routing"),
        ("Web shop (abc)", "Web shop (abc)"),
        ("", ""),
    ],
)
def test_an_actor_in_words(actor: str, said: str) -> None:
    assert actor_in_words(actor) == said


def test_things_are_counted_as_people_do() -> None:
    assert [count(number, "unit") for number in (0, 1, 2, 1200)] == ["0 units", "1 unit", "2 units", "1,200 units"]
