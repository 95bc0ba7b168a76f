"""The retailer's templates, and what was written to customers by them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from oms.infra.models import Event
from oms.web.notices.kinds import NoticeKind
from orders.models import Channel, Order


class NoticeTemplate(models.Model):
    """In which words customers are told of something: on every channel, or on one in place of the others' words.

    A channel's own template holds for it also while it is off: the channel's customers are then told nothing.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=False)
    subject = models.CharField(max_length=150)
    body = models.TextField(max_length=10_000)
    reply_to = models.EmailField(blank=True, default="", help_text="Where answers of customers go.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["kind", "id"]
        verbose_name = "notice template"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "channel"], name="notice_template_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_template_kind_known"),
            models.CheckConstraint(condition=~Q(subject="") & ~Q(body=""), name="notice_template_says_something"),
        ]

    def __str__(self) -> str:
        where = f" on {self.channel.name}" if self.channel else ""
        return f"{NoticeKind(self.kind).label}{where}"


class NoticeStatus(models.TextChoices):
    """What became of a notice."""

    WAITING = "waiting", "Waiting: it is sent, or tried again, at its time"
    SENT = "sent", "Sent: the mail server has taken it"
    FAILED = "failed", "Failed: it is not tried again by itself"
    REFUSED = "refused", "Refused: nothing leaves a staging clone"


class Notice(models.Model):
    """One mail to one customer about one event, with its words as they were when it was written."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    once = models.CharField(max_length=160, help_text="What it tells of: of this it is told once.")
    recipient = models.CharField(max_length=254, blank=True, help_text="Empty where the customer has no address.")
    reply_to = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=500)
    body = models.TextField()
    message_id = models.CharField(max_length=120, unique=True, help_text="The same in every try.")
    status = models.CharField(max_length=16, choices=NoticeStatus.choices, default=NoticeStatus.WAITING)
    reason = models.CharField(max_length=255, blank=True, default="", help_text="Why it has not left.")
    tries = models.PositiveIntegerField(default=0, help_text="Since it was written or last asked for.")
    next_try_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, help_text="A worker is sending it until then.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "kind"], name="notice_of_event_once"),
            models.UniqueConstraint(fields=["kind", "once"], name="notice_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known"),
            models.CheckConstraint(condition=Q(status__in=NoticeStatus.values), name="notice_status_known"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent") & Q(sent_at__isnull=True),
                name="notice_sent_has_time",
            ),
            models.CheckConstraint(condition=Q(status="failed") | ~Q(recipient=""), name="notice_goes_to_somebody"),
            models.CheckConstraint(
                condition=~Q(status__in=["failed", "refused"]) | ~Q(reason=""), name="notice_says_why_not"
            ),
            models.CheckConstraint(
                condition=Q(leased_until__isnull=True) | Q(status="waiting"), name="notice_leased_waits"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at", "id"], name="notice_due", condition=Q(status="waiting")),
            models.Index(fields=["status", "-id"], name="notice_by_status"),
        ]

    def __str__(self) -> str:
        return f"{NoticeKind(self.kind).label}: {self.order.number}"
