"""Locations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class LocationKind(models.TextChoices):
    """What kind of place a location is."""

    STORE = "store", "Store"
    DISTRIBUTION_CENTRE = "distribution_centre", "Distribution centre"
    VENDOR = "vendor", "Vendor who ships for the retailer"


class Location(models.Model):
    """A place that holds stock or fulfils."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=24, choices=LocationKind.choices, default=LocationKind.STORE)
    address = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    postal_code = models.CharField(max_length=16, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="", help_text="ISO 3166-1 alpha-2.")
    latitude = models.FloatField(null=True, blank=True, help_text="Degrees north.")
    longitude = models.FloatField(null=True, blank=True, help_text="Degrees east.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name.")
    ships = models.BooleanField(default=True, help_text="Ships orders to customers.")
    offers_pickup = models.BooleanField(default=False, help_text="Customers may collect here.")
    paused = models.BooleanField(default=False, help_text="Takes no new work for now.")

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(code=""), name="location_code_given"),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="location_country_form"),
            models.CheckConstraint(condition=Q(kind__in=LocationKind.values), name="location_kind_known"),
            models.CheckConstraint(
                condition=(
                    Q(latitude__isnull=True, longitude__isnull=True)
                    | Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                ),
                name="location_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
