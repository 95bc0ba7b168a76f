"""The mapping document of a generic channel: what the sender calls each thing, and how it writes amounts and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from orders.channels.reading import Unreadable, clean, instant, money
from orders.domain.channel import CannotRead, Json, Setup

#: What can be read of an order and of a line; the sender's own name where it is none of these.
ORDER_FIELDS = (
    "external_number", "label", "placed_at", "currency", "total", "shipping", "tax", "discount", "fee", "paid",
    "payment_kind", "payment_reference", "method", "customer_reference", "customer_name", "customer_email",
    "recipient", "address", "address_2", "city", "postal_code", "country", "cancelled_at", "test",
)  # fmt: skip
LINE_FIELDS = ("sku", "quantity", "unit_price", "line_total", "line_discount", "line_tax", "description", "line_number")
_KEYS = {"fields", "orders", "lines", "delimiter", "encoding", "date_format", "time_zone", "decimal_comma", "no_total"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """How one sender writes."""

    fields: Mapping[str, str] = field(default_factory=dict)
    orders: str = ""
    lines: str = "lines"
    delimiter: str = ""
    encoding: str = "utf-8-sig"
    date_format: str = ""
    time_zone: str = ""
    decimal_comma: bool = False
    no_total: bool = False

    def value(self, row: object, name: str) -> object:
        """What stands at the sender's name for it: a column, or a path with points through objects."""
        path = self.fields.get(name, name)
        if isinstance(row, Mapping) and path in row:
            return row[path]
        for part in path.split("."):
            row = row.get(part) if isinstance(row, Mapping) else None
        return row

    def text(self, row: object, name: str, limit: int = 255) -> str:
        """On one line."""
        return clean(self.value(row, name), limit)

    def amount(self, row: object, name: str) -> Decimal | None:
        """Exact, as the sender writes it. Raises ``Unreadable``."""
        value = self.value(row, name)
        if isinstance(value, str):
            value = value.strip()
            if self.decimal_comma:
                value = value.replace(".", "").replace(",", ".")
        return money(value, self.fields.get(name, name))

    def units(self, row: object, name: str) -> int | None:
        """A whole number. Raises ``Unreadable``."""
        found = self.amount(row, name)
        if found is not None and (found != found.to_integral_value() or abs(found) >= 2**31):
            message = f"{self.fields.get(name, name)} is {found:f}, not a whole number of units"
            raise Unreadable(message)
        return None if found is None else int(found)

    def time(self, row: object, name: str) -> datetime | None:
        """With its zone, or in the sheet's. Raises ``Unreadable``."""
        text, named = self.text(row, name), self.fields.get(name, name)
        if not text:
            return None
        if not self.date_format and not self.time_zone:
            return instant(text, named)
        try:
            found = datetime.strptime(text, self.date_format) if self.date_format else datetime.fromisoformat(text)
        except ValueError as fault:
            message = f"{named} is {text[:40]!r}, not a time written as {self.date_format or 'ISO 8601'}"
            raise Unreadable(message) from fault
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(self.time_zone or "UTC"))
        return instant(found.isoformat(), named)


def sheet_of(setup: Setup) -> Sheet:
    """The channel's mapping; without one the sender uses our own names. Raises :class:`CannotRead`."""
    given = setup.options.get("mapping") or {}
    fault = mapping_fault(given)
    if fault:
        text = f"the channel's mapping cannot be used: {fault}"
        raise CannotRead(text)
    return Sheet(**given)  # type: ignore[arg-type]


def mapping_fault(given: Json) -> str:
    """What is wrong with a mapping document, empty for nothing."""
    if not isinstance(given, dict):
        return "it is not an object"
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        return f"there is no key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}"
    fields = given.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields.values()):
        return "fields is not an object of our names and the sender's"
    strange = sorted(set(fields) - {*ORDER_FIELDS, *LINE_FIELDS})
    if strange:
        return f"there is no field {strange[0]!r}; there are {', '.join((*ORDER_FIELDS, *LINE_FIELDS))}"
    for name in ("orders", "lines", "delimiter", "encoding", "date_format", "time_zone"):
        if not isinstance(given.get(name, ""), str):
            return f"{name} is not a text"
    try:
        b"".decode(str(given.get("encoding") or "utf-8"))
        ZoneInfo(str(given.get("time_zone") or "UTC"))
    except (LookupError, ValueError):
        return "its encoding or its time zone is not known"
    return "delimiter is not one character" if len(str(given.get("delimiter", ""))) > 1 else ""
