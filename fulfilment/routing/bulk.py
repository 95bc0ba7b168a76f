"""Routing many orders at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfilment.routing.services import orders_route
from fulfilment.routing.services.orders_route import StockContention
from oms.infra.backoffice.bulk import BulkAction, Given, Outcome, left
from orders.models import Order, OrderStatus

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


ROUTE_ORDERS = BulkAction(
    name="route", word="Route now", right="orders.change_order", run=_route, refusals=(StockContention,),
    sentence="The open units of these orders are given to locations by your routing rules. What no location has "
             "waits as backorder.",
    warning=_UNDONE, at_once=25,
)  # fmt: skip
