"""Cancelling what has not left, of one order or of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.utils import timezone

from modules.contracts.order_terms import CancelDecision, CancelFacts, CancelPart
from modules.contracts.order_terms_json import cancel_to_json
from modules.journal import Journaled
from oms.infra.events import record
from oms.kernel.money import minor_units
from oms.kernel.verdict import Verdict
from orders.domain.change import ChangeRefused, Fault, Money, Preview, units_in_words
from orders.life_events import OrderCancelled
from orders.models import ChangeKind, Order, OrderChange
from orders.progress import units_take_back
from orders.services.order_change import KeyOfAnother, change_confirm, change_decline, change_open
from orders.services.order_change_apply import fee_charge, order_restate, units_cancel
from orders.services.order_change_money import MoneyMoving, money_settle
from orders.services.order_decider import Decider, decider_of
from orders.services.order_state import OrderState, may, order_lock, order_state


@dataclass(frozen=True, slots=True)
class _Asked:
    state: OrderState
    parts: Mapping[int, int]
    facts: CancelFacts
    decision: CancelDecision
    decider: Decider


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one order of a bulk cancellation; ``why`` where it was not cancelled."""

    number: str
    cancelled: bool
    why: str = ""


def order_cancel_preview(
    *, order_number: str, asked_by: str, reason: str = "", parts: Mapping[int, int] | None = None
) -> Preview:
    """What would come of a cancellation; nothing stays written. Raises as :func:`order_cancel`."""
    with transaction.atomic():
        asked = _ask(order_lock(order_number), parts, reason, asked_by)
        version, money, fee = asked.state.order.version, Money(), Decimal(0)
        if asked.decision.allowed:
            money, fee = _carry_out(asked, name="preview", reason=reason, actor="preview")
        transaction.set_rollback(True)
    touches = tuple(
        f"{units_in_words(part.units)} of line {part.position} taken back from a location: {part.progress}"
        for part in asked.facts.parts
        if part.progress != "open"
    )
    decision = asked.decision
    return Preview(
        decision.allowed, False, decision.why, (), money, touches, version, fee, sum(asked.parts.values())
    )  # fmt: skip


def order_cancel(
    *, order_number: str, reason: str, asked_by: str, key: str, actor: str, parts: Mapping[int, int] | None = None,
    by_hold: str = "", channel_gives_back: bool = False,
) -> OrderChange:  # fmt: skip
    """Cancel units by position of their line, or (``parts`` None) all that have not left; in the caller's transaction.

    It is done (``confirmed``) or, where the order's release says no, ``declined``. ``key`` names it: asked for again,
    the same comes back. ``by_hold`` is the hold whose rejection this is; ``channel_gives_back`` says that money which
    was taken elsewhere is given back there and told by the channel. Raises
    :class:`~orders.domain.change.ChangeRefused`, :class:`~orders.services.order_change.KeyOfAnother`,
    :class:`~orders.services.order_change_money.MoneyMoving`, :class:`~orders.models.Order.DoesNotExist`.
    """
    order = order_lock(order_number)
    written = [{"line": position, "units": units} for position, units in sorted((parts or {}).items())]
    earlier = OrderChange.objects.filter(order=order, key=key).first()
    if earlier:
        if earlier.actions != written or earlier.kind != ChangeKind.CANCELLATION:
            message = f"{key!r} has named another change of {order_number} before; give each one a key of its own"
            raise KeyOfAnother(message)
        return earlier
    asked = _ask(order, parts, reason, asked_by, by_hold=by_hold)
    change = change_open(
        order, kind=ChangeKind.CANCELLATION, key=key, asked_by=asked_by, reason=reason, actions=written, actor=actor,
        payable=asked.state.payable,
    )  # fmt: skip
    asked.decider.journal("cancel", [Journaled(order_number, cancel_to_json(asked.facts), asked.decision)])
    if not asked.decision.allowed:
        return change_decline(change, why=asked.decision.why, actor="order management")
    money, fee = _carry_out(
        asked, name=f"change-{change.number}", reason=reason, actor=actor, channel_gives_back=channel_gives_back
    )
    change_confirm(change, money, actor=actor, why=asked.decision.why, fee=fee)
    record([
        OrderCancelled(
            subject=order_number, occurred_at=timezone.now(), actor=actor, units=sum(asked.parts.values()),
            whole=sum(asked.parts.values()) == asked.state.to_leave, asked_by=asked_by, reason=reason, fee=fee,
            currency=order.currency,
        )
    ])  # fmt: skip
    return change


def orders_cancel(
    *, order_numbers: Sequence[str], reason: str, asked_by: str, key: str, actor: str
) -> list[BulkResult]:
    """Cancel all that has not left of many orders, each on its own: one that cannot be is told and left as it is."""
    results = []
    known = dict(Order.objects.filter(number__in=order_numbers).values_list("number", "id"))
    for number in sorted(known, key=known.__getitem__):
        try:
            with transaction.atomic():
                change = order_cancel(order_number=number, reason=reason, asked_by=asked_by, key=key, actor=actor)
        except (ChangeRefused, KeyOfAnother, MoneyMoving) as fault:
            results.append(BulkResult(number, False, str(fault)))
        else:
            done = change.status == "confirmed"
            results.append(BulkResult(number, done, "" if done else change.why))
    missing = [number for number in dict.fromkeys(order_numbers) if number not in known]
    return results + [BulkResult(number, False, "there is no such order") for number in missing]


def may_cancel(order: Order, held: Verdict | None = None) -> Verdict:
    """Whether anything of an order can still be cancelled, whatever its release says.

    ``held`` says whether a hold keeps it from being changed, where the caller knows.
    """
    if order.status in ("complete", "cancelled"):
        return Verdict.no("Nothing of this order is left that could be cancelled.")
    verdict = may(order, "edit") if held is None else held
    return verdict if verdict else Verdict.no(verdict.reason[:1].upper() + verdict.reason[1:] + ".")


def _ask(order: Order, parts: Mapping[int, int] | None, reason: str, asked_by: str, *, by_hold: str = "") -> _Asked:
    held = may(order, "edit")
    if not held and not by_hold:
        raise ChangeRefused([Fault(0, held.reason)])
    state = order_state(order)
    if parts is None:
        parts = {position: line.to_leave for position, line in state.lines.items() if line.to_leave}
        if not parts:
            raise ChangeRefused([Fault(0, f"nothing of {order.number} is left that could be cancelled")])
    _check(state, parts)
    decider = decider_of(order)
    facts = CancelFacts(
        order_number=order.number, channel=order.channel.code, currency=order.currency, asked_by=asked_by,
        reason=reason, placed_at=order.placed_at.isoformat(), asked_at=timezone.now().isoformat(), total=order.total,
        parts=tuple(
            CancelPart(position, some, stage)
            for position, units in sorted(parts.items())
            for stage, some in state.lines[position].taken(units)
        ),
    )  # fmt: skip
    return _Asked(state, parts, facts, decider.policies.cancel(facts, decider.documents), decider)


def _check(state: OrderState, parts: Mapping[int, int]) -> None:
    faults = []
    if not parts:
        faults.append(Fault(0, "say which units are to be cancelled"))
    for at, (position, units) in enumerate(sorted(parts.items())):
        line = state.lines.get(position)
        if line is None:
            faults.append(Fault(at, f"this order has no line {position}"))
        elif not 0 < units <= line.to_leave:
            faults.append(Fault(at, f"of line {position}, {line.to_leave} units have not left; {units} were named"))
    if faults:
        raise ChangeRefused(faults)


def _carry_out(
    asked: _Asked, *, name: str, reason: str, actor: str, channel_gives_back: bool = False
) -> tuple[Money, Decimal]:
    state, order = asked.state, asked.state.order
    before = state.payable
    units = {state.lines[position].row.pk: some for position, some in asked.parts.items()}
    opened = {line.row.pk: line.row.open for line in state.lines.values()}
    words = reason or "cancelled"
    back = {line_id: some - opened[line_id] for line_id, some in units.items() if some > opened[line_id]}
    units_take_back(back, reason=words, actor=actor)
    units_cancel(state, units, reason=words, actor=actor)
    fee = _fee(state, units, asked.decision.fee)
    if fee:
        fee_charge(order, fee)
    order_restate(order, {})
    money = money_settle(
        order, before, name=name, reason=words, actor=actor, channel_gives_back=channel_gives_back
    )  # fmt: skip
    return money, fee


def _fee(state: OrderState, units: Mapping[int, int], asked: Decimal) -> Decimal:
    """Never more than what the units cost that are cancelled."""
    step = Decimal(1).scaleb(-minor_units(state.order.currency))
    lines = {line.row.pk: line for line in state.lines.values()}
    worth = sum(
        (
            state.shares.of_units(key, lines[key].kept) - state.shares.of_units(key, lines[key].kept - some)
            for key, some in units.items()
        ),
        Decimal(0),
    )
    return max(Decimal(0), min(asked.quantize(step, ROUND_HALF_UP), worth))
