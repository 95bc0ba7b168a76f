"""Filters that leave locations out of a rule, and ratings that rank those that are left.

Each looks at all locations at once: what they are told and what they answer are arrays with an element for each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from modules.contracts.routing import LocationFacts
from modules.domain.releases import KindModel

from .amounts import Money, grains
from .conditions import Text, one_of

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]
#: Stands for no limit of capacity and for stock that nobody buys.
WITHOUT_END = 1 << 40


@dataclass(frozen=True, slots=True)
class Candidates:
    """Locations as filters and ratings see them, nearest first.

    ``where`` says which pass a test, remembered by what the test is about.
    ``kilometres`` are whole (an unknown distance counts as the farthest one); ``distance`` is not a number where
    unknown. ``wanted`` units are asked of each, of ``free`` units that it has of these products. ``room`` is how many
    units it can take today, ``capacity`` how many it may take in a day (:data:`WITHOUT_END`: any number). ``weeks`` is
    how long its stock of the ordered products lasts, in thousandths of a week, ``sold`` how many of them it sells in
    four weeks; ``confidence`` and ``markdown`` are thousandths, of the ordered product of which they are the lowest.
    """

    where: Callable[[Hashable, Callable[[LocationFacts], bool]], Mask]
    distance: NDArray[np.float64]
    kilometres: Whole
    priority: Whole
    wanted: Whole
    free: Whole
    room: Whole
    capacity: Whole
    weeks: Whole
    sold: Whole
    confidence: Whole
    markdown: Whole

    @property
    def all(self) -> Mask:
        """Every location."""
        return np.ones(len(self.room), dtype=np.bool_)

    @property
    def none(self) -> Whole:
        """A zero for every location."""
        return np.zeros(len(self.room), dtype=np.int64)


class GroupFilter(KindModel, title="Location group"):
    """Keeps the locations of some groups, or leaves them out."""

    what: Literal["group"] = Field(title="Filters by", description="The groups to which a location belongs.")
    groups: list[Text] = Field(title="Groups", description="Codes of location groups.", min_length=1, max_length=100)
    negate: bool = Field(False, title="Not", description="Leaves these groups out instead.")

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        groups = frozenset(self.groups)
        return np.asarray(seen.where(("group", groups), lambda item: not groups.isdisjoint(item.groups)) != self.negate)

    def words(self) -> str:
        """Which locations stay."""
        return f"only locations {'not ' if self.negate else ''}in group {one_of(self.groups)}"


class KindFilter(KindModel, title="Kind of location"):
    """Keeps stores alone, or distribution centres alone."""

    what: Literal["kind"] = Field(title="Filters by", description="The kind of the location.")
    kind: Literal["store", "distribution_centre"] = Field(
        title="Kind", description="Vendors ship only what names them, whatever is chosen here."
    )
    negate: bool = Field(False, title="Not", description="Leaves this kind out instead.")

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        return np.asarray(seen.where(("kind", self.kind), lambda item: item.kind == self.kind) != self.negate)

    def words(self) -> str:
        """Which locations stay."""
        return f"{'no' if self.negate else 'only'} {self.kind.replace('_', ' ')}s"


class LocationFilter(KindModel, title="Named locations"):
    """Keeps some locations, or leaves them out."""

    what: Literal["location"] = Field(title="Filters by", description="The location itself.")
    locations: list[
        Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={"reference": "location"})]
    ] = Field(title="Locations", description="Codes of locations.", min_length=1, max_length=1000)
    negate: bool = Field(False, title="Not", description="Leaves these locations out instead.")

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        codes = frozenset(self.locations)
        return np.asarray(seen.where(("location", codes), lambda item: item.code in codes) != self.negate)

    def words(self) -> str:
        """Which locations stay."""
        return f"only {'locations other than ' if self.negate else ''}{one_of(self.locations)}"


class DistanceFilter(KindModel, title="Greatest distance"):
    """Keeps the locations near the customer. One whose distance is not known stays."""

    what: Literal["distance"] = Field(title="Filters by", description="The distance to the customer.")
    km: int = Field(title="At most km", description="Great-circle distance.", ge=1, le=20100)

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        return ~(seen.distance > self.km)

    def words(self) -> str:
        """Which locations stay."""
        return f"at most {self.km:,} km away"


class StockLeftFilter(KindModel, title="Minimum stock left"):
    """Keeps units of every product at each location, besides its own safety stock and threshold."""

    what: Literal["stock_left"] = Field(title="Filters by", description="What is left at a location after this order.")
    units: int = Field(title="Units left", description="So many units of each product stay there.", ge=1, le=1_000_000)

    def keeps(self, seen: Candidates) -> Mask:
        """It limits what a location gives, and leaves none out as such."""
        return seen.all

    def words(self) -> str:
        """Which locations stay."""
        return f"at least {self.units:,} unit{'' if self.units == 1 else 's'} of each product left"


class CapacityFilter(KindModel, title="Capacity left"):
    """Keeps the locations that can still take so much today."""

    what: Literal["capacity"] = Field(title="Filters by", description="How much a location can still take today.")
    units: int = Field(title="Units", description="Units that it can still take, at least.", ge=1, le=10_000_000)

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        return np.asarray(seen.room >= self.units)

    def words(self) -> str:
        """Which locations stay."""
        return f"room for at least {self.units:,} unit{'' if self.units == 1 else 's'} today"


class ContractFilter(KindModel, title="Carrier contract"):
    """Sends by some carriers only."""

    what: Literal["contract"] = Field(title="Filters by", description="The carrier contract that the parcel goes by.")
    contracts: list[Text] = Field(
        title="Contracts", description="Codes of carrier contracts.", min_length=1, max_length=100
    )

    def keeps(self, seen: Candidates) -> Mask:
        """It limits the contracts of a parcel, and leaves out no location as such."""
        return seen.all

    def words(self) -> str:
        """Which locations stay."""
        return f"sent by {one_of(self.contracts)}"


class TransitFilter(KindModel, title="Transit days"):
    """Sends by services only that arrive soon enough."""

    what: Literal["transit_days"] = Field(title="Filters by", description="When the parcel arrives.")
    days: int = Field(
        title="Arrives within days",
        description="Days from today to the arrival. Services that promise no day are left out.",
        ge=0,
        le=366,
    )

    def keeps(self, seen: Candidates) -> Mask:
        """It limits the services of a parcel; a location from which none is left takes no part."""
        return seen.all

    def words(self) -> str:
        """Which locations stay."""
        return f"arrives within {self.days} day{'' if self.days == 1 else 's'}"


class SupplyFilter(KindModel, title="Weeks of supply"):
    """Keeps the locations whose stock lasts."""

    what: Literal["weeks_of_supply"] = Field(
        title="Filters by", description="How long the stock of the ordered products lasts at the pace of late."
    )
    weeks: int = Field(title="At least weeks", description="Of the product that runs out first.", ge=1, le=520)

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        return np.asarray(seen.weeks >= self.weeks * 1000)

    def words(self) -> str:
        """Which locations stay."""
        return f"stock for at least {self.weeks} week{'' if self.weeks == 1 else 's'}"


class ConfidenceFilter(KindModel, title="Confidence in the stock"):
    """Keeps the locations whose stock can be trusted."""

    what: Literal["confidence"] = Field(title="Filters by", description="How far the stock figures are to be trusted.")
    percent: int = Field(
        title="At least per cent", description="Of the least certain of the ordered products.", ge=1, le=100
    )

    def keeps(self, seen: Candidates) -> Mask:
        """Which locations may take a part."""
        return np.asarray(seen.confidence >= self.percent * 10)

    def words(self) -> str:
        """Which locations stay."""
        return f"confidence of at least {self.percent} %"


AnyFilter = Annotated[
    GroupFilter
    | KindFilter
    | LocationFilter
    | DistanceFilter
    | StockLeftFilter
    | CapacityFilter
    | ContractFilter
    | TransitFilter
    | SupplyFilter
    | ConfidenceFilter,
    Field(discriminator="what"),
]


class CostRating(KindModel, title="Landed cost"):
    """Counts what a parcel costs: carriage, handling, and the penalty for splitting."""

    what: Literal["landed_cost"] = Field(title="Rates by", description="What the parcels of the order cost.")

    def grains(self, seen: Candidates) -> Whole:
        """It is worked out parcel by parcel, not here."""
        return seen.none

    def words(self) -> str:
        """Which locations go first."""
        return "landed cost"


class DistanceRating(KindModel, title="Distance"):
    """Makes a parcel from farther away count as dearer."""

    what: Literal["distance"] = Field(title="Rates by", description="Whole kilometres to the customer.")
    per_100_km: Money = Field(title="Per 100 km", description="What a parcel counts as dearer for 100 km.")

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return grains(self.per_100_km) * seen.kilometres // 100

    def words(self) -> str:
        """Which locations go first."""
        return "distance"


class PriorityRating(KindModel, title="Location priority"):
    """Makes a parcel from a location of a higher priority number count as dearer."""

    what: Literal["priority"] = Field(title="Rates by", description="The priority in the location's policy.")
    per_step: Money = Field(
        title="Per step", description="What a parcel counts as dearer for each step of the location's priority above 0."
    )

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return grains(self.per_step) * seen.priority

    def words(self) -> str:
        """Which locations go first."""
        return "location priority"


class BalanceRating(KindModel, title="Stock balance"):
    """Makes a parcel count as dearer where it takes a greater part of the stock, so that large stocks are used."""

    what: Literal["stock_balance"] = Field(
        title="Rates by", description="The part of a location's stock that the order would take."
    )
    for_all: Money = Field(
        title="For the whole stock",
        description="What a parcel counts as dearer where it takes all that is free there; in proportion for a part.",
    )

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return grains(self.for_all) * np.minimum(seen.wanted, seen.free) // np.maximum(seen.free, 1)

    def words(self) -> str:
        """Which locations go first."""
        return "stock balance"


class CapacityRating(KindModel, title="Capacity left"):
    """Makes a parcel from a busy location count as dearer."""

    what: Literal["capacity"] = Field(title="Rates by", description="The part of the day's capacity that is used up.")
    when_full: Money = Field(
        title="When full", description="What a parcel counts as dearer where the day is full; in proportion before."
    )

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        used = np.clip(seen.capacity - seen.room, 0, seen.capacity)
        used[seen.capacity >= WITHOUT_END] = 0
        return np.asarray(grains(self.when_full) * used // np.maximum(seen.capacity, 1))

    def words(self) -> str:
        """Which locations go first."""
        return "capacity left"


class TransitRating(KindModel, title="Transit days"):
    """Makes a parcel that arrives later count as dearer."""

    what: Literal["transit_days"] = Field(title="Rates by", description="Days from today to the arrival.")
    per_day: Money = Field(
        title="Per day",
        description="What each day counts as. A service that promises no day counts as the slowest that does.",
    )

    def grains(self, seen: Candidates) -> Whole:
        """It is worked out service by service, not here."""
        return seen.none

    def words(self) -> str:
        """Which locations go first."""
        return "transit days"


class SupplyRating(KindModel, title="Weeks of supply"):
    """Makes a parcel from a location whose stock will not last count as dearer."""

    what: Literal["weeks_of_supply"] = Field(
        title="Rates by", description="How long the stock of the ordered products lasts at the pace of late."
    )
    target: int = Field(title="Target in weeks", description="Stock for so long counts as nothing.", ge=1, le=520)
    per_week: Money = Field(title="Per week short", description="What each week below the target counts as.")

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return np.asarray(grains(self.per_week) * np.maximum(self.target * 1000 - seen.weeks, 0) // 1000)

    def words(self) -> str:
        """Which locations go first."""
        return "weeks of supply"


class VelocityRating(KindModel, title="Velocity"):
    """Makes a parcel count as dearer where the ordered products sell fast."""

    what: Literal["velocity"] = Field(
        title="Rates by", description="How many of the ordered products the location sells in four weeks."
    )
    per_10_sold: Money = Field(title="Per 10 sold", description="What each 10 units sold in four weeks count as.")

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return np.asarray(grains(self.per_10_sold) * np.minimum(seen.sold, 100_000) // 10)

    def words(self) -> str:
        """Which locations go first."""
        return "velocity"


class MarkdownRating(KindModel, title="Markdown"):
    """Makes a parcel count as dearer where the ordered products still sell at their full price."""

    what: Literal["markdown"] = Field(
        title="Rates by", description="How far the prices of the ordered products are reduced at the location."
    )
    at_full_price: Money = Field(
        title="At full price", description="What a location without reduction counts as dearer; in proportion between."
    )

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return grains(self.at_full_price) * (1000 - np.clip(seen.markdown, 0, 1000)) // 1000

    def words(self) -> str:
        """Which locations go first."""
        return "markdown"


class ConfidenceRating(KindModel, title="Confidence in the stock"):
    """Makes a parcel count as dearer where stock figures are in doubt."""

    what: Literal["confidence"] = Field(title="Rates by", description="How far the stock figures are to be trusted.")
    per_10_percent: Money = Field(title="Per 10 %", description="What each 10 per cent of doubt count as.")

    def grains(self, seen: Candidates) -> Whole:
        """What a parcel from each counts as dearer."""
        return grains(self.per_10_percent) * (1000 - np.clip(seen.confidence, 0, 1000)) // 100

    def words(self) -> str:
        """Which locations go first."""
        return "confidence"


AnyRating = Annotated[
    CostRating
    | DistanceRating
    | PriorityRating
    | BalanceRating
    | CapacityRating
    | TransitRating
    | SupplyRating
    | VelocityRating
    | MarkdownRating
    | ConfidenceRating,
    Field(discriminator="what"),
]
