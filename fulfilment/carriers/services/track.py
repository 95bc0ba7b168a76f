"""What carriers tell of parcels on their way: asked for in turns, kept once, and what follows when one arrives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from fulfilment.carriers.domain.adapter import Tracked
from fulfilment.carriers.events import ParcelDelivered
from fulfilment.carriers.models import Parcel, ParcelStatus, ParcelTrack
from fulfilment.carriers.services.answers import envelope
from fulfilment.requests.services.deliver import requests_deliver
from fulfilment.requests.services.locked import requests_lock
from oms.infra.database.bulk import insert_rows
from oms.infra.events import record

#: A carrier is asked again an hour after it had news, and after each time without news twice as long after that.
_FIRST_HOURS, _LONGEST_HOURS = 1, 24
#: After so many days nobody asks any more.
FORGOTTEN_DAYS = 60

# A parcel is put off before its carrier is asked: a worker that is killed, or a carrier that does not answer, costs
# one turn and never holds up the others.
_CLAIM = """
UPDATE carriers_parcel p SET track_silent = least(p.track_silent + 1, 100),
    track_at = %(now)s + least(%(first)s * power(2, least(p.track_silent, 10)), %(longest)s) * interval '1 hour'
WHERE p.id IN (
    SELECT id FROM carriers_parcel WHERE status = 'shipped' AND delivered_at IS NULL
        AND (track_at IS NULL OR track_at <= %(now)s) AND shipped_at > %(since)s
    ORDER BY track_at NULLS FIRST, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING p.id
"""
# What nobody books with a carrier of ours nobody tracks: its expected day counts once it is over, or the day on which
# it left, where none is expected. What shares a parcel with a booked request arrives with that one.
_UNTRACKED = """
SELECT r.id, greatest(s.shipped_at, (greatest(r.arrives_on, (s.shipped_at AT TIME ZONE %(zone)s)::date)
    + time '18:00') AT TIME ZONE %(zone)s)
FROM requests_shipment s JOIN requests_fulfilmentrequest r ON r.id = s.request_id
WHERE s.delivered_at IS NULL AND s.shipped_at > %(since)s
    AND greatest(r.arrives_on, (s.shipped_at AT TIME ZONE %(zone)s)::date) < %(today)s
    AND NOT EXISTS (
        SELECT FROM carriers_parcel p JOIN requests_fulfilmentrequest m ON m.id = p.request_id
        WHERE (m.id = r.id OR m.parcel_id = r.parcel_id) AND p.status IN ('booking', 'booked', 'voiding', 'shipped')
    )
ORDER BY s.shipped_at LIMIT %(limit)s
"""
_ON_THEIR_WAY = """
SELECT EXISTS (SELECT FROM carriers_parcel WHERE request_id = %(request)s
               AND status IN ('booking', 'booked', 'voiding', 'shipped') AND delivered_at IS NULL)
"""


def parcels_to_track(*, now: datetime, limit: int) -> list[int]:
    """Take the parcels whose carriers are to be asked now, those that have waited longest first.

    Each is put off before it is asked for, ever longer while there is no news.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"now": now, "first": _FIRST_HOURS, "longest": _LONGEST_HOURS, "limit": limit,
             "since": now - timedelta(days=FORGOTTEN_DAYS)},
        )  # fmt: skip
        return sorted(row[0] for row in cursor.fetchall())


def parcel_tracked(*, parcel_id: int, events: Sequence[Tracked], actor: str) -> int:
    """Keep what was told of a parcel, by its carrier or by somebody; return how many events were new.

    When it has arrived, that is told; when it was the last one of its request, the request has arrived, and with it
    whatever shared the parcel. Told again, nothing happens. The active time zone is the retailer's.
    """
    parcel = Parcel.objects.select_related("request__order", "request__location").get(pk=parcel_id)
    requests_lock([parcel.request_id])
    new = insert_rows(
        ParcelTrack,
        ["parcel", "happened_at", "place", "what", "delivered", "told_by"],
        [(parcel.pk, it.happened_at, it.where[:120], it.what[:255], it.delivered, actor) for it in events],
        skip_existing=True,
    )
    if new:
        Parcel.objects.filter(pk=parcel.pk).update(
            track_silent=0, track_at=timezone.now() + timedelta(hours=_FIRST_HOURS)
        )
    arrived = next((it for it in events if it.delivered), None)
    if arrived is not None:
        _arrive(parcel, arrived, actor)
    return new


def parcel_untracked(*, parcel_id: int) -> None:
    """Ask no more for a parcel: nobody will ever answer here."""
    Parcel.objects.filter(pk=parcel_id).update(track_at=timezone.now() + timedelta(days=FORGOTTEN_DAYS))


def _arrive(parcel: Parcel, told: Tracked, actor: str) -> None:
    on_its_way = Parcel.objects.filter(pk=parcel.pk, status=ParcelStatus.SHIPPED, delivered_at__isnull=True)
    if not on_its_way.update(delivered_at=told.happened_at, presumed=told.presumed):
        return
    record([ParcelDelivered(**envelope(parcel, actor), where=told.where, presumed=told.presumed)])
    with connection.cursor() as cursor:
        cursor.execute(_ON_THEIR_WAY, {"request": parcel.request_id})
        if cursor.fetchone()[0]:
            return
    # A request arrives with the last of its parcels, which need not be the one that was told of last.
    arrived = Parcel.objects.filter(request=parcel.request_id, delivered_at__isnull=False)
    last = arrived.order_by("-delivered_at").values_list("delivered_at", flat=True)[0] or told.happened_at
    requests_deliver(
        request_ids=_with_mates(parcel), delivered_at=last, actor=actor,
        presumed=arrived.filter(presumed=True).exists(),
    )  # fmt: skip


def _with_mates(parcel: Parcel) -> list[int]:
    """The request, and what left in the same parcel without one of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM requests_fulfilmentrequest r WHERE r.id = %(request)s OR (r.parcel_id = %(group)s"
            " AND r.status = 'shipped' AND NOT EXISTS (SELECT FROM carriers_parcel p WHERE p.request_id = r.id"
            " AND p.status IN ('booking', 'booked', 'voiding', 'shipped')))",
            {"request": parcel.request_id, "group": parcel.request.parcel_id},
        )
        return [row[0] for row in cursor.fetchall()]


def deliveries_presume(*, limit: int = 500) -> int:
    """Count as arrived what left without a parcel of ours, once its day is over; return how many requests."""
    zone = timezone.get_current_timezone_name()
    given: dict[str, str | int | date | datetime] = {
        "zone": zone, "today": timezone.localdate(), "limit": limit,
        "since": timezone.now() - timedelta(days=FORGOTTEN_DAYS),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_UNTRACKED, given)
        over = cursor.fetchall()
    return sum(
        len(requests_deliver(request_ids=[request], delivered_at=at, actor="expected day", presumed=True))
        for request, at in over
    )
