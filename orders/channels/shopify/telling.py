"""What Shopify is told.

A fulfilment belongs to fulfilment orders, whose numbers and remaining units are asked for first. So a delivery that
is tried again finds nothing left of what has been fulfilled, and sends nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from orders.channels.reading import Record, json_of
from orders.domain.channel import (
    CannotTell,
    Json,
    Message,
    Outbound,
    Setup,
    ShipmentTold,
    StatusTold,
    StockTold,
    Told,
)

_OPEN = ("open", "in_progress", "scheduled", "on_hold")
_ITEM = "query($q:String!){productVariants(first:2,query:$q){nodes{sku inventoryItem{legacyResourceId}}}}"


def begin(told: Told, setup: Setup) -> tuple[Outbound, ...]:
    """Ask for Shopify's numbers, or say at once what needs none."""
    api = f"admin/api/{setup.options.get('api_version') or '2026-07'}"
    if isinstance(told, ShipmentTold):
        return (Outbound("GET", f"{api}/orders/{quote(told.external_number, safe='')}/fulfillment_orders.json", b""),)
    if isinstance(told, StatusTold):
        if told.status != "cancelled":
            return ()
        path = f"{api}/orders/{quote(told.external_number, safe='')}/cancel.json"
        return (Outbound("POST", path, _json({"reason": "other", "email": False}), accepted_also=(422,)),)
    if not setup.options.get("stock_location"):
        return ()
    question: Json = {"query": _ITEM, "variables": {"q": f'sku:"{told.sku}"'}}
    return (Outbound("POST", f"{api}/graphql.json", _json(question)),)


def go_on(told: Told, answers: Sequence[bytes], setup: Setup) -> Outbound | None:
    """With the numbers of the first answer. Raises :class:`~orders.domain.channel.CannotTell`."""
    if len(answers) != 1 or isinstance(told, StatusTold):
        return None
    api = f"admin/api/{setup.options.get('api_version') or '2026-07'}"
    answer = Record(json_of(Message(answers[0])), "answer")
    if isinstance(told, StockTold):
        return _level(told, answer, setup, api)
    parts = list(_parts(told, answer.records("fulfillment_orders"), setup))
    if not parts:
        return None
    tracking: dict[str, Json] = {"number": told.tracking_number, "company": told.carrier}
    fulfilment: dict[str, Json] = {
        "line_items_by_fulfillment_order": list(parts),
        "notify_customer": bool(setup.options.get("notify_customer", True)),
        "message": f"Shipment {told.shipment}",
    }
    if told.tracking_number:
        fulfilment["tracking_info"] = {name: value for name, value in tracking.items() if value}
    return Outbound("POST", f"{api}/fulfillments.json", _json({"fulfillment": fulfilment}))


def _parts(told: ShipmentTold, orders: Sequence[Record], setup: Setup) -> Iterator[Json]:
    """The units of the shipment that are still to be fulfilled, by fulfilment order of one Shopify location."""
    left = {line.reference: line.quantity for line in told.lines if line.reference}
    place = _location(told.location, setup)
    chosen = ""
    for order in orders:
        if order.text("status") not in _OPEN:
            continue
        assigned = order.text("assigned_location_id")
        if (place and assigned and assigned != place) or (chosen and assigned != chosen):
            continue
        lines: list[Json] = []
        for item in order.records("line_items"):
            reference = item.text("line_item_id")
            units = min(left.get(reference, 0), item.count("fulfillable_quantity") or 0)
            if units > 0:
                left[reference] -= units
                lines.append({"id": item.value.get("id"), "quantity": units})  # type: ignore[dict-item]
        if lines:
            chosen = assigned
            yield {"fulfillment_order_id": order.value.get("id"), "fulfillment_order_line_items": lines}  # type: ignore[dict-item]


def _location(code: str, setup: Setup) -> str:
    places = setup.options.get("locations")
    return str(places.get(code) or "") if isinstance(places, Mapping) else ""


def _level(told: StockTold, answer: Record, setup: Setup, api: str) -> Outbound:
    nodes = answer.record("data").record("productVariants").records("nodes")
    items = [node.record("inventoryItem").text("legacyResourceId") for node in nodes if node.text("sku") == told.sku]
    if len(items) != 1 or not items[0].isdigit():
        text = f"{len(items)} products of the shop have the SKU {told.sku!r}; give one, and only one, this SKU"
        raise CannotTell(text)
    location = str(setup.options["stock_location"])
    if not location.isdigit():
        text = "stock_location of the channel is not a number of Shopify"
        raise CannotTell(text)
    level: Json = {"location_id": int(location), "inventory_item_id": int(items[0]), "available": told.quantity}
    return Outbound("POST", f"{api}/inventory_levels/set.json", _json(level))


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
