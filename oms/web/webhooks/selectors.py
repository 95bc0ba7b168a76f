"""What screens, the API and jobs read about webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from oms.web.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, EndpointState

#: Rows that a count looks at, at most.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is doing: deliveries by what became of them (each counted up to ``COUNTED``)."""

    waiting: int
    parked: int
    oldest_waiting: datetime | None


def anything_due() -> bool:
    """Whether a call could be made now."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    resting = Q(endpoint__not_before__gt=now)
    due = Delivery.objects.filter(free, status=DeliveryStatus.WAITING, next_try_at__lte=now)
    return due.filter(endpoint__state=EndpointState.ACTIVE).exclude(resting).order_by().exists()


def endpoints_kept() -> QuerySet[Endpoint]:
    """Endpoints that have not been removed."""
    return Endpoint.objects.exclude(state=EndpointState.REMOVED)


def endpoints_troubled() -> QuerySet[Endpoint]:
    """Endpoints that somebody should look at: disabled by themselves, or warned of."""
    return Endpoint.objects.filter(
        Q(state=EndpointState.DISABLED) | Q(state=EndpointState.ACTIVE, warned_at__isnull=False)
    )


def health(endpoint: Endpoint) -> Health:
    """How one endpoint is doing."""
    return healths([endpoint.pk])[endpoint.pk]


def healths(endpoint_ids: Sequence[int]) -> dict[int, Health]:
    """How endpoints are doing, by primary key, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, {"endpoints": list(endpoint_ids), "counted": COUNTED})
        return {number: Health(waiting, parked, oldest) for number, waiting, oldest, parked in cursor.fetchall()}


_HEALTH = """
SELECT e.id, waiting.rows, waiting.oldest, parked.rows
FROM unnest(%(endpoints)s::bigint[]) e (id)
CROSS JOIN LATERAL (
    SELECT count(*) AS rows, min(created_at) AS oldest FROM (
        SELECT created_at FROM webhooks_delivery WHERE endpoint_id = e.id AND status = 'waiting'
        ORDER BY next_try_at, id LIMIT %(counted)s) found
) waiting
CROSS JOIN LATERAL (
    SELECT count(*) AS rows FROM (
        SELECT FROM webhooks_delivery WHERE endpoint_id = e.id AND status = 'parked' LIMIT %(counted)s) found
) parked
"""


def deliveries_newest(
    *, endpoint: Endpoint, status: str | None, before: int | None, limit: int
) -> list[Delivery]:  # fmt: skip
    """Deliveries of an endpoint with their messages, the newest first; those behind ``before``."""
    rows = Delivery.objects.filter(endpoint=endpoint).select_related("message").order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def delivery_detail(*, endpoint: Endpoint, reference: str) -> Delivery | None:
    """The delivery of one message to an endpoint."""
    return Delivery.objects.filter(endpoint=endpoint, message__reference=reference).select_related("message").first()


def calls_of(delivery: Delivery) -> list[Attempt]:
    """Calls made for a delivery, the oldest first."""
    return list(delivery.calls.order_by("id"))


def events_recorded_between(begins: datetime, ends: datetime, endpoint: Endpoint, *, only_failed: bool) -> int:
    """Deliveries that a replay of this range would tell again."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_RANGE, [endpoint.pk, begins, ends, ["parked"] if only_failed else ["parked", "delivered"]])
        return int(cursor.fetchone()[0])


_IN_RANGE = """
SELECT count(*) FROM webhooks_delivery
WHERE endpoint_id = %s AND created_at >= %s AND created_at < %s AND status = ANY(%s)
"""
