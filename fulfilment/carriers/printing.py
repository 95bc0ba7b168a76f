"""Labels and manifests from the rows that they are reproduced from."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.carriers.domain.adapter import Address
from fulfilment.carriers.labels.label import Label, ManifestLine, ManifestSheet
from fulfilment.carriers.models import Manifest, Parcel


def label_of(parcel: Parcel) -> Label:
    """What stands on a parcel's label: as it was when it was booked, whatever has changed since."""
    return Label(
        carrier=parcel.carrier_name, service=parcel.service_name, tracking_number=parcel.tracking_number,
        ship_from=Address(**parcel.ship_from), ship_to=Address(**parcel.ship_to),
        reference=parcel.request.order.number, piece=parcel.piece, pieces=parcel.pieces, grams=parcel.grams,
        collected_on=parcel.collected_on,
    )  # fmt: skip


def manifest_sheet(manifest: Manifest) -> ManifestSheet:
    """What stands on a manifest."""
    parcels = manifest.parcels.select_related("request__order").order_by("id")
    lines = [
        ManifestLine(
            item.tracking_number, item.request.order.number, item.ship_to["name"], item.ship_to["postal_code"],
            item.service_name, item.grams,
        )
        for item in parcels
    ]  # fmt: skip
    day = timezone.localdate(manifest.closed_at or timezone.now())
    return ManifestSheet(manifest.number, manifest.carrier, str(manifest.location), day, lines)
