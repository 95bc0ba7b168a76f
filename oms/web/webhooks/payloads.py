"""What a partner is told of each fact: pure functions, one for each type of public event.

A function of a published version never changes. Whoever needs another form adds a function beside it and raises the
version of its type. Nothing of the house goes out: no primary keys, no names of staff, no tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from oms.infra.outbound import Json
from oms.web.api.documents import amount_text, instant_text

Data = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A recorded fact with what never changes about the order that it concerns."""

    name: str
    subject: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    channel: str = ""
    external_number: str = ""
    sku: str = ""


def order_captured(fact: Happening) -> Data | None:
    """A channel placed an order."""
    told = fact.payload
    return {
        "order": _order(fact),
        "lines": told["lines"],
        "units": told["units"],
        "total": _money(told["total"], told["currency"]),
    }


def order_changed(fact: Happening) -> Data | None:
    """A channel added lines or charges."""
    told = fact.payload
    return {
        "order": _order(fact),
        "lines_added": told["lines"],
        "units_added": told["units"],
        "amount_added": _money(told["amount"], told["currency"]),
    }


def order_cancelled(fact: Happening) -> Data | None:
    """Units were cancelled before they left; None where all of them had left already."""
    told = fact.payload
    units = told["quantity"] - told["returned"]
    return {**_taken_back(fact), "units": units} if units else None


def return_recorded(fact: Happening) -> Data | None:
    """Units came back after they had left; None where none had left."""
    returned = fact.payload["returned"]
    return {**_taken_back(fact), "units": returned} if returned else None


def order_held(fact: Happening) -> Data | None:
    """A hold was placed."""
    return {"order": _order(fact), "hold": fact.payload["code"], "blocks": list(fact.payload["blocks"])}


def order_hold_released(fact: Happening) -> Data | None:
    """A hold was released."""
    return {"order": _order(fact), "hold": fact.payload["code"]}


def change_requested(fact: Happening) -> Data | None:
    """A change waits to be confirmed. What it would do is asked of the API: it may hold an address."""
    return _change(fact)


def change_confirmed(fact: Happening) -> Data | None:
    """A change was done."""
    told = fact.payload
    return {
        **_change(fact),
        "total": _money(told["total"], told["currency"]),
        "difference": _money(told["difference"], told["currency"]),
    }


def change_declined(fact: Happening) -> Data | None:
    """A change or cancellation was declined."""
    return {**_change(fact), "kind": fact.payload["kind"]}


def change_taken_back(fact: Happening) -> Data | None:
    """Who had asked for a change took it back."""
    return _change(fact)


def cancellation_confirmed(fact: Happening) -> Data | None:
    """Units were cancelled as one cancellation asked."""
    told = fact.payload
    return {
        "order": _order(fact),
        "asked_by": told["asked_by"],
        "units": told["units"],
        "whole": told["whole"],
        "fee": _money(told["fee"], told["currency"]),
    }


def hold_rejected(fact: Happening) -> Data | None:
    """A hold was rejected."""
    return {"order": _order(fact), "hold": fact.payload["code"]}


def note_written(fact: Happening) -> Data | None:
    """A note that partners may read; None for the retailer's own."""
    return {"order": _order(fact)} if fact.payload["for_partners"] else None


def file_added(fact: Happening) -> Data | None:
    """A file that partners may read; None for the retailer's own. Its name may be a person's, so it stays behind."""
    told = fact.payload
    if not told.get("for_partners"):
        return None
    return {"order": _order(fact), "file": told["sha256"], "size": told["size"]}


def promise_broken(fact: Happening) -> Data | None:
    """A promised day has passed."""
    told = fact.payload
    return {
        "order": _order(fact),
        "line": {"position": told["position"], "sku": fact.sku},
        "promised_on": told["promised_on"],
    }


def payment_moved(operation: str, fact: Happening) -> Data | None:
    """A gateway did ``operation``; None where it did another one."""
    told = fact.payload
    if told["operation"] != operation:
        return None
    return {"order": _order(fact), **_payment(fact)}


def payment_declined(fact: Happening) -> Data | None:
    """A gateway refused."""
    return {"order": _order(fact), "operation": fact.payload["operation"], **_payment(fact)}


def request_offered(fact: Happening) -> Data | None:
    """A location was asked to send units."""
    return {"order": _order(fact), **_request(fact), "units": fact.payload["units"]}


def request_advanced(fact: Happening) -> Data | None:
    """A location went on."""
    return {"order": _order(fact), **_request(fact), "status": fact.payload["status"]}


def request_released(fact: Happening) -> Data | None:
    """Units of a request are no longer wanted."""
    told = fact.payload
    return {
        "order": _order(fact),
        **_request(fact),
        "line": {"position": told["position"], "sku": fact.sku},
        "units": told["units"],
    }


def shipment_created(fact: Happening) -> Data | None:
    """Goods left a location."""
    told = fact.payload
    return {
        "order": _order(fact),
        **_request(fact),
        "shipment": told["shipment"],
        "units": told["units"],
        "tracking_number": told["tracking_number"] or None,
    }


@dataclass(frozen=True, slots=True)
class Level:
    """What a location holds of a product: units on hand, and of them those that open work has a claim on."""

    sku: str
    on_hand: int
    reserved: int


def stock_changed(location: str, levels: list[Level]) -> Data:
    """Levels of one location as they stand now, whatever moved them."""
    return {
        "location": location,
        "items": [
            {
                "sku": level.sku, "on_hand": level.on_hand, "reserved": level.reserved,
                "available": level.on_hand - level.reserved,
            }
            for level in levels
        ],
    }  # fmt: skip


def envelope(kind: str, version: int, occurred_at: datetime, data: Data) -> Data:
    """The body of a message: the members that Standard Webhooks recommends, and the version of the type."""
    return {"type": kind, "version": version, "timestamp": instant_text(occurred_at), "data": data}


def _order(fact: Happening) -> Data:
    return {"number": fact.subject, "channel": fact.channel, "external_number": fact.external_number}


def _money(amount: str, currency: str) -> Data:
    return {"amount": amount_text(Decimal(amount), currency), "currency": currency}


def _change(fact: Happening) -> Data:
    """Neither what it does nor why: an address and a person's words are read from the API by who may see them."""
    told = fact.payload
    return {"order": _order(fact), "change": told["change"], "asked_by": told["asked_by"]}


def _taken_back(fact: Happening) -> Data:
    told = fact.payload
    return {
        "order": _order(fact),
        "line": {"position": told["position"], "sku": fact.sku},
        "reason": told["reason"],
    }


def _request(fact: Happening) -> Data:
    return {"request": fact.payload["request"], "location": fact.payload["location"]}


def _payment(fact: Happening) -> Data:
    told = fact.payload
    return {"payment": told["payment"], **_money(told["amount"], told["currency"])}
