"""An order that can be changed: two locations with stock, a card at the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from fulfilment.locations.models import Location
from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.domain.capture import NewCharge, NewLine, NewOrder, NewPayment
from orders.models import Order, Payment
from orders.services import orders_capture
from orders.services.payments import calls_perform, shares_of
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import LONDON, PLACED_AT, ChannelFactory


@dataclass
class Shop:
    """A retailer with products A (10.00) and B (4.00), and 20 units of each at two locations."""

    products: dict[str, Product] = field(default_factory=dict)
    places: list[Location] = field(default_factory=list)
    placed: int = 0

    def order(self, *, a: int = 2, b: int = 1, paid: bool = True, token: str = "tok", method: str = "") -> Order:
        """Units of A and B, 3.00 for carriage, paid by card."""
        self.placed += 1
        total = Decimal(10 * a + 4 * b + 3)
        lines = [NewLine(sku=sku, quantity=units, unit_price=Decimal(price))
                 for sku, units, price in (("A", a, "10.00"), ("B", b, "4.00")) if units]  # fmt: skip
        new = NewOrder(
            external_number=f"L{self.placed}", placed_at=PLACED_AT, currency="GBP", lines=tuple(lines),
            charges=(NewCharge(kind="carriage", quantity=1, unit_price=Decimal(3), description="", external_number="",
                               charged_at=PLACED_AT),),
            payments=(NewPayment(kind="card", gateway="sandbox", amount=total, label="Visa 4242", token=token),)
            if paid else (), destination=LONDON, method=method,
        )  # fmt: skip
        [captured] = orders_capture(channel="web", orders=[new], actor="shop", react=False)
        return Order.objects.get(pk=captured.order_id)


def payable(order: Order) -> Decimal:
    """What the customer pays in the end."""
    return shares_of(order).payable


def held_by_gateway(order: Order) -> Decimal:
    """What is authorised and neither voided nor captured."""
    rows = Payment.objects.filter(order=order)
    return sum((row.authorised - row.voided - row.captured for row in rows), Decimal(0))


def open_shop() -> Shop:
    """To be called in a retailer's context whose profile has begun."""
    ChannelFactory.create()
    shop = Shop()
    for sku in ("A", "B", "C"):
        shop.products[sku] = ProductFactory.create(sku=sku, price=Decimal("7.50"), currency="GBP")
    for code in ("NORTH", "SOUTH"):
        place = LocationFactory.create(code=code)
        shop.places.append(place)
        for product in shop.products.values():
            stock_received(place, product, 20)
    return shop


@pytest.fixture
def shop(bare: None) -> Shop:
    """A retailer whose releases of both modules are live. Tests open the retailer's context themselves."""
    with retailer_context("acme"):
        profile_begin(author="suite", adopt={"order_routing": "1.0.0", "order_management": "1.0.0"})
        return open_shop()


def gateway_answers() -> None:
    """Every call that waits is made."""
    calls_perform(schema="acme")
