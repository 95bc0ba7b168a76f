"""What a channel says when it places an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an order goes. Degrees north and east are given together or not at all."""

    recipient: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A product and a quantity. ``unit_price`` is exact, in the order's currency, four decimals at most."""

    sku: str
    quantity: int
    unit_price: Decimal
    description: str = ""
    ship_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCharge:
    """Money beside the goods. ``position`` is the line's that it belongs to (from 1), 0 for the order as a whole."""

    kind: str
    quantity: int
    unit_price: Decimal
    description: str
    external_number: str
    charged_at: datetime
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """How the order is paid, wholly or in part. ``amount`` is in the order's currency.

    ``authorisation`` is the gateway's reference where the channel has had it authorised; ``captured`` says that it
    has taken the money as well. Otherwise the gateway is asked after capture of the order.
    """

    kind: str
    gateway: str
    amount: Decimal
    token: str = ""
    label: str = ""
    authorisation: str = ""
    expires_at: datetime | None = None
    captured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as a channel places it; it has at least one line. ``currency`` empty: the channel's.

    ``method`` is the code of the shipping method, ``priority`` 0 or more (higher is more urgent), ``promise_by`` the
    last day on which the customer expects it, ``attributes`` the retailer's own fields.
    """

    external_number: str
    placed_at: datetime
    currency: str
    lines: tuple[NewLine, ...]
    charges: tuple[NewCharge, ...] = ()
    payments: tuple[NewPayment, ...] = ()
    customer_reference: str = ""
    customer_name: str = ""
    customer_email: str = ""
    destination: Destination = Destination()
    method: str = ""
    priority: int = 0
    promise_by: date | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Captured:
    """An order after capture: ``created`` is False where the channel had placed it before."""

    order_id: int
    number: str
    created: bool
    line_ids: tuple[int, ...]
