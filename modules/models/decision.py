"""The decision journal: every automated decision, with what it was told and why it decided so."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now


class DecisionContext(models.Model):
    """Facts that many decisions share (a network of locations), kept once under their digest."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    content = models.BinaryField(help_text="zlib of canonical JSON.")

    class Meta:
        ordering: ClassVar = ["digest"]

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:12]


class Decision(models.Model):
    """One decision of one policy. Rows are never changed; months are dropped when their retention ends.

    The table is partitioned by the month of ``decided_at`` (``modules.services.journal_keep``), so its key in the
    database is ``(id, decided_at)``. ``id`` alone names a row: it is drawn from one sequence for all months.
    """

    id = models.BigAutoField(primary_key=True)
    decided_at = models.DateTimeField(db_default=Now())
    module = models.CharField(max_length=40)
    policy = models.CharField(max_length=40)
    release = models.CharField(max_length=16)
    revision = models.BigIntegerField(help_text="Profile revision whose documents decided.")
    subject = models.CharField(max_length=120, help_text="Number of the order that it was about.")
    context = models.BinaryField(max_length=32, null=True, help_text="Digest of the shared facts.")
    facts = models.BinaryField(help_text="Canonical JSON, packed by zlib where it is long.")
    outcome = models.JSONField()
    steps = models.JSONField(help_text="[rule, subject, kept, why], in order.")

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["subject", "id"], name="decision_subject"),
            models.Index(fields=["module", "policy", "-id"], name="decision_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.module}.{self.policy} of {self.subject}"


#: Months that are kept where the retailer has said nothing; and the fewest that it can choose.
USUAL_MONTHS = 24
FEWEST_MONTHS = 3


class JournalRetention(models.Model):
    """How long the retailer keeps its decisions. The newest row is in force; rows are never changed."""

    id = models.BigAutoField(primary_key=True)
    months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(FEWEST_MONTHS)],
        help_text="Whole months before the present one; empty keeps decisions for ever.",
    )  # fmt: skip
    author = models.CharField(max_length=150)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "retention of decisions"
        verbose_name_plural = "retention of decisions"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(months__isnull=True) | models.Q(months__gte=FEWEST_MONTHS),
                name="journal_retention_long_enough",
            ),
            models.CheckConstraint(condition=~models.Q(author=""), name="journal_retention_accounted_for"),
        ]

    def __str__(self) -> str:
        return "for ever" if self.months is None else f"{self.months} months"
