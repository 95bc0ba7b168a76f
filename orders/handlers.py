"""Order Management reacts to what happens to its own orders."""

from __future__ import annotations

from oms.infra.events import handles
from orders.events import OrderHoldReleased, OrderLineCancelled
from orders.models import Order, Payment
from orders.services.payments import authorisations_void, captures_request


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
