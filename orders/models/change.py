"""Changes to confirmed orders: what was asked for, what was decided, and what it did to the money."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.order import Order


class ChangeKind(models.TextChoices):
    """What kind of change it is."""

    CHANGE = "change", "Change"
    CANCELLATION = "cancellation", "Cancellation"


class ChangeStatus(models.TextChoices):
    """Where a change stands. All but the first are final."""

    REQUESTED = "requested", "Requested: somebody has to confirm or decline it"
    CONFIRMED = "confirmed", "Confirmed: the order has been changed"
    DECLINED = "declined", "Declined: the order stayed as it was"
    CANCELLED = "cancelled", "Cancelled: taken back by who asked for it"


class Asker(models.TextChoices):
    """On whose wish."""

    CUSTOMER = "customer", "The customer"
    STAFF = "staff", "Staff"
    CHANNEL = "channel", "The channel"


def _amount(help_text: str) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(max_digits=18, decimal_places=4, default=0, help_text=help_text)


class OrderChange(models.Model):
    """A change or cancellation that was asked for; done as a whole or not at all. Final once decided (a trigger)."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="changes", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, within the order.")
    kind = models.CharField(max_length=16, choices=ChangeKind.choices, default=ChangeKind.CHANGE)
    status = models.CharField(max_length=16, choices=ChangeStatus.choices, default=ChangeStatus.REQUESTED)
    key = models.CharField(max_length=80, help_text="Who asks again under the same key gets the same change.")
    asked_by = models.CharField(max_length=16, choices=Asker.choices)
    reason = models.CharField(max_length=255, blank=True, default="")
    actions = models.JSONField(help_text="What is to be done, in order.")
    based_on = models.PositiveIntegerField(help_text="Version of the order that it was asked for on.")
    why = models.CharField(max_length=500, blank=True, default="", help_text="Why it was decided so.")
    total_before = _amount("What the customer was to pay.")
    total_after = _amount("What the customer is to pay now.")
    fee = _amount("Charged for a cancellation.")
    given_back = _amount("Of what had been taken.")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(db_default=Now())
    finished_by = models.CharField(max_length=150, blank=True, default="")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["requested_at"], name="order_change_waiting", condition=Q(status="requested")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="order_change_number_once"),
            models.UniqueConstraint(fields=["order", "key"], name="order_change_key_once"),
            models.CheckConstraint(condition=~Q(key=""), name="order_change_key_given"),
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="order_change_kind_known"),
            models.CheckConstraint(condition=Q(status__in=ChangeStatus.values), name="order_change_status_known"),
            models.CheckConstraint(condition=Q(asked_by__in=Asker.values), name="order_change_asker_known"),
            models.CheckConstraint(
                condition=Q(status="requested", finished_at__isnull=True)
                | (~Q(status="requested") & Q(finished_at__isnull=False)),
                name="order_change_finished_has_time",
            ),
            models.CheckConstraint(
                condition=Q(total_before__gte=0, total_after__gte=0, fee__gte=0, given_back__gte=0),
                name="order_change_amounts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.number} of {self.order_id}"
