"""Facts and documents for the releases, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from modules.contracts.review import ReviewFacts
from modules.contracts.routing import LineFacts, LocationFacts, Network, RoutingDecision, RoutingFacts
from modules.domain.canonical import Body
from modules.domain.releases import KindModel, Release

Bodies = Mapping[str, Mapping[str, Body]]

#: Locations on the meridian of Greenwich; the customer is in London. Their distances are 0, 111, 222 and 334 km.
LON = LocationFacts(1, "LON", "store", "GB", 51.0, 0.0)
BHX = LocationFacts(2, "BHX", "store", "GB", 52.0, 0.0)
MAN = LocationFacts(3, "MAN", "store", "GB", 53.0, 0.0)
GLA = LocationFacts(4, "GLA", "distribution_centre", "GB", 54.0, 0.0)
VEN = LocationFacts(9, "VEN", "vendor", "GB", 51.0, 0.0)
PLACES = (LON, BHX, MAN, GLA, VEN)
BY_CODE = {place.code: place for place in PLACES}


def line(
    position: int, product: int, quantity: int, *, ship_from: str = "", grams: int | None = 500, price: str = "10.00"
) -> LineFacts:
    """A line; its id is a hundred more than its position."""
    sku = f"SKU-{product}"
    return LineFacts(100 + position, position, product, sku, quantity, Decimal(price), grams, ship_from)


def routing_facts(
    *lines: LineFacts,
    stock: Mapping[str, Mapping[int, int]],
    places: tuple[LocationFacts, ...] = PLACES,
    currency: str = "GBP",
    country: str = "GB",
    on: str = "2025-11-28",
    at: tuple[float | None, float | None] = (51.0, 0.0),
) -> RoutingFacts:
    """An order of some lines; ``stock`` holds units by location's code and product."""
    by_code = {place.code: place for place in places}
    return RoutingFacts(
        order_number="WEB-1", channel="web", currency=currency, country=country, latitude=at[0], longitude=at[1],
        decided_on=on, lines=lines, network=Network(places),
        available={
            (by_code[code].location_id, product): units
            for code, held in stock.items()
            for product, units in held.items()
        },
    )  # fmt: skip


def review_facts(**other: Any) -> ReviewFacts:
    """A captured order: 620.00 GBP, 2 lines, 5 units, to the United Kingdom, the customer's third."""
    usual: dict[str, Any] = {
        "order_number": "WEB-1", "channel": "web", "currency": "GBP", "total": Decimal("620.00"), "lines": 2,
        "units": 5, "country": "GB", "customer": "C-7", "earlier_orders": 2, "largest_line_units": 4,
        "placed_at": "2025-11-28T10:15:00+00:00",
    }  # fmt: skip
    return ReviewFacts(**(usual | other))


def compiled(release: Release[Any], bodies: Bodies) -> dict[str, dict[str, KindModel]]:
    """Documents as the profile gives them to policies: every kind, its documents by key."""
    return {
        name: {key: kind.model.model_validate(body) for key, body in sorted(bodies.get(name, {}).items())}
        for name, kind in release.kinds.items()
    }


def where(decision: RoutingDecision) -> list[tuple[int, str, int]]:
    """Allocations in words: the line's position, the location's code, the units."""
    codes = {place.location_id: place.code for place in PLACES}
    return [(item.line_id - 100, codes[item.location_id], item.quantity) for item in decision.allocations]


def left(decision: RoutingDecision) -> list[tuple[int, int, str]]:
    """What is not placed: the line's position, the units, the reason."""
    return [(item.line_id - 100, item.quantity, item.reason) for item in decision.unplaced]


def said(decision: Any) -> list[tuple[str, str, bool, str]]:
    """The steps."""
    return [(step.rule, step.subject, step.kept, step.why) for step in decision.steps]
