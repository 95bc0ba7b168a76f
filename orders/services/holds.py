"""Placing and releasing holds."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from modules.contracts.review import HoldDecision
from oms.infra.events import record
from orders.events import OrderHeld, OrderHoldReleased
from orders.models import HoldStatus, Order, OrderHold
from orders.services.headers import headers_refresh


class NoSuchHold(LookupError):
    """The order has no active hold of that name."""


def holds_place(*, holds: Sequence[tuple[int, str, HoldDecision]], actor: str) -> None:
    """Place holds on orders: (primary key, number, hold). The caller holds the orders' row locks or made them."""
    if not holds:
        return
    OrderHold.objects.bulk_create(
        OrderHold(order_id=order_id, code=hold.code, blocks=list(hold.blocks), why=hold.why, placed_by=actor)
        for order_id, _, hold in holds
    )
    headers_refresh({order_id for order_id, _, _ in holds})
    now = timezone.now()
    record([
        OrderHeld(
            subject=number, occurred_at=now, actor=actor, code=hold.code, blocks=hold.blocks, reason=hold.why
        )
        for _, number, hold in holds
    ])  # fmt: skip


def hold_release(*, order_number: str, code: str, actor: str) -> None:
    """Release an active hold; the order goes on. Raises :class:`NoSuchHold`."""
    order = Order.objects.select_for_update().get(number=order_number)
    hold = OrderHold.objects.filter(order=order, code=code, status=HoldStatus.ACTIVE).first()
    if hold is None:
        message = f"{order_number} has no active hold {code!r}"
        raise NoSuchHold(message)
    now = timezone.now()
    hold.status, hold.released_by, hold.released_at = HoldStatus.RELEASED, actor, now
    hold.save()
    headers_refresh([order.pk])
    record([OrderHoldReleased(subject=order_number, occurred_at=now, actor=actor, code=code)])
