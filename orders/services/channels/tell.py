"""Asking for channels to be told: a row for each thing, in the transaction that made it true; a job delivers it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from oms.infra.queue import enqueue
from orders.domain.channel import Json, Outbound, ShipmentTold, StatusTold, StockTold, Told, ToldLine
from orders.domain.told import ANSWER, KINDS, outbound_json, told_json
from orders.models import ChannelAlias, ChannelConnection, ChannelOrder, Order, OrderLine, OrderStatus
from orders.services.channels.connections import terms_of_channel

DELIVER = "orders.jobs.deliveries_perform"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentFacts:
    """Goods that left: units by the primary keys of order lines."""

    order_number: str
    shipment: str
    location: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    units: Mapping[int, int]


def shipment_tell(*, facts: ShipmentFacts) -> bool:
    """Have the order's channel told of a shipment, once; whether it wants to know."""
    order = Order.objects.select_related("channel").get(number=facts.order_number)
    connection = _connected(order.channel_id)
    if connection is None or not terms_of_channel(order.channel.code).tell_tracking:
        return False
    return _ask(order.channel_id, f"shipment/{facts.shipment}", "shipment", order.number, shipment_told(order, facts))


def shipment_told(order: Order, facts: ShipmentFacts) -> ShipmentTold:
    """A shipment in the words of its order's channel."""
    references = _references(order)
    return ShipmentTold(
        external_number=order.external_number, references=references, shipment=facts.shipment,
        location=facts.location, carrier=facts.carrier, tracking_number=facts.tracking_number,
        shipped_at=facts.shipped_at, lines=_lines(order, references, facts.units),
        complete=order.status == OrderStatus.COMPLETE,
    )  # fmt: skip


def status_tell(*, order_number: str, changed_at: datetime, reason: str = "") -> bool:
    """Have the order's channel told of its status, once for each; whether it wants to know."""
    order = Order.objects.select_related("channel").get(number=order_number)
    connection = _connected(order.channel_id)
    if connection is None or not terms_of_channel(order.channel.code).tell_status:
        return False
    told = StatusTold(
        external_number=order.external_number, references=_references(order), status=order.status,
        changed_at=changed_at, reason=reason,
    )  # fmt: skip
    return _ask(order.channel_id, f"status/{order.number}/{order.status}", "status", order.number, told)


def stock_tell(*, channel_id: int, key: str, quantities: Mapping[str, int], at: datetime, location: str = "") -> int:
    """Have a channel told how many units of our SKUs it may sell; ``key`` names this telling. Return how many."""
    aliases = ChannelAlias.objects.filter(channel=channel_id, kind="sku", ours__in=quantities)
    theirs = dict(aliases.order_by("-theirs").values_list("ours", "theirs"))
    asked = 0
    for sku, quantity in sorted(quantities.items()):
        told = StockTold(sku=theirs.get(sku, sku), quantity=quantity, location=location, told_at=at)
        asked += _ask(channel_id, f"stock/{sku}/{key}", "stock", sku, told)
    return asked


def answers_ask(channel_id: int, message_id: int, answers: Sequence[Outbound], *, first: bool = True) -> None:
    """Have what an adapter answers a message with delivered, once; what has no name, the ``first`` time alone."""
    for number, outbound in enumerate(answers, 1):
        if first or outbound.key:
            key = f"answer/{message_id}/{outbound.key or number}"
            _store(channel_id, key, ANSWER, outbound.key, outbound_json(outbound))


def bill_ask(*, channel_id: int, order_number: str, bills: Sequence[Outbound]) -> int:
    """Have bills of an order delivered, each once; return how many are new."""
    return sum(
        _store(channel_id, f"bill/{order_number}/{place}", ANSWER, order_number, outbound_json(bill))
        for place, bill in enumerate(bills, 1)
    )


def wake() -> None:
    """Let a worker deliver, once this transaction has committed."""
    enqueue(DELIVER, queueing_lock="channel deliveries")


def _connected(channel_id: int) -> ChannelConnection | None:
    return ChannelConnection.objects.filter(channel=channel_id).exclude(base_url="").first()


def _references(order: Order) -> Mapping[str, Json]:
    at_channel = ChannelOrder.objects.filter(order=order).first()
    return at_channel.references if at_channel else {}


def _lines(order: Order, references: Mapping[str, Json], units: Mapping[int, int]) -> tuple[ToldLine, ...]:
    lines = OrderLine.objects.filter(order=order, pk__in=units).select_related("product").order_by("position")
    named = references.get("lines")
    numbers = named if isinstance(named, dict) else {}
    theirs = dict(
        ChannelAlias.objects.filter(channel=order.channel_id, kind="sku", ours__in=[line.product.sku for line in lines])
        .order_by("-theirs")
        .values_list("ours", "theirs")
    )
    return tuple(
        ToldLine(
            line.position, theirs.get(line.product.sku, line.product.sku), units[line.pk],
            str(numbers.get(str(line.position)) or ""),
        )
        for line in lines
    )  # fmt: skip


def _ask(channel_id: int, key: str, kind: str, subject: str, told: Told) -> bool:
    if not isinstance(told, KINDS[kind]):
        raise TypeError(kind)
    return _store(channel_id, key, kind, subject, told_json(told))


def _store(channel_id: int, key: str, kind: str, subject: str, content: Mapping[str, object]) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_channeldelivery"
            " (channel_id, key, kind, subject, content, state, attempts, target, payload, answer)"
            " VALUES (%s, %s, %s, %s, %s::jsonb, 'pending', 0, '', '', '')"
            " ON CONFLICT (channel_id, key) DO NOTHING",
            [channel_id, key, kind, subject[:100], json.dumps(content)],
        )
        stored = bool(cursor.rowcount == 1)
    if stored:
        wake()
    return stored
