"""Routing reacts to orders."""

from __future__ import annotations

from fulfilment.routing.services import orders_route
from oms.infra.events import handles
from orders.events import OrderCaptured
from orders.models import Order


@handles(OrderCaptured)
def route_captured_order(event: OrderCaptured) -> None:
    """Place a new order as soon as it has been captured. Only open units are routed, so again is harmless."""
    order_id = Order.objects.values_list("id", flat=True).get(number=event.subject)
    orders_route(order_ids=[order_id], actor="routing")
