"""What an open plan means for its upgrade; the verbs of plans are in ``upgrade_plan.py``."""

from __future__ import annotations

from django.utils import timezone

from modules.events import PromotionPlanChanged
from modules.models import OPEN_PLANS, PLAN_LIFE, ModuleUpgrade, PlanStatus, PromotionPlan
from modules.services.refused import require
from oms.infra.events import record
from oms.kernel.verdict import Verdict

_NOBODY = "the upgrade itself"


def open_plan(upgrade: ModuleUpgrade, *, lock: bool = False) -> PromotionPlan | None:
    """The plan that waits for somebody's agreement, for its time, or to be carried out."""
    rows = PromotionPlan.objects.select_for_update() if lock else PromotionPlan.objects
    return rows.filter(upgrade=upgrade, status__in=OPEN_PLANS).first()


def may_promote_by_plan(upgrade: ModuleUpgrade, *, by_schedule: bool = False) -> Verdict:
    """Whether the open plan of an upgrade, if any, lets it be promoted now."""
    plan = open_plan(upgrade)
    if plan is None or (by_schedule and plan.status == PlanStatus.SCHEDULED):
        return Verdict.yes()
    if plan.status == PlanStatus.ASKED:
        return Verdict.no(f"{plan.asked_by} has asked for somebody else's approval: it is not given yet")
    if plan.status == PlanStatus.SCHEDULED:
        return Verdict.no(f"it is scheduled for {when_in_words(plan)}: withdraw the schedule to promote it before")
    if plan.revision != upgrade.previewed_revision:
        return Verdict.no("what was approved is another preview: withdraw the plan and ask again")
    return Verdict.yes()


def when_in_words(plan: PromotionPlan) -> str:
    """The time of a plan, in the zone that is active."""
    return f"{timezone.localtime(plan.due_at):%d %B %Y, %H:%M}" if plan.due_at else "now"


def plan_carried_out(upgrade: ModuleUpgrade, outcome: str) -> None:
    """Within a promotion: its open plan, if any, has been carried out."""
    plan = open_plan(upgrade, lock=True)
    if plan:
        plan_become(plan, PlanStatus.PROMOTED, by=plan.decided_by or plan.asked_by, outcome=outcome)


def plan_void(upgrade: ModuleUpgrade, why: str) -> None:
    """What was asked for is not what the upgrade is any more: its open plan, if any, is withdrawn."""
    plan = open_plan(upgrade, lock=True)
    if plan:
        plan_become(plan, PlanStatus.WITHDRAWN, by=_NOBODY, outcome=f"Withdrawn: {why}"[:500])


def plan_become(plan: PromotionPlan, status: PlanStatus, *, by: str, outcome: str) -> None:
    """Take a locked plan to another status, with its event. Raises :class:`UpgradeRefused`."""
    require(PLAN_LIFE.may(PlanStatus(plan.status), status))
    plan.status, plan.outcome = status, outcome
    plan.save()
    plan_record(plan, by=by)


def plan_record(plan: PromotionPlan, *, by: str) -> None:
    """The event of a plan that was made or has changed."""
    upgrade = plan.upgrade
    record([
        PromotionPlanChanged(
            subject=upgrade.module, occurred_at=timezone.now(), actor=by, upgrade=upgrade.pk,
            before=upgrade.from_release, after=upgrade.to_release, status=plan.status, outcome=plan.outcome,
        )
    ])  # fmt: skip
