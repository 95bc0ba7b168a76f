"""Stock: what a location holds of a product, and every movement that made it so."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location
from orders.catalogue.models import Product


class StockLevel(models.Model):
    """What a location holds of a product: always the sum of its movements."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stock_levels", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="stock_levels")
    on_hand = models.PositiveBigIntegerField(default=0, help_text="Units that are physically there.")
    reserved = models.PositiveBigIntegerField(default=0, help_text="Units that open work has a claim on.")

    class Meta:
        ordering: ClassVar = ["location_id", "product_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["location", "product"], name="stock_level_once"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="stock_reserved_is_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} at {self.location_id}"


class MovementKind(models.TextChoices):
    """Why stock moved."""

    OPENING = "opening", "Opening stock received"
    RECEIPT = "receipt", "Received"
    RESERVE = "reserve", "Reserved for a fulfilment request"
    RELEASE = "release", "Reservation released"
    SHIPMENT = "shipment", "Shipped to a customer"
    RETURN = "return", "Came back from a customer"
    ADJUSTMENT = "adjustment", "Adjusted"


class StockMovement(models.Model):
    """One change of one level. Rows are never changed (a trigger refuses)."""

    id = models.BigAutoField(primary_key=True)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=16, choices=MovementKind.choices)
    on_hand_change = models.BigIntegerField(default=0)
    reserved_change = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=120, blank=True, default="")
    reference = models.CharField(max_length=64, blank=True, default="", help_text="Number of what moved it.")
    actor = models.CharField(max_length=150)
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # Two kinds make up nearly the whole ledger, and are found without an index.
            models.Index(
                fields=["kind", "id"], name="stock_movement_rare_kind",
                condition=Q(kind__in=["opening", "receipt", "release", "return", "adjustment"]),
            ),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, reserved_change=0), name="stock_movement_moves_something"
            ),
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="stock_movement_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_change:+d}/{self.reserved_change:+d}"


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
