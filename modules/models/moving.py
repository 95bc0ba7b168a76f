"""Moving work in flight from one release of a module to another: how far it is, and what became of each piece."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from oms.kernel.transitions import TransitionTable


class MoveStatus(StrEnum):
    """Where a move stands."""

    RUNNING = "running"
    DONE = "done"
    OVERTAKEN = "overtaken"


MOVE_LIFE = TransitionTable("the move", {MoveStatus.RUNNING: frozenset({MoveStatus.DONE, MoveStatus.OVERTAKEN})})


class ReleaseMove(models.Model):
    """All unfinished work of one release, on its way to the release that is live.

    ``position`` is the id up to which this pass has come: a worker that dies goes on from there.
    """

    id = models.BigAutoField(primary_key=True)
    module = models.CharField(max_length=40)
    from_release = models.CharField(max_length=16)
    to_release = models.CharField(max_length=16)
    status = models.CharField(max_length=16, default=MoveStatus.RUNNING)
    total = models.PositiveIntegerField(help_text="Pieces of work when it was asked for.")
    moved = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0, help_text="Pieces whose status has no counterpart.")
    position = models.BigIntegerField(default=0)
    moved_in_pass = models.PositiveIntegerField(default=0, help_text="A pass that moves nothing is the last.")
    asked_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["module", "from_release"], name="release_move_one_running", condition=Q(status="running")
            ),
            models.CheckConstraint(condition=Q(status__in=sorted(MoveStatus)), name="release_move_status_known"),
            models.CheckConstraint(condition=~Q(from_release=F("to_release")), name="release_move_elsewhere"),
            models.CheckConstraint(
                condition=Q(status="running", ended_at__isnull=True) | ~Q(status="running") & Q(ended_at__isnull=False),
                name="release_move_ended_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.from_release} → {self.to_release}"


class MovedWork(models.Model):
    """A piece of work that a move has dealt with: moved, or kept with the reason."""

    id = models.BigAutoField(primary_key=True)
    move = models.ForeignKey(ReleaseMove, on_delete=models.CASCADE, related_name="work", db_index=False)
    work_id = models.BigIntegerField(help_text="Its id among the module's work.")
    number = models.CharField(max_length=120)
    moved = models.BooleanField()
    became = models.JSONField(default=dict, help_text="What each of its statuses became.")
    reason = models.CharField(max_length=255, blank=True, default="", help_text="Why it was kept, in words.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["work_id"], name="moved_work_piece")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["move", "work_id"], name="moved_work_once"),
            models.CheckConstraint(
                condition=Q(moved=True, reason="") | Q(moved=False) & ~Q(reason=""), name="moved_work_kept_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.number
