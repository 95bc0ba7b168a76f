"""What became of every line of every file."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from oms.importing.lines import LineOutcome
from orders.models import Channel

#: How a line ends. "reversal" is what the file says; cancellation or unmatched return is what it became.
FINAL_OUTCOMES = [outcome.value for outcome in LineOutcome if outcome is not LineOutcome.REVERSAL]


class ImportedLine(models.Model):
    """One line of a file: known by its content, so that the same line is never taken twice."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    fingerprint = models.UUIDField(help_text="Digest of the line's content.")
    occurrence = models.PositiveIntegerField(help_text="From 0: the same content may stand in a file twice.")
    row = models.PositiveIntegerField(help_text="Row in the file that brought it; the header is row 1.")
    outcome = models.CharField(max_length=20)
    reason = models.CharField(max_length=64, blank=True, default="")
    money = models.DecimalField(max_digits=28, decimal_places=4)
    message = models.TextField(blank=True, default="", help_text="For a refused line: what is wrong and where.")
    content = models.JSONField(null=True, help_text="For a refused line: the line as it stood in the file.")
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # All but order lines, which are found without an index.
            models.Index(
                fields=["outcome", "id"],
                name="imported_line_outcome",
                condition=Q(outcome__in=[outcome for outcome in FINAL_OUTCOMES if outcome != "order_line"]),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "fingerprint", "occurrence"], name="imported_line_once"),
            models.CheckConstraint(condition=Q(outcome__in=FINAL_OUTCOMES), name="imported_line_outcome_known"),
            models.CheckConstraint(
                condition=~Q(outcome="refused") | ~Q(reason=""), name="imported_line_refused_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.row}: {self.outcome}"
