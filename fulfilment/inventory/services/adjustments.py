"""Stock that somebody reported as lost, broken or found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockAdjustment, StockLevel
from fulfilment.inventory.services.ledger import StockChange, stock_move
from oms.infra.database.bulk import insert_rows
from orders.catalogue.selectors import product_ids

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdjustment:
    """Units found (positive) or gone (negative), as a report tells it."""

    sku: str
    quantity: int
    unit_value: Decimal
    reason: str
    description: str
    reference: str
    reported_at: datetime


def adjustments_report(*, adjustments: Sequence[NewAdjustment], actor: str) -> None:
    """Keep reports; :func:`adjustments_post` brings them to the ledger. The SKUs are known."""
    if not adjustments:
        return
    products = product_ids({item.sku for item in adjustments})
    fields = [
        "product", "quantity", "unit_value", "reason", "description", "reference", "actor", "reported_at",
    ]  # fmt: skip
    rows = [
        (
            products[item.sku], item.quantity, item.unit_value, item.reason, item.description, item.reference,
            actor, item.reported_at,
        )
        for item in adjustments
    ]  # fmt: skip
    insert_rows(StockAdjustment, fields, rows)


def adjustments_post(*, actor: str) -> int:
    """Post the next waiting reports to the ledger, oldest first; return how many were posted.

    Each goes to the named location, else to the level of that product with the most free units. A loss that
    no level can bear goes on waiting; at most a thousand are posted in one call (0: nothing more can be).
    """
    waiting = StockAdjustment.objects.filter(posted_at__isnull=True).select_for_update()
    free = _free_units(set(waiting.values_list("product_id", flat=True)))
    changes, posted = [], []
    for report in waiting.order_by("id"):
        levels = [
            level
            for level in free.get(report.product_id, [])
            if report.location_id in (None, level.location_id) and level.units + report.quantity >= 0
        ]
        if not levels:
            continue
        level = max(levels, key=lambda level: (level.units, -level.level_id))
        level.units += report.quantity
        changes.append(StockChange(level.level_id, report.quantity, 0, report.reference, report.reason))
        posted.append(report.pk)
        if len(posted) == _AT_ONCE:
            break
    now = timezone.now()
    stock_move(kind=MovementKind.ADJUSTMENT, changes=changes, actor=actor, moved_at=now)
    StockAdjustment.objects.filter(pk__in=posted).update(posted_at=now)
    return len(posted)


def stock_adjust(*, level_id: int, units: int, reason: str, note: str = "", actor: str) -> StockAdjustment:
    """Report units found (positive) or gone (negative) at a level, and bring them to the ledger at once.

    Raises :class:`~fulfilment.inventory.services.ledger.NotEnoughStock` where more would be gone than is free.
    """
    now = timezone.now()
    change = StockChange(level_id, units, 0, "", reason)
    stock_move(kind=MovementKind.ADJUSTMENT, changes=[change], actor=actor, moved_at=now)
    level = StockLevel.objects.get(pk=level_id)
    return StockAdjustment.objects.create(
        product_id=level.product_id, location_id=level.location_id, quantity=units, reason=reason, description=note,
        actor=actor, reported_at=now, posted_at=now,
    )  # fmt: skip


@dataclass(slots=True)
class _Level:
    level_id: int
    location_id: int
    units: int


def _free_units(products: set[int]) -> dict[int, list[_Level]]:
    free: dict[int, list[_Level]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, id, location_id, on_hand - reserved FROM inventory_stocklevel"
            " WHERE product_id = ANY(%s) ORDER BY id FOR UPDATE",
            [list(products)],
        )
        for product, *rest in cursor.fetchall():
            free.setdefault(product, []).append(_Level(*rest))
    return free
