"""What a retailer decides about routing in release 3.0.2, beside the rules of its strategies."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from pydantic import Field, field_validator

from modules.domain.releases import Kind, KindModel

from .amounts import NOTHING, Money, grains
from .conditions import AnyCondition, Text
from .contracts import CarrierContract
from .rules import AnyEnd, Rule, wait


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
        default_factory=wait,
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


class StockOutRisk(KindModel, title="What a stock-out costs"):
    """What it may cost to take a unit from a location: that it is not found, or that it is missed there soon."""

    failed_pick: Money = Field(
        NOTHING,
        title="A unit that is not found",
        description="What it costs to route a unit again. Counted in proportion to the doubt about the stock.",
    )
    lost_margin_percent: int = Field(
        0,
        title="Margin in per cent",
        description="What a sale is worth that the location loses. 0: not counted.",
        ge=0,
        le=100,
    )
    horizon_weeks: int = Field(
        4,
        title="Horizon in weeks",
        description="Until new stock comes. Stock that lasts longer is not missed; less is in proportion.",
        ge=1,
        le=104,
    )
    use_bid_prices: bool = Field(
        True,
        title="Use bid prices",
        description="Where a run has worked out what a unit is worth to later orders, that is counted instead.",
    )


class Consolidation(KindModel, title="Consolidation"):
    """Several orders of one customer in one parcel."""

    hours: int = Field(
        title="Hours", description="So long after the first order others may join its parcel.", ge=1, le=336
    )
    methods: list[Text] = Field(
        default_factory=list, title="Shipping methods", description="Codes of methods. Empty: all.", max_length=100
    )
    across_channels: bool = Field(
        True, title="Across channels", description="Orders of different channels may share a parcel."
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
    late_penalty: Money = Field(
        Decimal("10.00"),
        title="A broken promise",
        description="What a parcel counts as dearer that does not arrive by the promised day, or promises none.",
    )
    stock_out_risk: StockOutRisk = Field(
        default_factory=lambda: StockOutRisk.model_validate({}),
        title="Stock-out risk",
        description="Counted with the landed cost.",
    )
    joint_runs: bool = Field(
        False,
        title="Solve runs jointly",
        description="Waiting orders are decided together, at the lowest cost for all of them.",
    )
    consolidation: Consolidation | None = Field(
        None, title="Consolidation", description="Whether orders of one customer share parcels. Empty: never."
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


class Offer(KindModel, title="Carrier"):
    """A carrier for a shipping method, and which of its services."""

    contract: str = Field(title="Contract", description="Code of the carrier contract.", min_length=1, max_length=100)
    services: list[Text] = Field(
        default_factory=list, title="Services", description="Codes of its services. Empty: all.", max_length=50
    )


class ShippingMethod(KindModel):
    """A way of sending that customers choose. Its key is the method's code."""

    title: str = Field(title="Title", description="What customers and staff read.", min_length=1, max_length=100)
    offers: list[Offer] = Field(
        default_factory=list,
        title="Carried by",
        description="Carriers and services that may carry it. Empty: all.",
        max_length=100,
    )
    promise_days: int | None = Field(
        None,
        title="Promise in days",
        description="Counts as the promise of an order that names no day. Empty: none.",
        ge=0,
        le=366,
    )

    def carries(self, contract: str, service: str) -> bool:
        """Whether a service may carry it."""
        if not self.offers:
            return True
        return any(
            item.contract == contract and (not item.services or service in item.services) for item in self.offers
        )


KINDS = {
    "routing_settings": Kind(
        name="routing_settings",
        title="Routing settings",
        plural="Routing settings",
        model=RoutingSettings,
        defaults={
            "default": {
                "default_strategy": "default",
                "channel_thresholds": [],
                "late_penalty": "10.00",
                "stock_out_risk": {
                    "failed_pick": "0.00",
                    "lost_margin_percent": 0,
                    "horizon_weeks": 4,
                    "use_bid_prices": True,
                },
                "joint_runs": False,
                "consolidation": None,
            }
        },
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
