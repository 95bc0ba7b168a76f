"""Routing orders: gather the facts, ask the release, reserve, give the work to locations, write it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from fulfilment.inventory.services import NotEnoughStock
from fulfilment.requests.services import requests_offer
from fulfilment.routing.selectors import OrderToRoute, orders_to_route, stock_facts
from fulfilment.routing.services.deciding import decide, deciders_of, known_to, live_decider
from fulfilment.routing.services.placing import journal_decisions, pin, requests_for
from fulfilment.routing.services.queueing import orders_await_run, unplaced_queue

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
    awaiting_run_units: int = 0
    given_up_units: int = 0
    held_orders: int = 0


def orders_route(*, order_ids: Sequence[int], actor: str) -> Routed:
    """Route the open units of orders, in the order of their numbers, in the caller's transaction.

    An order is decided by the release that it began on, a new one by the release that is live. What cannot be
    placed waits in a queue. Safe to repeat: only open units are routed. Raises :class:`StockContention`.
    """
    return _route(orders_to_route(order_ids), actor)


def orders_begin(*, order_ids: Sequence[int], actor: str) -> Routed:
    """As :func:`orders_route`, but new orders that the live release wants to decide together wait for the next run."""
    orders = orders_to_route(order_ids)
    if not orders:
        return Routed()
    live = live_decider()
    policies, documents = live.policies, live.documents
    together = [
        order
        for order in orders
        if order.release in ("", live.release) and policies.joins_run(order.channel, order.method, documents)
    ]
    waiting = orders_await_run(together, revision=live.profile.number)
    routed = _route([order for order in orders if order not in together], actor)
    routed.awaiting_run_units = waiting
    return routed


def _route(orders: Sequence[OrderToRoute], actor: str) -> Routed:
    if not orders:
        return Routed()
    deciders = deciders_of(orders)
    known = known_to(orders, deciders.values())
    for _ in range(_ATTEMPTS):
        stock = stock_facts({product for order in orders for product in order.products})
        decided = decide(orders, known, stock.available, deciders)
        requests = requests_for(decided, stock)
        try:
            with transaction.atomic():
                allocated = requests_offer(requests=requests, actor=actor)
        except NotEnoughStock:
            continue
        pin(decided)
        journal_decisions(decided, known.network)
        queued = unplaced_queue(decided, seen=stock.seen, revision=deciders[""].profile.number, actor=actor)
        return Routed(
            orders=len(orders), allocated_units=allocated, backordered_units=queued.waiting, requests=len(requests),
            given_up_units=queued.given_up, held_orders=queued.held_orders,
        )  # fmt: skip
    message = f"stock for {len(orders)} orders was taken by others {_ATTEMPTS} times in a row"
    raise StockContention(message)
