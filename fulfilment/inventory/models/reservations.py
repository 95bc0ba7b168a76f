"""Soft reservations: what carts hold for a while."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fulfilment.inventory.models.levels import StockLevel
from fulfilment.locations.models import Location
from orders.catalogue.models import Product
from orders.models import Channel


class SoftState(models.TextChoices):
    """Where a soft reservation stands."""

    LIVE = "live", "Live: holds stock until its time runs out"
    RELEASED = "released", "Released: given back by who held it"
    CONVERTED = "converted", "Converted: became the reservation of an order"
    EXPIRED = "expired", "Expired: its time ran out"


class SoftReservation(models.Model):
    """Units held under a key of the caller's choice. Its parts say at which levels they are held."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=120, unique=True, help_text="Chosen by the caller: taking it twice takes once.")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        Location, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: wherever the channel sells."
    )
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=SoftState.choices, default=SoftState.LIVE)
    expires_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="soft_live", condition=Q(state="live")),
            models.Index(fields=["created_at"], name="soft_ended", condition=~Q(state="live")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="soft_quantity_positive"),
            models.CheckConstraint(condition=Q(state__in=SoftState.values), name="soft_state_known"),
        ]

    def __str__(self) -> str:
        return self.key


class SoftPart(models.Model):
    """Units of a live soft reservation at one level. It repeats the end, so that a level's carts are one look-up."""

    id = models.BigAutoField(primary_key=True)
    reservation = models.ForeignKey(SoftReservation, on_delete=models.CASCADE, related_name="parts")
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["level"], include=["expires_at", "quantity"], name="soft_part_level")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="soft_part_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} at level {self.level_id}"
