"""An order as a partner sends it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
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
    not_empty,
    text,
)
from orders.domain.capture import Destination, NewCharge, NewLine, NewOrder


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
    lines: Annotated[tuple[LineBody, ...], Field(max_length=1000, strict=False), AfterValidator(not_empty)]
    charges: Annotated[tuple[ChargeBody, ...], Field(max_length=100, strict=False)] = ()
    method: Annotated[str, text(40)] = ""
    priority: Annotated[int, Field(ge=0, le=32_767)] = 0
    promise_by: Annotated[date, Field(strict=False)] | None = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=50)] = Field(default_factory=dict)

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
                )
                for charge in self.charges
            ),
            method=self.method,
            priority=self.priority,
            promise_by=self.promise_by,
            attributes=self.attributes,
        )
