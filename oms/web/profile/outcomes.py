"""What routing and the review of orders came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fulfilment.locations.models import Location
from modules.domain.canonical import Body
from modules.outcomes import outcomes_told_by
from orders.models import OrderLine


def _routed(outcomes: Sequence[Body]) -> list[tuple[str, ...]]:
    found: Any = outcomes
    line_ids = {row[0] for item in found for row in (*item["allocations"], *item["unplaced"])}
    lines = dict(OrderLine.objects.filter(pk__in=line_ids).values_list("pk", "product__sku"))
    places = {
        pk: f"{name} ({code})" if name else code
        for pk, code, name in Location.objects.filter(
            pk__in={row[1] for item in found for row in item["allocations"]}
        ).values_list("pk", "code", "name")
    }
    return [
        (
            *(
                f"{units} × {lines.get(line, f'line {line}')} from {places.get(place, f'location {place}')}"
                for line, place, units in item["allocations"]
            ),
            *(
                f"{units} × {lines.get(line, f'line {line}')} {_queued(*rest)}"
                for line, units, *rest in item["unplaced"]
            ),
        )
        for item in found
    ]


def _queued(queue: str = "", cancel_on: str = "") -> str:
    """What becomes of units that cannot be placed."""
    words = {
        "to_route": "wait to be routed", "pre_order": "wait as pre-order", "unfillable": "cannot be fulfilled",
        "hold": "wait for a person: the order is held", "cancel": "are given up",
    }.get(queue, "cannot be placed")  # fmt: skip
    return f"{words}, until {cancel_on} at most" if cancel_on else words


def _reviewed(outcomes: Sequence[Body]) -> list[tuple[str, ...]]:
    found: Any = outcomes
    return [
        tuple(f"Held by {code}: blocks {', '.join(blocks)}" for code, blocks in item["holds"]) or ("Not held",)
        for item in found
    ]


outcomes_told_by("order_routing", "route", _routed)
outcomes_told_by("order_routing", "route_in_run", _routed)
outcomes_told_by("order_management", "review", _reviewed)
