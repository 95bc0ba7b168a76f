"""Routing orders: gather the facts, ask the policy, reserve, give the work to locations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from fulfilment.inventory.services import NotEnoughStock
from fulfilment.requests.services import NewRequest, requests_offer
from fulfilment.routing.domain.nearest_with_stock import nearest_with_stock
from fulfilment.routing.selectors import OrderToRoute, StockFacts, network, orders_to_route, stock_facts
from modules.contracts.routing import Network, RoutingDecision, RoutingFacts

#: The seam at which releases of Order Routing take over.
Policy = Callable[[RoutingFacts], RoutingDecision]

#: A decision whose stock was taken by somebody else meanwhile is made again, at most so often.
_ATTEMPTS = 8


class StockContention(RuntimeError):
    """Others kept taking the stock that was decided on. Nothing was written; routing again is safe."""


@dataclass(slots=True)
class Routed:
    """What a call of :func:`orders_route` did."""

    orders: int = 0
    allocated_units: int = 0
    backordered_units: int = 0
    requests: int = 0


def orders_route(*, order_ids: Sequence[int], actor: str, policy: Policy = nearest_with_stock) -> Routed:
    """Route the open units of orders, in the order of their numbers, in the caller's transaction.

    What cannot be placed waits as backorder. Safe to repeat: only open units are routed. Raises
    :class:`StockContention`.
    """
    orders = orders_to_route(order_ids)
    places = network()
    for _ in range(_ATTEMPTS):
        stock = stock_facts({line.product_id for order in orders for line in order.lines})
        decisions = _decide(orders, places, stock, policy)
        requests = [request for order, decision in decisions for request in _requests(order, decision, places, stock)]
        try:
            with transaction.atomic():
                allocated = requests_offer(requests=requests, actor=actor)
        except NotEnoughStock:
            continue
        backordered = _write_backorders(orders, [decision for _, decision in decisions])
        return Routed(len(orders), allocated, backordered, len(requests))
    message = f"stock for {len(orders)} orders was taken by others {_ATTEMPTS} times in a row"
    raise StockContention(message)


def _decide(
    orders: Sequence[OrderToRoute], places: Network, stock: StockFacts, policy: Policy
) -> list[tuple[OrderToRoute, RoutingDecision]]:
    """Ask the policy order by order; each sees the stock that those before it have left."""
    available = dict(stock.available)
    decisions = []
    for order in orders:
        decision = policy(RoutingFacts(order.number, order.latitude, order.longitude, order.lines, places, available))
        for item in decision.allocations:
            available[item.location_id, item.product_id] -= item.quantity
        decisions.append((order, decision))
    return decisions


def _requests(order: OrderToRoute, decision: RoutingDecision, places: Network, stock: StockFacts) -> list[NewRequest]:
    units: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for item in decision.allocations:
        level = stock.levels[item.location_id, item.product_id]
        units[item.location_id].append((item.line_id, level, item.quantity))
    codes = {item.location_id: item.code for item in places.locations}
    why = {reason.partition(":")[0]: reason for reason in decision.reasons}
    return [
        NewRequest(
            order_id=order.id, order_number=order.number, location_id=location_id,
            location_code=codes[location_id], units=tuple(taken), reason=why.get(codes[location_id], ""),
        )
        for location_id, taken in units.items()
    ]  # fmt: skip


def _write_backorders(orders: Sequence[OrderToRoute], decisions: Sequence[RoutingDecision]) -> int:
    unplaced = [item for decision in decisions for item in decision.unplaced]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM routing_backorder WHERE line_id = ANY(%s) AND NOT line_id = ANY(%s)",
            [
                [line.line_id for order in orders for line in order.lines],
                [item.line_id for item in unplaced],
            ],
        )
        cursor.execute(
            "INSERT INTO routing_backorder (line_id, reason) SELECT * FROM unnest(%s::bigint[], %s::varchar[])"
            " ON CONFLICT (line_id) DO UPDATE SET reason = excluded.reason",
            [[item.line_id for item in unplaced], [item.reason for item in unplaced]],
        )
    return sum(item.quantity for item in unplaced)
