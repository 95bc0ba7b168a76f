"""An upgrade of one module on its way from notice to promotion, and back."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from oms.kernel.transitions import TransitionTable


class UpgradeStatus(StrEnum):
    """Where an upgrade stands."""

    AVAILABLE = "available"
    PREVIEWING = "previewing"
    READY = "ready"
    BLOCKED = "blocked"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"


_OPEN = frozenset({UpgradeStatus.AVAILABLE, UpgradeStatus.PREVIEWING, UpgradeStatus.READY, UpgradeStatus.BLOCKED})

UPGRADE_LIFE = TransitionTable(
    "the upgrade",
    {
        UpgradeStatus.AVAILABLE: frozenset({UpgradeStatus.PREVIEWING, UpgradeStatus.ABANDONED}),
        UpgradeStatus.PREVIEWING: frozenset(
            {UpgradeStatus.READY, UpgradeStatus.BLOCKED, UpgradeStatus.AVAILABLE, UpgradeStatus.ABANDONED}
        ),
        UpgradeStatus.BLOCKED: frozenset({UpgradeStatus.PREVIEWING, UpgradeStatus.ABANDONED}),
        UpgradeStatus.READY: frozenset({UpgradeStatus.PREVIEWING, UpgradeStatus.PROMOTED, UpgradeStatus.ABANDONED}),
        UpgradeStatus.PROMOTED: frozenset({UpgradeStatus.ROLLED_BACK}),
    },
)


class ModuleUpgrade(models.Model):
    """A retailer's own plan to take a module from its live release to another one."""

    id = models.BigAutoField(primary_key=True)
    module = models.CharField(max_length=40)
    from_release = models.CharField(max_length=16)
    to_release = models.CharField(max_length=16)
    status = models.CharField(max_length=16, default=UpgradeStatus.AVAILABLE)
    previewed_revision = models.BigIntegerField(null=True, help_text="Head when the preview began.")
    choices = models.JSONField(default=dict, help_text="Reviewer's choice by document: yours, new or merged body.")
    review = models.JSONField(null=True, help_text="What the review found.")
    preview = models.JSONField(null=True, help_text="What the replay found.")
    replayed = models.PositiveIntegerField(default=0, help_text="Decisions replayed so far.")
    to_replay = models.PositiveIntegerField(default=0)
    promoted_revision = models.BigIntegerField(null=True)
    rolled_back_revision = models.BigIntegerField(null=True)
    started_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["module"], name="module_upgrade_one_open", condition=Q(status__in=sorted(_OPEN))
            ),
            models.CheckConstraint(condition=Q(status__in=sorted(UpgradeStatus)), name="module_upgrade_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.from_release} → {self.to_release}"


class ReplayedDecision(models.Model):
    """A recorded decision that the candidate would have made otherwise."""

    id = models.BigAutoField(primary_key=True)
    upgrade = models.ForeignKey(ModuleUpgrade, on_delete=models.CASCADE, related_name="changes")
    decision_id = models.BigIntegerField()
    subject = models.CharField(max_length=120)
    cause = models.CharField(max_length=200)
    before = models.JSONField()
    after = models.JSONField()
    effect = models.JSONField(default=dict, help_text="Money, parcels and promise: after minus before.")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.cause}"
