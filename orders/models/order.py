"""Orders."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper

from orders.models.channel import Channel
from orders.models.customer import Customer


class OrderStatus(models.TextChoices):
    """Derived from the quantities of the lines, never set by hand."""

    HELD = "held", "Held: a hold keeps it from being given to a location"
    OPEN = "open", "Open: nothing has been given to a location yet"
    IN_PROGRESS = "in_progress", "In progress: a location is working on it, or a part has left"
    COMPLETE = "complete", "Complete: everything that was not cancelled has been fulfilled"
    CANCELLED = "cancelled", "Cancelled: nothing is left to fulfil and nothing was"


class Order(models.Model):
    """What a customer agreed with the retailer, on one channel, in one currency."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="orders", db_index=False)
    external_number = models.CharField(max_length=64, help_text="The channel's own number.")
    number = models.CharField(max_length=100, unique=True, help_text="<CHANNEL>-<external number>.")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=16, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    open_quantity = models.PositiveBigIntegerField(
        default=0, help_text="Units neither cancelled, allocated nor fulfilled: what routing has to place."
    )
    release = models.CharField(
        max_length=16, blank=True, default="", help_text="Release of Order Management that it finishes on."
    )
    routing_release = models.CharField(
        max_length=16, blank=True, default="", help_text="Release of Order Routing that it finishes on."
    )
    currency = models.CharField(max_length=3)
    lines_total = models.DecimalField(max_digits=28, decimal_places=4)
    charges_total = models.DecimalField(max_digits=28, decimal_places=4, default=0)
    placed_at = models.DateTimeField(help_text="When the customer placed it.")
    captured_at = models.DateTimeField(db_default=Now(), editable=False)
    recipient = models.CharField(max_length=255, blank=True, default="")
    address = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=128, blank=True, default="")
    postal_code = models.CharField(max_length=32, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="", help_text="ISO 3166-1 alpha-2.")
    latitude = models.FloatField(null=True, help_text="Degrees north, of the destination.")
    longitude = models.FloatField(null=True, help_text="Degrees east, of the destination.")

    method = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Code of the shipping method."
    )
    priority = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="0 or more; higher is more urgent.")
    promise_by = models.DateField(null=True, blank=True, help_text="Last day on which the customer expects it.")
    attributes = models.JSONField(default=dict, db_default={}, blank=True, help_text="The retailer's own fields.")
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Counts its changes: what is asked for on an older one is refused."
    )

    #: What the customer owes: lines and charges.
    total = models.GeneratedField(
        expression=F("lines_total") + F("charges_total"),
        output_field=models.DecimalField(max_digits=28, decimal_places=4),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["-placed_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["status", "-placed_at", "-id"], name="order_status_newest"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_channel_newest"),
            models.Index(fields=["external_number"], name="order_external_number"),
            models.Index(Upper("number"), name="order_number_any_case"),
            models.Index(fields=["id"], name="order_to_route", condition=Q(open_quantity__gt=0)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "external_number"], name="order_captured_once"),
            models.CheckConstraint(condition=~Q(external_number=""), name="order_external_number_given"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="order_currency_form"),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="order_country_form"),
            models.CheckConstraint(condition=Q(lines_total__gte=0), name="order_lines_total_not_negative"),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            models.CheckConstraint(
                condition=(
                    Q(latitude__isnull=True, longitude__isnull=True)
                    | Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                ),
                name="order_destination_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.number
