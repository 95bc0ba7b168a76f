"""Requests of one customer, address and method at one location that go in one parcel.

Only what is not picked yet joins, and what is cancelled or changed leaves, so a parcel never waits for less or more
than was agreed. See docs/algorithms/consolidation.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import connection
from django.utils import timezone

from fulfilment.requests.events import ParcelJoined, ParcelLeft
from fulfilment.requests.models import FulfilmentRequest, ParcelGroup
from fulfilment.requests.selectors import JOINABLE, joinable_terms
from modules.contracts.routing_runs import ConsolidationRule
from oms.infra.events import record


def parcels_join(joining: Mapping[int, ConsolidationRule], *, actor: str) -> int:
    """Let new requests (by primary key) into parcels that their locations prepare; return how many found one.

    The caller holds their orders' row locks. A request of the other order that somebody works on at this moment is
    passed over: waiting for it could end in a deadlock, and a parcel of its own is never wrong.
    """
    joined = 0
    for request_id, rule in sorted(joining.items()):
        joined += _join(request_id, rule, actor)
    return joined


def _join(request_id: int, rule: ConsolidationRule, actor: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, r.parcel_id, o.customer_id, q.location_id FROM requests_fulfilmentrequest q"
            " JOIN orders_order o ON o.id = q.order_id JOIN orders_order p ON p.customer_id = o.customer_id"
            " JOIN requests_fulfilmentrequest r ON r.order_id = p.id AND r.location_id = q.location_id"
            f" WHERE q.id = %s AND {JOINABLE} ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED",
            [request_id, *joinable_terms(rule)],
        )
        found = cursor.fetchone()
    if found is None:
        return 0
    first, parcel, customer, location = found
    if parcel is None:
        parcel = ParcelGroup.objects.create(location_id=location, customer_id=customer).pk
    FulfilmentRequest.objects.filter(id__in=[first, request_id]).update(parcel=parcel)
    _tell_joined(parcel, actor)
    return 1


def _tell_joined(parcel: int, actor: str) -> None:
    members = list(FulfilmentRequest.objects.filter(parcel=parcel).select_related("order", "location").order_by("id"))
    now = timezone.now()
    record([
        ParcelJoined(
            subject=member.order.number, occurred_at=now, actor=actor, request=member.number,
            location=member.location.code, others=tuple(other.number for other in members if other is not member),
        )
        for member in members
    ])  # fmt: skip


def parcels_leave(request_ids: Collection[int], *, actor: str) -> int:
    """Take requests (locked by the caller) out of their parcels; return how many were in one.

    A request that is alone in a parcel then leaves it too. What has been shipped together stays together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, parcel_id FROM requests_fulfilmentrequest"
            " WHERE id = ANY(%s) AND parcel_id IS NOT NULL AND status <> 'shipped'",
            [list(request_ids)],
        )
        leaving = dict(cursor.fetchall())
        if not leaving:
            return 0
        cursor.execute("UPDATE requests_fulfilmentrequest SET parcel_id = NULL WHERE id = ANY(%s)", [list(leaving)])
        # The last one of a parcel is not locked: it is left where somebody works on it, which does no harm.
        cursor.execute(
            "UPDATE requests_fulfilmentrequest SET parcel_id = NULL WHERE id IN (SELECT r.id"
            " FROM requests_fulfilmentrequest r WHERE r.parcel_id = ANY(%s) AND (SELECT count(*)"
            " FROM requests_fulfilmentrequest m WHERE m.parcel_id = r.parcel_id) = 1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id",
            [list(set(leaving.values()))],
        )
        alone = [row[0] for row in cursor.fetchall()]
    left = FulfilmentRequest.objects.filter(id__in=[*leaving, *alone]).select_related("order", "location")
    now = timezone.now()
    record([
        ParcelLeft(
            subject=item.order.number, occurred_at=now, actor=actor, request=item.number, location=item.location.code
        )
        for item in left.order_by("id")
    ])  # fmt: skip
    return len(leaving)


def parcel_mates(request_ids: Collection[int]) -> list[int]:
    """The requests, and those that share a parcel with one of them and still have to leave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM requests_fulfilmentrequest WHERE id = ANY(%s) OR (parcel_id IN (SELECT parcel_id"
            " FROM requests_fulfilmentrequest WHERE id = ANY(%s) AND parcel_id IS NOT NULL)"
            " AND status IN ('offered', 'picking', 'packed')) ORDER BY id",
            [list(request_ids), list(request_ids)],
        )
        return [row[0] for row in cursor.fetchall()]
