"""Stock reported lost or found, and stock that is counted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.inventory.models.levels import StockLevel
from fulfilment.locations.models import Location
from orders.catalogue.models import Product


class StockAdjustment(models.Model):
    """Stock that somebody reported as lost, broken or found; posted to the ledger once a level can bear it."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        Location, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Empty where the report names none: it is then posted where the product lies.",
    )  # fmt: skip
    quantity = models.IntegerField(help_text="Units found (positive) or gone (negative).")
    unit_value = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    reason = models.CharField(max_length=120)
    description = models.CharField(max_length=255, blank=True, default="")
    reference = models.CharField(max_length=64, blank=True, default="", help_text="Number of the report.")
    actor = models.CharField(max_length=150)
    reported_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, help_text="When it reached the ledger; empty while it waits.")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="stock_adjustment_waiting", condition=Q(posted_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(quantity=0), name="stock_adjustment_quantity_given"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d} of {self.product_id}: {self.reason}"


class CountStatus(models.TextChoices):
    """Where a count stands."""

    OPEN = "open", "Counting: figures are being taken"
    POSTED = "posted", "Posted: the differences are in the ledger"
    CANCELLED = "cancelled", "Cancelled: nothing was changed"


class StockCount(models.Model):
    """Somebody counts some products at a location."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=CountStatus.choices, default=CountStatus.OPEN)
    tolerance = models.PositiveIntegerField(
        null=True, blank=True, help_text="A difference of more units is counted a second time. Empty: never."
    )
    reason = models.CharField(max_length=120, default="counted")
    actor = models.CharField(max_length=150)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    posted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=CountStatus.values), name="stock_count_status_known"),
            models.CheckConstraint(
                condition=Q(status="posted", posted_at__isnull=False)
                | ~Q(status="posted") & Q(posted_at__isnull=True),
                name="stock_count_posted_has_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"COUNT-{self.pk}"


class StockCountLine(models.Model):
    """One level of a count. ``expected`` is what the ledger said at the moment when ``counted`` was written down."""

    id = models.BigAutoField(primary_key=True)
    count = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines", db_index=False)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+", db_index=False)
    expected = models.PositiveBigIntegerField(null=True)
    counted = models.PositiveBigIntegerField(null=True)
    rounds = models.PositiveSmallIntegerField(default=0, help_text="How often it has been counted.")
    posted = models.BigIntegerField(null=True, help_text="Units by which the level was changed.")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["count", "level"], name="stock_count_line_once"),
            models.CheckConstraint(
                condition=Q(expected__isnull=True, counted__isnull=True)
                | Q(expected__isnull=False, counted__isnull=False, rounds__gt=0),
                name="stock_count_line_counted_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.pk} of count {self.count_id}"
