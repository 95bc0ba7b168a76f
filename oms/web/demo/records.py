"""Generated master data, stock and orders. The same every time: the random numbers have a fixed seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location, LocationKind
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_advance, requests_ship
from fulfilment.routing.services import orders_route
from oms.web.demo.content import COLOURS, FAMILY_NAMES, GIVEN_NAMES, DemoRetailer, Town
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewCharge, NewLine, NewOrder
from orders.models import Channel
from orders.models.channel import ChannelKind
from orders.services import orders_capture

ORDERS = 160
_ACTOR = "demonstration"


def records_generate(retailer: DemoRetailer) -> None:
    """Fill an empty retailer: 120 products, its locations with stock, orders in every state."""
    chance = random.Random(retailer.schema)  # noqa: S311 - invented data, not a secret
    for code, name, kind in (
        ("web", "Web shop", ChannelKind.SHOP),
        ("market", "Marketplace", ChannelKind.MARKETPLACE),
    ):
        Channel.objects.create(code=code, name=name, kind=kind, currency=retailer.currency)
    products = _products(retailer, chance)
    _stock(_locations(retailer), products, chance)
    order_ids = [
        captured.order_id
        for channel, count in (("web", ORDERS * 3 // 4), ("market", ORDERS // 4))
        for captured in orders_capture(
            channel=channel,
            orders=[_order(retailer, channel, number, count, products, chance) for number in range(count)],
            actor=_ACTOR,
            react=False,
        )
    ]
    orders_route(order_ids=order_ids[: ORDERS * 15 // 16], actor="routing")
    _work(chance)


def _products(retailer: DemoRetailer, chance: random.Random) -> list[Product]:
    made = [
        Product(
            sku=f"{retailer.schema[:2].upper()}-{10_000 + index}", name=f"{colour} {thing}", category=thing,
            weight_grams=chance.randrange(80, 6_000, 10), price=Decimal(chance.randrange(299, 12_999)) / 100,
            currency=retailer.currency,
        )
        for index, (thing, colour) in enumerate((t, c) for t in retailer.things for c in COLOURS)
    ]  # fmt: skip
    return Product.objects.bulk_create(made)


def _locations(retailer: DemoRetailer) -> list[Location]:
    made = [_location(retailer, town, LocationKind.DISTRIBUTION_CENTRE) for town in retailer.centres]
    made += [_location(retailer, town, LocationKind.STORE) for town in retailer.stores]
    return Location.objects.bulk_create(made)


def _location(retailer: DemoRetailer, town: Town, kind: LocationKind) -> Location:
    store = kind is LocationKind.STORE
    return Location(
        code=town.code, name=f"{retailer.name} {town.name}", kind=kind, city=town.name,
        postal_code=town.postal_code, country=retailer.country, latitude=town.latitude,
        longitude=town.longitude, time_zone=retailer.time_zone, offers_pickup=store,
    )  # fmt: skip


def _stock(locations: list[Location], products: list[Product], chance: random.Random) -> None:
    units = {
        (location.pk, product.pk): chance.randrange(40, 160)
        if location.kind == LocationKind.DISTRIBUTION_CENTRE
        else chance.randrange(0, 9)
        for location in locations
        for product in products
    }
    held = {pair: count for pair, count in units.items() if count}
    levels = levels_open(list(held))
    stock_move(
        kind=MovementKind.RECEIPT,
        changes=[StockChange(levels[pair], count, 0, "first delivery") for pair, count in held.items()],
        actor=_ACTOR,
        moved_at=timezone.now() - timedelta(days=30),
    )


def _order(
    retailer: DemoRetailer, channel: str, number: int, count: int, products: list[Product], chance: random.Random
) -> NewOrder:
    given, family = chance.choice(GIVEN_NAMES), chance.choice(FAMILY_NAMES)
    town = chance.choice(retailer.stores)
    placed_at = _placed_at(count - 1 - number, chance)
    lines = tuple(
        NewLine(
            sku=product.sku, quantity=chance.choice((1, 1, 1, 2, 3)), unit_price=product.price or Decimal(0),
            description=product.name,
        )
        for product in chance.sample(products, chance.choice((1, 1, 2, 2, 3, 5)))
    )  # fmt: skip
    external_number = f"{20_000 + number}" if channel == "web" else f"M-{7_000 + number}"
    carriage = NewCharge(
        kind="carriage", quantity=1, unit_price=Decimal("4.95"), description="Standard delivery",
        external_number=external_number, charged_at=placed_at,
    )  # fmt: skip
    return NewOrder(
        external_number=external_number,
        placed_at=placed_at,
        currency=retailer.currency,
        lines=lines,
        charges=(carriage,) if chance.random() < 0.7 else (),
        customer_reference=f"{given}.{family}".lower(),
        customer_name=f"{given} {family}",
        customer_email=f"{given}.{family}@customers.example".lower(),
        destination=Destination(
            recipient=f"{given} {family}", address=f"{chance.randrange(1, 199)} Station Road", city=town.name,
            postal_code=town.postal_code, country=retailer.country,
            latitude=round(town.latitude + chance.uniform(-0.3, 0.3), 4),
            longitude=round(town.longitude + chance.uniform(-0.3, 0.3), 4),
        ),
    )  # fmt: skip


def _placed_at(later: int, chance: random.Random) -> datetime:
    """When an order was placed after which ``later`` others were: the higher number is the newer order."""
    return timezone.now() - timedelta(minutes=later * 90 + chance.randrange(80))


def _work(chance: random.Random) -> None:
    """Leave requests in every status: most have shipped, the rest wait at each step."""
    ids = list(FulfilmentRequest.objects.order_by("id").values_list("id", flat=True))
    chance.shuffle(ids)
    picking = ids[: len(ids) * 85 // 100]
    packed = picking[: len(ids) * 75 // 100]
    shipped = packed[: len(ids) * 65 // 100]
    requests_advance(request_ids=picking, to=RequestStatus.PICKING, actor="associate")
    requests_advance(request_ids=packed, to=RequestStatus.PACKED, actor="associate")
    requests_ship(request_ids=shipped, actor="associate")
