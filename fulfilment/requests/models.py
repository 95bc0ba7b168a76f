"""Work given to one location, and what leaves it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.inventory.models import StockLevel
from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from orders.models import Customer, Order, OrderLine


class ParcelGroup(models.Model):
    """Requests of one customer at one location that go in one parcel. One that has left stays together for good."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"parcel {self.pk}"


class FulfilmentRequest(models.Model):
    """What one location has been asked to send of one order."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=120, unique=True, help_text="<order number>/<counter>.")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="requests")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="requests", db_index=False)
    status = models.CharField(
        max_length=16,
        choices=[(status.value, status.sentence) for status in RequestStatus],
        default=RequestStatus.OFFERED,
    )
    units = models.PositiveIntegerField(default=0, help_text="Units that were offered: the location's work.")
    contract = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Key of the carrier contract decided on."
    )
    service = models.CharField(max_length=30, blank=True, default="", db_default="")
    arrives_on = models.DateField(null=True, help_text="When it is expected at the customer's; empty: nobody knows.")
    arrives_why = models.CharField(max_length=255, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    shipped_at = models.DateTimeField(null=True)
    parcel = models.ForeignKey(
        ParcelGroup, null=True, on_delete=models.PROTECT, related_name="requests", db_index=False,
        help_text="The parcel that it shares with other requests, if any.",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["location", "status", "id"], name="request_work_of_location"),
            models.Index(fields=["created_at"], include=["location", "units"], name="request_work_of_day"),
            models.Index(
                fields=["status", "id"], name="request_unfinished",
                condition=Q(status__in=["offered", "picking", "packed"]),
            ),
            models.Index(fields=["id"], name="request_cancelled", condition=Q(status="cancelled")),
            models.Index(fields=["parcel"], name="request_of_parcel", condition=Q(parcel__isnull=False)),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in RequestStatus]),
                name="request_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status=RequestStatus.SHIPPED, shipped_at__isnull=False)
                | (~Q(status=RequestStatus.SHIPPED) & Q(shipped_at__isnull=True)),
                name="request_shipped_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FulfilmentRequestLine(models.Model):
    """Units of an order line that a location is to send: an allocation, with its reservation of stock."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(FulfilmentRequest, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="request_lines")
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField(help_text="Units asked for.")
    released = models.PositiveIntegerField(default=0, help_text="Units no longer wanted or not to be had.")
    shipped = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="request_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("released") + F("shipped")), name="request_line_quantities_add_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"

    @property
    def waiting(self) -> int:
        """Units that have neither left nor been released."""
        return self.quantity - self.released - self.shipped


class Shipment(models.Model):
    """Goods that left a location for a customer."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=130, unique=True)
    request = models.ForeignKey(FulfilmentRequest, on_delete=models.PROTECT, related_name="shipments")
    carrier = models.CharField(max_length=40, blank=True, default="")
    tracking_number = models.CharField(max_length=64, blank=True, default="")
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    presumed = models.BooleanField(
        default=False, db_default=False, help_text="Nobody reports the delivery: the expected day counts."
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["tracking_number"], name="shipment_tracking", condition=~Q(tracking_number="")),
            models.Index(fields=["-shipped_at", "-id"], name="shipment_newest"),
            models.Index(fields=["shipped_at"], name="shipment_on_its_way", condition=Q(delivered_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """Units of a request line in a shipment."""

    id = models.BigAutoField(primary_key=True)
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    request_line = models.ForeignKey(
        FulfilmentRequestLine, on_delete=models.PROTECT, related_name="shipment_lines", db_index=False
    )
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_quantity_positive"),
            models.UniqueConstraint(fields=["request_line", "shipment"], name="shipment_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of request line {self.request_line_id}"


class RejectReason(models.TextChoices):
    """Why a location cannot send units, and what follows for its stock."""

    NOT_FOUND = "not_found", "Not found: its stock of the product is set to none"
    MISMATCH = "mismatch", "Fewer than the count says: its stock is set to what was counted"
    DAMAGED = "damaged", "Damaged: the units are taken out of its stock"
    CANNOT_SEND = "cannot_send", "Cannot send it: the stock stays as it is"


class Exclusion(models.Model):
    """A location that has refused a line: routing does not ask it again until somebody lifts the exclusion."""

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="exclusions", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    request = models.ForeignKey(FulfilmentRequest, on_delete=models.PROTECT, related_name="exclusions")
    reason = models.CharField(max_length=16, choices=RejectReason.choices)
    units = models.PositiveIntegerField(help_text="Units that it could not send.")
    counted = models.PositiveIntegerField(null=True, help_text="Units that it found there, where it counted.")
    actor = models.CharField(max_length=150)
    excluded_at = models.DateTimeField(db_default=Now())
    lifted_by = models.CharField(max_length=150, blank=True, default="")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line", "location"], condition=Q(lifted_at__isnull=True), name="exclusion_once"
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="exclusion_units_positive"),
            models.CheckConstraint(condition=Q(reason__in=RejectReason.values), name="exclusion_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.location_id} for line {self.line_id}: {self.reason}"
