"""What routing, the review of orders and the decisions on their changes came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
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


def _changed(outcomes: Sequence[Body]) -> list[tuple[str, ...]]:
    found: Any = outcomes
    return [_change_told([allowed for _, allowed in item["verdicts"]], item["needs_confirmation"]) for item in found]


def _change_told(allowed: Sequence[bool], needs_confirmation: bool) -> tuple[str, ...]:
    """``allowed``: of each action of the change, in their order. A change is done as a whole or not at all."""
    if not all(allowed):
        numbers = [str(at) for at, each in enumerate(allowed, 1) if not each]
        which = f"number {numbers[0]}" if len(numbers) == 1 else f"numbers {', '.join(numbers)}"
        return (f"Refused {len(numbers)} of {_actions(len(allowed))} ({which}): nothing of the change is done",)
    said = f"Allowed {_actions(len(allowed))}"
    return (f"{said}, needs confirmation: a person decides first",) if needs_confirmation else (said,)


def _actions(number: int) -> str:
    return f"{number} action" if number == 1 else f"{number} actions"


def _cancelled(outcomes: Sequence[Body]) -> list[tuple[str, ...]]:
    found: Any = outcomes
    return [_cancellation_told(item["allowed"], Decimal(item["fee"])) for item in found]


def _cancellation_told(allowed: bool, fee: Decimal) -> tuple[str, ...]:
    if not allowed:
        return ("Refused the cancellation",)
    return (f"Allowed the cancellation for a fee of {fee}",) if fee else ("Allowed the cancellation without a fee",)


outcomes_told_by("order_routing", "route", _routed)
outcomes_told_by("order_routing", "route_in_run", _routed)
outcomes_told_by("order_management", "review", _reviewed)
outcomes_told_by("order_management", "change", _changed)
outcomes_told_by("order_management", "cancel", _cancelled)
