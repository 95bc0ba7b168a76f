"""Fulfilment requests, through routing."""

from __future__ import annotations

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_advance, requests_ship
from fulfilment.routing.services import orders_route
from orders.models import Order

_WAY = (RequestStatus.PICKING, RequestStatus.PACKED)


def request_offered(order: Order) -> FulfilmentRequest:
    """The first request that routing makes for the order; there must be stock for it."""
    orders_route(order_ids=[order.pk], actor="routing")
    order.refresh_from_db()
    found = order.requests.order_by("id").first()
    assert found is not None, f"routing found no stock for {order}"
    return found


def request_brought_to(order: Order, status: RequestStatus) -> FulfilmentRequest:
    """A request of the order that has come as far as picking, packed or shipped."""
    found = request_offered(order)
    for step in _WAY:
        requests_advance(request_ids=[found.pk], to=step, actor="associate")
        if step == status:
            break
    else:
        requests_ship(request_ids=[found.pk], actor="associate", carrier="Post", tracking_number="TRACK1")
    found.refresh_from_db()
    return found
