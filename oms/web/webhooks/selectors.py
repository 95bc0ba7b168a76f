"""What screens, the API and jobs read about webhooks."""

from __future__ import annotations

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
    """Counts of what is on its way to an endpoint."""
    rows = Delivery.objects.filter(endpoint=endpoint).order_by()
    waiting = rows.filter(status=DeliveryStatus.WAITING)
    oldest = waiting.order_by("next_try_at", "id").values_list("created_at", flat=True).first()
    return Health(
        waiting[:COUNTED].count(), rows.filter(status=DeliveryStatus.PARKED)[:COUNTED].count(), oldest
    )  # fmt: skip


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
