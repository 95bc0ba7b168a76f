"""Lines and charges that a channel adds to an order after it was captured."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import F, Max

from oms.infra.database.bulk import insert_rows, take_numbers
from oms.infra.events import record
from orders.catalogue.selectors import product_ids
from orders.domain.capture import NewCharge, NewOrder
from orders.events import OrderExtended
from orders.models import Order, OrderCharge, OrderLine
from orders.services.headers import headers_refresh
from orders.services.order_capture import (
    CHARGE_COLUMNS,
    LINE_COLUMNS,
    UnknownProducts,
    charge_row,
    line_rows,
)


def order_extend(*, order_id: int, addition: NewOrder, actor: str, react: bool = True) -> tuple[int, ...]:
    """Add the lines and charges of ``addition`` to an order; return the new lines' numbers.

    Only lines and charges of ``addition`` are read: the header stays as it was captured. Raises
    :class:`~orders.services.order_capture.UnknownProducts`.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    products = product_ids(line.sku for line in addition.lines)
    unknown = [(0, at, line.sku) for at, line in enumerate(addition.lines) if line.sku not in products]
    if unknown:
        raise UnknownProducts(unknown)
    last = OrderLine.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0
    [line_ids] = take_numbers([(OrderLine, len(addition.lines))])
    rows = list(line_rows(order.id, last + 1, addition, iter(line_ids), products))
    insert_rows(OrderLine, LINE_COLUMNS, rows)
    amount = sum((line.quantity * line.unit_price for line in addition.lines), Decimal(0))
    Order.objects.filter(pk=order_id).update(lines_total=F("lines_total") + amount)
    headers_refresh([order_id])
    charges_add(channel_id=order.channel_id, charges=[(order_id, charge) for charge in addition.charges])
    event = OrderExtended(
        subject=order.number,
        occurred_at=addition.placed_at,
        actor=actor,
        lines=len(rows),
        units=sum(line.quantity for line in addition.lines),
        amount=amount,
        currency=order.currency,
    )
    record([event], react=react)
    return tuple(line_ids)


def charges_add(*, channel_id: int, charges: Sequence[tuple[int | None, NewCharge]]) -> None:
    """Add charges, each to an order or to none, and keep the totals of those orders right."""
    insert_rows(
        OrderCharge,
        CHARGE_COLUMNS,
        [charge_row(channel_id, order_id, charge) for order_id, charge in charges],
    )
    totals: dict[int, Decimal] = {}
    for order_id, charge in charges:
        if order_id is not None:
            totals[order_id] = totals.get(order_id, Decimal(0)) + charge.quantity * charge.unit_price
    if not totals:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [list(totals)])
        cursor.execute(
            "UPDATE orders_order o SET charges_total = charges_total + d.amount"
            " FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, amount) WHERE o.id = d.id",
            [list(totals), list(totals.values())],
        )
