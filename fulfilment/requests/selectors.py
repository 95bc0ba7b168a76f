"""Finding fulfilment requests and shipments."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from fulfilment.requests.models import FulfilmentRequest, Shipment
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
