"""What was promised to customers, and whether it was kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.order_line import OrderLine


class PromiseOutcome(models.TextChoices):
    """What became of a promise. All but the first are final."""

    OPEN = "open", "Open: not everything has arrived, and it is not too late yet"
    KEPT = "kept", "Kept: everything arrived by the day"
    BROKEN = "broken", "Broken: the day passed before everything had arrived"
    REPLACED = "replaced", "Replaced by another promise"
    VOID = "void", "Void: nothing of the line was left to send"


class LinePromise(models.Model):
    """The day by which a line was promised. A line has one open promise at most; a new one replaces it.

    ``promised_on`` stays as it was told. ``expected_on`` is the day that the line is expected now, and moves with each
    decision, booking and rejection; empty while nobody can tell. ``delivered`` units have arrived, the last of them on
    ``delivered_on``.
    """

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="promises")
    promised_on = models.DateField()
    why = models.CharField(max_length=255, help_text="What the day follows from.")
    expected_on = models.DateField(null=True)
    delivered = models.PositiveIntegerField(default=0, db_default=0)
    delivered_on = models.DateField(null=True)
    outcome = models.CharField(max_length=16, choices=PromiseOutcome.choices, default=PromiseOutcome.OPEN)
    made_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["promised_on"], name="line_promise_due", condition=Q(outcome="open")),
            models.Index(fields=["promised_on", "outcome"], name="line_promise_by_day"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line"], name="line_promise_one_open", condition=Q(outcome="open")),
            models.CheckConstraint(condition=Q(outcome__in=PromiseOutcome.values), name="line_promise_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="open", settled_at__isnull=True)
                | (~Q(outcome="open") & Q(settled_at__isnull=False)),
                name="line_promise_settled_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} by {self.promised_on}"

    @property
    def at_risk(self) -> bool:
        """Whether it is open, and expected only after the day."""
        late = self.expected_on is not None and self.expected_on > self.promised_on
        return self.outcome == PromiseOutcome.OPEN and late
