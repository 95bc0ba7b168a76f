"""The day's parcels are handed to a carrier."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.carriers.domain.adapter import ManifestOrder, Refused
from fulfilment.carriers.models import Manifest, ManifestStatus
from fulfilment.carriers.registry import adapter
from fulfilment.carriers.services.refusals import ParcelRefused
from oms.infra.outbound import Json, Kind, send


def manifest_close(*, manifest_id: int, actor: str) -> Manifest:
    """Close an open manifest: it never changes again, and parcels that leave later go on a new one.

    Closed already is fine. A local carrier is told at once; one that is reached over a network is told once this
    transaction has committed, through the outbound door, under the manifest's number as the key. Raises
    :class:`ParcelRefused` for a manifest without parcels.
    """
    manifest = Manifest.objects.select_for_update(of=("self",)).select_related("location").get(pk=manifest_id)
    if manifest.status == ManifestStatus.CLOSED:
        return manifest
    order, folder = manifest_order(manifest)
    carrier = adapter(folder)
    if not carrier.local:
        payload: dict[str, Json] = {"verb": "manifest", "manifest": order.key, "parcels": len(order.tracking_numbers)}
        send(kind=Kind.CARRIER, target=folder, payload=payload, perform=lambda: carrier.manifest(order))
    else:
        answer = carrier.manifest(order)
        if isinstance(answer, Refused):
            message = f"{manifest.number} stays open: {answer.reason}"
            raise ParcelRefused(message)
        manifest.carrier_reference = answer.reference[:100]
    manifest.status, manifest.closed_at, manifest.closed_by = ManifestStatus.CLOSED, timezone.now(), actor
    manifest.save(update_fields=["status", "closed_at", "closed_by", "carrier_reference"])
    return manifest


def manifest_order(manifest: Manifest) -> tuple[ManifestOrder, str]:
    """What the carrier is told, and the folder of the carrier. Raises :class:`ParcelRefused` without parcels."""
    parcels = list(manifest.parcels.order_by("id").values_list("tracking_number", "adapter"))
    if not parcels:
        message = f"{manifest.number} has no parcels; nothing is handed over"
        raise ParcelRefused(message)
    day = timezone.localdate()
    numbers = tuple(number for number, _ in parcels)
    return ManifestOrder(manifest.number, manifest.location.code, day, numbers), parcels[0][1]
