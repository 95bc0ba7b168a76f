"""A carrier contract: what a carrier charges, where it goes, how long it takes. The retailer's own document.

Amounts of money are decimal strings (``"12.50"``) in the currency of the contract. Weights are grams, lengths
millimetres, distances kilometres; days of the week are 1 (Monday) to 7 (Sunday), as in ISO 8601.

Postal prefixes are compared as :func:`fulfilment.carriers.domain.postal.begins` says: ``"606"`` begins ``60614``,
``"E1"`` begins ``E1 6AN`` but not ``E16 2AB``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from modules.domain.releases import KindModel

_AMOUNT = r"^[0-9]{1,8}(\.[0-9]{1,4})?$"
_T = TypeVar("_T")


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 12.50"
        raise ValueError(message)
    return Decimal(text)


#: Money, and a percentage: decimal strings of at most four decimals, never negative.
Amount = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Prefix = Annotated[str, Field(pattern=r"^[0-9A-Z]([0-9A-Z -]{0,10}[0-9A-Z])?$")]
#: One prefix (``606``) or a range of prefixes of the same length made of digits (``600-606``).
Prefixes = Annotated[str, Field(pattern=r"^[0-9A-Z]{1,10}$|^[0-9]{1,10}-[0-9]{1,10}$")]
Weekday = Annotated[int, Field(ge=1, le=7)]
ZoneName = Annotated[str, Field(min_length=1, max_length=20)]

NOTHING = Decimal(0)
#: Digits of a prefix in a range: five make a hundred thousand prefixes at most.
_LONGEST_RANGE = 5
MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]


class ZoneRule(KindModel):
    """A row of the zone table. The first row all of whose given conditions hold names the zone."""

    zone: ZoneName = Field(title="Zone")
    countries: list[Country] = Field(default_factory=list, title="To countries", max_length=300)
    domestic: bool | None = Field(None, title="Within the country", description="Empty: either.")
    origins: list[Prefix] = Field(default_factory=list, title="From postal prefixes", max_length=1000)
    destinations: list[Prefix] = Field(default_factory=list, title="To postal prefixes", max_length=1000)
    up_to_km: int | None = Field(
        None, title="Up to km", description="Great-circle distance. Empty: any, known or not.", ge=1, le=20100
    )


class ZonePair(KindModel):
    """A row of a carrier's own table of prefix pairs; it goes before the zone rules."""

    origin: Prefixes = Field(title="From prefix or range")
    destination: Prefixes = Field(title="To prefix or range")
    zone: ZoneName = Field(title="Zone")

    @field_validator("origin", "destination")
    @classmethod
    def _range_of_one_length(cls, value: str) -> str:
        first, _, last = value.partition("-")
        if last and (len(first) != len(last) or first > last or len(first) > _LONGEST_RANGE):
            message = f"{value} is no range: two numbers of the same length of at most five digits, the lower one first"
            raise ValueError(message)
        return value


class WeightBreak(KindModel):
    """The price of a parcel of at most so much billable weight."""

    up_to_grams: int = Field(title="Up to grams", ge=1, le=100_000_000)
    price: Amount = Field(title="Price")


class ZoneRate(KindModel):
    """What a parcel costs in a zone: the price of its weight break, and what else is given here, added up."""

    zone: ZoneName = Field("all", title="Zone", description="“all” serves zones that have no rate of their own.")
    breaks: list[WeightBreak] = Field(default_factory=list, title="Weight breaks", max_length=500)
    per_further_kg: Amount | None = Field(
        None,
        title="Per started kg above",
        description="Added for each started kilogram above the last weight break. Empty: heavier is not taken.",
    )
    per_parcel: Amount = Field(NOTHING, title="Per parcel")
    per_kg: Amount = Field(NOTHING, title="Per kilogram", description="Of billable weight, to the gram.")
    per_100_km: Amount = Field(NOTHING, title="Per 100 km", description="Of whole kilometres.")
    transit_days: int | None = Field(
        None, title="Transit days", description="Delivery days after collection. Empty: not promised.", ge=0, le=90
    )

    @field_validator("breaks")
    @classmethod
    def _heavier_and_heavier(cls, value: list[WeightBreak]) -> list[WeightBreak]:
        for lighter, heavier in pairwise(value):
            if heavier.up_to_grams <= lighter.up_to_grams:
                message = f"the weight break {heavier.up_to_grams} does not go beyond {lighter.up_to_grams}"
                raise ValueError(message)
        return value


class Surcharge(KindModel):
    """Added when every condition that is given holds. A fixed amount, a percentage, or both."""

    name: str = Field(title="Name", min_length=1, max_length=60)
    amount: Amount = Field(NOTHING, title="Amount")
    percent: Amount = Field(NOTHING, title="Per cent")
    percent_of_all: bool = Field(
        False,
        title="Per cent of all so far",
        description="Of freight and the surcharges above this one; otherwise of freight alone.",
    )
    residential: bool | None = Field(None, title="Private address", description="Empty: either.")
    longer_than_mm: int | None = Field(None, title="Longest side over mm", ge=1)
    girth_over_mm: int | None = Field(None, title="Length and girth over mm", ge=1)
    heavier_than_grams: int | None = Field(None, title="Actual weight over grams", ge=1)
    destinations: list[Prefix] = Field(default_factory=list, title="To postal prefixes", max_length=5000)
    countries: list[Country] = Field(default_factory=list, title="To countries", max_length=300)
    weekdays: list[Weekday] = Field(default_factory=list, title="Collected on", max_length=7)


class CarrierService(KindModel):
    """One way in which a carrier takes parcels."""

    code: str = Field(title="Code", pattern=r"^[A-Za-z0-9_-]{1,30}$")
    name: str = Field("", title="Name", max_length=100)
    rates: list[ZoneRate] = Field(title="Rates", min_length=1, max_length=200)
    dimensional_divisor: int | None = Field(
        None,
        title="Dimensional divisor",
        description="Cubic centimetres that count as one kilogram, for example 5000. Empty: actual weight alone.",
        ge=1,
        le=100_000,
    )
    surcharges: list[Surcharge] = Field(default_factory=list, title="Surcharges", max_length=50)
    max_grams: int | None = Field(None, title="Heaviest in grams", ge=1)
    max_length_mm: int | None = Field(None, title="Longest side in mm", ge=1)
    max_girth_mm: int | None = Field(
        None, title="Length and girth in mm", description="Longest side plus twice the two others.", ge=1
    )
    cut_off: time | None = Field(
        None, title="Cut-off", description="Local time after which a parcel waits for the next collection."
    )
    collects: list[Weekday] = Field(default_factory=lambda: [*MONDAY_TO_FRIDAY], title="Collects on", min_length=1)
    delivers: list[Weekday] = Field(default_factory=lambda: [*MONDAY_TO_FRIDAY], title="Delivers on", min_length=1)
    weekdays: list[Weekday] = Field(
        default_factory=list, title="Offered on", description="Days of collection it may be chosen for. Empty: all."
    )

    @model_validator(mode="after")
    def _one_rate_per_zone(self) -> CarrierService:
        _once([rate.zone for rate in self.rates], "rate for the zone")
        return self

    def rate(self, zone: str) -> ZoneRate | None:
        """The rate of a zone, else the one for all; None where the service does not go."""
        return self._rates.get(zone) or self._rates.get("all")

    @cached_property
    def _rates(self) -> dict[str, ZoneRate]:
        return {rate.zone: rate for rate in self.rates}


class Contract(KindModel):
    """What a retailer has agreed with a carrier. Its key in the profile is the carrier's code."""

    name: str = Field("", title="Name", description="How staff call this contract.", max_length=100)
    adapter: str = Field(
        "table_rate",
        title="Booked through",
        description="Folder of the carrier that books its parcels.",
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
    )
    priority: int = Field(
        100, title="Priority", description="The lowest number goes first between equal offers.", ge=1, le=999
    )
    currency: str = Field(title="Currency", pattern=r"^[A-Z]{3}$")
    services: list[CarrierService] = Field(title="Services", min_length=1, max_length=50)
    zones: list[ZoneRule] = Field(default_factory=list, title="Zones", max_length=500)
    pairs: list[ZonePair] = Field(default_factory=list, title="Zones by prefix pairs", max_length=20_000)
    countries: list[Country] = Field(
        default_factory=list, title="Countries served", description="Empty: all.", max_length=300
    )
    locations: list[str] = Field(
        default_factory=list, title="Collects at", description="Codes of locations. Empty: all.", max_length=10_000
    )
    holidays: list[date] = Field(
        default_factory=list, title="Holidays", description="Neither collected nor delivered.", max_length=500
    )
    valid_from: date | None = Field(None, title="Valid from", description="First day of collection. Empty: any.")
    valid_until: date | None = Field(None, title="Valid until", description="Last day of collection. Empty: any.")

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        _once([service.code for service in self.services], "service")
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            message = "the last day is before the first day"
            raise ValueError(message)
        if not self.zones and not self.pairs:
            named = sorted({r.zone for s in self.services for r in s.rates} - {"all"})
            if named:
                message = f"rates name the zone {named[0]!r}, and the contract has no zones"
                raise ValueError(message)
        return self

    @cached_property
    def pair_table(self) -> Mapping[str, Mapping[str, str]]:
        """Origin prefix → destination prefix → zone, with ranges written out; a later row goes over an earlier one."""
        table: dict[str, dict[str, str]] = {}
        for row in self.pairs:
            destinations = _each(row.destination)
            for origin in _each(row.origin):
                table.setdefault(origin, {}).update(dict.fromkeys(destinations, row.zone))
        return table


def _each(prefixes: str) -> list[str]:
    """Every prefix of a range; one alone is a range of itself."""
    first, _, last = prefixes.partition("-")
    if not last:
        return [first]
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _once(values: Sequence[_T], what: str) -> None:
    """Raise for a value that is listed twice."""
    seen: set[_T] = set()
    for value in values:
        if value in seen:
            message = f"the {what} {value!r} is listed twice"
            raise ValueError(message)
        seen.add(value)
