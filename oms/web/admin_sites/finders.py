"""What the command search (Ctrl+K) finds: one exact term, looked up by indexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from django.http import HttpRequest

from fulfilment.locations.models import Location
from fulfilment.locations.selectors import locations_found
from fulfilment.requests.models import FulfilmentRequest, Shipment
from fulfilment.requests.selectors import shipments_found
from oms.infra.backoffice.display import moment
from oms.infra.backoffice.links import list_address, page_address
from oms.infra.backoffice.site import MOST_FOUND, Found
from orders.catalogue.selectors import products_with_code
from orders.models import Customer, Order
from orders.selectors import as_written_or_capital, customers_found, orders_numbered


def find_records(request: HttpRequest, term: str) -> Sequence[Found]:
    """Orders, requests, shipments, customers, products and locations that the term names, as far as may be viewed."""
    return list(islice(_records(request, term), MOST_FOUND))


def _records(request: HttpRequest, term: str) -> Iterator[Found]:
    if request.user.has_perm("orders.view_order"):
        for order in Order.objects.filter(pk__in=orders_numbered(term)).order_by("-id"):
            yield Found(order.number, f"Order, placed {moment(order.placed_at)}", page_address(order), "receipt_long")
    if request.user.has_perm("requests.view_fulfilmentrequest"):
        for item in FulfilmentRequest.objects.filter(number__in=as_written_or_capital(term)):
            yield Found(item.number, "Fulfilment request", page_address(item), "shelves")
    if request.user.has_perm("requests.view_shipment"):
        for shipment in shipments_found(Shipment.objects.all(), term).select_related("request")[:MOST_FOUND]:
            name = shipment.tracking_number or shipment.number
            address = page_address(shipment.request)
            yield Found(name, f"Shipment of {shipment.request.number}", address, "local_shipping")
    if request.user.has_perm("orders.view_customer"):
        for customer in customers_found(Customer.objects.all(), term)[:MOST_FOUND]:
            address = list_address(Order, q=customer.reference)
            yield Found(str(customer), "Customer: their orders", address, "person")
    if request.user.has_perm("catalogue.view_product"):
        for product in products_with_code(term):
            yield Found(product.sku, f"Product: {product.name}", page_address(product), "sell")
    if request.user.has_perm("locations.view_location"):
        for place in locations_found(Location.objects.all(), term)[:MOST_FOUND]:
            yield Found(place.code, f"Location: {place.name}", page_address(place), "location_on")
