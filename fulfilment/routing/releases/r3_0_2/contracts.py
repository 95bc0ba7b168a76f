"""What a carrier charges, where it goes and how long it takes: the document that carriers book by as well.

Amounts are decimal strings in the currency of the contract; weights grams, lengths millimetres, distances kilometres;
days of the week are 1 (Monday) to 7 (Sunday), as in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from modules.domain.releases import KindModel

from .amounts import NOTHING, Money
from .conditions import Country

Prefix = Annotated[str, Field(pattern=r"^[0-9A-Z]([0-9A-Z -]{0,10}[0-9A-Z])?$")]
#: One prefix (``606``) or a range of prefixes of the same length made of digits (``600-606``).
Prefixes = Annotated[str, Field(pattern=r"^[0-9A-Z]{1,10}$|^[0-9]{1,10}-[0-9]{1,10}$")]
Weekday = Annotated[int, Field(ge=1, le=7)]
ZoneName = Annotated[str, Field(min_length=1, max_length=20)]
_LONGEST_RANGE = 5
_MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]
#: Nobody keeps holidays for longer than this; the search for a working day ends here.
_LONGEST_REST = 60


class ZoneRule(KindModel, title="Zone"):
    """A row of the zone table. The first row all of whose given conditions hold names the zone."""

    zone: ZoneName = Field(title="Zone", description="Name of the zone, as the rates call it.")
    countries: list[Country] = Field(
        default_factory=list, title="To countries", description="Codes of countries. Empty: any.", max_length=300
    )
    domestic: bool | None = Field(
        None, title="Within the country", description="Sent from the destination's own country. Empty: either."
    )
    origins: list[Prefix] = Field(
        default_factory=list, title="From postal prefixes", description="Of the location. Empty: any.", max_length=1000
    )
    destinations: list[Prefix] = Field(
        default_factory=list, title="To postal prefixes", description="Of the customer. Empty: any.", max_length=1000
    )
    up_to_km: int | None = Field(
        None, title="Up to km", description="Great-circle distance. Empty: any, known or not.", ge=1, le=20100
    )


class ZonePair(KindModel, title="Pair of prefixes"):
    """A row of a carrier's own table of prefix pairs; it goes before the zone rules."""

    origin: Prefixes = Field(title="From prefix or range", description="For example 606 or 600-606.")
    destination: Prefixes = Field(title="To prefix or range", description="For example 606 or 600-606.")
    zone: ZoneName = Field(title="Zone", description="Name of the zone, as the rates call it.")

    @field_validator("origin", "destination")
    @classmethod
    def _range_of_one_length(cls, value: str) -> str:
        first, _, last = value.partition("-")
        if last and (len(first) != len(last) or first > last or len(first) > _LONGEST_RANGE):
            message = f"{value} is no range: two numbers of the same length of at most five digits, the lower one first"
            raise ValueError(message)
        return value


class WeightBreak(KindModel, title="Weight break"):
    """The price of a parcel of at most so much billable weight."""

    up_to_grams: int = Field(
        title="Up to grams", description="Heaviest billable weight of this price.", ge=1, le=100_000_000
    )
    price: Money = Field(title="Price", description="For the whole parcel.")


class ZoneRate(KindModel, title="Rate"):
    """What a parcel costs in a zone: the price of its weight break, and what else is given here, added up."""

    zone: ZoneName = Field("all", title="Zone", description="“all” serves zones that have no rate of their own.")
    breaks: list[WeightBreak] = Field(
        default_factory=list, title="Weight breaks", description="Lighter ones first.", max_length=500
    )
    per_further_kg: Money | None = Field(
        None,
        title="Per started kg above",
        description="Added for each started kilogram above the last weight break. Empty: heavier is not taken.",
    )
    per_parcel: Money = Field(NOTHING, title="Per parcel", description="Charged once for every parcel.")
    per_kg: Money = Field(NOTHING, title="Per kilogram", description="Of billable weight, to the gram.")
    per_100_km: Money = Field(NOTHING, title="Per 100 km", description="Of whole kilometres.")
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


class Surcharge(KindModel, title="Surcharge"):
    """Added when every condition that is given holds. A fixed amount, a percentage, or both."""

    name: str = Field(title="Name", description="As the carrier calls it.", min_length=1, max_length=60)
    amount: Money = Field(NOTHING, title="Amount", description="Added to the price.")
    percent: Money = Field(NOTHING, title="Per cent", description="Of freight, added to the price.")
    percent_of_all: bool = Field(
        False,
        title="Per cent of all so far",
        description="Of freight and the surcharges above this one; otherwise of freight alone.",
    )
    residential: bool | None = Field(
        None,
        title="Private address",
        description="Empty: either. Routing does not know and expects a private address.",
    )
    longer_than_mm: int | None = Field(None, title="Longest side over mm", description="Empty: any.", ge=1)
    girth_over_mm: int | None = Field(None, title="Length and girth over mm", description="Empty: any.", ge=1)
    heavier_than_grams: int | None = Field(None, title="Actual weight over grams", description="Empty: any.", ge=1)
    destinations: list[Prefix] = Field(
        default_factory=list, title="To postal prefixes", description="Of the customer. Empty: any.", max_length=5000
    )
    countries: list[Country] = Field(
        default_factory=list, title="To countries", description="Codes of countries. Empty: any.", max_length=300
    )
    weekdays: list[Weekday] = Field(
        default_factory=list, title="Collected on", description="1 is Monday. Empty: any day.", max_length=7
    )


class CarrierService(KindModel, title="Service"):
    """One way in which a carrier takes parcels."""

    code: str = Field(title="Code", description="As it is booked.", pattern=r"^[A-Za-z0-9_-]{1,30}$")
    name: str = Field("", title="Name", description="How staff call it.", max_length=100)
    rates: list[ZoneRate] = Field(title="Rates", description="One for each zone.", min_length=1, max_length=200)
    dimensional_divisor: int | None = Field(
        None,
        title="Dimensional divisor",
        description="Cubic centimetres that count as one kilogram, for example 5000. Empty: actual weight alone.",
        ge=1,
        le=100_000,
    )
    surcharges: list[Surcharge] = Field(
        default_factory=list, title="Surcharges", description="In the order in which they are added.", max_length=50
    )
    max_grams: int | None = Field(None, title="Heaviest in grams", description="Empty: any weight.", ge=1)
    max_length_mm: int | None = Field(None, title="Longest side in mm", description="Empty: any.", ge=1)
    max_girth_mm: int | None = Field(
        None, title="Length and girth in mm", description="Longest side plus twice the two others.", ge=1
    )
    cut_off: time | None = Field(
        None,
        title="Cut-off",
        description="Local time after which a parcel waits for the next collection. Routing counts on being before it.",
    )
    collects: list[Weekday] = Field(
        default_factory=lambda: [*_MONDAY_TO_FRIDAY], title="Collects on", description="1 is Monday.", min_length=1
    )
    delivers: list[Weekday] = Field(
        default_factory=lambda: [*_MONDAY_TO_FRIDAY], title="Delivers on", description="1 is Monday.", min_length=1
    )
    weekdays: list[Weekday] = Field(
        default_factory=list, title="Offered on", description="Days of collection it may be chosen for. Empty: all."
    )

    @model_validator(mode="after")
    def _one_rate_per_zone(self) -> CarrierService:
        _once([rate.zone for rate in self.rates], "rate for the zone")
        return self

    @cached_property
    def by_zone(self) -> Mapping[str, ZoneRate]:
        """The rates by zone."""
        return {rate.zone: rate for rate in self.rates}


class CarrierContract(KindModel):
    """What a retailer has agreed with a carrier. Its key is the carrier's code."""

    name: str = Field("", title="Name", description="How staff call this contract.", max_length=100)
    adapter: str = Field(
        "table_rate",
        title="Booked through",
        description="Name of the connection that books its parcels.",
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
    )
    priority: int = Field(
        100, title="Priority", description="The lowest number goes first between equal offers.", ge=1, le=999
    )
    currency: str = Field(
        title="Currency",
        description="Code of the currency of the prices. The contract serves orders in this currency only.",
        pattern=r"^[A-Z]{3}$",
    )
    services: list[CarrierService] = Field(
        title="Services", description="What can be booked.", min_length=1, max_length=50
    )
    zones: list[ZoneRule] = Field(
        default_factory=list, title="Zones", description="The first row that fits names the zone.", max_length=500
    )
    pairs: list[ZonePair] = Field(
        default_factory=list,
        title="Zones by prefix pairs",
        description="Goes before the zones above.",
        max_length=20_000,
    )
    countries: list[Country] = Field(
        default_factory=list,
        title="Countries served",
        description="Codes of the countries to which the carrier delivers. Empty: all.",
        max_length=300,
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
    def _consistent(self) -> CarrierContract:
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

    def collected(self, service: CarrierService, day: str) -> date | None:
        """The first day from ``day`` (ISO) on which the carrier collects for the service; None within two months."""
        wanted = set(service.collects) & set(service.weekdays or service.collects)
        return self._first_from(date.fromisoformat(day), wanted)

    def delivered(self, service: CarrierService, collected: date, transit_days: int) -> date | None:
        """So many delivery days after collection; 0 is that day, or the first delivery day after it."""
        day: date | None = collected if transit_days else self._first_from(collected, set(service.delivers))
        for _ in range(transit_days):
            day = self._first_from(day + timedelta(days=1), set(service.delivers)) if day else None
        return day

    def _first_from(self, day: date, weekdays: set[int]) -> date | None:
        for waited in range(_LONGEST_REST):
            candidate = day + timedelta(days=waited)
            if candidate.isoweekday() in weekdays and candidate not in self.holidays:
                return candidate
        return None


def zone_begins(prefix: str, code: str, country: str) -> bool:
    """Whether a prefix begins a postal code.

    A British prefix ends where its letters or digits end, so that ``E1`` begins ``E1 6AN`` and ``E1W 1AA`` but not
    ``E16 2AB``, and ``E`` does not begin ``EC1A 1BB``.
    """
    letters = "".join(sign for sign in code.upper() if sign.isalnum())
    if country != "GB":
        return letters.startswith("".join(sign for sign in prefix if sign.isalnum()))
    whole = f"{letters[:-3]} {letters[-3:]}" if len(letters) > 4 else letters
    start = prefix.strip()
    if not whole.startswith(start):
        return False
    rest = whole[len(start) :]
    if " " in start or not rest:
        return True
    return not ((start[-1].isdigit() and rest[0].isdigit()) or (start[-1].isalpha() and rest[0].isalpha()))


def _each(prefixes: str) -> list[str]:
    """Every prefix of a range; one alone is a range of itself."""
    first, _, last = prefixes.partition("-")
    if not last:
        return [first]
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _once(values: Sequence[str], what: str) -> None:
    """Raise for a value that is listed twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            message = f"the {what} {value!r} is listed twice"
            raise ValueError(message)
        seen.add(value)
