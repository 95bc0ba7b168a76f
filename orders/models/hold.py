"""Holds: what keeps an order from going on until somebody has looked at it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.order import Order


class HoldStatus(models.TextChoices):
    """Where a hold stands."""

    ACTIVE = "active", "Active: it blocks"
    RELEASED = "released", "Released: the order goes on"
    REJECTED = "rejected", "Rejected: what had not left was cancelled"


class AtExpiry(models.TextChoices):
    """What becomes of a hold that nobody has decided in time."""

    RELEASE = "release", "Released: the order goes on"
    CANCEL = "cancel", "Rejected: what has not left is cancelled"


class OrderHold(models.Model):
    """A named hold on an order, and the actions that it blocks."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="holds", db_index=False)
    code = models.CharField(max_length=60)
    blocks = ArrayField(models.CharField(max_length=16), help_text="allocate, ship, edit, capture.")
    why = models.CharField(max_length=255)
    status = models.CharField(max_length=16, choices=HoldStatus.choices, default=HoldStatus.ACTIVE)
    key = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="Of the form that placed it by hand, if any."
    )
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField(db_default=Now())
    instructions = models.TextField(blank=True, default="", db_default="", help_text="What staff are to look at.")
    expires_at = models.DateTimeField(null=True, help_text="When it ends by itself, unless somebody decides before.")
    at_expiry = models.CharField(
        max_length=8, choices=AtExpiry.choices, default=AtExpiry.RELEASE, db_default=AtExpiry.RELEASE.value
    )
    released_by = models.CharField(max_length=150, blank=True, default="")
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="order_hold_ending", condition=Q(status="active", expires_at__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "code"], name="order_hold_once"),
            models.UniqueConstraint(fields=["order", "key"], name="order_hold_key_once", condition=~Q(key="")),
            models.CheckConstraint(condition=Q(status__in=HoldStatus.values), name="order_hold_status_known"),
            models.CheckConstraint(condition=Q(at_expiry__in=["release", "cancel"]), name="order_hold_at_expiry_known"),
            models.CheckConstraint(
                condition=Q(status="active", released_at__isnull=True)
                | Q(status__in=["released", "rejected"], released_at__isnull=False),
                name="order_hold_released_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} on {self.order_id}"
