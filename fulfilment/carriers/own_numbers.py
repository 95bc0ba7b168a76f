"""Parcels whose way nobody reports: what we know ourselves of those that carry our own numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.utils import timezone

from fulfilment.carriers.domain.adapter import Tracked
from fulfilment.carriers.models import Parcel

#: By this time of its day a parcel counts as arrived.
_BY = time(18)


def told_by_ourselves(adapter: str, tracking_number: str) -> tuple[Tracked, ...]:
    """That the parcel left, and once its day is over, that it counts as arrived: the same whenever it is asked.

    Its day is that on which the contract says it arrives, or that on which it left, where the contract promises none.
    """
    parcel = Parcel.objects.filter(adapter=adapter, tracking_number=tracking_number, shipped_at__isnull=False).first()
    if parcel is None or parcel.shipped_at is None:
        return ()
    left = Tracked(parcel.shipped_at, str(parcel.ship_from.get("city", "")), "left the location")
    left_on = timezone.localdate(parcel.shipped_at)
    day = max(parcel.arrives_on or left_on, left_on)
    if timezone.localdate() <= day:
        return (left,)
    zone = timezone.get_current_timezone()
    at = max(datetime.combine(day, _BY, zone).astimezone(UTC), parcel.shipped_at)
    what = "counts as arrived: its day is over, and this carrier reports nothing"
    return (left, Tracked(at, str(parcel.ship_to.get("city", "")), what, delivered=True, presumed=True))
