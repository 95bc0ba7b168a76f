"""Parcels: what was booked with a carrier for a fulfilment request, and the manifests they leave on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.locations.models import Location
from fulfilment.requests.models import FulfilmentRequest


class ManifestStatus(models.TextChoices):
    """Where a manifest stands."""

    OPEN = "open", "Open: parcels that leave are added to it"
    CLOSED = "closed", "Closed: it was handed over and never changes"


class Manifest(models.Model):
    """The parcels that one carrier is handed at one location until the manifest is closed."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="manifests", db_index=False)
    carrier = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=ManifestStatus.choices, default=ManifestStatus.OPEN)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True, default="")
    carrier_reference = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["location", "carrier"], condition=Q(status="open"), name="manifest_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | Q(status="closed", closed_at__isnull=False),
                name="manifest_closed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """How people call it: ``M12``."""
        return f"M{self.pk}"


class ParcelStatus(models.TextChoices):
    """Where a parcel stands."""

    BOOKING = "booking", "Booking: the carrier has been asked and has not answered yet"
    BOOKED = "booked", "Booked: it has a label and waits for the carrier"
    REFUSED = "refused", "Refused: the carrier did not take it"
    VOIDING = "voiding", "Voiding: the carrier has been asked to take the booking back"
    VOIDED = "voided", "Voided: the booking was taken back"
    SHIPPED = "shipped", "Shipped: it was handed to the carrier"


#: Of one piece of a request there is at most one such parcel.
LIVE = [ParcelStatus.BOOKING, ParcelStatus.BOOKED, ParcelStatus.VOIDING, ParcelStatus.SHIPPED]
_LABELLED = [ParcelStatus.BOOKED, ParcelStatus.VOIDING, ParcelStatus.SHIPPED]


class Parcel(models.Model):
    """One piece of a fulfilment request with one carrier. Everything on its label is kept as it was at booking."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=140, unique=True, help_text="Also the key of its booking.")
    request = models.ForeignKey(FulfilmentRequest, on_delete=models.PROTECT, related_name="parcels", db_index=False)
    piece = models.PositiveSmallIntegerField(default=1)
    pieces = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=8, choices=ParcelStatus.choices)
    reason = models.CharField(max_length=255, blank=True, default="", help_text="Why it was refused or voided.")
    adapter = models.CharField(max_length=40)
    carrier = models.CharField(max_length=100, help_text="Key of the contract.")
    carrier_name = models.CharField(max_length=100)
    service = models.CharField(max_length=30)
    service_name = models.CharField(max_length=100)
    zone = models.CharField(max_length=20, blank=True, default="")
    amount = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3)
    charges = models.JSONField(default=list, help_text="The lines of the price.")
    compared = models.JSONField(default=list, help_text="The other offers, and why they lost.")
    grams = models.PositiveIntegerField()
    billable_grams = models.PositiveIntegerField()
    length_mm = models.PositiveIntegerField(null=True)
    width_mm = models.PositiveIntegerField(null=True)
    height_mm = models.PositiveIntegerField(null=True)
    collected_on = models.DateField()
    arrives_on = models.DateField(null=True)
    ship_from = models.JSONField()
    ship_to = models.JSONField()
    tracking_number = models.CharField(max_length=64, blank=True, default="")
    carrier_reference = models.CharField(max_length=100, blank=True, default="")
    label = models.BinaryField(default=b"", help_text="The carrier's own; empty: it is drawn from this row.")
    label_type = models.CharField(max_length=40, blank=True, default="")
    manifest = models.ForeignKey(Manifest, null=True, on_delete=models.PROTECT, related_name="parcels")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    shipped_at = models.DateTimeField(null=True)
    track_at = models.DateTimeField(null=True, help_text="When the carrier is asked next; empty: as soon as it leaves.")
    track_silent = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often in a row the carrier had nothing new to tell."
    )
    delivered_at = models.DateTimeField(null=True)
    presumed = models.BooleanField(
        default=False, db_default=False, help_text="Nobody reports the delivery: the expected day counts."
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["track_at", "id"],
                name="parcel_on_its_way",
                condition=Q(status="shipped", delivered_at__isnull=True),
            ),
            models.Index(fields=["tracking_number"], name="parcel_tracking", condition=~Q(tracking_number="")),
            models.Index(fields=["status", "-id"], name="parcel_status_newest"),
            models.Index(fields=["id"], name="parcel_unanswered", condition=Q(status__in=["booking", "voiding"])),
            models.Index(fields=["request", "piece"], name="parcel_of_request"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "piece"], condition=Q(status__in=LIVE), name="parcel_piece_once"
            ),
            models.CheckConstraint(condition=Q(status__in=ParcelStatus.values), name="parcel_status_known"),
            models.CheckConstraint(condition=Q(piece__gte=1, piece__lte=F("pieces")), name="parcel_piece_of_pieces"),
            models.CheckConstraint(
                condition=~Q(status__in=_LABELLED) | ~Q(tracking_number=""), name="parcel_booked_has_tracking"
            ),
            models.CheckConstraint(
                condition=(
                    Q(status="shipped", manifest__isnull=False, shipped_at__isnull=False)
                    | (~Q(status="shipped") & Q(manifest__isnull=True, shipped_at__isnull=True))
                ),
                name="parcel_shipped_on_manifest",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(status="shipped"), name="parcel_delivered_had_left"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="parcel_currency_form"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="parcel_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number


class ParcelTrack(models.Model):
    """Something that happened to a parcel on its way, as its carrier told. Told again, it is kept once."""

    id = models.BigAutoField(primary_key=True)
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="tracks", db_index=False)
    happened_at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True, default="")
    what = models.CharField(max_length=255)
    delivered = models.BooleanField(default=False)
    told_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["happened_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parcel", "happened_at", "what"], name="parcel_track_once"),
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.what}"
