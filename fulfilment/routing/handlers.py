"""Routing reacts to orders and to locations that cannot send."""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.requests.events import ExclusionLifted, RequestRejected
from fulfilment.routing.services import orders_begin, orders_route
from fulfilment.routing.services.queueing import queues_tidy
from oms.infra.events import handles, handles_together
from orders.events import OrderCaptured, OrderExtended, OrderHoldReleased, OrderLineCancelled
from orders.life_events import OrderChanged
from orders.models import Order


@handles_together(OrderCaptured)
def route_captured_orders(events: Sequence[OrderCaptured]) -> None:
    """Place new orders as soon as they have been captured. Only open units are routed, so again is harmless."""
    numbers = [event.subject for event in events]
    orders = Order.objects.filter(number__in=numbers).values_list("id", flat=True)
    orders_begin(order_ids=list(orders), actor="routing")


@handles(OrderExtended)
def route_extended_order(event: OrderExtended) -> None:
    """Place what a channel has added."""
    orders_begin(order_ids=[_order(event.subject)], actor="routing")


@handles(OrderHoldReleased)
def route_released_order(event: OrderHoldReleased) -> None:
    """Go on with an order that was held."""
    orders_begin(order_ids=[_order(event.subject)], actor="routing")


@handles(OrderChanged)
def route_changed_order(event: OrderChanged) -> None:
    """Place what a change has left open, at once. Only open units are routed, so again is harmless."""
    order_id = _order(event.subject)
    queues_tidy(order_id=order_id)
    orders_route(order_ids=[order_id], actor="routing")


@handles(OrderLineCancelled)
def forget_cancelled_units(event: OrderLineCancelled) -> None:
    """What is cancelled waits for nothing. Again is harmless."""
    queues_tidy(order_id=_order(event.subject))


@handles(RequestRejected)
def route_rejected_units(event: RequestRejected) -> None:
    """Find another location, at once: the customer has waited already."""
    orders_route(order_ids=[_order(event.subject)], actor="routing")


@handles(ExclusionLifted)
def route_lifted_units(event: ExclusionLifted) -> None:
    """A location may be asked again, which may be all that an order waits for."""
    orders_route(order_ids=[_order(event.subject)], actor="routing")


def _order(number: str) -> int:
    return Order.objects.values_list("id", flat=True).get(number=number)
