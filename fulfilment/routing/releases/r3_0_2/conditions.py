"""Conditions on an order: each is a form of its own, can be turned round, and says itself in words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from modules.contracts.routing import RoutingFacts, great_circle_km
from modules.domain.releases import KindModel

from .amounts import Money, grains

Text = Annotated[str, Field(min_length=1, max_length=100)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


def one_of(values: Collection[str]) -> str:
    """``a``, ``a or b``, ``one of a, b, c (and 4 more)``: short whatever the length of a list."""
    named = list(values)
    if len(named) < 3:
        return " or ".join(named)
    more = f" (and {len(named) - 4} more)" if len(named) > 4 else ""
    return f"one of {', '.join(named[:4])}{more}"


class Condition(KindModel):
    """What must hold of an order for a rule to apply to it."""

    negate: bool = Field(False, title="Not", description="Turns the condition round: it must not hold.")

    def met(self, facts: RoutingFacts) -> bool:
        """Whether it holds of the order, turned round where it says so."""
        return self._holds(facts) != self.negate

    def words(self) -> str:
        """The condition as a clause: ``channel is web``, ``channel is not web``."""
        subject, verb, rest = self._clause()
        return f"{subject} {verb} not {rest}" if self.negate else f"{subject} {verb} {rest}"

    def turned(self) -> str:
        """The opposite of the condition as a clause: what is the case where it is not met."""
        return type(self).words(self.model_copy(update={"negate": not self.negate}))

    def _holds(self, facts: RoutingFacts) -> bool:
        raise NotImplementedError

    def _clause(self) -> tuple[str, str, str]:
        raise NotImplementedError


class ChannelCondition(Condition, title="Channel"):
    """Where the order was placed."""

    what: Literal["channel"] = Field(title="Looks at", description="The channel in which the order was placed.")
    channels: list[Text] = Field(title="Channels", description="Codes of channels.", min_length=1, max_length=100)

    def _holds(self, facts: RoutingFacts) -> bool:
        return facts.channel in self.channels

    def _clause(self) -> tuple[str, str, str]:
        return "channel", "is", one_of(self.channels)


class MethodCondition(Condition, title="Shipping method"):
    """How the customer wants it sent."""

    what: Literal["method"] = Field(title="Looks at", description="The shipping method that the customer chose.")
    methods: list[Text] = Field(
        title="Shipping methods", description="Codes of shipping methods.", min_length=1, max_length=100
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        return facts.method in self.methods

    def _clause(self) -> tuple[str, str, str]:
        return "shipping method", "is", one_of(self.methods)


class CategoryCondition(Condition, title="Product category"):
    """What is ordered."""

    what: Literal["category"] = Field(title="Looks at", description="The categories of the ordered products.")
    categories: list[Text] = Field(
        title="Categories", description="Codes of product categories.", min_length=1, max_length=500
    )
    every_line: bool = Field(
        False, title="Every line", description="All open lines must be of these categories; otherwise one is enough."
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        found = (line.category in self.categories for line in facts.lines)
        return all(found) if self.every_line else any(found)

    def _clause(self) -> tuple[str, str, str]:
        return "every category" if self.every_line else "a category", "is", one_of(self.categories)


class ValueCondition(Condition, title="Order value"):
    """What the order is worth. An order whose value is not known is in no range."""

    what: Literal["value"] = Field(title="Looks at", description="The total of the order.")
    at_least: Money | None = Field(None, title="At least", description="Lowest total. Empty: any.")
    below: Money | None = Field(None, title="Below", description="The total must be less than this. Empty: any.")
    currency: str = Field(
        title="Currency",
        description="Code of the currency. Orders in other currencies are in no range.",
        pattern=r"^[A-Z]{3}$",
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        if facts.value is None or facts.currency != self.currency:
            return False
        value = grains(facts.value)
        low, high = self.at_least, self.below
        return (low is None or value >= grains(low)) and (high is None or value < grains(high))

    def _clause(self) -> tuple[str, str, str]:
        low = f"at least {self.at_least} {self.currency}" if self.at_least is not None else ""
        high = f"below {self.below} {self.currency}" if self.below is not None else ""
        return "order value", "is", " and ".join(part for part in (low, high) if part) or f"in {self.currency}"


class PriorityCondition(Condition, title="Priority"):
    """How urgent the order is."""

    what: Literal["priority"] = Field(title="Looks at", description="The priority of the order: higher is more urgent.")
    at_least: int = Field(title="At least", description="Lowest priority.", ge=0, le=1_000_000)

    def _holds(self, facts: RoutingFacts) -> bool:
        return facts.priority >= self.at_least

    def _clause(self) -> tuple[str, str, str]:
        return "priority", "is", f"at least {self.at_least}"


class PromiseCondition(Condition, title="Promise date"):
    """How soon the customer expects it. An order without a promise is never due."""

    what: Literal["promise"] = Field(title="Looks at", description="The day by which the customer expects the order.")
    within_days: int = Field(
        title="Within days", description="Due within so many days from today; 0 is today.", ge=0, le=366
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        if not facts.promise_by:
            return False
        last = date.fromisoformat(facts.decided_on) + timedelta(days=self.within_days)
        return facts.promise_by <= last.isoformat()

    def _clause(self) -> tuple[str, str, str]:
        return "promise date", "is", f"within {self.within_days} day{'' if self.within_days == 1 else 's'}"


class CountryCondition(Condition, title="Destination country"):
    """The country to which the order goes."""

    what: Literal["country"] = Field(title="Looks at", description="The country of the destination.")
    countries: list[Country] = Field(
        title="Countries", description="Codes of countries, such as GB.", min_length=1, max_length=300
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        return facts.country in self.countries

    def _clause(self) -> tuple[str, str, str]:
        return "country", "is", one_of(self.countries)


class PostalCondition(Condition, title="Destination postal code"):
    """The region to which the order goes. Spaces and capitals make no difference."""

    what: Literal["postal_code"] = Field(title="Looks at", description="The postal code of the destination.")
    prefixes: list[Text] = Field(
        title="Begins with", description="First characters of postal codes.", min_length=1, max_length=5000
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        code = tidy(facts.postal_code)
        return any(code.startswith(tidy(prefix)) for prefix in self.prefixes) if code else False

    def _clause(self) -> tuple[str, str, str]:
        return "postal code", "does" if self.negate else "begins", self._rest()

    def _rest(self) -> str:
        return f"begin with {one_of(self.prefixes)}" if self.negate else f"with {one_of(self.prefixes)}"


class AttributeCondition(Condition, title="Order attribute"):
    """One of the retailer's own fields."""

    what: Literal["attribute"] = Field(title="Looks at", description="One of your own fields of the order.")
    name: str = Field(title="Attribute", description="Name of the field.", min_length=1, max_length=100)
    values: list[Text] = Field(
        title="Is one of", description="Values, as they are written in the order.", min_length=1, max_length=200
    )

    def _holds(self, facts: RoutingFacts) -> bool:
        return facts.attributes.get(self.name) in self.values

    def _clause(self) -> tuple[str, str, str]:
        return f"attribute {self.name}", "is", one_of(self.values)


class DestinationCondition(Condition, title="Distance of the destination"):
    """How far the customer is from a place. An unknown distance is never within."""

    what: Literal["destination"] = Field(
        title="Looks at", description="The distance between the destination and one of your locations."
    )
    location: str = Field(
        title="From location",
        description="Code of the location.",
        min_length=1,
        max_length=100,
        json_schema_extra={"reference": "location"},
    )
    within_km: int = Field(title="Within km", description="Great-circle distance.", ge=1, le=20100)

    def _holds(self, facts: RoutingFacts) -> bool:
        from_here = facts.network.by_code.get(self.location)
        if from_here is None:
            return False
        away = great_circle_km(from_here.latitude, from_here.longitude, facts.latitude, facts.longitude)
        return away is not None and away <= self.within_km

    def _clause(self) -> tuple[str, str, str]:
        return "destination", "is", f"within {self.within_km} km of {self.location}"


AnyCondition = Annotated[
    ChannelCondition
    | MethodCondition
    | CategoryCondition
    | ValueCondition
    | PriorityCondition
    | PromiseCondition
    | CountryCondition
    | PostalCondition
    | AttributeCondition
    | DestinationCondition,
    Field(discriminator="what"),
]


def tidy(code: str) -> str:
    """A postal code as it is compared: capitals, letters and digits alone."""
    return "".join(sign for sign in code.upper() if sign.isalnum())
