"""Locations, when they are open, and the groups that they belong to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from orders.models import Channel


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
    allows_backorder = models.BooleanField(
        default=False, help_text="More may be promised here than is on hand; stock that is not there yet is reserved."
    )

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            # What a stock level repeats of its location refers to this pair, so the database keeps them equal.
            models.UniqueConstraint(fields=["id", "allows_backorder"], name="location_backorder_pair"),
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


class OpeningHours(models.Model):
    """An interval of a weekday in which a location is open, in its own zone. Without any, it is always open."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="opening_hours", db_index=False)
    weekday = models.PositiveSmallIntegerField(
        choices=[
            (0, "Monday"), (1, "Tuesday"), (2, "Wednesday"), (3, "Thursday"), (4, "Friday"), (5, "Saturday"),
            (6, "Sunday"),
        ]
    )  # fmt: skip
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 for midnight at the end of the day.")

    class Meta:
        ordering: ClassVar = ["location_id", "weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["location", "weekday", "opens"], name="opening_hours_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="opening_hours_weekday"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes="00:00"), name="opening_hours_forward"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"


class OpeningException(models.Model):
    """A date on which other hours hold, or none: the rows of a date replace the hours of its weekday."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="exceptions", db_index=False)
    day = models.DateField()
    opens = models.TimeField(null=True, blank=True, help_text="Empty, with “closes”: closed all day.")
    closes = models.TimeField(null=True, blank=True, help_text="00:00 for midnight at the end of the day.")
    note = models.CharField(max_length=80, blank=True, default="", help_text="Such as: Christmas.")

    class Meta:
        ordering: ClassVar = ["location_id", "day", "opens"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["location", "day", "opens"], name="opening_exception_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__isnull=False, closes__isnull=False) & (Q(closes__gt=F("opens")) | Q(closes="00:00")),
                name="opening_exception_forward",
            ),
        ]

    def __str__(self) -> str:
        hours = f"{self.opens:%H:%M} to {self.closes:%H:%M}" if self.opens and self.closes else "closed"
        return f"{self.day}: {hours}"


class LocationGroup(models.Model):
    """A named set of locations. Channels named here sell only from their groups; others from every location."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=32, unique=True, help_text="Lower-case letters, digits, underscores, hyphens.")
    name = models.CharField(max_length=120)
    locations = models.ManyToManyField(Location, related_name="groups", blank=True)
    channels = models.ManyToManyField(
        Channel, related_name="location_groups", blank=True,
        help_text="Channels that sell from this group. A channel that no group names sells from every location.",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z0-9_-]*$"), name="location_group_code_form"),
        ]

    def __str__(self) -> str:
        return self.name
