"""The ledger: the only way in which stock changes.

Locks on levels are taken in the order of their primary keys, in one statement, before any is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from fulfilment.inventory.models import MovementKind, StockLevel, StockMovement
from oms.infra.database.bulk import insert_rows


class NotEnoughStock(RuntimeError):
    """Some levels cannot bear the change; nothing was changed. ``level_ids`` names them."""

    def __init__(self, level_ids: frozenset[int]) -> None:
        self.level_ids = level_ids
        super().__init__(f"not enough stock at {len(level_ids)} levels")


@dataclass(frozen=True, slots=True)
class StockChange:
    """A change of one level: units on hand, units reserved, and what for."""

    level_id: int
    on_hand: int
    reserved: int
    reference: str
    reason: str = ""


def stock_move(*, kind: MovementKind, changes: Sequence[StockChange], actor: str, moved_at: datetime) -> None:
    """Apply changes to their levels and write them to the ledger: all of them or none.

    Raises :class:`NotEnoughStock` where a level would have fewer units than are reserved, or less than none.
    """
    if not changes:
        return
    totals: dict[int, list[int]] = {}
    for change in changes:
        total = totals.setdefault(change.level_id, [0, 0])
        total[0] += change.on_hand
        total[1] += change.reserved
    _apply(totals)
    insert_rows(
        StockMovement,
        ["level", "kind", "on_hand_change", "reserved_change", "reason", "reference", "actor", "moved_at"],
        [
            (item.level_id, kind.value, item.on_hand, item.reserved, item.reason, item.reference, actor, moved_at)
            for item in changes
        ],
    )  # fmt: skip


def _apply(totals: dict[int, list[int]]) -> None:
    """One conditional UPDATE behind row locks: what another transaction took meanwhile is seen."""
    ids = sorted(totals)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM inventory_stocklevel WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [ids])
        cursor.execute(
            "UPDATE inventory_stocklevel l SET on_hand = l.on_hand + d.on_hand, reserved = l.reserved + d.reserved"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS d(id, on_hand, reserved)"
            " WHERE l.id = d.id AND l.reserved + d.reserved >= 0"
            " AND l.on_hand + d.on_hand >= l.reserved + d.reserved RETURNING l.id",
            [ids, [totals[key][0] for key in ids], [totals[key][1] for key in ids]],
        )
        changed = {row[0] for row in cursor.fetchall()}
    if len(changed) < len(ids):
        raise NotEnoughStock(frozenset(ids) - changed)


def levels_open(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Make sure that a level exists for each (location, product); return the levels' numbers."""
    wanted = sorted(pairs)
    insert_rows(
        StockLevel,
        ["location", "product", "on_hand", "reserved"],
        [(location, product, 0, 0) for location, product in wanted],
        skip_existing=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.location_id, l.product_id, l.id FROM inventory_stocklevel l"
            " JOIN unnest(%s::bigint[], %s::bigint[]) AS w(location_id, product_id)"
            " USING (location_id, product_id)",
            [[location for location, _ in wanted], [product for _, product in wanted]],
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}
