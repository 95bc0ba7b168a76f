"""Finding fulfilment requests, shipments and the parcels that orders may join."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q, QuerySet

from fulfilment.requests.models import FulfilmentRequest, Shipment
from modules.contracts.routing_runs import ConsolidationRule
from orders.selectors import as_written_or_capital, orders_numbered

_ENOUGH = 50

#: Units offered to each location since its own midnight; an index of the requests answers alone.
DAY_LOAD = """
    SELECT r.location_id, sum(r.units) AS units FROM requests_fulfilmentrequest r
    JOIN locations_location c ON c.id = r.location_id
    WHERE r.created_at >= now() - interval '26 hours' AND r.created_at >= date_trunc('day', now(), c.time_zone)
    GROUP BY r.location_id
"""


def requests_found(requests: QuerySet[FulfilmentRequest], term: str) -> QuerySet[FulfilmentRequest]:
    """Requests with this number, of the order with this number, or of the shipment that a term names."""
    by_number = Q(number__in=as_written_or_capital(term))
    orders = orders_numbered(term)
    found = requests.filter(by_number | Q(order__in=orders) if orders else by_number)
    if found.exists():
        return found
    shipments = shipments_found(Shipment.objects.all(), term).values_list("request", flat=True)
    return requests.filter(pk__in=list(shipments[:_ENOUGH]))


def shipments_found(shipments: QuerySet[Shipment], term: str) -> QuerySet[Shipment]:
    """Shipments with this number or tracking number, or of the order with this number."""
    written = as_written_or_capital(term)
    named = shipments.filter(Q(number__in=written) | Q(tracking_number__in=written) & ~Q(tracking_number=""))
    if named.exists():
        return named
    orders = orders_numbered(term)
    return shipments.filter(request__order__in=orders) if orders else shipments.none()


#: A request (r, of order p) that another order (o) may join: the same customer, address and method, not picked yet.
#: Takes the rule's hours, its methods twice, and whether it goes across channels.
JOINABLE = """
    p.customer_id = o.customer_id AND p.id <> o.id AND p.currency = o.currency AND p.method = o.method
    AND (lower(p.recipient), lower(p.address), lower(p.city), lower(p.postal_code), p.country)
      = (lower(o.recipient), lower(o.address), lower(o.city), lower(o.postal_code), o.country)
    AND o.address <> '' AND r.status = 'offered' AND r.created_at > now() - make_interval(hours => %s)
    AND (cardinality(%s::varchar[]) = 0 OR o.method = ANY(%s::varchar[]))
    AND (%s OR p.channel_id = o.channel_id)
"""


def joinable_terms(rule: ConsolidationRule) -> list[int | list[str] | bool]:
    """The values that :data:`JOINABLE` takes."""
    return [rule.hours, list(rule.methods), list(rule.methods), rule.across_channels]


def joinable_locations(order_ids: Sequence[int], rule: ConsolidationRule) -> dict[int, tuple[int, ...]]:
    """By order: the locations that prepare a parcel which it may join."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, array_agg(DISTINCT r.location_id ORDER BY r.location_id) FROM orders_order o"
            " JOIN orders_order p ON p.customer_id = o.customer_id"
            " JOIN requests_fulfilmentrequest r ON r.order_id = p.id"
            f" WHERE o.id = ANY(%s) AND {JOINABLE} GROUP BY o.id",
            [list(order_ids), *joinable_terms(rule)],
        )
        return {order: tuple(locations) for order, locations in cursor.fetchall()}
