"""Conditions on a captured order: what a retailer writes, whether one is met, and how that is said.

The value of a condition is text, which is read as its field asks: an amount, a whole number, a day, a time, or codes
with commas between them. Days, weekdays and times are those of the retailer's clock: UTC and so many minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from pydantic import Field, model_validator

from modules.contracts.review import ReviewFacts
from modules.domain.releases import KindModel

Value = TypeVar("Value", Decimal, str)

_NUMBER = (r"[0-9]{1,9}", "a whole number")
_AMOUNT = r"[0-9]{1,10}(\.[0-9]{1,4})?"
_CODES = r"[^\s,][^,]*(, ?[^\s,][^,]*){0,49}"
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"

#: What the value of a condition on a field looks like, and how to say so.
_FORMS: dict[str, tuple[str, str]] = {
    "total": (_AMOUNT, "an amount with at most four decimals, for example 500.00"),
    "units": _NUMBER,
    "lines": _NUMBER,
    "largest_line_units": _NUMBER,
    "earlier_orders": _NUMBER,
    "recent_orders": _NUMBER,
    "priority": _NUMBER,
    "placed_on": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date, for example 2025-11-28"),
    "time_of_day": (r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day from 00:00 to 23:59, for example 22:30"),
    "weekday": (rf"{_DAY}(, ?{_DAY}){{0,6}}", "days of the week with commas between them, for example sat, sun"),
    "country": (r"[A-Z]{2}(, ?[A-Z]{2}){0,249}", "codes of countries with commas between them, for example GB, FR"),
    "currency": (r"[A-Z]{3}(, ?[A-Z]{3}){0,49}", "codes of currencies with commas between them, for example GBP"),
    "channel": (_CODES, "codes of channels with commas between them"),
    "customer": (_CODES, "customers with commas between them"),
    "method": (_CODES, "codes of shipping methods with commas between them"),
    "payment": (_CODES, "kinds of payment with commas between them, for example card, gift_card"),
    "postal_code": (_CODES, "postal codes or beginnings of them with commas between them, for example BT, IM, JE"),
    "attribute": (_CODES, "values with commas between them, or a number where numbers are compared"),
}
_COMPARED = ("above", "at_least", "below", "at_most")
_NUMBERS = ("total", "units", "lines", "largest_line_units", "earlier_orders", "recent_orders", "priority")
#: How each field may be compared.
OPERATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_NUMBERS, "placed_on", "time_of_day"), _COMPARED),
    **dict.fromkeys(("country", "currency", "channel", "customer", "method", "payment", "weekday"), ("one_of",)),
    "postal_code": ("starts_with", "one_of"),
    "attribute": ("one_of", "starts_with", *_COMPARED),
}
_NAMES = {
    "total": "total",
    "units": "units",
    "lines": "lines",
    "largest_line_units": "largest line in units",
    "earlier_orders": "earlier orders of the customer",
    "recent_orders": "orders of the customer in the 24 hours before",
    "priority": "priority",
    "placed_on": "day of the order",
    "time_of_day": "time of the order",
    "weekday": "weekday of the order",
    "country": "country",
    "currency": "currency",
    "channel": "channel",
    "customer": "customer",
    "method": "shipping method",
    "payment": "payment",
    "postal_code": "postal code",
}
#: A comparison that holds, and one that does not, in words.
_WORDS = {
    "above": ("is above", "is not above"),
    "at_least": ("is at least", "is not at least"),
    "below": ("is below", "is not below"),
    "at_most": ("is at most", "is not at most"),
    "one_of": ("is one of", "is not one of"),
    "starts_with": ("begins with one of", "does not begin with one of"),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Condition(KindModel):
    """One condition on a captured order."""

    field: Literal[
        "total", "units", "lines", "largest_line_units", "earlier_orders", "recent_orders", "priority", "placed_on",
        "time_of_day", "weekday", "country", "postal_code", "currency", "channel", "customer", "method", "payment",
        "attribute",
    ] = Field(
        title="Field",
        description="What is looked at. “Recent orders” are the customer's in the 24 hours before; “method” is the "
        "shipping method, “payment” any kind that the order is paid by, “attribute” a field of your own.",
    )  # fmt: skip
    attribute: str = Field(
        "", title="Which attribute", description="Its key, where the field is “attribute”.", max_length=60
    )
    operator: Literal["above", "at_least", "below", "at_most", "one_of", "starts_with"] = Field(
        title="Comparison",
        description="“one_of” for codes, “starts_with” for postal codes and attributes, the others for amounts, "
        "numbers, days and times.",
    )
    value: str = Field(
        title="Value",
        description="An amount (500.00), a number (12), a day (2025-11-28), a time (22:30), or codes with commas "
        "between them (GB, FR).",
        min_length=1,
        max_length=2000,
    )
    negate: bool = Field(False, title="Not", description="The condition is met where the comparison does not hold.")

    @model_validator(mode="after")
    def _fits_its_field(self) -> Condition:
        allowed = OPERATORS[self.field]
        if self.operator not in allowed:
            words = allowed[0] if len(allowed) == 1 else f"{', '.join(allowed[:-1])} or {allowed[-1]}"
            message = f"{self.field} is compared by {words}, not by {self.operator}"
            raise ValueError(message)
        if (self.field == "attribute") != bool(self.attribute):
            message = "name the attribute where the field is “attribute”, and only there"
            raise ValueError(message)
        pattern, form = _FORMS[self.field]
        if self.field == "attribute" and self.operator in _COMPARED:
            pattern, form = _FORMS["total"]
        if not re.fullmatch(pattern, self.value):
            message = f"the value of a condition on {self.field} is {form}; {self.value!r} is not"
            raise ValueError(message)
        if self.field == "placed_on":
            date.fromisoformat(self.value)
        return self


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as conditions look at it: what is compared as a number and as text, on the retailer's clock."""

    facts: ReviewFacts
    numbers: Mapping[str, Decimal]
    texts: Mapping[str, str]

    @classmethod
    def at(cls, facts: ReviewFacts, clock_offset_minutes: int) -> Seen:
        """Read an order, once for all conditions."""
        placed = _on_the_clock(facts.placed_at, clock_offset_minutes)
        numbers = {
            "total": facts.total,
            "units": Decimal(facts.units),
            "lines": Decimal(facts.lines),
            "largest_line_units": Decimal(facts.largest_line_units),
            "earlier_orders": Decimal(facts.earlier_orders),
            "recent_orders": Decimal(facts.recent_orders),
            "priority": Decimal(facts.priority),
        }
        texts = {
            "country": facts.country,
            "currency": facts.currency,
            "channel": facts.channel,
            "customer": facts.customer,
            "method": facts.method,
            "postal_code": facts.postal_code,
            "weekday": _DAYS[placed.weekday()],
            "placed_on": placed.date().isoformat(),
            "time_of_day": f"{placed:%H:%M}",
        }
        return cls(facts, numbers, texts)


def _on_the_clock(placed_at: str, offset_minutes: int) -> datetime:
    """The time of an order, which is in UTC unless it says otherwise, on the retailer's clock."""
    moment = datetime.fromisoformat(placed_at)
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment + timedelta(minutes=offset_minutes)
    except OverflowError:  # at either end of the calendar there is no other day to be read
        return moment


def is_met(condition: Condition, seen: Seen) -> bool:
    """Whether a condition is met."""
    return _holds(condition, seen) != condition.negate


def in_words(condition: Condition, seen: Seen, *, met: bool) -> str:
    """What was found, for people: ``total 620.00 GBP is above 500.00``."""
    holds, holds_not = _WORDS[condition.operator]
    verb = holds if met != condition.negate else holds_not
    name = f"attribute {condition.attribute}" if condition.field == "attribute" else _NAMES[condition.field]
    return f"{name} {_found(condition, seen)} {verb} {condition.value}"


def _holds(condition: Condition, seen: Seen) -> bool:
    found = _texts(condition, seen)
    if condition.operator == "one_of":
        codes = {code.strip().casefold() for code in condition.value.split(",")}
        return any(text.casefold() in codes for text in found)
    if condition.operator == "starts_with":
        beginnings = tuple(_plain(code) for code in condition.value.split(","))
        return any(_plain(text).startswith(beginnings) for text in found)
    if condition.field in ("placed_on", "time_of_day"):  # ISO 8601 stands in the order of time
        return _compared(found[0], condition.operator, condition.value)
    number = _number(condition, seen)
    return number is not None and _compared(number, condition.operator, Decimal(condition.value))


def _compared(found: Value, operator: str, wanted: Value) -> bool:
    if operator == "above":
        return found > wanted
    if operator == "at_least":
        return found >= wanted
    return found < wanted if operator == "below" else found <= wanted


def _plain(text: str) -> str:
    """A postal code as people mean it: without spaces and capitals."""
    return "".join(text.split()).casefold()


def _number(condition: Condition, seen: Seen) -> Decimal | None:
    """What is compared as a number; None for an attribute that is none."""
    if condition.field == "attribute":
        text = seen.facts.attributes.get(condition.attribute, "").strip()
        return Decimal(text) if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", text, re.ASCII) else None
    return seen.numbers[condition.field]


def _texts(condition: Condition, seen: Seen) -> tuple[str, ...]:
    """What is compared as text: nothing where it is not known, several where an order has several."""
    if condition.field == "payment":
        return seen.facts.payment_kinds
    if condition.field == "attribute":
        text = seen.facts.attributes.get(condition.attribute, "")
    else:
        text = seen.texts.get(condition.field, "")
    return (text,) if text else ()


def _found(condition: Condition, seen: Seen) -> str:
    if condition.field == "total":
        return f"{seen.facts.total} {seen.facts.currency}"
    if condition.field in _NUMBERS:
        return str(_number(condition, seen))
    return ", ".join(_texts(condition, seen)) or "unknown"
