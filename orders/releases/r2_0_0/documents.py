"""What a retailer decides about captured orders in release 2.0.

Amounts of money are decimal strings in documents (``"500.00"``). The value of a condition is text as well, which is
read as its field asks: an amount, a whole number, a date, or codes with commas between them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from modules.domain.releases import Kind, KindModel

Action = Literal["allocate", "ship", "edit", "capture"]

#: What the value of a condition on a field looks like, and how to say so.
_FORMS: dict[str, tuple[str, str]] = {
    "total": (r"[0-9]{1,10}(\.[0-9]{1,4})?", "an amount with at most four decimals, for example 500.00"),
    "units": (r"[0-9]{1,9}", "a whole number"),
    "lines": (r"[0-9]{1,9}", "a whole number"),
    "largest_line_units": (r"[0-9]{1,9}", "a whole number"),
    "earlier_orders": (r"[0-9]{1,9}", "a whole number"),
    "placed_on": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date, for example 2025-11-28"),
    "country": (r"[A-Z]{2}(, ?[A-Z]{2}){0,249}", "codes of countries with commas between them, for example GB, FR"),
    "currency": (r"[A-Z]{3}(, ?[A-Z]{3}){0,49}", "codes of currencies with commas between them, for example GBP"),
    "channel": (r"[^\s,][^,]*(, ?[^\s,][^,]*){0,49}", "codes of channels with commas between them"),
    "customer": (r"[^\s,][^,]*(, ?[^\s,][^,]*){0,49}", "customers with commas between them"),
}
TEXTS = ("country", "currency", "channel", "customer")


class Condition(KindModel):
    """One condition on a captured order."""

    field: Literal[
        "total",
        "units",
        "lines",
        "largest_line_units",
        "earlier_orders",
        "placed_on",
        "country",
        "currency",
        "channel",
        "customer",
    ] = Field(
        title="Field",
        description="What is looked at: total of the order, units or lines of it, units of its largest line, earlier "
        "orders of the customer, the day in UTC on which it was placed, country that it goes to, currency, channel, "
        "customer.",
    )
    operator: Literal["above", "at_least", "below", "at_most", "one_of"] = Field(
        title="Comparison",
        description="“one_of” for country, currency, channel and customer; the others for amounts, numbers and days.",
    )
    value: str = Field(
        title="Value",
        description="An amount (500.00), a number (12), a day (2025-11-28), or codes with commas between (GB, FR).",
        min_length=1,
        max_length=2000,
    )
    negate: bool = Field(False, title="Not", description="The condition is met where the comparison does not hold.")

    @model_validator(mode="after")
    def _fits_its_field(self) -> Condition:
        pattern, form = _FORMS[self.field]
        if (self.operator == "one_of") != (self.field in TEXTS):
            allowed = "one_of" if self.field in TEXTS else "above, at_least, below or at_most"
            message = f"{self.field} is compared by {allowed}, not by {self.operator}"
            raise ValueError(message)
        if not re.fullmatch(pattern, self.value):
            message = f"the value of a condition on {self.field} is {form}; {self.value!r} is not"
            raise ValueError(message)
        if self.field == "placed_on":
            date.fromisoformat(self.value)
        return self


class ReviewSettings(KindModel):
    """How the rules for holds work together."""

    matching: Literal["every", "first"] = Field(
        "every",
        title="Holds of an order",
        description="“every”: each rule that applies places its hold. “first”: only the first one that applies.",
    )


class HoldRule(KindModel):
    """When a captured order is held, and what the hold blocks. Its key names the hold."""

    title: str = Field(title="Title", description="How staff call this rule.", min_length=1, max_length=100)
    blocks: list[Action] = Field(
        title="Blocks", description="What cannot be done with the order while it is held.", min_length=1, max_length=4
    )
    conditions: list[Condition] = Field(
        title="Conditions",
        description="All of them must be met. A rule without conditions holds nothing.",
        max_length=20,
    )
    priority: int = Field(
        100,
        title="Priority",
        description="Rules with a smaller number are looked at first; rules with the same one by their keys.",
        ge=0,
        le=1000,
    )

    @field_validator("blocks")
    @classmethod
    def _each_action_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            message = "an action is listed twice"
            raise ValueError(message)
        return value


class CancellationPolicy(KindModel):
    """Until when a customer may cancel."""

    free_until: Literal["allocated", "picked", "packed"] = Field(
        "picked",
        title="Free until",
        description="An order is cancelled at no charge until its first unit has come so far.",
    )
    reason_required: bool = Field(False, title="Reason required", description="A cancellation must give a reason.")


KINDS = {
    "review_settings": Kind(
        name="review_settings",
        title="Review settings",
        plural="Review settings",
        model=ReviewSettings,
        defaults={"default": {"matching": "every"}},
        singleton="default",
    ),
    "hold_rule": Kind(name="hold_rule", title="Hold rule", plural="Hold rules", model=HoldRule),
    "cancellation_policy": Kind(
        name="cancellation_policy",
        title="Cancellation policy",
        plural="Cancellation policies",
        model=CancellationPolicy,
        defaults={"default": {"free_until": "picked", "reason_required": False}},
        singleton="default",
    ),
}
