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
    # The keys of both are kept by triggers, once for a statement: levels come by the hundred thousand.
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="stock_levels", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="stock_levels", db_constraint=False)
    on_hand = models.PositiveBigIntegerField(default=0, help_text="Units that are physically there.")
    reserved = models.PositiveBigIntegerField(default=0, help_text="Units that open work has a claim on.")
    # Not a “positive” field: its unnamed check would be proved on every row while the table is locked.
    soft_reserved = models.BigIntegerField(
        default=0, db_default=0, help_text="Units that carts hold, those included whose time has just run out."
    )
    backorder = models.BooleanField(
        default=False, db_default=False,
        help_text="What the location allows, repeated: the database keeps the two equal.",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["location_id", "product_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["location", "product"], name="stock_level_once"),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")) | Q(backorder=True), name="stock_reserved_is_there"
            ),
            models.CheckConstraint(condition=Q(soft_reserved__gte=0), name="stock_soft_reserved_not_negative"),
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
    TRANSFER_OUT = "transfer_out", "Sent to another location"
    TRANSFER_IN = "transfer_in", "Arrived from another location"
    COUNT = "count", "Corrected by a count"
    DAMAGE = "damage", "Found damaged"
    DOUBT = "doubt", "Not found when it was picked"
    FEED = "feed", "Set by a stock feed"


class StockMovement(models.Model):
    """One change of one level. Rows are never changed (a trigger refuses)."""

    id = models.BigAutoField(primary_key=True)
    # A trigger proves the key once for each statement, and levels are never removed.
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements", db_constraint=False)
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
            models.Index(
                fields=["kind", "id"], name="stock_movement_newer_kind",
                condition=Q(kind__in=["transfer_out", "transfer_in", "count", "damage", "doubt", "feed"]),
            ),
            # What moved on the shelves since a moment: a feed tells of that moment, not of now.
            models.Index(
                fields=["moved_at"], name="stock_movement_on_hand_at", include=["level", "on_hand_change"],
                condition=~Q(on_hand_change=0),
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
