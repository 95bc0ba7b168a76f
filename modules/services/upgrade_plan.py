"""A promotion that needs a second person, or that happens at a time: asked for, agreed to, carried out by a job."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from modules.models import ModuleUpgrade, PlanStatus, PromotionPlan
from modules.selectors import head_number
from modules.services.plans import open_plan, plan_become, plan_record, when_in_words
from modules.services.refused import UpgradeRefused, require
from modules.services.revise import InvalidDocument, StaleEdit
from modules.services.upgrade import InFlightChoice, may_promote, upgrade_promote
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict


def may_plan(upgrade: ModuleUpgrade) -> Verdict:
    """Whether a promotion can be asked for or scheduled now."""
    if open_plan(upgrade):
        return Verdict.no("a promotion has been asked for already: withdraw it to ask for another")
    verdict = may_promote(upgrade)
    if verdict and upgrade.previewed_revision != head_number():
        return Verdict.no("the profile has been changed since the preview: preview again")
    return verdict


def promotion_plan(
    *,
    upgrade_id: int,
    author: str,
    needs_approval: bool,
    due_at: datetime | None = None,
    reason: str = "",
    in_flight: InFlightChoice = InFlightChoice.DRAIN,
) -> PromotionPlan:
    """Ask for a promotion by somebody else's leave, at a time (aware), or both. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        upgrade = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
        require(may_plan(upgrade))
        assert upgrade.previewed_revision is not None
        if not needs_approval and due_at is None:
            message = "say whether somebody else has to agree, or when it is to happen; or promote it now"
            raise UpgradeRefused(message)
        if due_at is not None and due_at <= timezone.now():
            message = f"{timezone.localtime(due_at):%d %B %Y, %H:%M} has passed: choose a time to come"
            raise UpgradeRefused(message)
        plan = PromotionPlan.objects.create(
            upgrade=upgrade, revision=upgrade.previewed_revision, asked_by=author, reason=reason, due_at=due_at,
            status=PlanStatus.ASKED if needs_approval else PlanStatus.SCHEDULED, needs_approval=needs_approval,
            move_work=in_flight is InFlightChoice.MOVE,
        )  # fmt: skip
        plan_record(plan, by=author)
        if not needs_approval:
            _enqueue(plan)
    return plan


def may_decide(plan: PromotionPlan, author: str) -> Verdict:
    """Whether somebody may agree to a plan, or decline it."""
    if plan.status != PlanStatus.ASKED:
        return Verdict.no(f"the plan is {plan.status.replace('_', ' ')}: there is nothing to agree to")
    if author.casefold() == plan.asked_by.casefold():
        return Verdict.no("you have asked for it: somebody else has to agree")
    return Verdict.yes()


def plan_approve(*, plan_id: int, author: str) -> PromotionPlan:
    """Agree: it can be promoted now, or will be at its time. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        plan = _locked(plan_id)
        require(may_decide(plan, author))
        if plan.due_at is not None and plan.due_at <= timezone.now():
            message = f"its time, {when_in_words(plan)}, has passed: decline it, and have it asked for anew"
            raise UpgradeRefused(message)
        plan.decided_by, plan.decided_at = author, timezone.now()
        status = PlanStatus.SCHEDULED if plan.due_at else PlanStatus.APPROVED
        plan_become(plan, status, by=author, outcome=f"Approved by {author}")
        if plan.due_at:
            _enqueue(plan)
    return plan


def plan_decline(*, plan_id: int, author: str, reason: str = "") -> PromotionPlan:
    """Do not agree. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        plan = _locked(plan_id)
        require(may_decide(plan, author))
        plan.decided_by, plan.decided_at = author, timezone.now()
        outcome = f"Declined by {author}" + (f": {reason}" if reason else "")
        plan_become(plan, PlanStatus.DECLINED, by=author, outcome=outcome[:500])
    return plan


def plan_withdraw(*, plan_id: int, author: str) -> PromotionPlan:
    """Give a plan up; the upgrade stays ready. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        plan = _locked(plan_id)
        plan_become(plan, PlanStatus.WITHDRAWN, by=author, outcome=f"Withdrawn by {author}")
    return plan


def plan_run(*, plan_id: int) -> PromotionPlan:
    """Carry out a scheduled plan whose time has come, or write down why not. Running it again changes nothing."""
    with transaction.atomic():
        plan = _locked(plan_id)
        if plan.status != PlanStatus.SCHEDULED or plan.due_at is None:
            return plan
        if plan.due_at > timezone.now():
            _enqueue(plan)
            return plan
        why = _promoted(plan)
        if why:
            plan_become(plan, PlanStatus.NOT_PROMOTED, by="schedule", outcome=f"Not promoted: {why}"[:500])
        else:
            plan.refresh_from_db()
    return plan


def _promoted(plan: PromotionPlan) -> str:
    """Promote; empty, or why it was not."""
    if plan.revision != plan.upgrade.previewed_revision:
        return "it was previewed anew"
    try:
        upgrade_promote(
            upgrade_id=plan.upgrade_id, author=plan.asked_by, reason=plan.reason, by_schedule=True,
            in_flight=InFlightChoice.MOVE if plan.move_work else InFlightChoice.DRAIN,
        )  # fmt: skip
    except (UpgradeRefused, StaleEdit, InvalidDocument) as fault:
        return str(fault)
    return ""


def _locked(plan_id: int) -> PromotionPlan:
    """A plan under the lock of its upgrade, as every step of an upgrade takes it first."""
    upgrade_id = PromotionPlan.objects.values_list("upgrade_id", flat=True).filter(pk=plan_id).first()
    if upgrade_id is None:
        message = f"there is no plan {plan_id}"
        raise UpgradeRefused(message)
    ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
    return PromotionPlan.objects.select_for_update().get(pk=plan_id)


def _enqueue(plan: PromotionPlan) -> None:
    name = f"plan {plan.pk}"
    enqueue("modules.jobs.promote", lock=name, due=plan.due_at, plan_id=plan.pk)
