"""Channels, customers and orders. Orders come in through the service, so that they have their events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from factory.django import DjangoModelFactory

from orders.domain.capture import Destination, NewLine, NewOrder
from orders.models import Channel, Customer, Order
from orders.services import orders_capture
from tests.factories.catalogue import ProductFactory
from tests.factories.declared import Sequence as Numbered

PLACED_AT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
LONDON = Destination(
    recipient="Ada Clarke", address="1 High Street", city="London", postal_code="E1 6AN", country="GB",
    latitude=51.52, longitude=-0.07,
)  # fmt: skip

_numbers = count(1000)


class ChannelFactory(DjangoModelFactory[Channel]):
    """A web shop that sells in pounds."""

    class Meta:
        model = Channel
        django_get_or_create = ("code",)

    code = "web"
    name = "Web shop"
    currency = "GBP"


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer with an e-mail address."""

    class Meta:
        model = Customer

    reference = Numbered(lambda number: f"C-{number}")
    name = Numbered(lambda number: f"Customer {number}")
    email = Numbered(lambda number: f"customer{number}@example.com")


def order_placed(
    *lines: tuple[str, int],
    number: str | None = None,
    channel: str = "web",
    placed_at: datetime = PLACED_AT,
    customer: str = "",
    email: str = "",
    description: str = "",
    price: Decimal = Decimal("10.00"),
) -> Order:
    """An order of (SKU, units), by default one unit of a new product; nothing reacts to it."""
    ChannelFactory.create(code=channel)
    wanted: Sequence[tuple[str, int]] = lines or ((ProductFactory.create().sku, 1),)
    order = NewOrder(
        external_number=number or str(next(_numbers)),
        placed_at=placed_at,
        currency="GBP",
        lines=tuple(
            NewLine(sku=sku, quantity=units, unit_price=price, description=description) for sku, units in wanted
        ),
        customer_reference=customer,
        customer_email=email,
        destination=LONDON,
    )
    [captured] = orders_capture(channel=channel, orders=[order], actor="shop", react=False)
    return Order.objects.get(pk=captured.order_id)
