"""A plan to promote: who asked, whether somebody else must agree, and when it is to happen."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.db.models.lookups import Exact

from modules.models.upgrade import ModuleUpgrade
from oms.kernel.transitions import TransitionTable


class PlanStatus(StrEnum):
    """Where a plan stands."""

    ASKED = "asked"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PROMOTED = "promoted"
    NOT_PROMOTED = "not_promoted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


OPEN_PLANS = (PlanStatus.ASKED, PlanStatus.APPROVED, PlanStatus.SCHEDULED)

PLAN_LIFE = TransitionTable(
    "the plan",
    {
        PlanStatus.ASKED: frozenset(
            {PlanStatus.APPROVED, PlanStatus.SCHEDULED, PlanStatus.DECLINED, PlanStatus.WITHDRAWN}
        ),
        PlanStatus.APPROVED: frozenset({PlanStatus.PROMOTED, PlanStatus.WITHDRAWN}),
        PlanStatus.SCHEDULED: frozenset({PlanStatus.PROMOTED, PlanStatus.NOT_PROMOTED, PlanStatus.WITHDRAWN}),
    },
)


class PromotionPlan(models.Model):
    """What was asked for, about the very revision that was previewed. A plan never applies to another preview."""

    id = models.BigAutoField(primary_key=True)
    upgrade = models.ForeignKey(ModuleUpgrade, on_delete=models.CASCADE, related_name="plans")
    revision = models.BigIntegerField(help_text="Revision that was previewed.")
    status = models.CharField(max_length=16)
    needs_approval = models.BooleanField(help_text="Somebody else has to agree.")
    due_at = models.DateTimeField(null=True, help_text="When a job promotes; empty: when somebody does.")
    move_work = models.BooleanField(default=False, help_text="Work in flight moves along.")
    reason = models.CharField(max_length=500, blank=True, default="")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=150, blank=True, default="", help_text="Who agreed, or did not.")
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=500, blank=True, default="", help_text="What came of it, in words.")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["upgrade"], name="promotion_plan_one_open",
                condition=Q(status__in=sorted(status.value for status in OPEN_PLANS)),
            ),
            models.CheckConstraint(condition=Q(status__in=sorted(PlanStatus)), name="promotion_plan_status_known"),
            models.CheckConstraint(
                condition=~Q(Exact(Lower("decided_by"), Lower("asked_by"))),
                name="promotion_plan_two_people",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by="") | Q(decided_at__isnull=False) & ~Q(decided_by=""),
                name="promotion_plan_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(
                    needs_approval=True, decided_at__isnull=True, status__in=["approved", "scheduled", "promoted"]
                ),
                name="promotion_plan_approved_first",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(due_at__isnull=False), name="promotion_plan_scheduled_has_time"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.upgrade}: {self.status}"
