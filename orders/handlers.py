"""Order Management reacts to what happens to its own orders."""

from __future__ import annotations

from collections.abc import Sequence

from oms.infra.events import handles, handles_together
from orders.events import OrderCaptured, OrderHoldReleased, OrderLineCancelled
from orders.life_events import OrderChanged
from orders.models import Order, OrderStatus, Payment
from orders.services.channels import bill_tell, status_tell
from orders.services.payments import authorisations_void, captures_request
from orders.services.promises import promises_make


@handles(OrderLineCancelled)
def give_back_what_will_not_fall_due(event: OrderLineCancelled) -> None:
    """What was authorised for units that will never leave is given back. Again is harmless."""
    order_id = Order.objects.values_list("id", flat=True).get(number=event.subject)
    if Payment.objects.filter(order=order_id).exists():
        authorisations_void(order_id=order_id, actor="payments", reason="cancelled")


@handles(OrderHoldReleased)
def charge_what_a_hold_kept_back(event: OrderHoldReleased) -> None:
    """What fell due while the order was held is charged now. Again is harmless."""
    order_id = Order.objects.values_list("id", flat=True).get(number=event.subject)
    captures_request(order_ids=[order_id], actor="payments", reason="hold released")


@handles(OrderLineCancelled)
def tell_the_channel_of_a_cancelled_order(event: OrderLineCancelled) -> None:
    """An order that was cancelled here is told to its channel; what the channel has told us is not. Once."""
    cancelled = Order.objects.filter(number=event.subject, status=OrderStatus.CANCELLED).exists()
    if cancelled and not event.actor.startswith("channel "):
        status_tell(order_number=event.subject, changed_at=event.occurred_at, reason=event.reason)


@handles_together(OrderCaptured)
def promise_what_the_channel_promised(events: Sequence[OrderCaptured]) -> None:
    """Each line is promised by the day that its order came with. Again is harmless."""
    _promise([event.subject for event in events])


@handles(OrderChanged)
def promise_what_was_added(event: OrderChanged) -> None:
    """Lines that a change has added are promised as the others are. Again is harmless."""
    _promise([event.subject])


def _promise(numbers: Sequence[str]) -> None:
    promised = Order.objects.filter(number__in=numbers, promise_by__isnull=False).order_by("id")
    for order_id in promised.values_list("id", flat=True):
        promises_make(order_id=order_id)


@handles(OrderLineCancelled)
def bill_what_is_left_complete(event: OrderLineCancelled) -> None:
    """Where the last units that had to leave are cancelled, what has left is billed. Again is harmless."""
    bill_tell(order_number=event.subject, at=event.occurred_at)
