"""Notifications of Amazon (ORDER_CHANGE): they say that an order has changed; a connector fetches the order itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

from orders.channels.reading import Record, Unreadable
from orders.domain.channel import Intake, NotWanted, OrderCancelled, Unclear

_CANCELLED = ("Canceled", "Cancelled")


def notifications_in(document: object) -> list[Record]:
    """The notifications of a message, also inside what a queue wraps around them."""
    items = document if isinstance(document, list) else [document]
    found = []
    for item in items:
        body = Record(item, "")
        wrapped = body.value.get("Message")
        if isinstance(wrapped, str) and wrapped.lstrip()[:1] == "{":
            try:
                body = Record(json.loads(wrapped), "")
            except (ValueError, RecursionError):
                continue
        payload = body.record("Payload")
        told = payload.record("OrderChangeNotification") or payload.record("OrderStatusChangeNotification")
        if told:
            found.append(Record({"EventTime": body.value.get("EventTime"), **told.value}, ""))
    return found


def notification_read(told: Record) -> Iterator[Intake]:
    """A cancellation is done; all else is told again by the order, which the connector fetches."""
    number = told.text("AmazonOrderId", limit=64)
    if not number:
        yield Unclear("", "the notification has no AmazonOrderId")
        return
    summary, trigger = told.record("Summary"), told.record("OrderChangeTrigger")
    status = summary.text("OrderStatus") or told.text("OrderStatus")
    reason = trigger.text("ChangeReason", limit=100)
    try:
        at = trigger.instant("TimeOfOrderChange") or told.instant("EventTime") or summary.instant("PurchaseDate")
    except Unreadable as fault:
        yield Unclear(number, str(fault))
        return
    if status in _CANCELLED and summary.text("FulfillmentType") != "AFN":
        if at is None:
            yield Unclear(number, "Amazon has cancelled the order and does not say when; fetch the order again")
            return
        yield OrderCancelled(external_number=number, cancelled_at=at, reason=reason or "cancelled at Amazon")
    elif told.text("OrderChangeType") == "BuyerRequestedChange" and summary.text("FulfillmentType") != "AFN":
        why = f" ({reason})" if reason else ""
        yield Unclear(
            number, f"the buyer asks for a change{why}: fetch the items of the order, or change or cancel it by hand"
        )
    else:
        yield NotWanted("ORDER_CHANGE", f"order {number} is {status or 'changed'}: the connector fetches the order")
