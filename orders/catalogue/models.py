"""Products."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Product(models.Model):
    """Something that is sold, known by its SKU."""

    id = models.BigAutoField(primary_key=True)
    sku = models.CharField("SKU", max_length=64, unique=True, help_text="Exactly as the retailer writes it.")
    name = models.CharField(max_length=255, blank=True, default="")
    gtin = models.CharField("GTIN", max_length=14, blank=True, default="", help_text="8, 12, 13 or 14 digits.")
    category = models.CharField(max_length=120, blank=True, default="")
    weight_grams = models.PositiveIntegerField(null=True, blank=True)
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)
    price = models.DecimalField(
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="List price, in the currency beside it.",
    )
    currency = models.CharField(max_length=3, blank=True, default="", help_text="ISO 4217.")
    returnable = models.BooleanField(default=True)
    sold_from = models.DateField(
        null=True, blank=True, help_text="First day on which it may leave, where it is sold before that (pre-order)."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["sku"]
        indexes: ClassVar = [models.Index(fields=["gtin"], name="product_gtin", condition=~Q(gtin=""))]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sku=""), name="product_sku_given"),
            models.CheckConstraint(condition=Q(gtin__regex=r"^([0-9]{8}|[0-9]{12,14})?$"), name="product_gtin_form"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0, currency__regex=r"^[A-Z]{3}$"),
                name="product_price_has_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.sku
