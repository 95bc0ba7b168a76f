"""What experience says of stock: how far a level is to be trusted, and how fast it sells."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location
from orders.catalogue.models import Product


class StockConfidence(models.Model):
    """How far a location's stock of a product is to be trusted, in thousandths. No row: wholly (1000)."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    value = models.PositiveSmallIntegerField(default=1000)
    outcome = models.CharField(max_length=24, help_text="What it was last learned from.")
    learned_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "stock confidence"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "location"], name="stock_confidence_once"),
            models.CheckConstraint(condition=Q(value__lte=1000), name="stock_confidence_thousandths"),
        ]

    def __str__(self) -> str:
        return f"{self.value / 10:.0f} % for {self.product_id} at {self.location_id}"


class DailySales(models.Model):
    """Units of a product that left a location for customers on a day (UTC). Kept by the ledger as it is written."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    units = models.PositiveBigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "daily sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "day", "location"], name="daily_sales_once", include=["units"]
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.units} of {self.product_id} on {self.day}"
