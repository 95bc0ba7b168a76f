"""Routing orders: gather the facts, ask the release, reserve, give the work to locations, write it down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from fulfilment.inventory.services import NotEnoughStock
from fulfilment.requests.services import NewRequest, requests_offer
from fulfilment.routing.domain.policies import RoutingPolicies
from fulfilment.routing.selectors import OrderToRoute, StockFacts, network, orders_to_route, stock_facts
from modules.contracts.routing import (
    Network,
    RoutingDecision,
    RoutingFacts,
)
from modules.contracts.routing_json import facts_to_json, network_to_json
from modules.journal import Journaled, journal
from modules.profile import Profile, current_profile, profile_for_release

MODULE = "order_routing"

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


@dataclass(frozen=True, slots=True)
class _Decided:
    """An order, what it was decided on, by which release with which documents, and what was decided."""

    order: OrderToRoute
    facts: RoutingFacts
    profile: Profile
    release: str
    decision: RoutingDecision


def orders_route(*, order_ids: Sequence[int], actor: str) -> Routed:
    """Route the open units of orders, in the order of their numbers, in the caller's transaction.

    An order is decided by the release that it began on, a new one by the release that is live. What cannot be
    placed waits as backorder. Safe to repeat: only open units are routed. Raises :class:`StockContention`.
    """
    orders = orders_to_route(order_ids)
    if not orders:
        return Routed()
    places = network()
    deciders = _deciders(orders)
    for _ in range(_ATTEMPTS):
        stock = stock_facts({line.product_id for order in orders for line in order.lines})
        decided = _decide(orders, places, stock, deciders)
        requests = [request for item in decided for request in _requests(item, stock)]
        try:
            with transaction.atomic():
                allocated = requests_offer(requests=requests, actor=actor)
        except NotEnoughStock:
            continue
        _pin(decided)
        _journal(decided, places)
        backordered = _write_backorders(orders, [item.decision for item in decided])
        return Routed(len(orders), allocated, backordered, len(requests))
    message = f"stock for {len(orders)} orders was taken by others {_ATTEMPTS} times in a row"
    raise StockContention(message)


def _deciders(orders: Sequence[OrderToRoute]) -> Mapping[str, tuple[Profile, str]]:
    """For each release that an order is pinned to ("" for none): the profile to decide with, and the release."""
    live = current_profile()
    version = str(live.release(MODULE).version)
    deciders = {"": (live, version), version: (live, version)}
    for pinned in {order.release for order in orders} - set(deciders):
        deciders[pinned] = (profile_for_release(MODULE, pinned), pinned)
    return deciders


def _decide(
    orders: Sequence[OrderToRoute],
    places: Network,
    stock: StockFacts,
    deciders: Mapping[str, tuple[Profile, str]],
) -> list[_Decided]:
    """Ask order by order; each decision sees the stock that those before it have left."""
    available = dict(stock.available)
    today = timezone.localdate().isoformat()
    decided = []
    for order in orders:
        profile, release = deciders[order.release]
        products = {line.product_id for line in order.lines}
        facts = RoutingFacts(
            order_number=order.number, channel=order.channel, currency=order.currency, country=order.country,
            latitude=order.latitude, longitude=order.longitude, decided_on=today, lines=order.lines,
            network=places,
            available={
                (place.location_id, product): units
                for place in places.locations
                for product in products
                if (units := available.get((place.location_id, product)))
            },
        )  # fmt: skip
        policies: RoutingPolicies = profile.release(MODULE).policies
        decision = policies.route(facts, profile.of_module(MODULE))
        for item in decision.allocations:
            available[item.location_id, item.product_id] -= item.quantity
        decided.append(_Decided(order, facts, profile, release, decision))
    return decided


def _requests(item: _Decided, stock: StockFacts) -> list[NewRequest]:
    units: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for allocation in item.decision.allocations:
        level = stock.levels[allocation.location_id, allocation.product_id]
        units[allocation.location_id].append((allocation.line_id, level, allocation.quantity))
    codes = {place.location_id: place.code for place in item.facts.network.locations}
    why: dict[str, str] = {}
    for step in item.decision.steps:
        if step.kept:
            why.setdefault(step.subject, step.why)
    return [
        NewRequest(
            order_id=item.order.id, order_number=item.order.number, location_id=location_id,
            location_code=codes[location_id], units=tuple(taken), reason=why.get(codes[location_id], ""),
        )
        for location_id, taken in units.items()
    ]  # fmt: skip


def _pin(decided: Sequence[_Decided]) -> None:
    """From its first routing on an order finishes on the release that decided it."""
    fresh = [item for item in decided if not item.order.release]
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order o SET routing_release = d.release"
            " FROM unnest(%s::bigint[], %s::varchar[]) AS d(id, release) WHERE o.id = d.id",
            [[item.order.id for item in fresh], [item.release for item in fresh]],
        )


def _journal(decided: Sequence[_Decided], places: Network) -> None:
    context = network_to_json(places)
    groups: dict[tuple[str, int], list[_Decided]] = defaultdict(list)
    for item in decided:
        groups[item.release, item.profile.number].append(item)
    for (release, revision), items in groups.items():
        journal(
            module=MODULE, policy="route", release=release, revision=revision, context=context,
            decisions=[Journaled(item.order.number, facts_to_json(item.facts), item.decision) for item in items],
        )  # fmt: skip


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
