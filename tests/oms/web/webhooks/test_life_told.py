"""What partners are told of the life of an order: the whole body of each, and nothing of the house."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.infra.database.context import retailer_context
from oms.infra.events import record
from oms.web.webhooks.models import Message
from orders import life_events as happened
from orders.services import file_attach, note_write
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import order_placed
from tests.factories.webhooks import endpoint_made, looked_through
from tests.oms.web.webhooks.test_telling import violated

THEN = datetime.now(UTC).replace(microsecond=0)
ORDER = {"number": "WEB-1", "channel": "web", "external_number": "1"}
#: What nobody outside may read.
PRIVATE = "Ada Clarke, 1 High Street"
CHANGE = {
    "change": 4, "asked_by": "staff", "actions": (f"send to {PRIVATE}",), "reason": f"suspect {PRIVATE}",
}  # fmt: skip
ASKED = {"order": ORDER, "change": 4, "asked_by": "staff"}


@pytest.mark.parametrize(
    ("event", "said", "name", "data"),
    [
        (happened.ChangeRequested, CHANGE, "order.change_requested", ASKED),
        (
            happened.OrderChanged, {**CHANGE, "total": "15.5", "difference": "-10", "currency": "GBP"},
            "order.change_confirmed",
            {
                **ASKED, "total": {"amount": "15.50", "currency": "GBP"},
                "difference": {"amount": "-10.00", "currency": "GBP"},
            },
        ),
        (
            happened.ChangeDeclined, {**CHANGE, "kind": "cancellation", "why": PRIVATE}, "order.change_declined",
            {**ASKED, "kind": "cancellation"},
        ),
        (happened.ChangeTakenBack, CHANGE, "order.change_taken_back", ASKED),
        (
            happened.OrderCancelled,
            {"units": 3, "whole": True, "asked_by": "customer", "reason": PRIVATE, "fee": "2.5", "currency": "GBP"},
            "order.cancellation_confirmed",
            {
                "order": ORDER, "asked_by": "customer", "units": 3, "whole": True,
                "fee": {"amount": "2.50", "currency": "GBP"},
            },
        ),
        (
            happened.OrderHoldRejected, {"code": "fraud_review", "reason": PRIVATE}, "order.hold_rejected",
            {"order": ORDER, "hold": "fraud_review"},
        ),
        (happened.NoteWritten, {"for_partners": True}, "order.note_written", {"order": ORDER}),
        (
            happened.AttachmentAdded,
            {"name": f"{PRIVATE}.pdf", "size": 9, "sha256": "ab" * 32, "for_partners": True}, "order.file_added",
            {"order": ORDER, "file": "ab" * 32, "size": 9},
        ),
        (
            happened.PromiseBroken, {"position": 1, "promised_on": "2026-03-01", "why": PRIVATE},
            "order.promise_broken",
            {"order": ORDER, "line": {"position": 1, "sku": "APRON"}, "promised_on": "2026-03-01"},
        ),
    ],
)  # fmt: skip
def test_the_body_is_exactly_this(
    fresh: None, event: Any, said: dict[str, Any], name: str, data: dict[str, object]
) -> None:
    # given
    with retailer_context("acme"):
        ProductFactory.create(sku="APRON")
        order_placed(("APRON", 1), number="1")
        endpoint_made("https://shop.example/", name)
    # when
    with retailer_context("acme"):
        record([event(subject="WEB-1", occurred_at=THEN, actor="user maria", **said)], react=False)
    looked_through()
    # then
    with retailer_context("acme"):
        [message] = Message.objects.all()
    timestamp = THEN.isoformat().replace("+00:00", "Z")
    assert json.loads(message.body) == {"type": name, "version": 1, "timestamp": timestamp, "data": data}
    assert PRIVATE not in message.body
    assert "maria" not in message.body
    assert violated() == []


def test_the_retailers_own_notes_and_files_are_told_to_nobody(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        order = order_placed(number="1")
        endpoint_made("https://shop.example/", "order.note_written", "order.file_added")
    # when
    with retailer_context("acme"):
        note_write(order_number=order.number, text="chargeback before", author="user maria")
        file_attach(order_number=order.number, name="id.pdf", content=b"%PDF-own", author="user maria")
    looked_through()
    # then
    with retailer_context("acme"):
        assert not Message.objects.exists()
    assert violated() == []
