"""What reading an order file gives: lines, and for some formats the locations and products behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

NO_CELLS: Mapping[str, str] = MappingProxyType({})

ZERO = Decimal(0)

#: Longest text, in characters, that a line may carry; a longer cell refuses the line (`too_long`).
TEXT_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "order_number": 64,
        "sku": 64,
        "customer": 64,
        "description": 255,
        "customer_email": 254,
        "name": 160,
        "line1": 255,
        "city": 128,
        "postal_code": 32,
    }
)


class LineOutcome(StrEnum):
    """The one end of a source line.

    Reading a file decides all but two: whether a `REVERSAL` is the `CANCELLATION` of an earlier line or an
    `UNMATCHED_RETURN` depends on the orders already stored.
    """

    ORDER_LINE = "order_line"
    REVERSAL = "reversal"
    CANCELLATION = "cancellation"
    UNMATCHED_RETURN = "unmatched_return"
    CHARGE = "charge"
    STOCK_ADJUSTMENT = "stock_adjustment"
    REFUSED = "refused"


class ChargeKind(StrEnum):
    """What a charge line is for."""

    CARRIAGE = "carriage"
    FEE = "fee"
    DISCOUNT = "discount"
    MANUAL = "manual"
    GIFT_VOUCHER = "gift_voucher"
    SAMPLE = "sample"
    BAD_DEBT = "bad_debt"
    DONATION = "donation"
    PACKAGING = "packaging"
    OTHER = "other"


class SourceLine(NamedTuple):
    """One line of a source file, read and classified (a tuple because half a million are made).

    What its outcome promises: `ORDER_LINE` has quantity > 0 and unit_price >= 0; `REVERSAL` has
    quantity < 0 and unit_price >= 0; `STOCK_ADJUSTMENT` has quantity != 0; `CHARGE` may have any sign; all
    of these have an order number, a SKU and a time. A `REFUSED` line holds what could be read of it.
    Every text can be stored: no control character, no lone surrogate, no longer than `TEXT_LIMITS`.
    """

    row: int
    """As a spreadsheet counts: the header is row 1."""
    outcome: LineOutcome
    fingerprint: UUID
    """Equal for equal content in the same channel, wherever in the file it stands."""
    occurrence: int
    """0 for the first line with this fingerprint in this file, 1 for the second, ..."""
    reason: str = ""
    """snake_case, of refused lines and stock adjustments."""
    message: str = ""
    """For people, of refused lines; names row and column."""
    order_number: str = ""
    sku: str = ""
    description: str = ""
    quantity: int = 0
    unit_price: Decimal = ZERO
    placed_at: datetime | None = None
    """Aware; None only where a refused line's time could not be read."""
    customer: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2, or empty where unknown."""
    latitude: float | None = None
    """Of the destination, in degrees (WGS 84), as is `longitude`."""
    longitude: float | None = None
    postal_code: str = ""
    city: str = ""
    line1: str = ""
    name: str = ""
    customer_email: str = ""
    charge_kind: str = ""
    """A `ChargeKind` of a charge line, else empty."""
    ship_from: str = ""
    """Code of the location that the source says must ship this line, or empty."""
    money: Decimal = ZERO
    """quantity * unit_price, exact; 0 where either could not be read."""
    raw: Mapping[str, str] = NO_CELLS
    """Column -> cell of a refused line as it stood (unprintable bytes shown as \\xNN); else empty."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A place that the source file says ships goods. Coordinates in degrees (WGS 84), None where unknown."""

    code: str
    name: str
    city: str
    state: str
    country: str
    postal_code: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """A product that the source file describes: grams and centimetres, None where not given."""

    sku: str
    description: str
    category: str
    weight_g: int | None
    length_cm: int | None
    width_cm: int | None
    height_cm: int | None
