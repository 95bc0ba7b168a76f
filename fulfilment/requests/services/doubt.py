"""What a rejection says of a location's stock, posted to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockAdjustment
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.requests.models import RejectReason
from oms.infra.database.bulk import insert_rows


@dataclass(frozen=True, slots=True)
class Doubt:
    """Units of a level that could not be sent, and why; ``counted`` is what was found there instead."""

    level_id: int
    reason: RejectReason
    units: int
    counted: int | None
    reference: str


def stock_correct(doubts: Sequence[Doubt], *, actor: str) -> None:
    """Correct stock whose reservations for the rejected units have been released: each level as far as it can bear.

    Units that other requests have a claim on stay: whoever picks those finds out for himself.
    """
    levels = _lock({doubt.level_id for doubt in doubts})
    changes: list[StockChange] = []
    for doubt in sorted(doubts, key=lambda doubt: doubt.level_id):
        level = levels[doubt.level_id]
        change = max(_wanted(doubt, level.on_hand), level.reserved) - level.on_hand
        if change:
            why = doubt.reason.label.partition(":")[0].lower()
            changes.append(StockChange(doubt.level_id, change, 0, doubt.reference[:64], why))
            level.on_hand += change
    now = timezone.now()
    stock_move(kind=MovementKind.ADJUSTMENT, changes=changes, actor=actor, moved_at=now)
    insert_rows(
        StockAdjustment,
        [
            "product", "location", "quantity", "unit_value", "reason", "description", "reference", "actor",
            "reported_at", "posted_at",
        ],
        [
            (
                levels[item.level_id].product_id, levels[item.level_id].location_id, item.on_hand, 0, item.reason, "",
                item.reference, actor, now, now,
            )
            for item in changes
        ],
    )  # fmt: skip


def _wanted(doubt: Doubt, on_hand: int) -> int:
    """What should be on hand, as far as this rejection tells."""
    match doubt.reason:
        case RejectReason.NOT_FOUND:
            return 0
        case RejectReason.MISMATCH:
            return doubt.counted or 0
        case RejectReason.DAMAGED:
            return on_hand - doubt.units
        case _:
            return on_hand


@dataclass(slots=True)
class _Level:
    product_id: int
    location_id: int
    on_hand: int
    reserved: int


def _lock(level_ids: set[int]) -> dict[int, _Level]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, product_id, location_id, on_hand, reserved FROM inventory_stocklevel"
            " WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [list(level_ids)],
        )
        return {row[0]: _Level(*row[1:]) for row in cursor.fetchall()}
