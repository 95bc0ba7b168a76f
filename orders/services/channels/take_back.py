"""What a channel takes back: units through the ordinary cancellation, money into the books. Again is harmless.

The platform has moved the money itself, so a cancellation that it tells gives nothing back: its refund says what was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from django.db import transaction

from oms.kernel.money import Money
from orders.channels.draft import said
from orders.domain.change import ChangeRefused, units_in_words
from orders.domain.channel import Json, LineUnits, OrderCancelled, RefundTold
from orders.domain.gateway import Operation
from orders.models import (
    Asker,
    ChangeKind,
    ChangeStatus,
    ChannelOrder,
    LineCancellation,
    Order,
    OrderChange,
    Payment,
    PaymentTransaction,
)
from orders.services.lines_cancel import LineToCancel, lines_cancel
from orders.services.order_cancel import order_cancel, order_cancel_preview
from orders.services.order_change_money import ELSEWHERE, MoneyMoving
from orders.services.order_state import OrderState, order_lock, order_state
from orders.services.payments import RefundRefused, order_refund, refundable

_ZERO = Decimal(0)


class Wait(Exception):
    """It cannot be done yet, or not all of it: what was done stays. The message says what has to be mended."""


@dataclass(slots=True)
class _Answer:
    """Units that were cancelled by position, how many of them locations had, how many were not, and why."""

    parts: Mapping[int, int] = field(default_factory=dict)
    from_locations: int = 0
    left: int = 0
    why: str = ""

    @property
    def done(self) -> int:
        """Units that were cancelled."""
        return sum(self.parts.values())

    @property
    def in_words(self) -> str:
        """What was done, for people; empty for nothing."""
        if not self.done:
            return ""
        back = f", {self.from_locations} of them taken back from a location" if self.from_locations else ""
        return f"{units_in_words(self.done)} cancelled{back}"

    @property
    def refusal(self) -> str:
        """What was not, and what to do about it."""
        done = f"{self.in_words}; " if self.done else ""
        return (
            f"{done}{units_in_words(self.left)} cannot be cancelled: {self.why}. Release them from the order's page "
            "and try again, or let them leave and settle it with the channel"
        )


def cancellation_take(told: OrderCancelled, order: Order, *, actor: str) -> tuple[str, bool]:
    """Cancel what has not left, as the retailer's cancellation policy for channels says.

    Return what came of it, and whether anything was cancelled: what waited for that can be tried again.
    Raises :class:`Wait` with what has to be mended; what could be done stays.
    """
    state = order_state(order_lock(order.number))
    wanted = _by_position(order, state, told.lines) if told.lines else None
    parts: dict[int, int] = {}
    gone = 0
    for position, line in state.lines.items():
        asked = line.row.ordered if wanted is None else wanted.get(position, 0)
        more = max(0, min(asked, line.row.ordered) - line.row.cancelled)
        units = min(more, line.to_leave)
        gone += more - units
        if units:
            parts[position] = units
    answer = _ask(state, parts, told.reason, actor)
    if answer.left:
        raise Wait(answer.refusal)
    left_already = f"{units_in_words(gone)} had left already" if gone else ""
    words = "; ".join(filter(None, [answer.in_words, left_already])) or "nothing of it was left to be cancelled"
    return words, bool(answer.done)


def refund_take(told: RefundTold, order: Order, *, actor: str) -> tuple[str, bool]:
    """Write a refund down once: the money that was given back, then the units.

    Return what came of it, and whether its units are known only now: what waited for that can be tried again.

    Raises :class:`Wait` with what has to be mended; what could be done stays.
    """
    if told.currency != order.currency and told.amount:
        message = f"refund {told.reference} is in {told.currency}, the order in {order.currency}"
        raise Wait(message)
    state = order_state(order_lock(order.number))
    book = _Book.of(state.order, actor)
    done: list[str] = []
    faults: list[str] = []
    try:
        done.append(_money_back(told, state.order, book, actor))
    except Wait as fault:
        faults.append(str(fault))
    known = book.has_units(told.reference)
    if not known:
        done.append(_units_back(told, state, book, faults, actor))
    book.save()
    unknown = not (told.units_known or book.has_units(told.reference))
    if unknown and any(line.to_leave for line in state.lines.values()):
        faults.append(
            f"{said(told.amount, told.currency)} was given back and the shop does not say for which units: "
            "cancel those that must not be sent, or wait for the refund itself"
        )
    elif not (told.cancelled or told.returned or faults) and book.has_all(state.order):
        left = sum(line.to_leave for line in state.lines.values())
        if left:
            faults.append(
                f"all of its money was given back while {units_in_words(left)} are still to leave: cancel the order, "
                "or try again once it has left"
            )
    if faults:
        raise Wait("; ".join(filter(None, [*done, *faults])))
    words = "; ".join(filter(None, done)) or "nothing to be done"
    return words, book.has_units(told.reference) and not known


# -- units -----------------------------------------------------------------------------------------


def _units_back(told: RefundTold, state: OrderState, book: _Book, faults: list[str], actor: str) -> str:
    """Units that no longer leave are cancelled; those with the customer that came back are marked returned."""
    cancelled = _by_position(state.order, state, told.cancelled)
    returned = _by_position(state.order, state, told.returned)
    parts: dict[int, int] = {}
    rows: list[LineToCancel] = []
    for position, line in state.lines.items():
        came_back = min(returned.get(position, 0), line.row.fulfilled - line.row.returned)
        # What is said to come back and never left is not to be sent.
        units = cancelled.get(position, 0) + returned.get(position, 0) - came_back
        units = min(max(0, units - book.done(told.reference, position)), line.to_leave)
        if units:
            parts[position] = units
        if came_back:
            rows.append(
                LineToCancel(
                    line_id=line.row.pk, quantity=came_back, returned=came_back,
                    unit_price=Decimal(line.row.unit_price), external_number=told.reference,
                    reason=told.reason[:120], happened_at=told.refunded_at,
                )
            )  # fmt: skip
    answer = _ask(state, parts, told.reason, actor)
    if answer.left:
        faults.append(answer.refusal)
        book.note_done(told.reference, answer.parts)
        return ""
    lines_cancel(cancellations=rows, actor=actor)
    if told.cancelled or told.returned:
        book.note_units(told.reference)
    back = sum(row.quantity for row in rows)
    return "; ".join(filter(None, [answer.in_words, f"{units_in_words(back)} came back" if back else ""]))


def _ask(state: OrderState, parts: Mapping[int, int], reason: str, actor: str) -> _Answer:
    """Ask for all; where that is declined, for what no location works on: that must not be given to one any more."""
    if not parts:
        return _Answer()
    wanted = sum(parts.values())
    busy = sum(max(0, units - state.lines[position].row.open) for position, units in parts.items())
    why = _cancel(state.order, parts, reason, actor)
    if not why:
        return _Answer(parts, busy)
    free = {position: min(units, state.lines[position].row.open) for position, units in parts.items()}
    free = {position: units for position, units in free.items() if units}
    if not free or free == parts or _cancel(state.order, free, reason, actor):
        return _Answer(left=wanted, why=why)
    return _Answer(free, 0, busy, why)


def _cancel(order: Order, parts: Mapping[int, int], reason: str, actor: str) -> str:
    """Why it was not done; empty where it was. The caller holds the order's lock, so each asks for what is missing."""
    changes = OrderChange.objects.filter(order=order)
    declined = changes.filter(
        kind=ChangeKind.CANCELLATION, status=ChangeStatus.DECLINED, asked_by=Asker.CHANNEL, requested_by=actor
    )
    try:
        earlier = set(declined.values_list("why", flat=True))
        if earlier:
            again = _refused_again(order, parts, reason)
            if again in earlier:
                return again
        with transaction.atomic():
            change = order_cancel(
                order_number=order.number, reason=reason, asked_by=Asker.CHANNEL, parts=parts, actor=actor,
                key=f"channel-{changes.count() + 1}", channel_gives_back=True,
            )  # fmt: skip
    except (ChangeRefused, MoneyMoving) as fault:
        return str(fault).rstrip(".")
    return "" if change.status == ChangeStatus.CONFIRMED else change.why


def _refused_again(order: Order, parts: Mapping[int, int], reason: str) -> str:
    """What would be said of it now: what was declined before is not written down again for the same reason."""
    try:
        seen = order_cancel_preview(order_number=order.number, asked_by=Asker.CHANNEL, reason=reason, parts=parts)
    except MoneyMoving:  # then the policy agrees
        return ""
    return "" if seen.allowed else seen.why


def _by_position(order: Order, state: OrderState, units: Sequence[LineUnits]) -> dict[int, int]:
    """Units by the positions of our lines. Raises :class:`Wait` where a line cannot be told."""
    at_channel = ChannelOrder.objects.filter(order=order).first()
    told = at_channel.references.get("lines") if at_channel else None
    position_of = {str(reference): int(position) for position, reference in (told or {}).items()}
    found: dict[int, int] = {}
    for each in units:
        position = position_of.get(each.reference) or each.position
        if position not in state.lines:
            message = f"the order has no line that the channel calls {each.reference or each.sku or each.position!r}"
            raise Wait(message)
        found[position] = found.get(position, 0) + each.quantity
    return found


# -- money -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Book:
    """What refunds of the channel have been written down: by reference, the amount and whether its units are done."""

    at_channel: ChannelOrder
    refunds: dict[str, dict[str, Json]] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Order, actor: str) -> _Book:
        """The book of a locked order, with what calls and cancellations alone tell of earlier refunds."""
        at_channel, _ = ChannelOrder.objects.get_or_create(order=order)
        kept = at_channel.references.get("refunds")
        book = cls(at_channel, cast("dict[str, dict[str, Json]]", kept) if isinstance(kept, dict) else {})
        prefix = f"{order.number}/refund/"
        calls = PaymentTransaction.objects.filter(
            payment__order=order, operation=Operation.REFUND.value, actor=actor, key__startswith=prefix
        )
        sums: dict[str, Decimal] = {}
        for key, amount in calls.values_list("key", "amount"):
            reference = key.removeprefix(prefix).rpartition("/")[0]
            sums[reference] = sums.get(reference, _ZERO) + amount
        for reference, amount in sums.items():
            book._entry(reference).setdefault("amount", str(amount))
        named = LineCancellation.objects.filter(line__order=order).exclude(external_number="")
        for reference in named.values_list("external_number", flat=True).distinct():
            book.note_units(reference)
        return book

    def amount(self, reference: str) -> Decimal:
        """What was told to have been given back under a reference."""
        return Decimal(str(self.refunds.get(reference, {}).get("amount") or 0))

    @property
    def told(self) -> Decimal:
        """What was told to have been given back so far."""
        return sum((self.amount(reference) for reference in self.refunds), _ZERO)

    def has_units(self, reference: str) -> bool:
        """Whether the units of a refund are done."""
        return self.refunds.get(reference, {}).get("units") is True

    def note_amount(self, reference: str, amount: Decimal) -> None:
        """Write an amount down."""
        self._entry(reference)["amount"] = str(amount)

    def note_units(self, reference: str) -> None:
        """Write down that its units are done."""
        self._entry(reference)["units"] = True

    def done(self, reference: str, position: int) -> int:
        """Units of a line that a refund has cancelled while others of it could not be."""
        parts = self.refunds.get(reference, {}).get("done")
        return int(str(parts.get(str(position), 0))) if isinstance(parts, dict) else 0

    def note_done(self, reference: str, parts: Mapping[int, int]) -> None:
        """Write down which of its units are done, while others are not."""
        if parts:
            so_far = {str(position): self.done(reference, position) + units for position, units in parts.items()}
            earlier = self._entry(reference).get("done")
            self._entry(reference)["done"] = {**(earlier if isinstance(earlier, dict) else {}), **so_far}

    def has_all(self, order: Order) -> bool:
        """Whether all that was taken has been given back."""
        payments = list(Payment.objects.filter(order=order))
        taken = sum((payment.captured for payment in payments), _ZERO)
        return 0 < taken <= sum((payment.refunded + payment.refunding for payment in payments), _ZERO)

    def save(self) -> None:
        """Keep it with the order."""
        if self.refunds:
            self.at_channel.references = {**self.at_channel.references, "refunds": self.refunds}
            self.at_channel.save(update_fields=["references"])

    def _entry(self, reference: str) -> dict[str, Json]:
        return self.refunds.setdefault(reference, {})


def _money_back(told: RefundTold, order: Order, book: _Book, actor: str) -> str:
    """Book what has not been booked: neither by this refund before, nor by a cancellation or refund made here.

    Money that was taken elsewhere is given back there alone, so what our own books say of it and what the channel
    tells is the same money. Raises :class:`Wait`.
    """
    before = book.amount(told.reference)
    if told.amount <= before:
        return ""
    payments = list(Payment.objects.filter(order=order))
    if not payments:
        return "no money of it is in our books"
    if any(payment.gateway != ELSEWHERE for payment in payments):
        message = "the order was paid through our own gateway: refund it there, or tell the shop why not"
        raise Wait(message)
    booked = sum((payment.refunded + payment.refunding for payment in payments), _ZERO)
    missing = max(_ZERO, book.told - before + told.amount - booked)
    if missing > sum((refundable(payment) for payment in payments), _ZERO):
        can = Money(sum((refundable(payment) for payment in payments), _ZERO), order.currency)
        message = (
            f"refund {told.reference} of {said(told.amount, told.currency)}: at most {can} can be given back, "
            "no more was taken: compare the payments of the order here and in the shop"
        )
        raise Wait(message)
    if missing:
        key = f"{told.reference}+{before}" if before else told.reference
        try:
            order_refund(
                order_number=order.number, amount=missing, reason=told.reason[:120], key=key, actor=actor
            )  # fmt: skip
        except RefundRefused as fault:
            message = f"refund {told.reference} of {said(told.amount, told.currency)}: {fault}"
            raise Wait(message) from fault
    book.note_amount(told.reference, told.amount)
    return f"{said(told.amount, told.currency)} given back" + ("" if missing else ", as was written down here before")
