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
    """An amount as a whole number of ten-thousandths of the currency."""
    return int(amount.scaleb(4))


def money(cost: int) -> Decimal:
    """A cost in grains as an amount, to the cent, halves up."""
    return Decimal(cost).scaleb(-4).quantize(Decimal("0.01"), ROUND_HALF_UP)


#: Currencies whose minor unit is not a hundredth: the number of their decimals (ISO 4217).
_DECIMALS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0,
    "XOF": 0, "XPF": 0,
}  # fmt: skip


def minor_unit(currency: str) -> int:
    """The smallest amount of a currency that is paid, in grains."""
    return int(10 ** (4 - _DECIMALS.get(currency, 2)))
