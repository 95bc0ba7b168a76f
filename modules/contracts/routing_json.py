"""Routing facts written down as JSON, and read back exactly.

What has its default is not written, so that facts stay small and those written by an earlier version read back as
they were.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from modules.contracts.routing import Incoming, LineFacts, LocationFacts, Network, RoutingFacts
from modules.domain.canonical import Body, Json

_Pair = tuple[int, int]


def facts_to_json(facts: RoutingFacts) -> Body:
    """Write facts down. The network is written by :func:`network_to_json`, once for many decisions.

    Of what is known by product, only the order's own products are kept: it is all that a policy could look at.
    """
    products = {line.product_id for line in facts.lines}
    body: dict[str, Json] = {
        "order": facts.order_number,
        "channel": facts.channel,
        "currency": facts.currency,
        "country": facts.country,
        "at": [facts.latitude, facts.longitude],
        "on": facts.decided_on,
        "lines": [_line_to_json(line) for line in facts.lines],
        "stock": _by_product(facts.available, products),
        "taken": {str(location): units for location, units in facts.network.taken.items()},
    }
    later: dict[str, Json] = {
        "postal_code": facts.postal_code,
        "method": facts.method,
        "priority": facts.priority,
        "promise_by": facts.promise_by,
        "value": None if facts.value is None else str(facts.value),
        "attributes": dict(facts.attributes),
        "excluded": {str(line): list(locations) for line, locations in facts.excluded.items()},
        "confidence": _by_product(facts.confidence, products, usual=1000),
        "sold": _by_product(facts.sold, products),
        "incoming": [
            [item.location_id, item.product_id, item.quantity, item.arrives_on]
            for item in facts.incoming
            if item.product_id in products
        ],
        "joinable": list(facts.joinable),
        "bid_prices": _by_product({pair: str(price) for pair, price in facts.bid_prices.items()}, products),
        "markdown": _by_product(facts.markdown, products),
    }
    return body | {name: value for name, value in later.items() if value}


def facts_from_json(written: Body, network: Network) -> RoutingFacts:
    """Read facts back as they were; ``network`` is the one that was written beside them."""
    record: Any = written
    taken = {int(location): units for location, units in record["taken"].items()}
    latitude, longitude = record["at"]
    value = record.get("value")
    return RoutingFacts(
        order_number=record["order"],
        channel=record["channel"],
        currency=record["currency"],
        country=record["country"],
        latitude=latitude,
        longitude=longitude,
        decided_on=record["on"],
        lines=tuple(_line_from_json(*line) for line in record["lines"]),
        network=network.with_taken(taken) if taken else network,
        available=_by_pair(record["stock"]),
        postal_code=record.get("postal_code", ""),
        method=record.get("method", ""),
        priority=record.get("priority", 0),
        promise_by=record.get("promise_by", ""),
        value=None if value is None else Decimal(value),
        attributes=record.get("attributes", {}),
        excluded={int(line): tuple(locations) for line, locations in record.get("excluded", {}).items()},
        confidence=_by_pair(record.get("confidence", {})),
        sold=_by_pair(record.get("sold", {})),
        incoming=tuple(Incoming(*item) for item in record.get("incoming", [])),
        joinable=tuple(record.get("joinable", [])),
        bid_prices={pair: Decimal(price) for pair, price in _by_pair(record.get("bid_prices", {})).items()},
        markdown=_by_pair(record.get("markdown", {})),
    )


def _by_product(known: Mapping[_Pair, Any], products: Collection[int], usual: object = 0) -> dict[str, Json]:
    written: dict[str, Json] = {}
    for (location, product), value in known.items():
        if product in products and value != usual:
            pairs = written.setdefault(str(product), [])
            assert isinstance(pairs, list)
            pairs.append([location, value])
    return written


def _by_pair(written: Mapping[str, Any]) -> dict[_Pair, Any]:
    return {(location, int(product)): value for product, pairs in written.items() for location, value in pairs}


def _line_to_json(line: LineFacts) -> Json:
    first: list[Json] = [
        line.line_id, line.position, line.product_id, line.sku, line.quantity, str(line.unit_price),
        line.weight_grams, line.ship_from,
    ]  # fmt: skip
    if line.category or line.millimetres or line.sold_from:
        return [*first, line.category, list(line.millimetres) if line.millimetres else None, line.sold_from]
    return first


def _line_from_json(
    line_id: int, position: int, product_id: int, sku: str, quantity: int, price: str, grams: int | None, named: str,
    category: str = "", millimetres: list[int] | None = None, sold_from: str = "",
) -> LineFacts:  # fmt: skip
    size = (millimetres[0], millimetres[1], millimetres[2]) if millimetres else None
    return LineFacts(
        line_id, position, product_id, sku, quantity, Decimal(price), grams, named, category, size, sold_from
    )


def network_to_json(network: Network) -> Body:
    """Write a network down, without what was taken that day: that stands with each decision's facts."""
    return {"locations": [_location_to_json(item) for item in network.locations]}


def _location_to_json(item: LocationFacts) -> Json:
    first: list[Json] = [item.location_id, item.code, item.kind, item.country, item.latitude, item.longitude]
    return [*first, item.postal_code, list(item.groups)] if item.postal_code or item.groups else first


def _location_from_json(
    location_id: int, code: str, kind: str, country: str, latitude: float | None, longitude: float | None,
    postal_code: str = "", groups: Collection[str] = (),
) -> LocationFacts:  # fmt: skip
    return LocationFacts(
        location_id, code, kind, country, latitude, longitude, postal_code=postal_code, groups=tuple(groups)
    )


def network_from_json(written: Body) -> Network:
    """Read a network back as it was."""
    record: Any = written
    return Network(tuple(_location_from_json(*row) for row in record["locations"]))
