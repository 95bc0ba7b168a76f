"""Routing many orders at once, and what can be done to many lines that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfilment.routing.domain.queues import Queue
from fulfilment.routing.models import QueueEntry
from fulfilment.routing.services import (
    StockContention,
    orders_route,
    queue_cancel,
    queue_move_unfillable,
    queue_try_now,
)
from oms.infra.backoffice.bulk import BulkAction, Given, Outcome, left
from orders.models import Order, OrderLine, OrderStatus

_GONE = "it does not wait any more"
_UNDONE = "What is given to a location can be taken back only request by request."


def _route(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    found = _locked(keys)
    before = _open_units(keys)
    orders_route(order_ids=keys, actor=actor)
    after = _open_units(keys)
    return {key: left(_why(found.get(key), after[key])) for key in keys if after[key] == before[key]}


def _why(status: str | None, open_units: int) -> str:
    if status == OrderStatus.HELD:
        return "a hold keeps it from being given to a location"
    return "no location has stock: it waits as backorder" if open_units else "no unit of it is open"


def _locked(keys: Sequence[int]) -> dict[int, str]:
    """Statuses of orders that nobody changes meanwhile: what changes between two looks has then been routed."""
    orders = Order.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return dict(orders.values_list("pk", "status"))


def _open_units(keys: Sequence[int]) -> dict[int, int]:
    known = dict(Order.objects.filter(pk__in=keys).values_list("pk", "open_quantity"))
    return {key: known.get(key, 0) for key in keys}


def _retry(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    before = _open_of_lines(keys)
    queue_try_now(line_ids=keys, actor=actor)
    after = _open_of_lines(keys)
    reasons = dict(QueueEntry.objects.filter(pk__in=keys).values_list("pk", "reason"))
    return {key: left(reasons.get(key) or _GONE) for key in keys if after.get(key) == before.get(key)}


def _set_aside(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    _open_of_lines(keys)
    before = dict(QueueEntry.objects.filter(pk__in=keys).values_list("pk", "queue"))
    queue_move_unfillable(line_ids=keys, actor=actor)
    already = {key: left("it is set aside already") for key in keys if before.get(key) == Queue.UNFILLABLE}
    return already | {key: left(_GONE) for key in keys if key not in before}


def _give_up(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    before = _open_of_lines(keys)
    queue_cancel(line_ids=keys, reason="not available", actor=actor)
    after = _open_of_lines(keys)
    return {key: left(_GONE) for key in keys if after.get(key) == before.get(key)}


def _open_of_lines(keys: Sequence[int]) -> dict[int, int]:
    """Open units of lines whose orders nobody changes meanwhile."""
    lines = OrderLine.objects.filter(pk__in=keys)
    _locked(list(lines.values_list("order_id", flat=True)))
    return dict(lines.values_list("pk", "open"))


ROUTE_ORDERS = BulkAction(
    name="route", word="Route now", right="orders.change_order", run=_route, refusals=(StockContention,),
    sentence="The open units of these orders are given to locations by your routing rules. What no location has "
             "waits as backorder.",
    warning=_UNDONE, at_once=25,
)  # fmt: skip

QUEUE_ACTIONS: tuple[BulkAction, ...] = (
    BulkAction(
        name="retry", word="Try again now", right="orders.change_order", run=_retry, refusals=(StockContention,),
        sentence="The orders of these lines are routed again by your routing rules. Lines that no location has stock "
                 "for go on waiting.",
        warning=_UNDONE, at_once=25,
    ),
    BulkAction(
        name="set_aside", word="Set aside as unfillable", right="orders.change_order", run=_set_aside,
        sentence="They stay open and are tried again only when stock or rules change, or by somebody. The customers "
                 "are not told.",
        warning="“Try again now” takes them up again.",
    ),
    BulkAction(
        name="give_up", word="Cancel with notice", right="orders.change_order", run=_give_up,
        sentence="The open units of these lines are cancelled and credited, and the customers are told. Units that a "
                 "location is working on are not touched.",
        warning="A cancelled unit cannot be ordered again: the customer would have to place a new order.", danger=True,
    ),
)  # fmt: skip
