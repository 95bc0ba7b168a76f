"""Amounts of money: decimal strings in documents (``"12.50"``), whole grains where they are compared."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_AMOUNT = r"^[0-9]{1,8}(\.[0-9]{1,4})?$"


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 12.50"
        raise ValueError(message)
    return Decimal(text)


#: In the currency of the order that is routed, unless the document names one.
Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]
NOTHING = Decimal("0.00")


def grains(amount: Decimal) -> int:
    """An amount as a whole number of ten-millionths: four decimals of a price, three of grams to the kilogram."""
    return int(amount.scaleb(7))


def money(cost: int) -> Decimal:
    """A cost in grains as an amount, to the cent, halves up."""
    return Decimal(cost).scaleb(-7).quantize(Decimal("0.01"), ROUND_HALF_UP)
