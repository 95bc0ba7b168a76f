"""Stock that is expected: from suppliers, and from other locations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.inventory.domain.transfers import TransferStatus
from fulfilment.inventory.models.levels import StockLevel
from fulfilment.locations.models import Location
from orders.catalogue.models import Product


class IncomingSupply(models.Model):
    """Units that a location expects. Once accepted, what has not come yet may be promised from its day on."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField(help_text="Units expected in all.")
    received = models.PositiveIntegerField(default=0, help_text="Units that have come so far.")
    expected_on = models.DateField()
    reference = models.CharField(max_length=64, help_text="Number of the purchase order or ship notice.")
    actor = models.CharField(max_length=150, help_text="Who announced it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    accepted_at = models.DateTimeField(null=True, help_text="Since when it may be promised; empty: not yet.")
    closed_at = models.DateTimeField(null=True, help_text="When nothing more was expected of it.")

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "incoming supply"
        indexes: ClassVar = [
            models.Index(
                fields=["product", "expected_on"], name="incoming_promised",
                condition=Q(accepted_at__isnull=False, closed_at__isnull=True),
            ),
            models.Index(fields=["product", "id"], name="incoming_product"),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference", "location", "product"], name="incoming_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="incoming_quantity_positive"),
            models.CheckConstraint(condition=Q(received__lte=F("quantity")), name="incoming_received_is_expected"),
            models.CheckConstraint(
                condition=Q(received=0) | Q(accepted_at__isnull=False), name="incoming_received_is_accepted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id} on {self.expected_on} ({self.reference})"


class Transfer(models.Model):
    """Goods that go from one location to another. Between sending and receiving no level holds them."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=40, unique=True)
    source = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=16, choices=[(status.value, status.sentence) for status in TransferStatus],
        default=TransferStatus.DRAFT,
    )  # fmt: skip
    actor = models.CharField(max_length=150)
    expected_on = models.DateField(null=True, help_text="Day on which it should arrive, if it is known.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in TransferStatus]), name="transfer_status_known"
            ),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_goes_elsewhere"),
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """Units of a product in a transfer; ``lost`` is what was missing when it was closed."""

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines", db_index=False)
    source_level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transfer", "product"], name="transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("received") + F("lost")), name="transfer_line_adds_up"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"
