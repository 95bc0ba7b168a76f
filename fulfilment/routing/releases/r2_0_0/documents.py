"""What a retailer decides about routing in release 2.0.

Amounts of money are decimal strings in documents (``"12.50"``), in the currency of the order that is routed unless
the document names one.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from modules.domain.releases import Kind, KindModel

_AMOUNT = r"^[0-9]{1,8}(\.[0-9]{1,4})?$"
_COUNTRY = r"^[A-Z]{2}$"
_CURRENCY = r"^[A-Z]{3}$"


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 12.50"
        raise ValueError(message)
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]


def grains(amount: Decimal) -> int:
    """An amount as a whole number of ten-millionths: four decimals of a price, three of grams to the kilogram."""
    return int(amount.scaleb(7))


class RoutingStrategy(KindModel):
    """How locations are chosen for an order."""

    name: str = Field(
        "Lowest landed cost", title="Name", description="How staff call this strategy.", min_length=1, max_length=100
    )
    radius_km: int | None = Field(
        None,
        title="Radius in km",
        description="Locations farther from the customer take no orders. Empty: any distance.",
        ge=1,
        le=20100,
    )
    split_limit: int = Field(
        3,
        title="Most parcels per order",
        description="An order is split into at most so many parcels. What only one location may ship always goes.",
        ge=1,
        le=10,
    )
    split_penalty: Money = Field(
        Decimal("0.00"),
        title="Penalty per further parcel",
        description="Added to the cost of an assignment for every parcel after the first: what it costs you, in "
        "packing and in goodwill, that a customer receives one more.",
    )


class LocationPolicy(KindModel):
    """What holds for one location. Its key is the location's code."""

    enabled: bool = Field(True, title="Takes orders", description="Switch it off to send no orders to this location.")
    threshold: int = Field(
        0,
        title="Units kept back",
        description="So many units of every product are never given to orders of the network.",
        ge=0,
        le=1_000_000,
    )
    capacity_per_day: int | None = Field(
        None,
        title="Units per day",
        description="The location takes at most so many units from its midnight to the next. Empty: any number.",
        ge=0,
        le=10_000_000,
    )
    handling_per_unit: Money = Field(
        Decimal("0.00"),
        title="Handling per unit",
        description="What it costs to pick and pack one unit here.",
    )

    @cached_property
    def handling(self) -> int:
        """``handling_per_unit`` in grains."""
        return grains(self.handling_per_unit)


class CarrierContract(KindModel):
    """What a carrier charges for a parcel. Its key is the carrier's code."""

    name: str = Field("", title="Name", description="How staff call this contract.", max_length=100)
    per_parcel: Money = Field(title="Per parcel", description="Charged once for every parcel.")
    per_kg: Money = Field(
        Decimal("0.00"), title="Per kilogram", description="Charged for the weight of the units, to the gram."
    )
    per_100_km: Money = Field(
        Decimal("0.00"),
        title="Per 100 km",
        description="Charged for the distance from the location to the customer, in whole kilometres.",
    )
    currency: str = Field(
        title="Currency",
        description="Code of the currency of the prices. The contract serves orders in this currency only.",
        pattern=_CURRENCY,
    )
    countries: list[Annotated[str, Field(pattern=_COUNTRY)]] = Field(
        default_factory=list,
        title="Countries served",
        description="Codes of the countries to which the carrier delivers. Empty: all.",
        max_length=300,
    )
    valid_from: date | None = Field(None, title="Valid from", description="First day of the prices. Empty: any.")
    valid_until: date | None = Field(None, title="Valid until", description="Last day of the prices. Empty: any.")

    @field_validator("countries")
    @classmethod
    def _each_country_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            message = "a country is listed twice"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _from_before_until(self) -> CarrierContract:
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            message = "the last day is before the first day"
            raise ValueError(message)
        return self


KINDS = {
    "routing_strategy": Kind(
        name="routing_strategy",
        title="Routing strategy",
        plural="Routing strategies",
        model=RoutingStrategy,
        defaults={
            "default": {
                "name": "Lowest landed cost",
                "radius_km": None,
                "split_limit": 3,
                "split_penalty": "0.00",
            }
        },
        singleton="default",
    ),
    "location_policy": Kind(
        name="location_policy", title="Location policy", plural="Location policies", model=LocationPolicy
    ),
    "carrier_contract": Kind(
        name="carrier_contract", title="Carrier contract", plural="Carrier contracts", model=CarrierContract
    ),
}
