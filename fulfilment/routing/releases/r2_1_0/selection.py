"""Filters that leave locations out of a rule, and ratings that rank those that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from modules.contracts.routing import LocationFacts
from modules.domain.releases import KindModel

from .amounts import Money, grains
from .conditions import Text, one_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location as filters and ratings see it.

    ``kilometres`` are whole (an unknown distance counts as the farthest one), ``distance`` is None where unknown.
    ``wanted`` units are asked of it, of ``free`` units that it has of these products. ``room`` is how many units it
    can take today, ``capacity`` how many it may take in a day (None: any number).
    """

    location: LocationFacts
    distance: float | None
    kilometres: int
    priority: int
    wanted: int
    free: int
    room: int
    capacity: int | None


class GroupFilter(KindModel, title="Location group"):
    """Keeps the locations of some groups, or leaves them out."""

    what: Literal["group"] = Field(title="Filters by", description="The groups to which a location belongs.")
    groups: list[Text] = Field(title="Groups", description="Codes of location groups.", min_length=1, max_length=100)
    negate: bool = Field(False, title="Not", description="Leaves these groups out instead.")

    def keeps(self, one: Candidate) -> bool:
        """Whether the location may take a part."""
        return any(group in self.groups for group in one.location.groups) != self.negate

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

    def keeps(self, one: Candidate) -> bool:
        """Whether the location may take a part."""
        return (one.location.kind == self.kind) != self.negate

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

    def keeps(self, one: Candidate) -> bool:
        """Whether the location may take a part."""
        return (one.location.code in self.locations) != self.negate

    def words(self) -> str:
        """Which locations stay."""
        return f"only {'locations other than ' if self.negate else ''}{one_of(self.locations)}"


class DistanceFilter(KindModel, title="Greatest distance"):
    """Keeps the locations near the customer. One whose distance is not known stays."""

    what: Literal["distance"] = Field(title="Filters by", description="The distance to the customer.")
    km: int = Field(title="At most km", description="Great-circle distance.", ge=1, le=20100)

    def keeps(self, one: Candidate) -> bool:
        """Whether the location may take a part."""
        return one.distance is None or one.distance <= self.km

    def words(self) -> str:
        """Which locations stay."""
        return f"at most {self.km:,} km away"


class StockLeftFilter(KindModel, title="Minimum stock left"):
    """Keeps units of every product at each location, besides its own safety stock and threshold."""

    what: Literal["stock_left"] = Field(title="Filters by", description="What is left at a location after this order.")
    units: int = Field(title="Units left", description="So many units of each product stay there.", ge=1, le=1_000_000)

    def keeps(self, one: Candidate) -> bool:
        """It limits what a location gives, and leaves none out as such."""
        return True

    def words(self) -> str:
        """Which locations stay."""
        return f"at least {self.units:,} unit{'' if self.units == 1 else 's'} of each product left"


class CapacityFilter(KindModel, title="Capacity left"):
    """Keeps the locations that can still take so much today."""

    what: Literal["capacity"] = Field(title="Filters by", description="How much a location can still take today.")
    units: int = Field(title="Units", description="Units that it can still take, at least.", ge=1, le=10_000_000)

    def keeps(self, one: Candidate) -> bool:
        """Whether the location may take a part."""
        return one.room >= self.units

    def words(self) -> str:
        """Which locations stay."""
        return f"room for at least {self.units:,} unit{'' if self.units == 1 else 's'} today"


class ContractFilter(KindModel, title="Carrier contract"):
    """Sends by some carriers only."""

    what: Literal["contract"] = Field(title="Filters by", description="The carrier contract that the parcel goes by.")
    contracts: list[Text] = Field(
        title="Contracts", description="Codes of carrier contracts.", min_length=1, max_length=100
    )

    def keeps(self, one: Candidate) -> bool:
        """It limits the contracts of a parcel, and leaves out no location as such."""
        return True

    def words(self) -> str:
        """Which locations stay."""
        return f"sent by {one_of(self.contracts)}"


AnyFilter = Annotated[
    GroupFilter | KindFilter | LocationFilter | DistanceFilter | StockLeftFilter | CapacityFilter | ContractFilter,
    Field(discriminator="what"),
]


class CostRating(KindModel, title="Landed cost"):
    """Counts what a parcel costs: carriage, handling, and the penalty for splitting."""

    what: Literal["landed_cost"] = Field(title="Rates by", description="What the parcels of the order cost.")

    def grains(self, one: Candidate) -> int:
        """It is worked out parcel by parcel, not here."""
        return 0

    def words(self) -> str:
        """Which locations go first."""
        return "landed cost"


class DistanceRating(KindModel, title="Distance"):
    """Makes a parcel from farther away count as dearer."""

    what: Literal["distance"] = Field(title="Rates by", description="Whole kilometres to the customer.")
    per_100_km: Money = Field(title="Per 100 km", description="What a parcel counts as dearer for 100 km.")

    def grains(self, one: Candidate) -> int:
        """What a parcel from there counts as dearer."""
        return grains(self.per_100_km) * one.kilometres // 100

    def words(self) -> str:
        """Which locations go first."""
        return "distance"


class PriorityRating(KindModel, title="Location priority"):
    """Makes a parcel from a location of a higher priority number count as dearer."""

    what: Literal["priority"] = Field(title="Rates by", description="The priority in the location's policy.")
    per_step: Money = Field(
        title="Per step", description="What a parcel counts as dearer for each step of the location's priority above 0."
    )

    def grains(self, one: Candidate) -> int:
        """What a parcel from there counts as dearer."""
        return grains(self.per_step) * one.priority

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

    def grains(self, one: Candidate) -> int:
        """What a parcel from there counts as dearer."""
        return grains(self.for_all) * min(one.wanted, one.free) // one.free if one.free > 0 else 0

    def words(self) -> str:
        """Which locations go first."""
        return "stock balance"


class CapacityRating(KindModel, title="Capacity left"):
    """Makes a parcel from a busy location count as dearer."""

    what: Literal["capacity"] = Field(title="Rates by", description="The part of the day's capacity that is used up.")
    when_full: Money = Field(
        title="When full", description="What a parcel counts as dearer where the day is full; in proportion before."
    )

    def grains(self, one: Candidate) -> int:
        """What a parcel from there counts as dearer."""
        if not one.capacity:
            return 0
        used = max(0, min(one.capacity, one.capacity - one.room))
        return grains(self.when_full) * used // one.capacity

    def words(self) -> str:
        """Which locations go first."""
        return "capacity left"


AnyRating = Annotated[
    CostRating | DistanceRating | PriorityRating | BalanceRating | CapacityRating, Field(discriminator="what")
]
