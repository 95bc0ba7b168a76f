"""Holds that a person places, on any number of orders."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from oms.infra.events import record
from orders.events import OrderHeld
from orders.models import HoldStatus, Order, OrderHold
from orders.services.headers import headers_refresh

#: What a hold blocks that a person places; a hold that is placed again blocks what it did before.
BLOCKS = ("allocate", "ship")


def orders_hold(*, order_ids: Collection[int], code: str, why: str, actor: str) -> set[int]:
    """Hold orders until somebody releases the hold ``code``; return those that it did not hold already.

    A hold that was released is placed again. Units that a location is working on stay with it.
    """
    orders = dict(Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk").values_list("pk", "number"))
    known = {hold.order_id: hold for hold in OrderHold.objects.filter(order__in=orders, code=code)}
    again = [hold for hold in known.values() if hold.status == HoldStatus.RELEASED]
    now = timezone.now()
    OrderHold.objects.filter(pk__in=[hold.pk for hold in again]).update(
        status=HoldStatus.ACTIVE, why=why, placed_by=actor, placed_at=now, released_by="", released_at=None
    )
    new = [
        OrderHold(order_id=key, code=code, blocks=list(BLOCKS), why=why, placed_by=actor)
        for key in orders
        if key not in known
    ]
    OrderHold.objects.bulk_create(new)
    placed = [*again, *new]
    headers_refresh({hold.order_id for hold in placed})
    record([
        OrderHeld(
            subject=orders[hold.order_id], occurred_at=now, actor=actor, code=code, blocks=tuple(hold.blocks),
            reason=why,
        )
        for hold in placed
    ])  # fmt: skip
    return {hold.order_id for hold in placed}
