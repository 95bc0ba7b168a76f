"""What is owed for an order once nothing more of it will leave, told to channels that want to be billed (EDI)."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal

from orders.channels import UnknownAdapter, adapter_named
from orders.domain.channel import Bill, BillLine, CannotTell
from orders.domain.shares import SHARED_KINDS, PricedCharge, PricedLine, Shares
from orders.models import ChannelConnection, ChannelOrder, Order, OrderCharge, OrderLine, OrderStatus
from orders.services.channels.connections import connection_setup
from orders.services.channels.tell import bill_ask

logger = logging.getLogger(__name__)

#: Longest number that an invoice may have (X12 element 76).
_LONGEST_NUMBER = 22


def bill_tell(*, order_number: str, at: datetime) -> int:
    """Have the channel of a complete order billed, once; return how many bills are new."""
    order = Order.objects.select_related("channel").get(number=order_number)
    if order.status != OrderStatus.COMPLETE:
        return 0
    connection = ChannelConnection.objects.select_related("channel").filter(channel=order.channel_id).first()
    if connection is None or not connection.base_url:
        return 0
    try:
        bills = adapter_named(connection.adapter).bill(bill_of(order=order, at=at), connection_setup(connection))
    except (UnknownAdapter, CannotTell) as fault:
        # The order is complete all the same; the bill can be made by hand once the channel is set up.
        logger.warning("order %s could not be billed: %s", order.number, fault)
        return 0
    return bill_ask(channel_id=order.channel_id, order_number=order.number, bills=bills)


def bill_of(*, order: Order, at: datetime) -> Bill:
    """What the units that have left are worth, with their shares of discounts, taxes and charges: to the cent."""
    rows = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position"))
    charges = list(OrderCharge.objects.filter(order=order).order_by("id"))
    lines = tuple(
        BillLine(row.position, row.product.sku, row.fulfilled, row.unit_price) for row in rows if row.fulfilled
    )
    goods = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    told: list[tuple[str, Decimal, str]] = []
    so_far, taken = goods, []
    # Kind after kind is put on top; the differences add up to what is due, whatever was rounded on the way.
    kinds = sorted({charge.kind for charge in charges}, key=lambda kind: (kind not in SHARED_KINDS, kind))
    for kind in ["", *kinds]:
        taken += [charge for charge in charges if charge.kind == kind]
        due = _due(order, rows, taken)
        if due != so_far:
            texts = list(dict.fromkeys(charge.description for charge in charges if charge.kind == kind))
            told.append((kind or "rounding", due - so_far, "; ".join(filter(None, texts))))
        so_far = due
    at_channel = ChannelOrder.objects.filter(order=order).first()
    return Bill(
        number=order.number if len(order.number) <= _LONGEST_NUMBER else str(order.pk),
        external_number=order.external_number, references=at_channel.references if at_channel else {},
        currency=order.currency, billed_at=at, lines=lines, charges=tuple(told), total=so_far,
    )  # fmt: skip


def _due(order: Order, rows: list[OrderLine], charges: list[OrderCharge]) -> Decimal:
    return Shares(
        order.currency,
        [
            PricedLine(row.pk, row.ordered, row.amount, row.cancelled, row.fulfilled, row.returned)
            for row in rows
        ],
        [PricedCharge(charge.kind, charge.amount, charge.line_id) for charge in charges],
    ).due  # fmt: skip
