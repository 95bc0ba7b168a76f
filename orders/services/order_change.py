"""Changing an order that was taken: asked for, decided by its release, done as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from modules.contracts.order_terms import ChangeDecision, ChangeFacts
from modules.contracts.order_terms_json import change_to_json
from modules.journal import Journaled
from oms.infra.events import record
from oms.kernel.verdict import Verdict
from orders.domain.change import (
    Action,
    ChangeRefused,
    Fault,
    Money,
    Preview,
    StaleOrder,
    actions_from_json,
    actions_to_json,
    units_in_words,
)
from orders.life_events import ChangeDeclined, ChangeRequested, ChangeTakenBack, OrderChanged
from orders.models import ChangeKind, ChangeStatus, Order, OrderChange
from orders.services.order_change_apply import change_apply
from orders.services.order_change_plan import Plan, plan_of
from orders.services.order_decider import Decider, decider_of
from orders.services.order_state import OrderState, may, order_lock, order_state

#: Methods by which the customer fetches the goods.
PICKUP = ("pickup", "curbside")


class NotWaiting(ValueError):
    """The change has been decided already; the message says how."""


class KeyOfAnother(ValueError):
    """The key has named another change of this order before."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A change with what its release says about it."""

    state: OrderState
    plan: Plan
    facts: ChangeFacts
    decision: ChangeDecision
    decider: Decider


def order_change_preview(*, order_number: str, actions: Sequence[Action], asked_by: str) -> Preview:
    """What would come of a change; nothing stays written.

    The change is made and undone, so what is shown is what would be done. Raises
    :class:`~orders.domain.change.ChangeRefused`, :class:`~orders.models.Order.DoesNotExist`.
    """
    with transaction.atomic():
        order = order_lock(order_number)
        _refuse_held(order)
        asked = _ask(order, actions, asked_by, timezone.now())
        version, touches = order.version, _touches(asked)
        money = Money()
        if asked.decision.allowed:
            money = change_apply(asked.state, asked.plan, name="preview", reason="", actor="preview")
        transaction.set_rollback(True)
    verdicts = tuple(
        (actions[verdict.action].in_words(), verdict.allowed, verdict.why) for verdict in asked.decision.verdicts
    )
    decision = asked.decision
    return Preview(decision.allowed, decision.needs_confirmation, decision.why, verdicts, money, touches, version)


def order_change_request(
    *, order_number: str, actions: Sequence[Action], asked_by: str, key: str, actor: str, reason: str = "",
    version: int | None = None,
) -> OrderChange:  # fmt: skip
    """Ask for a change. It is done at once (``confirmed``), waits for a person (``requested``) or is ``declined``.

    ``key`` names it: asked for again, the same change comes back. ``version`` is that of the order as it was looked
    at. Raises :class:`~orders.domain.change.ChangeRefused` where it cannot be done whatever a release says,
    :class:`~orders.domain.change.StaleOrder`, :class:`KeyOfAnother`, ``MoneyMoving``, ``Order.DoesNotExist``.
    """
    order = order_lock(order_number)
    written = actions_to_json(actions)
    earlier = OrderChange.objects.filter(order=order, key=key).first()
    if earlier:
        if earlier.actions != written or earlier.kind != ChangeKind.CHANGE:
            message = f"{key!r} has named another change of {order_number} before; give each change a key of its own"
            raise KeyOfAnother(message)
        return earlier
    if version is not None and version != order.version:
        message = f"{order_number} has been changed meanwhile; look at it again"
        raise StaleOrder(message)
    _refuse_held(order)
    asked = _ask(order, actions, asked_by, timezone.now())
    change = change_open(
        order, kind=ChangeKind.CHANGE, key=key, asked_by=asked_by, reason=reason, actions=written, actor=actor,
        payable=asked.state.payable,
    )  # fmt: skip
    _journal(asked)
    if not asked.decision.allowed:
        return change_decline(change, why=_why_not(asked.decision), actor="order management")
    if asked.decision.needs_confirmation:
        record([ChangeRequested(**_told(change, actor))])
        return change
    return _carry_out(change, asked, actor)


def order_change_confirm(*, order_number: str, number: int, actor: str) -> OrderChange:
    """Carry out a change that waits. Asked twice, it is done once.

    What was asked for is looked at anew, as of when it was asked for. Raises as :func:`order_change_request`, and
    :class:`NotWaiting`.
    """
    order = order_lock(order_number)
    change = _waiting(order, number, ChangeStatus.CONFIRMED)
    if change.status == ChangeStatus.CONFIRMED:
        return change
    if change.based_on != order.version:
        message = f"{order_number} has been changed since this was asked for; decline it and ask again"
        raise StaleOrder(message)
    _refuse_held(order)
    asked = _ask(order, actions_from_json(change.actions), change.asked_by, change.requested_at)
    _journal(asked)
    if not asked.decision.allowed:
        raise ChangeRefused([Fault(v.action, v.why) for v in asked.decision.verdicts if not v.allowed])
    return _carry_out(change, asked, actor)


def order_change_decline(*, order_number: str, number: int, why: str, actor: str) -> OrderChange:
    """Decline a change that waits. Raises :class:`NotWaiting`."""
    change = _waiting(order_lock(order_number), number, ChangeStatus.DECLINED)
    return change if change.status == ChangeStatus.DECLINED else change_decline(change, why=why, actor=actor)


def order_change_cancel(*, order_number: str, number: int, actor: str) -> OrderChange:
    """Take back a change that waits, for who asked for it. Raises :class:`NotWaiting`."""
    change = _waiting(order_lock(order_number), number, ChangeStatus.CANCELLED)
    if change.status == ChangeStatus.REQUESTED:
        _finish(change, ChangeStatus.CANCELLED, actor)
        record([ChangeTakenBack(**_told(change, actor))])
    return change


def may_change(order: Order, held: Verdict | None = None) -> Verdict:
    """Whether anything of an order can still be changed, whatever its release says.

    ``held`` says whether a hold keeps it from being changed, where the caller knows.
    """
    if order.status in ("complete", "cancelled"):
        return Verdict.no("Nothing of this order is left that could be changed.")
    verdict = may(order, "edit") if held is None else held
    return verdict if verdict else Verdict.no(verdict.reason[:1].upper() + verdict.reason[1:] + ".")


def change_open(
    order: Order, *, kind: ChangeKind, key: str, asked_by: str, reason: str, actions: Sequence[object], actor: str,
    payable: Decimal,
) -> OrderChange:  # fmt: skip
    """Write down what was asked for. The caller holds the order's row lock."""
    number = OrderChange.objects.filter(order=order).count() + 1
    return OrderChange.objects.create(
        order=order, number=number, kind=kind, key=key, asked_by=asked_by, reason=reason[:255], actions=list(actions),
        based_on=order.version, total_before=payable, total_after=payable, requested_by=actor,
        requested_at=timezone.now(),
    )  # fmt: skip


def change_decline(change: OrderChange, *, why: str, actor: str) -> OrderChange:
    """Decline what waits; the order stays as it is."""
    change.why = why[:500]
    _finish(change, ChangeStatus.DECLINED, actor)
    record([ChangeDeclined(**_told(change, actor), kind=change.kind, why=change.why)])
    return change


def change_confirm(change: OrderChange, money: Money, *, actor: str, why: str, fee: Decimal = Decimal(0)) -> None:
    """Write down that it was done, and what that did to the money."""
    change.why, change.fee = why[:500], fee
    change.total_before, change.total_after, change.given_back = money.before, money.after, money.give_back
    _finish(change, ChangeStatus.CONFIRMED, actor)


def _refuse_held(order: Order) -> None:
    held = may(order, "edit")
    if not held:
        raise ChangeRefused([Fault(0, held.reason)])


def _ask(order: Order, actions: Sequence[Action], asked_by: str, asked_at: datetime) -> _Asked:
    state = order_state(order)
    plan = plan_of(state, actions)
    decider = decider_of(order)
    facts = ChangeFacts(
        order_number=order.number, channel=order.channel.code, currency=order.currency, method=order.method,
        pickup=order.method.partition("_")[0] in PICKUP, asked_by=asked_by, placed_at=order.placed_at.isoformat(),
        asked_at=asked_at.isoformat(), status=order.status, total=order.total, actions=tuple(plan.facts),
        attributes=dict(order.attributes),
    )  # fmt: skip
    return _Asked(state, plan, facts, decider.policies.change(facts, decider.documents), decider)


def _journal(asked: _Asked) -> None:
    asked.decider.journal(
        "change", [Journaled(asked.facts.order_number, change_to_json(asked.facts), asked.decision)]
    )  # fmt: skip


def _carry_out(change: OrderChange, asked: _Asked, actor: str) -> OrderChange:
    order = asked.state.order
    words = change.reason or f"change {change.number}"
    money = change_apply(asked.state, asked.plan, name=f"change-{change.number}", reason=words, actor=actor)
    why = asked.decision.why or "; ".join(dict.fromkeys(verdict.why for verdict in asked.decision.verdicts))
    change_confirm(change, money, actor=actor, why=why)
    record([
        OrderChanged(
            **_told(change, actor), total=money.after, difference=money.difference, currency=order.currency
        )
    ])  # fmt: skip
    return change


def _finish(change: OrderChange, status: ChangeStatus, actor: str) -> None:
    change.status, change.finished_by, change.finished_at = status, actor, timezone.now()
    change.save()


def _waiting(order: Order, number: int, wanted: ChangeStatus) -> OrderChange:
    change = OrderChange.objects.select_for_update().filter(order=order, number=number).first()
    if change is None:
        message = f"{order.number} has no change {number}"
        raise NotWaiting(message)
    if change.status not in (ChangeStatus.REQUESTED, wanted):
        message = f"change {number} of {order.number} is {change.status} already"
        raise NotWaiting(message)
    return change


def _why_not(decision: ChangeDecision) -> str:
    refused = [verdict.why for verdict in decision.verdicts if not verdict.allowed]
    return "; ".join(dict.fromkeys(refused)) or decision.why


def _touches(asked: _Asked) -> tuple[str, ...]:
    """In words: which lines lose units at which stage."""
    found = []
    for line in asked.state.lines.values():
        units = line.row.allocated if asked.plan.reroute else asked.plan.take.get(line.row.pk, 0)
        taken = line.taken(units + (line.row.open if asked.plan.reroute else 0))
        found += [
            f"{units_in_words(some)} of line {line.row.position} ({line.sku}) taken back from a location: {stage}"
            for stage, some in taken
            if stage not in ("open", "shipped")
        ]
    if asked.plan.reroute or asked.plan.new or asked.plan.grow:
        found.append("what is open afterwards is routed anew")
    return tuple(found)


def _told(change: OrderChange, actor: str) -> dict[str, Any]:
    words = [action.in_words() for action in actions_from_json(change.actions)] if change.kind == "change" else []
    return {
        "subject": change.order.number, "occurred_at": timezone.now(), "actor": actor, "change": change.number,
        "asked_by": change.asked_by, "actions": tuple(words), "reason": change.reason,
    }  # fmt: skip
