"""The whole way of every open order, from routing to the door of the location, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from fulfilment.inventory.services import adjustments_post, opening_stock_receive
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import parcel_mates, requests_advance, requests_ship
from fulfilment.routing.models import QueueEntry
from fulfilment.routing.services.orders_route import orders_route
from oms.infra.database.context import retailer_context
from orders.models import Order
from orders.selectors import holds_on

_ORDERS_AT_ONCE = 250
_REQUESTS_AT_ONCE = 500
_UNFINISHED = (RequestStatus.OFFERED, RequestStatus.PICKING, RequestStatus.PACKED)


@dataclass(slots=True)
class FulfilReport:
    """Units and documents that a run moved; ``backordered`` is what waits at its end."""

    received: int = 0
    adjustments: int = 0
    orders: int = 0
    requests: int = 0
    allocated: int = 0
    shipped: int = 0
    shipments: int = 0
    backordered: int = 0
    backordered_lines: int = 0
    routing_seconds: float = 0.0


#: Told the phase, how much of it is done and how much there is.
OnProgress = Callable[[str, int, int], None]


def fulfil_run(*, schema: str, actor: str, on_progress: OnProgress = lambda phase, done, total: None) -> FulfilReport:
    """Receive opening stock, route, pick, pack and ship everything that can be; each batch commits.

    Safe to stop at any moment and to run again: it takes up what is not done.
    """
    report = FulfilReport()
    with retailer_context(schema):
        report.received = opening_stock_receive(actor=actor)
    _post_adjustments(schema, actor, report)
    started = time.monotonic()
    _route(schema, actor, report, on_progress)
    report.routing_seconds = round(time.monotonic() - started, 2)
    _ship(schema, actor, report, on_progress)
    with retailer_context(schema):
        QueueEntry.objects.filter(line__open=0).delete()
        waiting = list(QueueEntry.objects.values_list("line__open", flat=True))
    report.backordered, report.backordered_lines = sum(waiting), len(waiting)
    return report


def _post_adjustments(schema: str, actor: str, report: FulfilReport) -> None:
    posted = -1
    while posted:
        with retailer_context(schema):
            posted = adjustments_post(actor=actor)
        report.adjustments += posted


def _route(schema: str, actor: str, report: FulfilReport, on_progress: OnProgress) -> None:
    with retailer_context(schema):
        ids = list(Order.objects.filter(open_quantity__gt=0).order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), _ORDERS_AT_ONCE):
        batch = ids[start : start + _ORDERS_AT_ONCE]
        with retailer_context(schema):
            routed = orders_route(order_ids=batch, actor=actor)
        report.orders += routed.orders
        report.requests += routed.requests
        report.allocated += routed.allocated_units
        on_progress("route orders", start + len(batch), len(ids))


def _ship(schema: str, actor: str, report: FulfilReport, on_progress: OnProgress) -> None:
    with retailer_context(schema):
        work = FulfilmentRequest.objects.filter(status__in=_UNFINISHED).order_by("id")
        ids = list(work.values_list("id", flat=True))
    for start in range(0, len(ids), _REQUESTS_AT_ONCE):
        batch = ids[start : start + _REQUESTS_AT_ONCE]
        with retailer_context(schema):
            report.shipped += _work_through(batch, actor)
        report.shipments += len(batch)
        on_progress("pick, pack and ship", start + len(batch), len(ids))


def _work_through(request_ids: list[int], actor: str) -> int:
    request_ids = _not_held(parcel_mates(request_ids))
    for now, following in (
        (RequestStatus.OFFERED, RequestStatus.PICKING),
        (RequestStatus.PICKING, RequestStatus.PACKED),
    ):
        at = _with_status(request_ids, now)
        requests_advance(request_ids=at, to=following, actor=actor)
    return requests_ship(request_ids=_with_status(request_ids, RequestStatus.PACKED), actor=actor)


def _not_held(request_ids: list[int]) -> list[int]:
    """Without the requests whose orders a hold keeps from being shipped, and without what shares their parcels."""
    found = FulfilmentRequest.objects.filter(id__in=request_ids)
    held = holds_on(set(found.values_list("order", flat=True)), "ship")
    if not held:
        return request_ids
    kept_back = found.filter(order__in=held)
    parcels = kept_back.filter(parcel__isnull=False).values("parcel")
    kept = found.exclude(order__in=held).exclude(parcel__in=parcels).order_by("id")
    return list(kept.values_list("id", flat=True))


def _with_status(request_ids: list[int], status: RequestStatus) -> list[int]:
    found = FulfilmentRequest.objects.filter(id__in=request_ids, status=status.value)
    return list(found.values_list("id", flat=True))
