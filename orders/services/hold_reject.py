"""Rejecting a hold: the order does not go on."""

from __future__ import annotations

from django.utils import timezone

from oms.infra.events import record
from orders.domain.change import ChangeRefused, Fault
from orders.life_events import OrderHoldRejected
from orders.models import ChangeStatus, HoldStatus, OrderChange
from orders.services.holds import active_hold
from orders.services.order_cancel import order_cancel


def hold_reject(*, order_number: str, code: str, reason: str, actor: str) -> OrderChange:
    """Reject an active hold: everything that has not left is cancelled.

    Raises :class:`~orders.services.holds.NoSuchHold`; :class:`~orders.domain.change.ChangeRefused` where the order's
    release does not let it be cancelled, and ``MoneyMoving``: the hold then stays as it was, once the caller's
    transaction is rolled back.
    """
    order, hold = active_hold(order_number, code)
    now = timezone.now()
    hold.status, hold.released_by, hold.released_at = HoldStatus.REJECTED, actor, now
    hold.save()
    change = order_cancel(
        order_number=order.number, reason=reason, asked_by="staff", key=f"hold-{hold.pk}", actor=actor, by_hold=code,
    )  # fmt: skip
    if change.status != ChangeStatus.CONFIRMED:
        raise ChangeRefused([Fault(0, change.why)])
    record([OrderHoldRejected(subject=order_number, occurred_at=now, actor=actor, code=code, reason=reason)])
    return change
