"""From orders and stock to the facts that a release is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.selectors import confidence_of, groups_of_locations, incoming_of, sold_last_28_days
from fulfilment.requests.selectors import joinable_locations
from fulfilment.routing.selectors import OrderToRoute, network
from modules.contracts.routing import Incoming, Network, RoutingFacts
from modules.contracts.routing_runs import ConsolidationRule

_Pair = tuple[int, int]
Value = TypeVar("Value")

#: Bid prices of a run say nothing of the stock of another day.
BID_PRICES_HOURS = 24


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the orders themselves and their stock, as far as a release needs it.

    ``joinable`` holds locations by order, ``bid_prices`` prices by currency.
    """

    network: Network
    confidence: Mapping[_Pair, int] = field(default_factory=dict)
    sold: Mapping[_Pair, int] = field(default_factory=dict)
    incoming: tuple[Incoming, ...] = ()
    joinable: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    bid_prices: Mapping[str, Mapping[_Pair, Decimal]] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


def known_about(
    orders: Sequence[OrderToRoute], needs: frozenset[str], consolidation: ConsolidationRule | None = None
) -> Known:
    """Ask what the release needs, and nothing else."""
    products = {product for order in orders for product in order.products}
    joins = consolidation is not None and "joinable" in needs
    return Known(
        network=network(groups_of_locations() if "groups" in needs else None),
        confidence=confidence_of(products) if "confidence" in needs else {},
        sold=sold_last_28_days(products) if "sold" in needs else {},
        incoming=incoming_of(products) if "incoming" in needs else (),
        joinable=joinable_locations([o.id for o in orders], consolidation) if joins and consolidation else {},
        bid_prices=bid_prices(products) if "bid_prices" in needs else {},
        needs=needs,
    )


def facts_of(order: OrderToRoute, known: Known, available: Mapping[_Pair, int]) -> RoutingFacts:
    """What a release is told of one order; ``available`` may hold more products than the order's.

    A location that has refused a line is told of as if it had none of the product for this order: so no release,
    however old, asks it again.
    """
    refused = {(location, line.product_id) for line in order.lines for location in order.excluded.get(line.line_id, ())}
    products = sorted(order.products)
    return RoutingFacts(
        order_number=order.number, channel=order.channel, currency=order.currency, country=order.country,
        latitude=order.latitude, longitude=order.longitude, decided_on=timezone.localdate().isoformat(),
        lines=order.lines, network=known.network,
        available={
            (place.location_id, product): units
            for place in known.network.locations
            for product in products
            if (units := available.get((place.location_id, product))) and (place.location_id, product) not in refused
        },
        postal_code=order.postal_code, method=order.method, priority=order.priority, promise_by=order.promise_by,
        value=order.value, attributes=order.attributes,
        excluded=order.excluded if "excluded" in known.needs else {},
        # Nothing at all is not written down, and would be read back as full confidence.
        confidence={pair: max(1, told) for pair, told in _of(known.confidence, products).items()},
        sold=_of(known.sold, products),
        incoming=tuple(item for item in known.incoming if item.product_id in products),
        joinable=known.joinable.get(order.id, ()),
        bid_prices=_of(known.bid_prices.get(order.currency, {}), products),
    )  # fmt: skip


def _of(values: Mapping[_Pair, Value], products: Collection[int]) -> dict[_Pair, Value]:
    return {pair: value for pair, value in values.items() if pair[1] in products}


def bid_prices(products: Iterable[int]) -> dict[str, dict[_Pair, Decimal]]:
    """What a unit was worth to the last run of each currency, while that is not too long ago."""
    found: dict[str, dict[_Pair, Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.currency, b.location_id, b.product_id, b.price FROM routing_bidprice b"
            " JOIN (SELECT DISTINCT ON (currency) id, currency, started_at FROM routing_routingrun"
            " ORDER BY currency, number DESC) r ON r.id = b.run_id"
            " WHERE b.product_id = ANY(%s) AND r.started_at > now() - make_interval(hours => %s)",
            [list(products), BID_PRICES_HOURS],
        )
        for currency, location, product, price in cursor.fetchall():
            found.setdefault(currency, {})[location, product] = price
    return found
