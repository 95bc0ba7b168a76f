"""What the fields of a notice stand for, read when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.formats import date_format

from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequestLine, ShipmentLine
from oms.infra.backoffice.display import money
from oms.infra.models import Event
from oms.web.notices.kinds import NoticeKind
from orders.models import Order, OrderLine
from orders.services.order_change import PICKUP

Payload = Mapping[str, Any]


def concerns_customer(kind: NoticeKind, event: Event, order: Order) -> bool:
    """Whether this event of the kind is one that the kind tells of."""
    collected = order.method.partition("_")[0] in PICKUP
    if kind == NoticeKind.READY_FOR_PICKUP:
        return collected and event.payload["status"] == RequestStatus.PACKED
    if kind == NoticeKind.SHIPPED:
        return not collected
    return kind != NoticeKind.REFUNDED or event.payload["operation"] == "refund"


def what_it_tells_of(kind: NoticeKind, event: Event) -> str:
    """Two events that tell of the same give one notice: lines of an order that were promised by the same day."""
    if kind == NoticeKind.PROMISE_BROKEN:
        return f"{event.subject} {event.payload['promised_on']}"
    return f"event {event.pk}"


def values_of(kind: NoticeKind, event: Event, order: Order) -> dict[str, str]:
    """Each field of the kind with its text. ``order`` comes with its customer and channel."""
    said = event.payload
    customer = order.customer.name if order.customer else ""
    return {
        "order": order.external_number,
        "customer": customer or order.recipient or "customer",
        "recipient": order.recipient or customer,
        "channel": order.channel.name,
        "total": money(order.total, order.currency),
        "items": "\n".join(f"{units} × {name}" for units, name in _items(kind, said, order)),
        **_OWN[kind](said),
    }


def _items(kind: NoticeKind, said: Payload, order: Order) -> Iterable[tuple[int, str]]:
    if kind == NoticeKind.SHIPPED:
        shipped = ShipmentLine.objects.filter(shipment__number=said["shipment"]).order_by("id")
        rows = shipped.select_related("request_line__order_line__product")
        return [(row.quantity, _name(row.request_line.order_line)) for row in rows]
    if kind == NoticeKind.READY_FOR_PICKUP:
        asked = FulfilmentRequestLine.objects.filter(request__number=said["request"], quantity__gt=F("released"))
        ready = asked.select_related("order_line__product").order_by("order_line__position")
        return [(line.quantity - line.released, _name(line.order_line)) for line in ready]
    left = OrderLine.objects.filter(order=order, ordered__gt=F("cancelled")).select_related("product")
    return [(line.ordered - line.cancelled, _name(line)) for line in left.order_by("position")]


def _name(line: OrderLine) -> str:
    return line.words or line.product.sku


def _nothing(said: Payload) -> dict[str, str]:
    return {}


def _shipped(said: Payload) -> dict[str, str]:
    return {"tracking_number": said["tracking_number"] or "–", "units": f"{said['units']:,}"}


def _ready(said: Payload) -> dict[str, str]:
    name = Location.objects.filter(code=said["location"]).values_list("name", flat=True).first()
    return {"location": name or said["location"]}


def _changed(said: Payload) -> dict[str, str]:
    difference = money(Decimal(said["difference"]), said["currency"])
    return {"changes": "; ".join(said["actions"]), "difference": difference}


def _cancelled(said: Payload) -> dict[str, str]:
    units = said["units"]
    return {
        "units": f"{units:,} unit{'' if units == 1 else 's'}",
        "fee": money(Decimal(said["fee"]), said["currency"]),
    }


def _refunded(said: Payload) -> dict[str, str]:
    return {"amount": money(Decimal(said["amount"]), said["currency"]), "paid_with": said["label"]}


def _broken(said: Payload) -> dict[str, str]:
    return {"promised_on": date_format(date.fromisoformat(said["promised_on"]), "j M Y")}


_OWN: Mapping[NoticeKind, Callable[[Payload], dict[str, str]]] = {
    NoticeKind.CONFIRMED: _nothing,
    NoticeKind.SHIPPED: _shipped,
    NoticeKind.READY_FOR_PICKUP: _ready,
    NoticeKind.CHANGED: _changed,
    NoticeKind.CANCELLED: _cancelled,
    NoticeKind.REFUNDED: _refunded,
    NoticeKind.PROMISE_BROKEN: _broken,
}
