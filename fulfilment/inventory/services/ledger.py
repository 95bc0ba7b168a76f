"""The ledger: the only way in which stock changes.

Locks on levels are taken in the order of their primary keys, in one statement, before any is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from fulfilment.inventory.models import MovementKind, StockMovement
from oms.infra.database.bulk import insert_rows, rows_as_json
from oms.infra.database.prepared import prepared

#: Who takes free units by choice leaves the carts theirs; what is broken or missing is gone all the same.
_LEAVES_CARTS = (MovementKind.RESERVE, MovementKind.TRANSFER_OUT)


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

    Raises :class:`NotEnoughStock` where a level would have less than none on hand, or (unless its location allows
    backorder) fewer units than are reserved; for a reservation or a transfer, than are reserved or held by carts.
    """
    if not changes:
        return
    totals: dict[int, list[int]] = {}
    for change in changes:
        total = totals.setdefault(change.level_id, [0, 0])
        total[0] += change.on_hand
        total[1] += change.reserved
    movements = [
        (item.level_id, kind.value, item.on_hand, item.reserved, item.reason, item.reference, actor, moved_at)
        for item in changes
    ]
    few = movements if len(movements) <= _FEW else []
    _apply(totals, few, leaves_carts=kind in _LEAVES_CARTS)
    if not few:
        insert_rows(StockMovement, _MOVEMENT, movements)
    if kind is MovementKind.SHIPMENT:
        _count_sales({level: -total[0] for level, total in totals.items() if total[0] < 0}, moved_at)


_LOCK = "SELECT 1 FROM inventory_stocklevel WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_MOVEMENT = ("level", "kind", "on_hand_change", "reserved_change", "reason", "reference", "actor", "moved_at")
#: Movements that are written with the change of their levels, in one round trip; more go by COPY.
_FEW = 100


def levels_lock(level_ids: Collection[int]) -> None:
    """Hold levels, in the one order in which everybody takes them."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(level_ids)])


def _apply(totals: dict[int, list[int]], movements: Sequence[tuple[object, ...]], *, leaves_carts: bool) -> None:
    """One conditional UPDATE behind row locks: what another transaction took meanwhile is seen."""
    ids = sorted(totals)
    written = rows_as_json(movements) if movements else "[]"
    rows = prepared(
        "SELECT unnest(inventory_move(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean, %s::json))",
        [ids, [totals[key][0] for key in ids], [totals[key][1] for key in ids], leaves_carts, written],
    )
    short = frozenset(row[0] for row in rows.fetchall())
    if short:
        raise NotEnoughStock(short)


def _count_sales(units: dict[int, int], moved_at: datetime) -> None:
    """The levels' locks, held already, keep two from counting the same row at once in another order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_dailysales AS s (product_id, location_id, day, units)"
            " SELECT l.product_id, l.location_id, (%s AT TIME ZONE 'UTC')::date, d.units"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, units) JOIN inventory_stocklevel l ON l.id = d.id"
            " ORDER BY l.id ON CONFLICT (product_id, day, location_id) DO UPDATE SET units = s.units + excluded.units",
            [moved_at, list(units), list(units.values())],
        )


def levels_open(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Make sure that a level exists for each (location, product); return the levels' numbers."""
    wanted = sorted(pairs)
    arrays = [[location for location, _ in wanted], [product for _, product in wanted]]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stocklevel (location_id, product_id, on_hand, reserved, backorder)"
            " SELECT w.location_id, w.product_id, 0, 0, c.allows_backorder"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS w(location_id, product_id)"
            " JOIN locations_location c ON c.id = w.location_id"
            " ORDER BY w.location_id, w.product_id ON CONFLICT DO NOTHING",
            arrays,
        )
        cursor.execute(
            "SELECT l.location_id, l.product_id, l.id FROM inventory_stocklevel l"
            " JOIN unnest(%s::bigint[], %s::bigint[]) AS w(location_id, product_id)"
            " USING (location_id, product_id)",
            arrays,
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}
