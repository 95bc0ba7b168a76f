"""Taking units of a line back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from oms.infra.database.bulk import insert_rows
from oms.infra.events import record
from orders.events import OrderLineCancelled
from orders.models import LineCancellation
from orders.services.headers import headers_refresh
from orders.services.promises import promises_settle


class CannotCancel(ValueError):
    """More units were to be taken back than are open or came to the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToCancel:
    """Units of a line to take back, and the credit for each (in the order's currency).

    ``returned`` of them had left and came back; None: those beyond what is open.
    """

    line_id: int
    quantity: int
    unit_price: Decimal
    external_number: str
    reason: str
    happened_at: datetime
    returned: int | None = None


def lines_cancel(*, cancellations: Sequence[LineToCancel], actor: str, react: bool = True) -> None:
    """Take units back: open ones are cancelled, and beyond those, fulfilled ones are marked returned.

    Units that a location is working on are neither: release them first (``allocations_release``). All or
    nothing. Raises :class:`CannotCancel`.
    """
    if not cancellations:
        return
    lines = _lock({item.line_id for item in cancellations})
    rows, events = [], []
    for item in cancellations:
        line = lines[item.line_id]
        returned = max(0, item.quantity - line.open) if item.returned is None else item.returned
        cancelled = item.quantity - returned
        if returned > line.returnable or not 0 <= cancelled <= line.open:
            message = (
                f"line {line.position} of {line.number}: {item.quantity} cannot be taken back; {line.open} are "
                f"open and {line.returnable} are with the customer"
            )
            raise CannotCancel(message)
        line.cancel(cancelled, returned)
        rows.append((
            item.line_id, item.quantity, returned, item.unit_price, item.external_number, item.reason, actor,
            item.happened_at,
        ))  # fmt: skip
        events.append(
            OrderLineCancelled(
                subject=line.number, occurred_at=item.happened_at, actor=actor, position=line.position,
                quantity=item.quantity, returned=returned, credit=item.quantity * item.unit_price,
                currency=line.currency, reason=item.reason,
            )
        )  # fmt: skip
    insert_rows(LineCancellation, _COLUMNS, rows)
    _write(lines)
    headers_refresh({line.order_id for line in lines.values()})
    promises_settle({line.order_id for line in lines.values()})
    record(events, react=react)


_COLUMNS = [
    "line", "quantity", "of_which_returned", "unit_price", "external_number", "reason", "actor", "happened_at",
]  # fmt: skip


@dataclass(slots=True)
class _Line:
    order_id: int
    number: str
    currency: str
    position: int
    open: int
    returnable: int
    cancelled: int
    returned: int

    def cancel(self, cancelled: int, returned: int) -> None:
        self.open -= cancelled
        self.cancelled += cancelled
        self.returnable -= returned
        self.returned += returned


def _lock(line_ids: set[int]) -> dict[int, _Line]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id FROM orders_order o WHERE o.id IN"
            " (SELECT order_id FROM orders_orderline WHERE id = ANY(%s)) ORDER BY o.id FOR UPDATE",
            [list(line_ids)],
        )
        cursor.execute(
            "SELECT l.id, o.id, o.number, o.currency, l.position, l.open, l.fulfilled - l.returned,"
            " l.cancelled, l.returned FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id"
            " WHERE l.id = ANY(%s)",
            [list(line_ids)],
        )
        return {row[0]: _Line(*row[1:]) for row in cursor.fetchall()}


def _write(lines: dict[int, _Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_orderline l SET cancelled = d.cancelled, returned = d.returned"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS d(id, cancelled, returned) WHERE l.id = d.id",
            [
                list(lines),
                [line.cancelled for line in lines.values()],
                [line.returned for line in lines.values()],
            ],
        )
