"""A rule of a strategy: when it applies, what it keeps, what counts as cheapest, and what comes after it."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from modules.domain.releases import KindModel

from .amounts import grains
from .conditions import AnyCondition
from .selection import AnyFilter, AnyRating, ContractFilter, CostRating, StockLeftFilter, TransitFilter, TransitRating


class NextRule(KindModel, title="Try the next rule"):
    """Go on with the rule below; after the last one, as the strategy says."""

    do: Literal["next_rule"] = Field(title="Then", description="The rule below tries to place what is left.")


class Park(KindModel, title="Wait in a queue"):
    """Wait until stock or rules change."""

    do: Literal["park"] = Field(title="Then", description="What is left waits in a queue and is tried again.")
    queue: Literal["to_route", "backorder", "pre_order", "unfillable"] = Field(
        "backorder",
        title="Queue",
        description="“to_route” is tried again soon, “backorder” when stock comes, “pre_order” when sales begin, "
        "“unfillable” waits for a person to decide.",
    )
    cancel_after_days: int | None = Field(
        None,
        title="Cancel after days",
        description="What still waits then is cancelled, and the customer is told. Empty: it waits on.",
        ge=1,
        le=366,
    )


class HoldForPerson(KindModel, title="Hold the order for a person"):
    """Somebody has to look at it."""

    do: Literal["hold"] = Field(title="Then", description="The whole order is held until a person releases it.")


class Cancel(KindModel, title="Cancel"):
    """Give up what could not be placed."""

    do: Literal["cancel"] = Field(title="Then", description="What is left is cancelled, and the customer is told.")
    after_days: int = Field(
        0, title="After days", description="0 cancels at once; until then it waits as backorder.", ge=0, le=366
    )


AnyNext = Annotated[NextRule | Park | HoldForPerson | Cancel, Field(discriminator="do")]
AnyEnd = Annotated[Park | HoldForPerson | Cancel, Field(discriminator="do")]


def _landed_cost() -> list[AnyRating]:
    return [CostRating(what="landed_cost")]


def wait() -> Park:
    """What is left waits as backorder."""
    return Park.model_validate({"do": "park"})


class Rule(KindModel, title="Rule"):
    """One step of a strategy."""

    name: str = Field(title="Name", description="How staff call this rule.", min_length=1, max_length=100)
    active: bool = Field(True, title="Active", description="A rule that is switched off is passed over.")
    conditions: list[AnyCondition] = Field(
        default_factory=list,
        title="Applies when",
        description="All of them must hold. A rule without conditions applies to every order.",
        max_length=20,
    )
    filters: list[AnyFilter] = Field(
        default_factory=list,
        title="Filters",
        description="A location must pass all of them to take a part.",
        max_length=20,
    )
    ratings: list[AnyRating] = Field(
        default_factory=_landed_cost,
        title="Ratings",
        description="Added up, in money: the way that counts as cheapest wins. With landed cost alone it is what the "
        "parcels cost and risk; without it, only the other ratings count. Without any, the nearest locations win.",
        max_length=10,
    )
    split: Literal["anywhere", "whole_lines", "one_place"] = Field(
        "anywhere",
        title="Splitting",
        description="“anywhere”: units may come from several locations. “whole_lines”: all units of a product come "
        "from one location. “one_place”: this rule places everything at one location, or nothing.",
    )
    most_parcels: int = Field(
        3,
        title="Most parcels per order",
        description="Counts the parcels of earlier rules too. What only one location may ship always goes.",
        ge=1,
        le=10,
    )
    then: AnyNext = Field(
        default_factory=lambda: NextRule(do="next_rule"),
        title="What is left",
        description="What to do with what this rule could not place.",
    )

    @cached_property
    def by_cost(self) -> bool:
        """Whether landed cost counts."""
        return any(isinstance(rating, CostRating) for rating in self.ratings)

    @cached_property
    def units_left(self) -> int:
        """Units of each product that stay at each location."""
        return max((item.units for item in self.filters if isinstance(item, StockLeftFilter)), default=0)

    @cached_property
    def contracts(self) -> tuple[frozenset[str], ...]:
        """Sets of contracts: a parcel's must be in all of them."""
        return tuple(frozenset(item.contracts) for item in self.filters if isinstance(item, ContractFilter))

    @cached_property
    def within_days(self) -> int | None:
        """Days within which a parcel must arrive."""
        return min((item.days for item in self.filters if isinstance(item, TransitFilter)), default=None)

    @cached_property
    def per_day(self) -> int:
        """What a day of transit counts as, in grains."""
        return sum(grains(rating.per_day) for rating in self.ratings if isinstance(rating, TransitRating))
