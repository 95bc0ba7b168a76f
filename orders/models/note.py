"""What people write on orders."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.order import Order


class OrderNote(models.Model):
    """A note on an order. It is never changed (a trigger); who was wrong writes another one."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=4000)
    for_partners = models.BooleanField(default=False, help_text="Whether partners see it through the API.")
    author = models.CharField(max_length=150)
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="order_note_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
