"""Contracts, vans and booked parcels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from factory.django import DjangoModelFactory

from fulfilment.carriers.domain.parcels import Parcel, Place
from fulfilment.carriers.domain.rates import Contract
from fulfilment.carriers.models import FleetVan
from fulfilment.carriers.models import Parcel as BookedParcel
from fulfilment.carriers.services import parcels_book, parcels_hand_over
from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_ship
from modules.profile import current_profile
from modules.services import revise
from tests.factories.catalogue import ProductFactory
from tests.factories.declared import Sequence
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to

_PRICES = ("per_parcel", "per_kg", "per_100_km")
#: A Monday.
MORNING = datetime(2026, 3, 2, 10, 0)
HERE = Place("GB", "W1F 9TW", 51.513, -0.136, code="SOHO")
NEAR = Place("GB", "E1 6AN", 51.52, -0.07, residential=True)
FAR = Place("GB", "G1 1XQ", 55.861, -4.25, residential=True)


class FleetVanFactory(DjangoModelFactory[FleetVan]):
    """A van with room for two parcels, every day of the week."""

    class Meta:
        model = FleetVan

    code = Sequence(lambda number: f"VAN{number}")
    name = Sequence(lambda number: f"Van {number}")
    parcels_per_day = 2
    grams_per_day = 100_000
    weekdays = "1234567"
    price = "1.50"
    currency = "GBP"


def contract(*services: dict[str, Any], **fields: Any) -> Contract:
    """A contract in pounds; by default one service at 4.00 a parcel."""
    plain = [{"code": "std", "name": "Standard", "rates": [{"per_parcel": "4.00"}]}]
    return Contract.model_validate({"currency": "GBP", "services": list(services) or plain, **fields})


def parcel(grams: int = 1_000) -> Parcel:
    """A parcel whose size nobody knows."""
    return Parcel(grams)


def contract_signed(key: str, **fields: Any) -> None:
    """A carrier contract in the profile, in the shape of the release that is adopted: one service, one price."""
    written = {"currency": "GBP", **fields}
    rate = {name: written.pop(name) for name in _PRICES if name in written}
    rate.setdefault("per_parcel", "4.00")
    if "services" in current_profile().release("order_routing").kinds["carrier_contract"].model.model_fields:
        every_day = [1, 2, 3, 4, 5, 6, 7]
        service = {"code": "standard", "rates": [rate], "collects": every_day, "delivers": every_day}
        written = {"services": [service], **written}
    else:
        written |= rate
    with revise(author="maria", reason=f"a contract with {key}") as revision:
        revision.put("order_routing", "carrier_contract", key, written)


def soho(**fields: Any) -> Location:
    """A store in London that vans leave from."""
    given = {"code": "SOHO", "name": "Soho", "address": "1 Beak Street", "postal_code": "W1F 9TW", **fields}
    return LocationFactory.create(**given)


def request_packed(
    location: Location, *, number: str | None = "7", units: int = 2, grams: int | None = 600, **product: Any
) -> FulfilmentRequest:
    """A packed request of the location for units of a new product."""
    made = ProductFactory.create(weight_grams=grams, **product)
    stock_received(location, made, units)
    return request_brought_to(order_placed((made.sku, units), number=number), RequestStatus.PACKED)


def parcel_handed_over(location: Location) -> BookedParcel:
    """A parcel that has left the location with a van of its own, on an open manifest."""
    FleetVanFactory.create(location=location)
    request = request_packed(location, number=None, grams=100)
    [booked] = parcels_book(request_id=request.pk, actor="dock")
    requests_ship(request_ids=[request.pk], actor="dock")
    parcels_hand_over(request_ids=[request.pk])
    return booked
