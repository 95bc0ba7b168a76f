"""What a retailer decides about captured orders in release 1.0.

Amounts of money are decimal strings in documents (``"500.00"``).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from modules.domain.releases import Kind, KindModel

_AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 500.00"
        raise ValueError(message)
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]


class OrderReview(KindModel):
    """Which captured orders somebody looks at before they are worked on."""

    value_limit: Money | None = Field(
        None,
        title="Value limit",
        description="Orders whose total is above it are held until somebody releases them. Empty: none is held.",
    )
    currency: str | None = Field(
        None,
        title="Currency",
        description="Code of the currency of the limit; orders in another one are not held. Empty: the limit holds "
        "for the total of every order, whatever its currency.",
        pattern=r"^[A-Z]{3}$",
    )


KINDS = {
    "order_review": Kind(
        name="order_review",
        title="Order review",
        plural="Order reviews",
        model=OrderReview,
        defaults={"default": {"value_limit": None, "currency": None}},
        singleton="default",
    ),
}
