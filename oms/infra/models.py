"""Facts that happened, reactions that are due, answers already given."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """A fact, written in the transaction that made it true. Rows are never changed (a trigger refuses)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, help_text="Typed name with its major version: order.captured.v1.")
    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120, help_text="Number or code of what it happened to.")
    payload = models.JSONField(default=dict)
    actor = models.CharField(max_length=150, help_text="Who caused it: a person, an API key, a job.")
    occurred_at = models.DateTimeField(help_text="When it happened in the retailer's world.")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject", "id"], name="event_subject"),
            # Rows are added in the order of time: a few pages tell where a time is, and adding costs nothing.
            BrinIndex(fields=["recorded_at"], name="event_recorded", pages_per_range=16, autosummarize=True),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[a-z_]+(\.[a-z_]+)+\.v[0-9]+$"), name="event_name_versioned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class PendingReaction(models.Model):
    """An event that handlers have yet to react to. Removed in the transaction of the reaction."""

    event = models.OneToOneField(Event, primary_key=True, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        ordering: ClassVar = ["event_id"]

    def __str__(self) -> str:
        return f"reaction to event {self.event_id}"


class IdempotentAnswer(models.Model):
    """The answer given to a write, kept so that the same request gets the same answer."""

    id = models.BigAutoField(primary_key=True)
    caller = models.CharField(max_length=80, help_text="Keys of one caller never meet those of another.")
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty while in flight.")
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotent_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class OutboundRefusal(models.Model):
    """What would have left a staging clone, had it been production."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, help_text="mail, sms, webhook, carrier, gateway or connector.")
    target = models.TextField(help_text="Address, number, URL or account that it was for.")
    payload = models.JSONField()
    reason = models.CharField(max_length=255, help_text="Why it did not leave, in words.")
    refused_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.target}"


class OutboundDeparture(models.Model):
    """What was let out: written in the transaction that wanted it, so it is there exactly when that committed."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, help_text="mail, sms, webhook, carrier, gateway or connector.")
    target = models.TextField(help_text="Address, number, URL or account that it was for.")
    departed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["departed_at"], name="outbound_departed")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.target}"


class ScheduledJob(models.Model):
    """When a job that comes back by itself is due next. Whoever asks for it moves the moment on, under its lock."""

    task = models.CharField(max_length=120, primary_key=True, help_text="Full name of the job.")
    due_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["task"]

    def __str__(self) -> str:
        return f"{self.task} at {self.due_at:%Y-%m-%d %H:%M:%S}"
