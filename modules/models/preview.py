"""What a preview leaves behind: how far its replay is, and the staging clone in which its release can be tried."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from modules.models.upgrade import ModuleUpgrade


class ReplayProgress(models.Model):
    """A replay that has begun and not ended: a worker that dies leaves it here, and the next one goes on with it."""

    id = models.BigAutoField(primary_key=True)
    upgrade = models.OneToOneField(ModuleUpgrade, on_delete=models.CASCADE, related_name="progress")
    revision = models.BigIntegerField(help_text="Head when it began: a replay goes on only with the same profile.")
    asked_for = models.PositiveIntegerField(help_text="Decisions that were to be replayed at most.")
    decisions = ArrayField(models.BigIntegerField(), help_text="Numbers of the decisions, in their order.")
    done = models.PositiveIntegerField(default=0)
    found = models.JSONField(null=True, help_text="What it found in the decisions that are done.")
    drift = models.JSONField(default=dict, help_text="Stock taken otherwise so far, by policy.")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"replay for {self.upgrade_id}"


class CloneState(StrEnum):
    """Where the staging clone of an upgrade stands."""

    ASKED = "asked"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    DROPPING = "dropping"


class PreviewClone(models.Model):
    """The staging clone in which an upgrade's release is live, for its retailer to click through. One each."""

    upgrade = models.OneToOneField(ModuleUpgrade, primary_key=True, on_delete=models.CASCADE, related_name="clone")
    status = models.CharField(max_length=16, default=CloneState.ASKED)
    phase = models.CharField(max_length=40, blank=True, default="", help_text="Part of the work that is being done.")
    why = models.CharField(max_length=500, blank=True, default="", help_text="Why it could not be made, in words.")
    host = models.CharField(max_length=253, blank=True, default="", help_text="Host name at which it is served.")
    revision = models.BigIntegerField(null=True, help_text="Revision of the profile that it was made of.")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(db_default=Now())
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["upgrade_id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=sorted(CloneState)), name="preview_clone_status_known"),
            models.CheckConstraint(
                condition=~Q(status=CloneState.READY)
                | Q(made_at__isnull=False, expires_at__isnull=False) & ~Q(host=""),
                name="preview_clone_ready_is_served",
            ),
        ]

    def __str__(self) -> str:
        return f"staging clone for {self.upgrade_id}"
