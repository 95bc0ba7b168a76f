"""Opening stock for products that have never had any: generated, since an order file tells of none.

The rule is written down for people in docs/algorithms/opening-stock.md. It uses no random numbers, so every
run over the same orders gives the same stock.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services.ledger import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location, LocationKind

#: Percent of the open demand that is stocked, picked for each SKU: some will not suffice.
_COVERAGE = (85, 95, 100, 105, 110, 120)


class NoLocation(RuntimeError):
    """There is no location that ships, so stock has nowhere to be."""


def opening_stock_receive(*, actor: str) -> int:
    """Receive opening stock for every ordered product without a level; return the units received.

    Raises :class:`NoLocation`.
    """
    demand = _open_demand()
    if not demand:
        return 0
    locations = {item.code: item for item in Location.objects.filter(ships=True)}
    if not locations:
        message = "no location ships: add one (Locations in the admin) before orders can be fulfilled"
        raise NoLocation(message)
    own = sorted((item for item in locations.values() if item.kind != LocationKind.VENDOR), key=lambda item: item.code)
    shares: dict[tuple[int, int], int] = defaultdict(int)
    for (product, sku), by_location in demand.items():
        for code, units in by_location.items():
            named = locations.get(code)
            if named:
                shares[named.pk, product] += units
            elif own and not code:
                for location, part in zip(own, spread(sku, units, len(own)), strict=True):
                    shares[location.pk, product] += part
    return _receive({pair: units for pair, units in shares.items() if units}, actor)


def spread(sku: str, demand: int, places: int) -> Sequence[int]:
    """Units of a SKU at each of ``places`` locations, for an open demand in units."""
    digest = hashlib.blake2b(sku.encode(), digest_size=16).digest()
    total = -(-demand * _COVERAGE[digest[0] % len(_COVERAGE)] // 100)
    weights = [1 + digest[1 + place % 15] % 8 for place in range(places)]
    parts = [total * weight // sum(weights) for weight in weights]
    parts[digest[1] % places] += total - sum(parts)
    return parts


def _open_demand() -> Mapping[tuple[int, str], dict[str, int]]:
    """Open units of products without a level, by the location that the line names ("" for any)."""
    demand: dict[tuple[int, str], dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.sku, l.ship_from, sum(l.open) FROM orders_orderline l"
            " JOIN catalogue_product p ON p.id = l.product_id WHERE l.open > 0"
            " AND NOT EXISTS (SELECT FROM inventory_stocklevel s WHERE s.product_id = p.id)"
            " GROUP BY p.id, p.sku, l.ship_from ORDER BY p.sku, l.ship_from"
        )
        for product, sku, code, units in cursor.fetchall():
            demand.setdefault((product, sku), {})[code] = int(units)
    return demand


def _receive(shares: Mapping[tuple[int, int], int], actor: str) -> int:
    levels = levels_open(list(shares))
    stock_move(
        kind=MovementKind.OPENING,
        changes=[StockChange(levels[pair], units, 0, "opening stock") for pair, units in sorted(shares.items())],
        actor=actor,
        moved_at=timezone.now(),
    )
    return sum(shares.values())
