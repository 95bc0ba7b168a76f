"""An order under its row lock, as a change or a cancellation has to know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from oms.kernel.verdict import Verdict
from orders.domain.shares import Shares
from orders.models import Order, OrderCharge, OrderLine
from orders.progress import STAGES, progress_of
from orders.selectors import holds_on
from orders.services.payments import shares_of


@dataclass(slots=True)
class LineState:
    """A line, and by stage how many of its units are there (cancelled ones nowhere)."""

    row: OrderLine
    sku: str
    stages: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Units that are not cancelled."""
        return self.row.ordered - self.row.cancelled

    @property
    def to_leave(self) -> int:
        """Units that have neither been cancelled nor left."""
        return self.kept - self.row.fulfilled

    def taken(self, units: int) -> list[tuple[str, int]]:
        """The stages from which so many units are taken: the least advanced first."""
        found = []
        for stage in STAGES:
            some = min(units, self.stages.get(stage, 0))
            if some:
                found.append((stage, some))
                units -= some
        return found


@dataclass(slots=True)
class OrderState:
    """A locked order with its lines by position."""

    order: Order
    lines: dict[int, LineState]
    charges: list[OrderCharge]
    shares: Shares

    @property
    def payable(self) -> Decimal:
        """What the customer pays in the end as things stand."""
        return self.shares.payable

    @property
    def to_leave(self) -> int:
        """Units that have neither been cancelled nor left."""
        return sum(line.to_leave for line in self.lines.values())


def order_lock(order_number: str) -> Order:
    """The order, its row locked. Raises :class:`~orders.models.Order.DoesNotExist`."""
    return Order.objects.select_for_update(of=("self",)).select_related("channel").get(number=order_number)


def order_state(order: Order) -> OrderState:
    """Everything about a locked order."""
    rows = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position"))
    working = progress_of([row.pk for row in rows if row.allocated])
    lines = {}
    for row in rows:
        at = dict(working.get(row.pk, {}))
        at["allocated"] = at.get("allocated", 0) + row.allocated - sum(at.values())
        at |= {"open": row.open, "shipped": row.fulfilled}
        lines[row.position] = LineState(row, row.product.sku, at)
    return OrderState(order, lines, list(OrderCharge.objects.filter(order=order).order_by("id")), shares_of(order))


def may(order: Order, action: str) -> Verdict:
    """Whether a hold keeps an action (allocate, ship, edit, capture) from an order."""
    why = holds_on([order.pk], action).get(order.pk)
    return Verdict.no(f"{order.number}: {why}") if why else Verdict.yes()
