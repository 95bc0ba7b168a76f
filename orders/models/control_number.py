"""Numbers under which a partner is sent things, each used once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.channel import Channel


class ControlNumber(models.Model):
    """A number that was given to one thing sent on a channel. Rows are never changed nor deleted (a trigger)."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, without end up to nine digits.")
    purpose = models.CharField(max_length=240, help_text="What it was given to; the same thing keeps its number.")
    drawn_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "number"], name="control_number_once"),
            models.UniqueConstraint(fields=["channel", "purpose"], name="control_number_of_purpose"),
            models.CheckConstraint(condition=Q(number__range=(1, 999_999_999)), name="control_number_nine_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.number:09d}"
