"""The retailer's own vans, and how much of each day of theirs is taken."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location


class FleetVan(models.Model):
    """A van (or any other own vehicle) that leaves a location once a day and comes back."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20, unique=True, validators=[RegexValidator(r"^[A-Za-z0-9_-]+$")])
    name = models.CharField(max_length=100)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="vans")
    active = models.BooleanField(default=True, help_text="Takes parcels.")
    parcels_per_day = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    grams_per_day = models.PositiveBigIntegerField("grams per day", validators=[MinValueValidator(1)])
    radius_km = models.PositiveIntegerField(
        "radius in km", null=True, blank=True, help_text="Straight line from the location. Empty: any distance."
    )
    prefixes = models.CharField(
        "postal prefixes", max_length=500, blank=True, default="", help_text="For example: E1 E2 EC1. Empty: any."
    )
    weekdays = models.CharField(
        max_length=7, default="12345", help_text="Days it runs: 1 is Monday, 7 is Sunday.",
        validators=[RegexValidator(r"^[1-7]{1,7}$", "Write days as digits from 1 to 7.")],
    )  # fmt: skip
    leaves_at = models.TimeField(null=True, blank=True, help_text="Local time; later parcels go on its next day.")
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0, help_text="What one parcel costs you.")
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")], help_text="ISO 4217.")

    class Meta:
        ordering: ClassVar = ["code"]
        verbose_name = "van"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(parcels_per_day__gt=0, grams_per_day__gt=0), name="van_has_room"),
            models.CheckConstraint(condition=Q(weekdays__regex=r"^[1-7]{1,7}$"), name="van_weekdays_form"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="van_currency_form"),
            models.CheckConstraint(condition=Q(price__gte=0), name="van_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class FleetDay(models.Model):
    """What a van has promised to carry on one day, and the most that it may."""

    id = models.BigAutoField(primary_key=True)
    van = models.ForeignKey(FleetVan, on_delete=models.PROTECT, related_name="days", db_index=False)
    day = models.DateField()
    parcels = models.PositiveIntegerField(default=0)
    grams = models.PositiveBigIntegerField(default=0)
    parcels_most = models.PositiveIntegerField(help_text="As the van's when the last parcel was taken.")
    grams_most = models.PositiveBigIntegerField()

    class Meta:
        ordering: ClassVar = ["-day", "van_id"]
        verbose_name = "day of a van"
        verbose_name_plural = "days of vans"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["van", "day"], name="fleet_day_once"),
            models.CheckConstraint(
                condition=Q(parcels__lte=F("parcels_most"), grams__lte=F("grams_most")), name="fleet_never_overbooked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.van_id} on {self.day}"


class FleetStop(models.Model):
    """A parcel that a van carries on a day: a claim on its room. The key is the booking's."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=160, unique=True)
    day = models.ForeignKey(FleetDay, on_delete=models.PROTECT, related_name="stops")
    tracking_number = models.CharField(max_length=20, unique=True)
    grams = models.PositiveBigIntegerField()
    voided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.tracking_number
