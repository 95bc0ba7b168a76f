"""The public events: what partners can subscribe to, each with its description, JSON schema and sample.

    for event in CATALOGUE.values():
        event.name, event.title, event.description, event.schema, event.sample

A sample is made by the very function that makes the real thing, so it cannot go stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from oms.infra.outbound import Json
from oms.web.webhooks import payloads
from oms.web.webhooks.payloads import Data, Happening, Level, envelope

Schema = dict[str, Any]
Tell = Callable[[Happening], Data | None]

#: Not made from a recorded fact but from the ledger of stock, and gathered: one message tells of many levels.
STOCK_CHANGED = "stock.changed"
#: Sent on request, to see that an endpoint answers. Nobody subscribes to it.
TEST = "webhook.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """A type of message. ``source`` names the fact that it tells of; ``data_schema`` describes the member ``data``."""

    name: str
    title: str
    description: str
    source: str
    data_schema: Schema
    sample_data: Data
    tell: Tell | None = None
    version: int = 1
    has_channel: bool = True
    has_location: bool = False
    schema: Schema = field(init=False)

    def __post_init__(self) -> None:
        members: dict[str, Schema] = {
            "type": {"type": "string", "const": self.name},
            "version": {"type": "integer", "const": self.version},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": self.data_schema,
        }
        object.__setattr__(self, "schema", _object(members))

    @property
    def sample(self) -> Data:
        """A whole body as it is sent."""
        return envelope(self.name, self.version, _SAMPLE_TIME, self.sample_data)


def _object(members: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": True}


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _number(description: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "description": description}


_ORDER = _object({
    "number": _text("Number of the order here; /api/v1/orders/{number} tells everything about it."),
    "channel": _text("Code of the channel that placed it."),
    "external_number": _text("The channel's own number."),
})  # fmt: skip
_AMOUNT: Schema = {
    "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "Exact, as text: numbers lose decimals.",
}  # fmt: skip
_CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."}
_MONEY = _object({"amount": _AMOUNT, "currency": _CURRENCY})
_LINE = _object({"position": _number("Position of the line, from 1.", 1), "sku": _text("SKU of the line.")})
_REQUEST = {
    "request": _text("Number of the fulfilment request."),
    "location": _text("Code of the location that was asked."),
}
_PAYMENT = {
    "payment": _number("Position of the tender among those of the order, from 1.", 1),
    "amount": _AMOUNT,
    "currency": _CURRENCY,
}
_ITEM = _object({
    "sku": _text("SKU."),
    "on_hand": _number("Units that are physically there."),
    "reserved": _number("Of them, units that open work has a claim on."),
    "available": _number("On hand less reserved."),
})  # fmt: skip

_CHANGE = {
    "change": _number("Number of the change among those of the order, from 1; …/changes tells what it does.", 1),
    "asked_by": _text("customer, staff or channel."),
}

_SAMPLE_TIME = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
_MONEY_MOVED = {"payment": 1, "amount": "25.4300", "currency": "GBP", "label": "Visa 4242", "reason": ""}
_CHANGED = {"change": 1, "asked_by": "customer", "actions": ["line 1: 1 unit"], "reason": "rang"}
_SAMPLE_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_ASKED = {"request": "WEB-1001/1", "location": "LON1"}


def _told(
    name: str, title: str, description: str, *, source: str, tell: Tell, members: dict[str, Schema],
    sample: dict[str, Any], has_location: bool = False,
) -> PublicEvent:  # fmt: skip
    fact = Happening(
        name=source, subject="WEB-1001", payload=sample, occurred_at=_SAMPLE_TIME,
        channel="web", external_number="1001", sku="APRON-M",
    )  # fmt: skip
    data = tell(fact)
    if data is None:
        message = f"the sample of {name} tells nothing"
        raise ValueError(message)
    return PublicEvent(
        name=name, title=title, description=description, source=source, tell=tell,
        data_schema=_object({"order": _ORDER, **members}), sample_data=data, has_location=has_location,
    )  # fmt: skip


def _payment(operation: str, done: str) -> PublicEvent:
    return _told(
        f"payment.{done}", f"Payment {done}", f"A gateway has {done} money of one tender of an order.",
        source="order.payment_moved.v1", tell=partial(payloads.payment_moved, operation), members=_PAYMENT,
        sample={**_MONEY_MOVED, "operation": operation},
    )  # fmt: skip


_CHANGES = (
    _told(
        "order.change_requested", "Change asked for", "A change waits for the retailer to confirm or decline it.",
        source="order.change_requested.v1", tell=payloads.change_requested, members=_CHANGE, sample=_CHANGED,
    ),
    _told(
        "order.change_confirmed", "Change done", "An order was changed: at once, or once the change was confirmed.",
        source="order.changed.v1", tell=payloads.change_confirmed,
        members={**_CHANGE, "total": _MONEY, "difference": _MONEY},
        sample={**_CHANGED, "total": "15.4300", "difference": "-10.0000", "currency": "GBP"},
    ),
    _told(
        "order.change_declined", "Change declined",
        "A change or cancellation was declined; the order stayed as it was. …/changes tells why.",
        source="order.change_declined.v1", tell=payloads.change_declined,
        members={**_CHANGE, "kind": _text("change or cancellation.")},
        sample={**_CHANGED, "kind": "change", "why": "line 1 is packed already"},
    ),
    _told(
        "order.change_taken_back", "Change taken back", "Who had asked for a change took it back.",
        source="order.change_cancelled.v1", tell=payloads.change_taken_back, members=_CHANGE, sample=_CHANGED,
    ),
    _told(
        "order.cancellation_confirmed", "Cancellation done",
        "A cancellation was done; once for all of its lines. order.cancelled tells of each line.",
        source="order.cancelled.v1", tell=payloads.cancellation_confirmed,
        members={
            "asked_by": _text("customer, staff or channel."),
            "units": _number("Units cancelled.", 1),
            "whole": {"type": "boolean", "description": "Whether nothing is left of the order."},
            "fee": _MONEY,
        },
        sample={
            "units": 3, "whole": True, "asked_by": "customer", "reason": "rang", "fee": "0", "currency": "GBP",
        },
    ),
)  # fmt: skip

_EVENTS = (
    _told(
        "order.captured", "Order captured", "A channel has placed an order, and it has been taken.",
        source="order.captured.v1", tell=payloads.order_captured,
        members={
            "lines": _number("Lines of the order."), "units": _number("Units of all lines."), "total": _MONEY,
        },
        sample={
            "channel": "web", "external_number": "1001", "lines": 2, "units": 3, "total": "25.4300", "currency": "GBP",
        },
    ),
    _told(
        "order.changed", "Order changed", "A channel has added lines or charges to an order placed before.",
        source="order.extended.v1", tell=payloads.order_changed,
        members={
            "lines_added": _number("Lines added."), "units_added": _number("Units added."), "amount_added": _MONEY,
        },
        sample={"lines": 1, "units": 2, "amount": "10.0000", "currency": "GBP"},
    ),
    _told(
        "order.cancelled", "Order units cancelled",
        "Units of a line were cancelled before they left. A whole order that is cancelled tells so for each line.",
        source="order.line_cancelled.v1", tell=payloads.order_cancelled,
        members={"line": _LINE, "reason": _text("Why, in words or as a code."), "units": _number("Units.", 1)},
        sample={
            "position": 1, "quantity": 2, "returned": 0, "credit": "20.0000", "currency": "GBP",
            "reason": "customer_request",
        },
    ),
    _told(
        "order.held", "Order held", "A hold was placed: the blocked actions wait until it is released.",
        source="order.held.v1", tell=payloads.order_held,
        members={
            "hold": _text("Code of the hold."),
            "blocks": {"type": "array", "items": {"type": "string"}, "description": "Actions that it blocks."},
        },
        sample={"code": "fraud_review", "blocks": ["allocate", "ship"], "reason": "value above 500"},
    ),
    _told(
        "order.hold_released", "Hold released", "A hold was released, and the order goes on.",
        source="order.hold_released.v1", tell=payloads.order_hold_released,
        members={"hold": _text("Code of the hold.")}, sample={"code": "fraud_review"},
    ),
    _told(
        "order.hold_rejected", "Hold rejected", "A hold was rejected, and what had not left was cancelled.",
        source="order.hold_rejected.v1", tell=payloads.hold_rejected,
        members={"hold": _text("Code of the hold.")}, sample={"code": "fraud_review", "reason": "stolen card"},
    ),
    *_CHANGES,
    _told(
        "order.note_written", "Note written", "Somebody wrote a note that partners may read; …/notes has its text.",
        source="order.note_written.v1", tell=payloads.note_written, members={}, sample={"for_partners": True},
    ),
    _told(
        "order.file_added", "File added", "Somebody put a file on an order that partners may read.",
        source="order.attachment_added.v1", tell=payloads.file_added,
        members={
            "file": _text("SHA-256 of its content, in hexadecimal: its name under …/files."),
            "size": _number("Bytes.", 1),
        },
        sample={"name": "slip.pdf", "size": 48_211, "sha256": _SAMPLE_DIGEST, "for_partners": True},
    ),
    _told(
        "order.promise_broken", "Promise broken",
        "The day by which a line was promised has passed, and not everything of it has left.",
        source="order.promise_broken.v1", tell=payloads.promise_broken,
        members={"line": _LINE, "promised_on": {"type": "string", "format": "date", "description": "The day."}},
        sample={"position": 1, "promised_on": "2026-03-01", "why": "as the channel promised"},
    ),
    _payment("authorise", "authorised"),
    _payment("capture", "captured"),
    _payment("refund", "refunded"),
    _payment("void", "voided"),
    _told(
        "payment.declined", "Payment declined", "A gateway refused a call, or it was not sent.",
        source="order.payment_declined.v1", tell=payloads.payment_declined,
        members={"operation": _text("authorise, capture, refund or void."), **_PAYMENT},
        sample={**_MONEY_MOVED, "operation": "authorise", "reason": "insufficient funds"},
    ),
    _told(
        "request.offered", "Fulfilment requested", "A location was asked to send units of an order.",
        source="fulfilment.offered.v1", tell=payloads.request_offered, has_location=True,
        members={**_REQUEST, "units": _number("Units asked for.", 1)}, sample={**_ASKED, "units": 3, "reason": ""},
    ),
    _told(
        "request.advanced", "Request advanced", "A location went on with a request: picking, packed.",
        source="fulfilment.advanced.v1", tell=payloads.request_advanced, has_location=True,
        members={**_REQUEST, "status": _text("What the request has come to.")}, sample={**_ASKED, "status": "packed"},
    ),
    _told(
        "request.released", "Request units released", "Units of a request are no longer wanted from this location.",
        source="fulfilment.released.v1", tell=payloads.request_released, has_location=True,
        members={**_REQUEST, "line": _LINE, "units": _number("Units.", 1)},
        sample={**_ASKED, "position": 1, "units": 1, "reason": "not found"},
    ),
    _told(
        "shipment.created", "Shipment created", "Goods left a location for the customer.",
        source="fulfilment.shipped.v1", tell=payloads.shipment_created, has_location=True,
        members={
            **_REQUEST,
            "shipment": _text("Number of the shipment."),
            "units": _number("Units in it.", 1),
            "tracking_number": {"type": ["string", "null"], "description": "The carrier's number, if there is one."},
        },
        sample={**_ASKED, "shipment": "WEB-1001/1-1", "units": 3, "tracking_number": "TRACK1"},
    ),
    _told(
        "return.recorded", "Return recorded", "Units that had left came back.",
        source="order.line_cancelled.v1", tell=payloads.return_recorded,
        members={"line": _LINE, "reason": _text("Why, in words or as a code."), "units": _number("Units.", 1)},
        sample={
            "position": 1, "quantity": 1, "returned": 1, "credit": "10.0000", "currency": "GBP",
            "reason": "wrong_size",
        },
    ),
    PublicEvent(
        name=STOCK_CHANGED, title="Stock changed",
        description=(
            "Levels of a location that moved, as they stand now. Movements within some seconds are told together, so "
            "a level that moved twice appears once. The last message about a level is the one that counts."
        ),
        source="", has_channel=False, has_location=True,
        data_schema=_object({
            "location": _text("Code of the location."),
            "items": {"type": "array", "items": _ITEM, "minItems": 1, "maxItems": 200},
        }),
        sample_data=payloads.stock_changed("LON1", [Level("APRON-M", 12, 3), Level("BOWL", 0, 0)]),
    ),
)  # fmt: skip

#: Every type that can be subscribed to, by its name.
CATALOGUE: dict[str, PublicEvent] = {event.name: event for event in _EVENTS}

#: Name of a recorded fact -> the types that tell of it.
TOLD_OF: dict[str, tuple[PublicEvent, ...]] = {
    source: tuple(event for event in _EVENTS if event.source == source)
    for source in dict.fromkeys(event.source for event in _EVENTS if event.source)
}

#: What a test message holds.
TEST_DATA: dict[str, Json] = {"message": "A test: this endpoint can be reached, and its signature can be verified."}
