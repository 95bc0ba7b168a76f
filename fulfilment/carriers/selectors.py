"""Contracts, and what carriers are asked about a fulfilment request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from fulfilment.carriers.domain.adapter import Address
from fulfilment.carriers.domain.packing import Unit
from fulfilment.carriers.domain.parcels import Place
from fulfilment.carriers.domain.rates import Contract
from fulfilment.carriers.domain.reading import UnreadableContract, contract_of
from fulfilment.carriers.models import Parcel
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from modules.profile import NotAdopted, Profile, current_profile
from orders.selectors import as_written_or_capital, orders_numbered

_MODULE, _KIND = "order_routing", "carrier_contract"
#: Read once for each profile: a table of prefix pairs is large.
_read: WeakKeyDictionary[Profile, Mapping[str, Contract | str]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A fulfilment request as carriers see it; ``ready`` is now, in the local time of its location.

    ``promised_on`` is the first day by which any of its lines is promised; None where none is.
    """

    request_id: int
    number: str
    status: RequestStatus
    order_number: str
    currency: str
    location_code: str
    origin: Place
    destination: Place
    ship_from: Address
    ship_to: Address
    units: tuple[Unit, ...]
    ready: datetime
    promised_on: date | None = None


def contracts() -> Mapping[str, Contract | str]:
    """The retailer's carrier contracts by key, of whatever release; a sentence in place of one that cannot be read."""
    profile = current_profile()
    found = _read.get(profile)
    if found is None:
        found = _read[profile] = _contracts_of(profile)
    return found


def _contracts_of(profile: Profile) -> Mapping[str, Contract | str]:
    try:
        if _KIND not in profile.release(_MODULE).kinds:
            return {}
    except NotAdopted:
        return {}
    read: dict[str, Contract | str] = {}
    for key, document in profile.documents(_MODULE, _KIND).items():
        try:
            read[key] = contract_of(key, document.model_dump(mode="json"))
        except UnreadableContract as fault:
            read[key] = str(fault)
    return read


def request_facts(request_id: int) -> RequestFacts:
    """What carriers are asked about. Raises ``FulfilmentRequest.DoesNotExist``."""
    row = FulfilmentRequest.objects.select_related("order", "location").get(pk=request_id)
    order, place = row.order, row.location
    return RequestFacts(
        request_id=row.pk,
        number=row.number,
        status=RequestStatus(row.status),
        order_number=order.number,
        currency=order.currency,
        location_code=place.code,
        origin=Place(place.country, place.postal_code, place.latitude, place.longitude, place.code),
        destination=Place(order.country, order.postal_code, order.latitude, order.longitude, residential=True),
        ship_from=Address(place.name, place.address, place.city, place.postal_code, place.country),
        ship_to=Address(order.recipient, order.address, order.city, order.postal_code, order.country),
        units=_units(request_id),
        ready=timezone.now().astimezone(ZoneInfo(place.time_zone)).replace(tzinfo=None),
        promised_on=_promised_on(request_id),
    )


def _promised_on(request_id: int) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(p.promised_on) FROM requests_fulfilmentrequestline q"
            " JOIN orders_linepromise p ON p.line_id = q.order_line_id AND p.outcome IN ('open', 'broken')"
            " WHERE q.request_id = %s AND q.quantity > q.released",
            [request_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _units(request_id: int) -> tuple[Unit, ...]:
    """Products that the request is still to send, or has sent, with their units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.sku, q.quantity - q.released, p.weight_grams, p.length_mm, p.width_mm, p.height_mm"
            " FROM requests_fulfilmentrequestline q JOIN orders_orderline l ON l.id = q.order_line_id"
            " JOIN catalogue_product p ON p.id = l.product_id"
            " WHERE q.request_id = %s AND q.quantity > q.released ORDER BY l.position",
            [request_id],
        )
        return tuple(Unit(*row) for row in cursor.fetchall())


def parcels_found(parcels: QuerySet[Parcel], term: str) -> QuerySet[Parcel]:
    """Parcels with this number or tracking number, or of the request or order that a term names."""
    written = as_written_or_capital(term)
    tidy = "".join(term.upper().split())
    named = parcels.filter(Q(number__in=written) | (Q(tracking_number__in=[*written, tidy]) & ~Q(tracking_number="")))
    if named.exists():
        return named
    by_request = parcels.filter(request__number__in=written)
    if by_request.exists():
        return by_request
    orders = orders_numbered(term)
    return parcels.filter(request__order__in=orders) if orders else parcels.none()
