"""An order as a partner gets it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Literal
from urllib.parse import quote

from pydantic import AwareDatetime, Field

from oms.web.api.documents import Document, Links, Money, Page, amount_text, instant_text
from orders.api.selectors import LineDetail, OrderDetail, OrderSummary

COLLECTION = "/api/v1/orders"
_PAYMENT_WORDS = {"succeeded": "authorised"}
PAYMENT_AMOUNTS = ("amount", "authorised", "voided", "captured", "refunded")


class TotalsDocument(Document):
    """What the customer owes, in ``currency``."""

    currency: str = Field(examples=["GBP"])
    lines: Money
    charges: Money
    total: Money


class OrderSummaryDocument(Document):
    """An order in a list."""

    number: str = Field(examples=["SHOP-1001"])
    channel: str
    external_number: str
    status: str = Field(description="held, open, in_progress, complete or cancelled; more may come.")
    placed_at: AwareDatetime
    captured_at: AwareDatetime
    totals: TotalsDocument
    links: Links


class CustomerDocument(Document):
    """Who bought."""

    reference: str
    name: str
    email: str


class DestinationDocument(Document):
    """Where the order goes."""

    recipient: str
    address: str
    city: str
    postal_code: str
    country: str
    latitude: float | None
    longitude: float | None


class QuantityDocument(Document):
    """What became of a line's units."""

    ordered: int
    open: int
    allocated: int
    fulfilled: int
    cancelled: int
    returned: int


class PromiseDocument(Document):
    """The day by which a line was promised, and how it stands. ``promised_on`` stays as it was told.

    ``expected_on`` is when the last unit is expected now, null while nobody can tell; ``delivered`` units have arrived.
    """

    promised_on: date
    expected_on: date | None
    delivered: int
    delivered_on: date | None
    outcome: Literal["open", "kept", "broken", "void"]


class LineDocument(Document):
    """A product of the order."""

    position: int
    sku: str
    description: str = Field(description="As sold; the product's name where the order came without.")
    unit_price: Money
    amount: Money
    quantity: QuantityDocument
    promise: PromiseDocument | None = Field(description="Null until the line has a day: soon after it has a location.")


class ChargeDocument(Document):
    """Money beside the goods; ``line`` is the position that it belongs to, 0 for the order."""

    kind: str
    description: str
    amount: Money
    line: int


class PaymentDocument(Document):
    """A tender, and what became of it."""

    position: int
    kind: str
    gateway: str
    label: str
    status: str = Field(
        description="Where its authorisation stands: pending (the gateway has not answered yet), authorised, declined "
        "or refused (not sent, from a staging clone); more may come.",
        examples=["authorised"],
    )
    amount: Money
    authorised: Money
    voided: Money
    captured: Money
    refunded: Money


class OrderDocument(OrderSummaryDocument):
    """An order with everything in it."""

    customer: CustomerDocument | None
    destination: DestinationDocument
    method: str = Field(description="Code of the shipping method.")
    priority: int = Field(description="Higher is more urgent.")
    promise_by: date | None = Field(description="The day that the customer was promised.")
    attributes: dict[str, str] = Field(description="The retailer's own fields.")
    lines: list[LineDocument]
    charges: list[ChargeDocument]
    payments: list[PaymentDocument]


class OrderPage(Page):
    """Orders, the newest first."""

    orders: list[OrderSummaryDocument]


def summary_document(order: OrderSummary) -> dict[str, object]:
    """An order in a list."""
    return {
        "number": order.number,
        "channel": order.channel,
        "external_number": order.external_number,
        "status": order.status,
        "placed_at": instant_text(order.placed_at),
        "captured_at": instant_text(order.captured_at),
        "totals": {
            "currency": order.currency,
            "lines": amount_text(order.lines_total, order.currency),
            "charges": amount_text(order.charges_total, order.currency),
            "total": amount_text(order.total, order.currency),
        },
        "links": {"self": address(order.number)},
    }


def order_document(order: OrderDetail) -> dict[str, object]:
    """An order with everything in it."""
    currency = order.summary.currency
    return {
        **summary_document(order.summary),
        "customer": asdict(order.customer) if order.customer else None,
        "destination": asdict(order.destination),
        "method": order.method,
        "priority": order.priority,
        "promise_by": order.promise_by.isoformat() if order.promise_by else None,
        "attributes": order.attributes,
        "lines": [_line(line, currency) for line in order.lines],
        "charges": [
            {
                "kind": charge.kind,
                "description": charge.description,
                "amount": amount_text(charge.amount, currency),
                "line": charge.line,
            }
            for charge in order.charges
        ],
        "payments": [
            {
                "position": payment.position,
                "kind": payment.kind,
                "gateway": payment.gateway,
                "label": payment.label,
                "status": _PAYMENT_WORDS.get(payment.status, payment.status),
                **{name: amount_text(getattr(payment, name), currency) for name in PAYMENT_AMOUNTS},
            }
            for payment in order.payments
        ],
    }


def address(number: str) -> str:
    """Where the order with this number is; whatever is in the number stays one step of the path."""
    return f"{COLLECTION}/{quote(number, safe='')}"


def _line(line: LineDetail, currency: str) -> dict[str, object]:
    return {
        "position": line.position,
        "sku": line.sku,
        "description": line.description or line.name,
        "unit_price": amount_text(line.unit_price, currency),
        "amount": amount_text(line.amount, currency),
        "quantity": {
            "ordered": line.ordered,
            "open": line.open,
            "allocated": line.allocated,
            "fulfilled": line.fulfilled,
            "cancelled": line.cancelled,
            "returned": line.returned,
        },
        "promise": line.promise and asdict(line.promise),
    }
