"""Cancelling what of orders nobody works on yet."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from orders.models import Order, OrderLine
from orders.services.lines_cancel import LineToCancel, lines_cancel


def orders_cancel_open(*, order_ids: Collection[int], reason: str, actor: str) -> set[int]:
    """Cancel every open unit of orders, credited at its price; return the orders that had any.

    Units that a location is working on, or that have left, stay as they are.
    """
    held = Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk")
    keys = list(held.values_list("pk", flat=True))
    lines = list(OrderLine.objects.filter(order__in=keys, open__gt=0).order_by("order_id", "position"))
    now = timezone.now()
    lines_cancel(
        cancellations=[
            LineToCancel(
                line_id=line.pk, quantity=line.open, unit_price=line.unit_price, external_number="",
                reason=reason[:120], happened_at=now,
            )
            for line in lines
        ],
        actor=actor,
    )  # fmt: skip
    return {line.order_id for line in lines}
