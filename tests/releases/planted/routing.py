"""Regressions of Order Routing 2.0. Each changes what the sealed policies are told, as the bug would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from importlib import import_module
from typing import Any, TypeVar

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from modules.contracts.routing import Network, Ranked, RoutingDecision, RoutingFacts
from modules.domain.canonical import Body
from modules.domain.releases import KindModel, Release
from tests.releases.scenes import LON, PLACES, Bodies, line, routing_facts

RELEASE: Release[Any] = import_module("fulfilment.routing.releases.r2_0_0").RELEASE

Told = tuple[RoutingFacts, Documents]
Bug = Callable[[RoutingFacts, Documents], Told]
Model = TypeVar("Model", bound=KindModel)


class Broken(RoutingPolicies):
    """2.0 with one bug."""

    def __init__(self, bug: Bug) -> None:
        self.bug = bug

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Where the open lines of one order are fulfilled, wrongly."""
        decision: RoutingDecision = RELEASE.policies.route(*self.bug(facts, documents))
        return decision


def changed(model: Model, **fields: Any) -> Model:
    """The document with other values, which its schema need not allow."""
    return model.model_construct(**{name: getattr(model, name) for name in type(model).model_fields} | fields)


def each(kind: str, change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading every document of a kind."""

    def bug(facts: RoutingFacts, documents: Documents) -> Told:
        models = {key: changed(model, **change(model)) for key, model in documents[kind].items()}
        return facts, {**documents, kind: models}

    return bug


def strategy(change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading the strategy."""
    return each("routing_strategy", change)


def policy(change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading the policies of locations."""
    return each("location_policy", change)


def contract(change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading the contracts."""
    return each("carrier_contract", change)


def facts_alone(change: Callable[[RoutingFacts], RoutingFacts]) -> Bug:
    """A bug in reading the facts."""
    return lambda facts, documents: (change(facts), documents)


def _currency_ignored(facts: RoutingFacts, documents: Documents) -> Told:
    return contract(lambda _: {"currency": facts.currency})(facts, documents)


def _first_contract_alone(facts: RoutingFacts, documents: Documents) -> Told:
    first = dict(sorted(documents["carrier_contract"].items())[:1])
    return facts, {**documents, "carrier_contract": first}


def _capacity_without_the_day(facts: RoutingFacts) -> RoutingFacts:
    return replace(facts, network=facts.network.with_taken({}))


def _one_day_later(facts: RoutingFacts) -> RoutingFacts:
    return replace(facts, decided_on=(date.fromisoformat(facts.decided_on) + timedelta(days=1)).isoformat())


def _lines(**fields: Any) -> Bug:
    return facts_alone(lambda facts: replace(facts, lines=tuple(replace(item, **fields) for item in facts.lines)))


def _vendors_take_everything(facts: RoutingFacts) -> RoutingFacts:
    return replace(facts, network=Network(tuple(replace(place, kind="store") for place in facts.network.locations)))


class _FarthestFirst(Network):
    def nearest_first(self, latitude: float | None, longitude: float | None) -> tuple[Ranked, ...]:
        """The wrong way round."""
        return tuple(reversed(super().nearest_first(latitude, longitude)))


def _latitude_for_longitude(facts: RoutingFacts) -> RoutingFacts:
    return replace(facts, latitude=facts.longitude, longitude=facts.latitude)


def _one_unit_less(facts: RoutingFacts) -> RoutingFacts:
    return replace(facts, available={where: units - 1 for where, units in facts.available.items() if units > 1})


FREE: dict[str, Body] = {"FREE": {"per_parcel": "0.00", "currency": "GBP"}}
BY_DISTANCE: dict[str, Body] = {"KM": {"per_parcel": "1.00", "per_100_km": "1.00", "currency": "GBP"}}
BY_WEIGHT: dict[str, Body] = {"KG": {"per_parcel": "1.00", "per_kg": "1.00", "currency": "GBP"}}
BOTH = {"LON": {7: 9}, "MAN": {7: 9}}
HALVES = {"LON": {7: 1}, "BHX": {8: 1}, "GLA": {7: 1, 8: 1}}


def bodies(contracts: dict[str, Body] | None = None, policies: dict[str, Body] | None = None, **fields: Any) -> Bodies:
    """Documents of 2.0."""
    return {
        "routing_strategy": {"default": fields},
        "location_policy": policies or {},
        "carrier_contract": contracts if contracts is not None else FREE,
    }


ONE = routing_facts(line(1, 7, 2), stock=BOTH)
TWO = routing_facts(line(1, 7, 1), line(2, 8, 1), stock=HALVES)
THREE = routing_facts(line(1, 7, 1), line(2, 8, 1), line(3, 9, 1), stock={"LON": {7: 1}, "BHX": {8: 1}, "MAN": {9: 1}})
HEAVY = routing_facts(line(1, 7, 2, grams=4000), stock=BOTH)
BUSY = routing_facts(line(1, 7, 2), stock=BOTH, places=(replace(LON, taken_today=7), *PLACES[1:]))
NAMED = routing_facts(line(1, 7, 2, ship_from="MAN"), stock=BOTH)
VENDOR = routing_facts(line(1, 7, 2), stock={"VEN": {7: 9}, "MAN": {7: 9}})

#: What each does wrong, and facts and documents that show it.
BUGS: dict[str, tuple[Bug, RoutingFacts, Bodies]] = {
    "routing: distance lowers the cost": (
        contract(lambda item: {"per_100_km": -item.per_100_km}), ONE, bodies(BY_DISTANCE),
    ),
    "routing: handling lowers the cost": (
        policy(lambda item: {"handling_per_unit": -item.handling_per_unit}), ONE,
        bodies(policies={"MAN": {"handling_per_unit": "0.50"}}),
    ),
    "routing: the split penalty rewards": (
        strategy(lambda item: {"split_penalty": -item.split_penalty}), TWO, bodies(split_penalty="2.00"),
    ),
    "routing: the split penalty is dropped": (
        strategy(lambda _: {"split_penalty": Decimal(0)}), TWO, bodies(BY_DISTANCE, split_penalty="9.00"),
    ),
    "routing: handling is dropped": (
        policy(lambda _: {"handling_per_unit": Decimal(0)}), ONE,
        bodies(policies={"LON": {"handling_per_unit": "0.50"}}),
    ),
    "routing: weight is dropped": (
        _lines(weight_grams=None), HEAVY,
        bodies({**BY_WEIGHT, "KM": {"per_parcel": "2.00", "per_100_km": "9.00", "currency": "GBP"}},
               {"LON": {"handling_per_unit": "1.00"}}),
    ),
    "routing: grams count as tens of grams": (
        contract(lambda item: {"per_kg": item.per_kg * 10}), HEAVY,
        bodies({**BY_WEIGHT, "KM": {"per_parcel": "9.50", "per_100_km": "9.00", "currency": "GBP"}},
               {"LON": {"handling_per_unit": "1.00"}}),
    ),
    "routing: parcel prices are rounded up to whole pounds": (
        contract(lambda item: {"per_100_km": item.per_100_km.to_integral_value(ROUND_CEILING)}), ONE,
        bodies({"KM": {"per_parcel": "1.00", "per_100_km": "0.20", "currency": "GBP"}},
               {"LON": {"handling_per_unit": "0.50"}}),
    ),
    "routing: amounts lose their pence": (
        policy(lambda item: {"handling_per_unit": Decimal(int(item.handling_per_unit))}), ONE,
        bodies(policies={"LON": {"handling_per_unit": "0.99"}}),
    ),
    "routing: one unit too few is kept back": (
        policy(lambda item: {"threshold": item.threshold - 1}), ONE, bodies(policies={"LON": {"threshold": 8}}),
    ),
    "routing: one unit too many is kept back": (
        policy(lambda item: {"threshold": item.threshold + 1}), ONE, bodies(policies={"LON": {"threshold": 7}}),
    ),
    "routing: thresholds are dropped": (
        policy(lambda _: {"threshold": 0}), ONE, bodies(policies={"LON": {"threshold": 9}}),
    ),
    "routing: capacity is ignored": (
        policy(lambda _: {"capacity_per_day": None}), ONE, bodies(policies={"LON": {"capacity_per_day": 0}}),
    ),
    "routing: capacity forgets the day so far": (
        facts_alone(_capacity_without_the_day), BUSY, bodies(policies={"LON": {"capacity_per_day": 8}}),
    ),
    "routing: capacity is exceeded by one": (
        policy(lambda item: {"capacity_per_day": item.capacity_per_day and item.capacity_per_day + 1}), BUSY,
        bodies(policies={"LON": {"capacity_per_day": 8}}),
    ),
    "routing: the radius is in miles": (
        strategy(lambda item: {"radius_km": item.radius_km and int(item.radius_km * 1.609344)}),
        routing_facts(line(1, 7, 2), stock={"MAN": {7: 9}}), bodies(radius_km=150),
    ),
    "routing: the radius is ignored": (
        strategy(lambda _: {"radius_km": None}), routing_facts(line(1, 7, 2), stock={"GLA": {7: 9}}),
        bodies(radius_km=150),
    ),
    "routing: what only one location may ship goes anywhere": (_lines(ship_from=""), NAMED, bodies()),
    "routing: the split limit is ignored": (strategy(lambda _: {"split_limit": 10}), THREE, bodies(split_limit=1)),
    "routing: one parcel more than the limit": (
        strategy(lambda item: {"split_limit": item.split_limit + 1}), THREE, bodies(split_limit=2),
    ),
    "routing: the currency of a contract is ignored": (
        _currency_ignored, ONE, bodies({"EU": {"per_parcel": "1.00", "currency": "EUR"}}),
    ),
    "routing: countries served are ignored": (
        contract(lambda _: {"countries": []}), ONE,
        bodies({"FR": {"per_parcel": "1.00", "currency": "GBP", "countries": ["FR"]}}),
    ),
    "routing: countries are compared in lower case": (
        contract(lambda item: {"countries": [code.lower() for code in item.countries]}), ONE,
        bodies({"UK": {"per_parcel": "1.00", "currency": "GBP", "countries": ["GB"]}}),
    ),
    "routing: today is tomorrow": (
        facts_alone(_one_day_later), ONE,
        bodies({"NOW": {"per_parcel": "1.00", "currency": "GBP", "valid_until": "2025-11-28"}}),
    ),
    "routing: contracts run for ever": (
        contract(lambda _: {"valid_until": None}), ONE,
        bodies({"OLD": {"per_parcel": "1.00", "currency": "GBP", "valid_until": "2025-11-27"}}),
    ),
    "routing: the first contract instead of the cheapest": (
        _first_contract_alone, ONE,
        bodies({"A": {"per_parcel": "1.00", "per_100_km": "2.00", "currency": "GBP"},
                "B": {"per_parcel": "2.00", "currency": "GBP"}}, {"LON": {"handling_per_unit": "1.00"}}),
    ),
    "routing: locations that are switched off take orders": (
        policy(lambda _: {"enabled": True}), ONE, bodies(policies={"LON": {"enabled": False}}),
    ),
    "routing: vendors take everything": (facts_alone(_vendors_take_everything), VENDOR, bodies(BY_DISTANCE)),
    "routing: equal costs go to the farthest": (
        facts_alone(lambda facts: replace(facts, network=_FarthestFirst(facts.network.locations))), ONE, bodies(),
    ),
    "routing: latitude and longitude are swapped": (
        facts_alone(_latitude_for_longitude), routing_facts(line(1, 7, 1), stock=BOTH, at=(53.0, 0.0)),
        bodies(BY_DISTANCE),
    ),
    "routing: the last unit is never given": (
        facts_alone(_one_unit_less), routing_facts(line(1, 7, 2), stock={"LON": {7: 2}}), bodies(),
    ),
}  # fmt: skip
