"""Goods that came back without an order that they could be matched to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from orders.catalogue.models import Product
from orders.models import Channel, Customer


class BlindReturn(models.Model):
    """A return for which no order is known: credited, and waiting for somebody to decide about the goods."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="blind_returns")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    description = models.CharField(max_length=255, blank=True, default="")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, help_text="Credited for each unit.")
    currency = models.CharField(max_length=3)
    external_number = models.CharField(max_length=64, help_text="Number of the credit note.")
    returned_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    credit = models.GeneratedField(
        expression=F("unit_price") * F("quantity"),
        output_field=models.DecimalField(max_digits=28, decimal_places=4),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["external_number"], name="blind_return_number"),
            models.Index(fields=["product"], name="blind_return_product"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="blind_return_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="blind_return_price"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="blind_return_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.external_number}: {self.quantity}"
