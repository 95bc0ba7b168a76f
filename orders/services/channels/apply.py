"""Doing what a channel says: capture, cancel, write refunds down. Saying it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from orders.channels.draft import said
from orders.domain.capture import NewOrder
from orders.domain.channel import (
    Intake,
    LineUnits,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    Outcome,
    RefundTold,
    Setup,
    Unclear,
)
from orders.models import AliasKind, ChannelAlias, ChannelOrder, LineCancellation, Order, OrderLine, Payment
from orders.services.channels.connections import terms_of_channel
from orders.services.lines_cancel import LineToCancel, lines_cancel
from orders.services.order_capture import CaptureRefused, UnknownProducts, orders_capture
from orders.services.payments import RefundRefused, order_refund

TAKEN, WAITING, IGNORED = "taken", "waiting", "ignored"


class Wait(Exception):
    """It cannot be done yet, or not all of it: what was done stays. The message says what has to be mended."""


@dataclass(slots=True)
class ChannelDesk:
    """Takes what one message says, in its order; what hangs on an order that was not taken shares its fate."""

    setup: Setup
    channel_id: int
    captured: set[str] = field(default_factory=set)
    _fates: dict[str, Outcome] = field(default_factory=dict)

    def take(self, intake: Intake) -> Outcome:
        """Do it, or say why not."""
        if isinstance(intake, NotWanted):
            return Outcome("", IGNORED, intake.reason)
        if isinstance(intake, Unclear):
            return self._unclear(intake)
        try:
            if isinstance(intake, OrderPlaced):
                outcome = self._fates[intake.order.external_number] = self._placed(intake)
                return outcome
            fate = self._fates.get(intake.external_number)
            if fate and fate.state != TAKEN:
                return Outcome(intake.external_number, fate.state, fate.reason)
            order = Order.objects.filter(channel=self.channel_id, external_number=intake.external_number).first()
            if order is None:
                return Outcome(intake.external_number, WAITING, "it waits for its order, which has not come yet")
            done = self._cancelled(intake, order) if isinstance(intake, OrderCancelled) else self._refund(intake, order)
            return Outcome(intake.external_number, TAKEN, done)
        except Wait as fault:
            number = intake.order.external_number if isinstance(intake, OrderPlaced) else intake.external_number
            return Outcome(number, WAITING, str(fault))

    def _unclear(self, intake: Unclear) -> Outcome:
        number = intake.external_number[:64]
        known = Order.objects.filter(channel=self.channel_id, external_number=number).first() if number else None
        if known and "has not come yet" in intake.reason:
            return Outcome(number, TAKEN, f"a part of {known.number}")
        return Outcome(number, WAITING, intake.reason)

    # -- orders ------------------------------------------------------------------------------------

    def _placed(self, placed: OrderPlaced) -> Outcome:
        number = placed.order.external_number
        known = Order.objects.filter(channel=self.channel_id, external_number=number).first()
        if known:
            return self._known(placed, known)
        if placed.settled:
            return Outcome(number, IGNORED, placed.settled)
        if placed.doubt:
            return Outcome(number, WAITING, placed.doubt)
        order = self._in_our_words(placed.order)
        actor = f"channel {self.setup.code}"
        try:
            [captured] = orders_capture(channel=self.setup.code, orders=[order], actor=actor)
        except UnknownProducts as fault:
            message = f"{fault}; add the product, or an alias of it for this channel, and try again"
            raise Wait(message) from fault
        except CaptureRefused as fault:
            raise Wait(str(fault)) from fault
        if captured.created:
            method = self._aliases(AliasKind.METHOD, [placed.method]).get(placed.method, placed.method)
            ChannelOrder.objects.create(
                order_id=captured.order_id, label=placed.label, references=dict(placed.references),
                method=method or terms_of_channel(self.setup.code).default_method,
            )  # fmt: skip
        self.captured.add(number)
        return Outcome(number, TAKEN, f"captured as {captured.number}")

    def _known(self, placed: OrderPlaced, known: Order) -> Outcome:
        """An order that is told again is not changed by it; a different sum is a matter for people."""
        number = placed.order.external_number
        if placed.order.currency != known.currency or placed.stated_total != known.total:
            was, now = said(known.total, known.currency), said(placed.stated_total, placed.order.currency)
            return Outcome(number, WAITING, f"{known.number} was captured with {was} and is now told with {now}")
        return Outcome(number, TAKEN, f"{known.number} is known already")

    def _in_our_words(self, order: NewOrder) -> NewOrder:
        """With the retailer's own SKUs."""
        aliases = self._aliases(AliasKind.SKU, {line.sku for line in order.lines})
        if not aliases:
            return order
        return replace(order, lines=tuple(replace(line, sku=aliases.get(line.sku, line.sku)) for line in order.lines))

    def _aliases(self, kind: AliasKind, theirs: Iterable[str]) -> dict[str, str]:
        rows = ChannelAlias.objects.filter(channel=self.channel_id, kind=kind, theirs__in=list(theirs))
        return dict(rows.values_list("theirs", "ours"))

    # -- cancellations and refunds -----------------------------------------------------------------

    def _cancelled(self, told: OrderCancelled, order: Order) -> str:
        lines = _locked_lines(order)
        wanted = _by_line(order, lines, told.lines) if told.lines else None
        cancel: list[LineToCancel] = []
        busy = 0
        for line in lines:
            asked = line.ordered if wanted is None else wanted.get(line.pk, 0)
            still = max(0, min(asked - (line.cancelled if wanted is not None else 0), line.open + line.allocated))
            units = min(still, _open(line))
            busy += still - units
            if units:
                cancel.append(_cancellation(line, units, told.reason, told.cancelled_at, ""))
        lines_cancel(cancellations=cancel, actor=f"channel {self.setup.code}")
        if busy:
            units_at_work = "1 unit" if busy == 1 else f"{busy} units"
            message = f"a location is working on {units_at_work}: release them from the order's page, then try again"
            raise Wait(message)
        return f"{sum(each.quantity for each in cancel)} units cancelled"

    def _refund(self, told: RefundTold, order: Order) -> str:
        if told.currency != order.currency and told.amount:
            message = f"refund {told.reference} is in {told.currency}, the order in {order.currency}"
            raise Wait(message)
        lines = _locked_lines(order)
        done = []
        noted = LineCancellation.objects.filter(line__order=order, external_number=told.reference).exists()
        if not noted:
            done.append(self._units_back(told, order, lines))
        done.append(self._money_back(told, order))
        if not (told.units_known or noted) and any(line.open or line.allocated for line in lines):
            message = (
                f"{said(told.amount, told.currency)} was given back and the shop does not say for which units: "
                "cancel those that must not be sent, or wait for the refund itself"
            )
            raise Wait(message)
        return "; ".join(filter(None, done)) or "nothing to be done"

    def _units_back(self, told: RefundTold, order: Order, lines: Sequence[OrderLine]) -> str:
        """Units that no longer leave are cancelled; what came back is marked returned."""
        cancelled = _by_line(order, lines, told.cancelled)
        returned = _by_line(order, lines, told.returned)
        rows = []
        for line in lines:
            units = min(cancelled.get(line.pk, 0), _open(line))
            left = cancelled.get(line.pk, 0) - units
            if left and line.allocated:
                message = f"line {line.position}: a location is working on units that were refunded; release them first"
                raise Wait(message)
            units += min(returned.get(line.pk, 0), _open(line) - units + line.fulfilled - line.returned)
            if units:
                rows.append(_cancellation(line, units, told.reason, told.refunded_at, told.reference))
        lines_cancel(cancellations=rows, actor=f"channel {self.setup.code}")
        return f"{sum(each.quantity for each in rows)} units taken back" if rows else ""

    def _money_back(self, told: RefundTold, order: Order) -> str:
        """The platform has moved the money itself; our books follow."""
        payments = list(Payment.objects.filter(order=order))
        if not told.amount or not payments:
            return "no money of it is in our books" if told.amount else ""
        if any(payment.gateway != "elsewhere" for payment in payments):
            message = "the order was paid through our own gateway: refund it there, or tell the shop why not"
            raise Wait(message)
        try:
            order_refund(
                order_number=order.number, amount=told.amount, reason=told.reason[:120], key=told.reference,
                actor=f"channel {self.setup.code}",
            )  # fmt: skip
        except RefundRefused as fault:
            message = f"refund {told.reference} of {said(told.amount, told.currency)}: {fault}"
            raise Wait(message) from fault
        return f"{said(told.amount, told.currency)} given back"


def _locked_lines(order: Order) -> list[OrderLine]:
    Order.objects.select_for_update().get(pk=order.pk)
    return list(OrderLine.objects.filter(order=order).order_by("position").select_for_update())


def _open(line: OrderLine) -> int:
    return line.ordered - line.cancelled - line.allocated - line.fulfilled


def _cancellation(line: OrderLine, units: int, reason: str, at: object, reference: str) -> LineToCancel:
    return LineToCancel(
        line_id=line.pk, quantity=units, unit_price=Decimal(line.unit_price), external_number=reference,
        reason=reason[:120], happened_at=at,  # type: ignore[arg-type]
    )  # fmt: skip


def _by_line(order: Order, lines: Sequence[OrderLine], units: Sequence[LineUnits]) -> dict[int, int]:
    """Units by our lines. Raises :class:`Wait` where a line cannot be told."""
    at_channel = ChannelOrder.objects.filter(order=order).first()
    told = at_channel.references.get("lines") if at_channel else None
    position_of = {str(reference): int(position) for position, reference in (told or {}).items()}
    by_position = {line.position: line for line in lines}
    found: dict[int, int] = {}
    for each in units:
        position = position_of.get(each.reference) or each.position
        line = by_position.get(position)
        if line is None:
            message = f"the order has no line that the channel calls {each.reference or each.sku or each.position!r}"
            raise Wait(message)
        found[line.pk] = found.get(line.pk, 0) + each.quantity
    return found
