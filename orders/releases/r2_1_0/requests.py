"""What may become of an order that was taken, when somebody asks to change or to cancel it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from modules.contracts.order_terms import (
    ActionVerdict,
    CancelDecision,
    CancelFacts,
    ChangeAction,
    ChangeDecision,
    ChangeFacts,
)
from modules.contracts.routing import Step

from .documents import CancellationPolicy, EditPolicy, Limit

#: How far units have come. What is not known has come as far as can be, so that nothing is undone by mistake.
_PROGRESS = {"open": 0, "allocated": 1, "picking": 2, "packed": 3, "shipped": 4}
_SHIPPED = _PROGRESS["shipped"]
#: The progress from which on units have “come so far”; a location that picks has them in its hands.
_REACHED = {"allocated": 1, "picking": 2, "picked": 2, "packed": 3}
_COME = {"allocated": "given to a location", "picking": "being picked"}
_ASKERS = {"customer": "the customer", "staff": "staff", "channel": "the channel"}
_DEEDS = {
    "add": "add lines",
    "remove": "remove lines",
    "quantity": "change quantities",
    "address": "change the address",
    "method": "change the shipping method",
    "discount": "change discounts",
    "attribute": "change attributes",
    "priority": "change the priority",
}

EDIT = "edit_policy"
CANCEL = "cancellation_policy"


def change_decision(facts: ChangeFacts, policy: EditPolicy) -> ChangeDecision:
    """Look at each action of a change, and at what it does to the order's total."""
    closed = _window_closed(facts, policy)
    verdicts: list[ActionVerdict] = []
    steps: list[Step] = []
    for index, action in enumerate(facts.actions):
        against = _not_theirs(facts, policy, action) or _too_far(action, policy) or closed
        verdicts.append(ActionVerdict(index, not against, against or "the edit policy allows it"))
        subject = f"line {action.position}" if action.position else "order"
        steps.append(Step(EDIT, subject, not against, against or f"{_said(facts)} may {_deed(action)}"))
    refused = next((verdict.why for verdict in verdicts if not verdict.allowed), "")
    if refused:
        return ChangeDecision(tuple(verdicts), False, refused, tuple(steps))
    needed, why = _confirmation(facts, policy)
    return ChangeDecision(tuple(verdicts), needed, why, (*steps, Step(EDIT, "order", not needed, why)))


def _said(facts: ChangeFacts | CancelFacts) -> str:
    return _ASKERS.get(facts.asked_by, f"“{facts.asked_by}”")


def _deed(action: ChangeAction) -> str:
    return _DEEDS.get(action.kind, f"do “{action.kind}”")


def _not_theirs(facts: ChangeFacts, policy: EditPolicy, action: ChangeAction) -> str:
    theirs = {"customer": policy.customer, "staff": policy.staff, "channel": policy.channel}
    if action.kind in theirs.get(facts.asked_by, ()):
        return ""
    return f"{_said(facts)} may not {_deed(action)}"


def _too_far(action: ChangeAction, policy: EditPolicy) -> str:
    if _PROGRESS.get(action.progress, _SHIPPED) < _REACHED[policy.until]:
        return ""
    return f"these units are {_come(action.progress)} already"


def _come(progress: str) -> str:
    return _COME.get(progress, progress)


def _window_closed(facts: ChangeFacts, policy: EditPolicy) -> str:
    """Why the time for changes is over; nothing while it is not."""
    minutes = policy.window_minutes
    if minutes is None or facts.asked_by not in policy.window_for or (facts.pickup and policy.pickup_exempt):
        return ""
    if _moment(facts.asked_at) - _moment(facts.placed_at) <= timedelta(minutes=minutes):
        return ""
    return f"it was placed more than {minutes} minutes ago, and {_said(facts)} may change it for no longer"


def _moment(text: str) -> datetime:
    """A time, in UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _confirmation(facts: ChangeFacts, policy: EditPolicy) -> tuple[bool, str]:
    moved = abs(sum((action.value for action in facts.actions), Decimal(0)))
    limit = _amount_in(facts.currency, policy.confirm_above)
    words = f"the total changes by {moved} {facts.currency}"
    if limit is None:
        return False, f"{words}; no confirmation is asked for in {facts.currency}"
    if moved > limit:
        return True, f"{words}, more than {limit}: somebody has to confirm it"
    return False, f"{words}, not more than {limit}: no confirmation is needed"


def _amount_in(currency: str, limits: Iterable[Limit]) -> Decimal | None:
    return next((limit.amount for limit in limits if limit.currency == currency), None)


def cancel_decision(facts: CancelFacts, policy: CancellationPolicy) -> CancelDecision:
    """Whether the units may be cancelled, and for what fee."""
    packed = _first_from(facts, _REACHED["packed"])
    if packed:
        return _refused(packed)
    missing = _reason_missing(facts, policy)
    if missing:
        return _refused(missing)
    late = _first_from(facts, _REACHED[policy.free_until])
    if not late:
        return _allowed(f"nothing of it is {_come(policy.free_until)} yet, so it is free")
    if policy.afterwards == "refused":
        return _refused(f"{late}, and nothing is cancelled from then on")
    if policy.afterwards == "free":
        return _allowed(f"{late}; it is free all the same")
    usual = _amount_in(facts.currency, policy.fees)
    if usual is None:
        return _allowed(f"{late}; no fee is set in {facts.currency}")
    fee = max(min(usual, facts.total), Decimal(0))
    return _allowed(f"{late}, so it costs {fee} {facts.currency}", fee)


def _first_from(facts: CancelFacts, reached: int) -> str:
    """The first part that has come so far, in words; nothing where none has."""
    parts = (part for part in facts.parts if _PROGRESS.get(part.progress, _SHIPPED) >= reached)
    return next((f"line {part.position} is {_come(part.progress)} already" for part in parts), "")


def _reason_missing(facts: CancelFacts, policy: CancellationPolicy) -> str:
    given = facts.reason.strip()
    if not given:
        return "a reason is needed" if policy.reason_required else ""
    if policy.reasons and given not in policy.reasons:
        return f"“{given}” is not one of the reasons: {', '.join(policy.reasons)}"
    return ""


def _refused(why: str) -> CancelDecision:
    return CancelDecision(False, why, steps=(Step(CANCEL, "order", False, why),))


def _allowed(why: str, fee: Decimal = Decimal(0)) -> CancelDecision:
    return CancelDecision(True, why, fee, (Step(CANCEL, "order", True, why),))
