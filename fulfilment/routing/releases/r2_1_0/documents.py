"""What a retailer decides about routing in release 2.1: strategies of rules, limits of locations, shipping methods."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from modules.domain.releases import Kind, KindModel

from .amounts import NOTHING, Money, grains
from .conditions import AnyCondition, Country, Text
from .selection import AnyFilter, AnyRating, ContractFilter, CostRating, DistanceRating, StockLeftFilter


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


def _wait() -> Park:
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
        "parcels cost; without it, only the other ratings count. Without any, the nearest locations win.",
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
    def per_100_km(self) -> int:
        """What 100 km count as in the ratings, in grains: of all ratings the one that only grows with distance."""
        return sum(grains(rating.per_100_km) for rating in self.ratings if isinstance(rating, DistanceRating))

    @cached_property
    def units_left(self) -> int:
        """Units of each product that stay at each location."""
        return max((item.units for item in self.filters if isinstance(item, StockLeftFilter)), default=0)

    @cached_property
    def contracts(self) -> tuple[frozenset[str], ...]:
        """Sets of contracts: a parcel's must be in all of them."""
        return tuple(frozenset(item.contracts) for item in self.filters if isinstance(item, ContractFilter))


class RoutingStrategy(KindModel):
    """Ordered rules for the orders that it serves."""

    name: str = Field(
        "Lowest landed cost", title="Name", description="How staff call this strategy.", min_length=1, max_length=100
    )
    active: bool = Field(True, title="Active", description="A strategy that is switched off serves no orders.")
    priority: int = Field(
        100,
        title="Priority",
        description="Strategies with a smaller number are asked first whether they serve an order.",
        ge=0,
        le=1000,
    )
    serves: list[AnyCondition] = Field(
        default_factory=list,
        title="Serves orders of which",
        description="All of them must hold. A strategy without conditions serves every order that no strategy before "
        "it serves; the default strategy serves the rest in any case.",
        max_length=20,
    )
    split_penalty: Money = Field(
        NOTHING,
        title="Penalty per further parcel",
        description="Added to the cost for every parcel after the first: what it costs you, in packing and in "
        "goodwill, that a customer receives one more.",
    )
    rules: list[Rule] = Field(
        default_factory=lambda: [Rule.model_validate({"name": "Lowest landed cost"})],
        title="Rules",
        description="Tried from top to bottom until everything has a place.",
        max_length=50,
    )
    left_over: AnyEnd = Field(
        default_factory=_wait,
        title="After the last rule",
        description="What to do with what no rule could place.",
    )

    @field_validator("rules")
    @classmethod
    def _each_name_once(cls, value: list[Rule]) -> list[Rule]:
        names = [rule.name for rule in value]
        if len(set(names)) < len(names):
            message = "two rules have the same name: explanations could not tell them apart"
            raise ValueError(message)
        return value


class ChannelThreshold(KindModel, title="Units kept back from a channel"):
    """What a channel may not have."""

    channel: str = Field(title="Channel", description="Code of the channel.", min_length=1, max_length=100)
    units: int = Field(
        title="Units",
        description="So many units of every product at every location are not given to orders of the channel, "
        "besides the location's own limits.",
        ge=0,
        le=1_000_000,
    )


class RoutingSettings(KindModel):
    """What holds for routing as a whole."""

    default_strategy: str = Field(
        "default",
        title="Default strategy",
        description="Key of the strategy for orders that no other one serves.",
        min_length=1,
        max_length=100,
    )
    channel_thresholds: list[ChannelThreshold] = Field(
        default_factory=list,
        title="Units kept back by channel",
        description="Channels that may not sell the last units.",
        max_length=100,
    )

    @field_validator("channel_thresholds")
    @classmethod
    def _each_channel_once(cls, value: list[ChannelThreshold]) -> list[ChannelThreshold]:
        codes = [item.channel for item in value]
        if len(set(codes)) < len(codes):
            message = "a channel is listed twice"
            raise ValueError(message)
        return value

    @cached_property
    def kept_from(self) -> dict[str, int]:
        """Units kept back, by channel."""
        return {item.channel: item.units for item in self.channel_thresholds}


class LocationPolicy(KindModel):
    """What holds for one location. Its key is the location's code."""

    enabled: bool = Field(True, title="Takes orders", description="Switch it off to send no orders to this location.")
    priority: int = Field(
        0,
        title="Priority",
        description="0 goes first. What a step counts as is said by the rating “Location priority”.",
        ge=0,
        le=1000,
    )
    safety_stock: int = Field(
        0,
        title="Safety stock",
        description="So many units of every product are never promised to anybody.",
        ge=0,
        le=1_000_000,
    )
    threshold: int = Field(
        0,
        title="Units kept back",
        description="So many units of every product, besides the safety stock, are never given to orders of the "
        "network.",
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
        NOTHING, title="Handling per unit", description="What it costs to pick and pack one unit here."
    )

    @cached_property
    def handling(self) -> int:
        """``handling_per_unit`` in grains."""
        return grains(self.handling_per_unit)

    @cached_property
    def kept(self) -> int:
        """Units of every product that orders of the network do not get."""
        return self.safety_stock + self.threshold


class ShippingMethod(KindModel):
    """A way of sending that customers choose. Its key is the method's code."""

    title: str = Field(title="Title", description="What customers and staff read.", min_length=1, max_length=100)
    carriers: list[Text] = Field(
        default_factory=list,
        title="Carriers",
        description="Codes of the carrier contracts that may carry it. Empty: all.",
        max_length=100,
    )
    promise_days: int | None = Field(
        None,
        title="Promise in days",
        description="Counts as the promise of an order that names no day. Empty: none.",
        ge=0,
        le=366,
    )


class CarrierContract(KindModel):
    """What a carrier charges for a parcel. Its key is the carrier's code."""

    name: str = Field("", title="Name", description="How staff call this contract.", max_length=100)
    per_parcel: Money = Field(title="Per parcel", description="Charged once for every parcel.")
    per_kg: Money = Field(
        NOTHING, title="Per kilogram", description="Charged for the weight of the units, to the gram."
    )
    per_100_km: Money = Field(
        NOTHING,
        title="Per 100 km",
        description="Charged for the distance from the location to the customer, in whole kilometres.",
    )
    currency: str = Field(
        title="Currency",
        description="Code of the currency of the prices. The contract serves orders in this currency only.",
        pattern=r"^[A-Z]{3}$",
    )
    countries: list[Country] = Field(
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
    "routing_settings": Kind(
        name="routing_settings",
        title="Routing settings",
        plural="Routing settings",
        model=RoutingSettings,
        defaults={"default": {"default_strategy": "default", "channel_thresholds": []}},
        singleton="default",
    ),
    "routing_strategy": Kind(
        name="routing_strategy",
        title="Routing strategy",
        plural="Routing strategies",
        model=RoutingStrategy,
        defaults={
            "default": {
                "name": "Lowest landed cost",
                "active": True,
                "priority": 100,
                "serves": [],
                "split_penalty": "0.00",
                "rules": [
                    {
                        "name": "Lowest landed cost",
                        "active": True,
                        "conditions": [],
                        "filters": [],
                        "ratings": [{"what": "landed_cost"}],
                        "split": "anywhere",
                        "most_parcels": 3,
                        "then": {"do": "next_rule"},
                    }
                ],
                "left_over": {"do": "park", "queue": "backorder", "cancel_after_days": None},
            }
        },
    ),
    "location_policy": Kind(
        name="location_policy", title="Location policy", plural="Location policies", model=LocationPolicy
    ),
    "shipping_method": Kind(
        name="shipping_method", title="Shipping method", plural="Shipping methods", model=ShippingMethod
    ),
    "carrier_contract": Kind(
        name="carrier_contract", title="Carrier contract", plural="Carrier contracts", model=CarrierContract
    ),
}
