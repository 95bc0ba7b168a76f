"""What customers can be told, which event tells it, and which fields its texts may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db import models

from fulfilment.requests.events import RequestAdvanced, RequestShipped
from oms.infra.events import DomainEvent
from orders.events import OrderCaptured, PaymentMoved
from orders.life_events import OrderCancelled, OrderChanged, PromiseBroken


class NoticeKind(models.TextChoices):
    """What a notice tells."""

    CONFIRMED = "confirmed", "Order confirmed"
    SHIPPED = "shipped", "Shipped"
    READY_FOR_PICKUP = "ready_for_pickup", "Ready for pickup"
    CHANGED = "changed", "Order changed"
    CANCELLED = "cancelled", "Cancelled"
    REFUNDED = "refunded", "Refunded"
    PROMISE_BROKEN = "promise_broken", "Late: promise broken"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a kind of notice comes about. ``fields`` are its own, with what each says, beside the common ones."""

    event: type[DomainEvent]
    fields: Mapping[str, str]
    subject: str
    body: str


_COMMON = {
    "order": "the number that the channel gave the order",
    "customer": "the customer's name, or the recipient's where it is unknown",
    "recipient": "who gets the goods",
    "channel": "the name of the channel",
    "total": "what the order costs, with its currency",
    "items": "units and products, a line each",
}

TELLINGS: Mapping[NoticeKind, Telling] = MappingProxyType({
    NoticeKind.CONFIRMED: Telling(
        OrderCaptured, {},
        "We have your order {order}",
        "Dear {customer},\n\nthank you for your order {order}:\n\n{items}\n\nTotal: {total}\n",
    ),
    NoticeKind.SHIPPED: Telling(
        RequestShipped,
        {"tracking_number": "of this shipment; a dash without one", "units": "how many units left"},
        "Your order {order} is on its way",
        "Dear {customer},\n\nthis has left us:\n\n{items}\n\nTracking number: {tracking_number}\n",
    ),
    NoticeKind.READY_FOR_PICKUP: Telling(
        RequestAdvanced, {"location": "the name of the location where it waits"},
        "Your order {order} is ready",
        "Dear {customer},\n\nyou can collect this at {location}:\n\n{items}\n",
    ),
    NoticeKind.CHANGED: Telling(
        OrderChanged, {"changes": "what was changed", "difference": "how much more it costs, or less with a minus"},
        "Your order {order} was changed",
        "Dear {customer},\n\nyour order {order} was changed: {changes}.\n\nIts total is now {total}.\n",
    ),
    NoticeKind.CANCELLED: Telling(
        OrderCancelled, {"units": "how many units were cancelled", "fee": "what the cancellation costs"},
        "Cancelled: your order {order}",
        "Dear {customer},\n\nof your order {order} we have cancelled {units}.\n",
    ),
    NoticeKind.REFUNDED: Telling(
        PaymentMoved, {"amount": "what was given back, with its currency", "paid_with": "the means of payment"},
        "Your refund for order {order}",
        "Dear {customer},\n\nwe have refunded {amount} to {paid_with}.\n",
    ),
    NoticeKind.PROMISE_BROKEN: Telling(
        PromiseBroken, {"promised_on": "the day that was promised"},
        "Your order {order} is late",
        "Dear {customer},\n\nwe promised your order {order} by {promised_on} and have not kept it. We are sorry.\n",
    ),
})  # fmt: skip

KINDS_BY_EVENT: Mapping[str, NoticeKind] = MappingProxyType({
    telling.event.NAME: kind for kind, telling in TELLINGS.items()
})  # fmt: skip


def fields_of(kind: NoticeKind) -> dict[str, str]:
    """Every field that texts of this kind may name, with what it says."""
    return {**_COMMON, **TELLINGS[kind].fields}
