"""What a retailer decides about captured orders in release 1.1.

Amounts of money are decimal strings in documents (``"500.00"``).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from modules.domain.releases import Kind, KindModel

_AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 500.00"
        raise ValueError(message)
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class ReviewSettings(KindModel):
    """How the rules for holds work together."""

    matching: Literal["every", "first"] = Field(
        "every",
        title="Holds of an order",
        description="“every”: each rule that applies places its hold. “first”: only the first one that applies.",
    )


class HoldRule(KindModel):
    """When a captured order is held. Its key names the hold. All conditions that are given must be met."""

    title: str = Field(title="Title", description="How staff call this rule.", min_length=1, max_length=100)
    min_total: Money | None = Field(
        None, title="Total above", description="Applies to orders whose total is above this amount. Empty: any."
    )
    currency: str | None = Field(
        None,
        title="Currency",
        description="Applies to orders in this currency. Empty: any.",
        pattern=r"^[A-Z]{3}$",
    )
    countries: list[Country] = Field(
        default_factory=list,
        title="Countries",
        description="Applies to orders that go to one of these countries. Empty: any.",
        max_length=250,
    )
    first_order_only: bool = Field(
        False, title="First orders only", description="Applies to the first order of a customer."
    )
    max_units_per_line: int | None = Field(
        None,
        title="More units in a line than",
        description="Applies to orders with a line of more units than this. Empty: any.",
        ge=0,
        le=1_000_000,
    )

    @field_validator("countries")
    @classmethod
    def _each_country_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            message = "a country is listed twice"
            raise ValueError(message)
        return value


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
}
