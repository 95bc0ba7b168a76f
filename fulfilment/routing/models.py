"""What routing could not place."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from orders.models import OrderLine


class Backorder(models.Model):
    """A line of which no location can fulfil the open units now. They wait, and every run tries them again.

    How many they are is told by the line itself, which a cancellation may change meanwhile.
    """

    line = models.OneToOneField(OrderLine, primary_key=True, on_delete=models.PROTECT, related_name="backorder")
    reason = models.CharField(max_length=255, help_text="Why, in words.")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["since", "line_id"]
        indexes: ClassVar = [models.Index(fields=["since", "line"], name="backorder_oldest")]

    def __str__(self) -> str:
        return f"line {self.line_id}: {self.reason}"
