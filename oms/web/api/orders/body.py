"""An order as a partner sends it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from oms.web.api.fields import (
    Amount,
    Body,
    Country,
    Currency,
    Email,
    Identifier,
    Instant,
    Latitude,
    Longitude,
    Price,
    Quantity,
    future,
    not_empty,
    text,
)
from orders.domain.capture import Destination, NewCharge, NewLine, NewOrder, NewPayment
from orders.payments import gateway_codes


def _known_gateway(code: str) -> str:
    if code not in gateway_codes():
        raise PydanticCustomError("unknown_gateway", "There is no such gateway.")
    return code


class CustomerBody(Body):
    """Who buys. Name and e-mail are taken when the retailer does not know the reference yet."""

    reference: Identifier
    name: Annotated[str, text(160)] = ""
    email: Email = ""


class DestinationBody(Body):
    """Where the order goes."""

    recipient: Annotated[str, text(255)] = ""
    address: Annotated[str, text(255)] = ""
    city: Annotated[str, text(128)] = ""
    postal_code: Annotated[str, text(32)] = ""
    country: Country = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _both_degrees(self) -> DestinationBody:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("incomplete", "Latitude and longitude are given together or not at all.")
        return self


class LineBody(Body):
    """A product and a quantity."""

    sku: Identifier
    quantity: Quantity
    unit_price: Price
    description: Annotated[str, text(255)] = ""


class ChargeBody(Body):
    """Money beside the goods: carriage, a fee, a discount."""

    kind: Annotated[str, text(32, shortest=1)]
    amount: Amount
    description: Annotated[str, text(255)] = ""
    line: Annotated[int, Field(ge=0, le=1000)] = 0


class PaymentBody(Body):
    """How the order is paid, wholly or in part.

    With ``authorisation`` it has been authorised by the channel (and with ``captured`` taken); else we ask the gateway.
    """

    kind: Annotated[str, text(24, shortest=1)]
    amount: Price
    gateway: Annotated[str, AfterValidator(_known_gateway)] = "sandbox"
    token: Annotated[str, text(255)] = ""
    label: Annotated[str, text(80)] = ""
    authorisation: Annotated[str, text(128)] = ""
    expires_at: Annotated[datetime, BeforeValidator(future)] | None = None
    captured: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> PaymentBody:
        if not self.amount:
            raise PydanticCustomError("out_of_range", "The amount of a payment is more than nothing.")
        if self.captured and not self.authorisation:
            raise PydanticCustomError("incomplete", "What has been captured names its authorisation.")
        return self


AttributeName = Annotated[str, text(40, shortest=1)]
AttributeValue = Annotated[str, text(255)]


class OrderBody(Body):
    """An order. Without ``placed_at`` it is placed now, without ``currency`` in the channel's.

    ``method`` is the code of the shipping method, ``priority`` 0 or more (higher is more urgent), ``promise_by`` a
    date (YYYY-MM-DD), ``attributes`` the retailer's own fields.
    """

    channel: Annotated[str, text(32, shortest=1)]
    external_number: Identifier
    placed_at: Instant | None = None
    currency: Currency | None = None
    customer: CustomerBody | None = None
    destination: DestinationBody = DestinationBody()
    lines: Annotated[
        tuple[LineBody, ...],
        Field(max_length=1000, strict=False, json_schema_extra={"minItems": 1}),
        AfterValidator(not_empty),
    ]
    charges: Annotated[tuple[ChargeBody, ...], Field(max_length=100, strict=False)] = ()
    payments: Annotated[tuple[PaymentBody, ...], Field(max_length=10, strict=False)] = ()
    method: Annotated[str, text(40)] = ""
    priority: Annotated[int, Field(ge=0, le=32_767)] = 0
    promise_by: Annotated[date, Field(strict=False)] | None = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=50)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _charges_name_lines(self) -> OrderBody:
        for index, charge in enumerate(self.charges):
            if charge.line > len(self.lines):
                raise PydanticCustomError(
                    "unknown_line", "Charge {index} names line {line}; the order has {lines}.",
                    {"index": index, "line": charge.line, "lines": len(self.lines)},
                )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _not_paid_beyond_its_total(self) -> OrderBody:
        total = sum((line.unit_price * line.quantity for line in self.lines), Decimal(0))
        total += sum((charge.amount for charge in self.charges), Decimal(0))
        paid = sum((payment.amount for payment in self.payments), Decimal(0))
        if paid - total > Decimal("0.5"):  # a total may have decimals that no payment has
            raise PydanticCustomError(
                "paid_too_much", "The payments come to {paid}, the order to {total}.",
                {"paid": str(paid), "total": str(total)},
            )  # fmt: skip
        return self

    def new_order(self, now: datetime) -> NewOrder:
        """What capture takes."""
        placed_at = self.placed_at or now
        return NewOrder(
            external_number=self.external_number,
            placed_at=placed_at,
            currency=self.currency or "",
            customer_reference=self.customer.reference if self.customer else "",
            customer_name=self.customer.name if self.customer else "",
            customer_email=self.customer.email if self.customer else "",
            destination=Destination(**self.destination.model_dump()),
            lines=tuple(NewLine(**line.model_dump()) for line in self.lines),
            charges=tuple(
                NewCharge(
                    kind=charge.kind,
                    quantity=1,
                    unit_price=charge.amount,
                    description=charge.description,
                    external_number=self.external_number,
                    charged_at=placed_at,
                    position=charge.line,
                )
                for charge in self.charges
            ),
            payments=tuple(NewPayment(**payment.model_dump()) for payment in self.payments),
            method=self.method,
            priority=self.priority,
            promise_by=self.promise_by,
            attributes=self.attributes,
        )


#: Bodies that work where there are a channel SHOP and these products.
EXAMPLES: dict[str, object] = {
    "The least": {
        "channel": "shop",
        "external_number": "1001",
        "lines": [{"sku": "A", "quantity": 2, "unit_price": "10.00"}],
    },
    "With customer, destination, carriage and a card": {
        "channel": "shop",
        "external_number": "1002",
        "placed_at": "2026-01-31T12:00:00+01:00",
        "currency": "GBP",
        "customer": {"reference": "C-7", "name": "Ada Clarke", "email": "ada@example.com"},
        "destination": {
            "recipient": "Ada Clarke", "address": "1 High Street", "city": "London", "postal_code": "E1 6AN",
            "country": "GB",
        },
        "lines": [{"sku": "A", "quantity": 1, "unit_price": "25.00", "description": "Apron"}],
        "charges": [{"kind": "carriage", "amount": "4.95"}],
        "payments": [{"kind": "card", "amount": "29.95", "gateway": "sandbox", "token": "card-4242"}],
    },
}  # fmt: skip
