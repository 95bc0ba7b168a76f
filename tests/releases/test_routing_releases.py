"""What each release of Order Routing decides, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.contracts.routing import (
    Incoming,
    LineFacts,
    LocationFacts,
    Network,
    RoutingDecision,
    RoutingFacts,
    great_circle_km,
)
from modules.contracts.routing_json import facts_from_json, facts_to_json, network_from_json, network_to_json
from modules.domain.releases import Release
from tests.releases.scenes import LON, PLACES, Bodies, compiled, left, line, routing_facts, said, where

R1_0: Release[Any] = import_module("fulfilment.routing.releases.r1_0_0").RELEASE
R1_1: Release[Any] = import_module("fulfilment.routing.releases.r1_1_0").RELEASE
R2_0: Release[Any] = import_module("fulfilment.routing.releases.r2_0_0").RELEASE
ALL = (R1_0, R1_1, R2_0)


def route(release: Release[Any], facts: RoutingFacts, bodies: Bodies | None = None) -> RoutingDecision:
    decision: RoutingDecision = release.policies.route(facts, compiled(release, bodies or {}))
    return decision


def strategy(**fields: Any) -> Bodies:
    return {"routing_strategy": {"default": fields}}


class TestNearestWithStock:
    def test_the_nearest_that_has_all_units_goes_before_a_nearer_one_with_a_part(self) -> None:
        facts = routing_facts(line(1, 7, 3), stock={"LON": {7: 2}, "BHX": {7: 3}, "MAN": {7: 9}})

        decision = route(R1_0, facts)

        assert where(decision) == [(1, "BHX", 3)]
        assert left(decision) == []
        assert decision.cost is None
        assert said(decision) == [
            ("stock", "LON", False, "has 2 of the 3 units of SKU-7"),
            ("nearest with stock", "BHX", True, "nearest with stock, 111 km"),
        ]

    def test_where_none_has_all_units_the_nearest_share_them_and_the_rest_waits(self) -> None:
        facts = routing_facts(line(1, 7, 9), stock={"LON": {7: 2}, "BHX": {7: 3}, "GLA": {7: 1}})

        decision = route(R1_0, facts)

        assert where(decision) == [(1, "LON", 2), (1, "BHX", 3), (1, "GLA", 1)]
        assert left(decision) == [(1, 3, "not enough stock at any location that takes work")]

    def test_lines_of_the_same_product_share_its_stock(self) -> None:
        facts = routing_facts(line(1, 7, 3), line(2, 7, 3), stock={"LON": {7: 4}, "MAN": {7: 3}})
        assert where(route(R1_0, facts)) == [(1, "LON", 3), (2, "MAN", 3)]

    def test_only_what_names_a_vendor_goes_to_it(self) -> None:
        stock = {"VEN": {7: 9, 8: 1}, "MAN": {7: 1}}
        facts = routing_facts(
            line(1, 7, 1), line(2, 8, 1, ship_from="VEN"), line(3, 8, 1, ship_from="VEN"), stock=stock
        )

        decision = route(R1_0, facts)

        assert where(decision) == [(1, "MAN", 1), (2, "VEN", 1)]
        assert left(decision) == [(3, 1, "not enough stock at VEN, which alone may ship it")]
        assert ("nearest with stock", "VEN", True, "it alone may ship SKU-8") in said(decision)

    def test_a_location_that_takes_no_work_or_is_switched_off_leaves_its_lines_waiting(self) -> None:
        facts = routing_facts(line(1, 7, 1, ship_from="OLD"), line(2, 7, 1, ship_from="MAN"), stock={"MAN": {7: 1}})
        off = strategy(location_settings=[{"location": "MAN", "enabled": False}])
        assert left(route(R1_0, facts, off)) == [
            (1, 1, "location OLD, which alone may ship it, takes no work"),
            (2, 1, "location MAN, which alone may ship it, is switched off in the strategy"),
        ]

    def test_the_greatest_distance_counts_and_an_unknown_one_never_exceeds_it(self) -> None:
        nowhere = LocationFacts(5, "NOW", "store", "", None, None)
        facts = routing_facts(
            line(1, 7, 2), stock={"BHX": {7: 1}, "MAN": {7: 2}, "NOW": {7: 1}}, places=(*PLACES, nowhere)
        )

        decision = route(R1_0, facts, strategy(max_distance_km=112))

        assert [(item.location_id, item.quantity) for item in decision.allocations] == [(2, 1), (5, 1)]
        assert said(decision) == [
            ("distance", "MAN", False, "222 km away; the limit is 112 km"),
            ("distance", "GLA", False, "334 km away; the limit is 112 km"),
            ("nearest with stock", "BHX", True, "nearest with stock, 111 km"),
            ("nearest with stock", "NOW", True, "has stock; its distance is not known"),
        ]

    def test_many_locations_that_are_too_far_are_counted(self) -> None:
        far = tuple(LocationFacts(50 + at, f"F{at}", "store", "GB", 56.0 + at, 0.0) for at in range(9))
        facts = routing_facts(line(1, 7, 1), stock={"LON": {7: 1}}, places=(*PLACES, *far))
        steps = said(route(R1_0, facts, strategy(max_distance_km=300)))
        assert [step[:3] for step in steps] == [
            ("distance", "GLA", False), ("distance", "F0", False), ("distance", "F1", False), ("distance", "", False),
            ("nearest with stock", "LON", True),
        ]  # fmt: skip
        assert steps[3][3] == "7 more for the same reason"


class TestThresholdsAndCapacity:
    def test_units_kept_back_are_not_given(self) -> None:
        facts = routing_facts(line(1, 7, 3), stock={"LON": {7: 4}, "MAN": {7: 3}})
        settings_ = [{"location": "LON", "threshold": 2}]

        decision = route(R1_1, facts, strategy(keep_lines_whole=True, location_settings=settings_))

        assert where(decision) == [(1, "MAN", 3)]
        assert said(decision)[0] == ("stock", "LON", False, "can give 2 of the 3 units of SKU-7 (2 kept back)")

    @pytest.mark.parametrize(("threshold", "place"), [(1, "LON"), (2, "MAN")])
    def test_exactly_what_is_above_the_threshold_can_go(self, threshold: int, place: str) -> None:
        facts = routing_facts(line(1, 7, 3), stock={"LON": {7: 4}, "MAN": {7: 3}})
        settings_ = [{"location": "LON", "threshold": threshold}]
        decision = route(R1_1, facts, strategy(keep_lines_whole=True, location_settings=settings_))
        assert where(decision) == [(1, place, 3)]

    def test_capacity_counts_the_day_so_far_and_this_decision(self) -> None:
        busy = replace(LON, taken_today=5)
        facts = routing_facts(
            line(1, 7, 2), line(2, 8, 2), stock={"LON": {7: 9, 8: 9}, "BHX": {7: 9, 8: 9}}, places=(busy, *PLACES[1:])
        )
        settings_ = [{"location": "LON", "capacity_per_day": 8}]

        decision = route(R1_1, facts, strategy(keep_lines_whole=True, location_settings=settings_))

        assert where(decision) == [(1, "LON", 2), (2, "BHX", 2)]
        assert said(decision)[0] == ("stock", "LON", False, "can give 1 of the 2 units of SKU-8 (7 of 8 taken today)")

    def test_lines_may_be_shared_where_the_retailer_says_so(self) -> None:
        facts = routing_facts(line(1, 7, 3), stock={"LON": {7: 2}, "BHX": {7: 3}})
        assert where(route(R1_1, facts, strategy(keep_lines_whole=False))) == [(1, "LON", 2), (1, "BHX", 1)]
        assert where(route(R1_1, facts, strategy(keep_lines_whole=True))) == [(1, "BHX", 3)]

    def test_what_is_kept_back_everywhere_waits_and_says_so(self) -> None:
        facts = routing_facts(line(1, 7, 1), line(2, 7, 1, ship_from="LON"), stock={"LON": {7: 3}})
        settings_ = [{"location": "LON", "threshold": 3}]
        assert left(route(R1_1, facts, strategy(keep_lines_whole=True, location_settings=settings_))) == [
            (1, 1, "what is left is kept back, or is where the capacity for today is used up"),
            (2, 1, "not enough to spare at LON, which alone may ship it (3 kept back)"),
        ]

    def test_a_converted_strategy_decides_as_before(self) -> None:
        facts = routing_facts(
            line(1, 7, 3), line(2, 8, 9), line(3, 9, 1, ship_from="VEN"),
            stock={"LON": {7: 2, 8: 1}, "BHX": {7: 3, 8: 3}, "MAN": {8: 4}, "VEN": {9: 1}},
        )  # fmt: skip
        before = strategy(max_distance_km=250, location_settings=[{"location": "MAN", "enabled": False}])
        after = strategy(
            radius_km=250, keep_lines_whole=True, location_settings=[{"location": "MAN", "enabled": False}]
        )
        assert route(R1_0, facts, before).outcome() == route(R1_1, facts, after).outcome()


CONTRACTS: dict[str, dict[str, Any]] = {
    "DPD": {"per_parcel": "4.00", "per_kg": "1.00", "per_100_km": "0.50", "currency": "GBP", "countries": ["GB"]},
}


def landed(
    policies: Mapping[str, Any] | None = None, contracts: Mapping[str, Any] | None = None, **fields: Any
) -> Bodies:
    return {
        "routing_strategy": {"default": fields},
        "location_policy": policies or {},
        "carrier_contract": CONTRACTS if contracts is None else contracts,
    }


class TestLandedCost:
    def test_the_cheapest_wins_and_the_loser_is_told_by_how_much(self) -> None:
        facts = routing_facts(line(1, 7, 2, grams=500), stock={"LON": {7: 2}, "MAN": {7: 2}})
        handling = {"LON": {"handling_per_unit": "2.00"}, "MAN": {"handling_per_unit": "0.25"}}

        decision = route(R2_0, facts, landed(handling))

        # LON: 4.00 + 1 kg 1.00 + 0 km + 2 × 2.00 = 9.00; MAN: 4.00 + 1.00 + 222 km 1.11 + 2 × 0.25 = 6.61
        assert where(decision) == [(1, "MAN", 2)]
        assert decision.cost == Decimal("6.61")
        assert said(decision) == [
            ("landed cost", "LON", False, "lost to MAN by 2.39 GBP"),
            ("landed cost", "MAN", True, "2 units, 222 km: 6.61 GBP (DPD 6.11, handling 0.50)"),
        ]

    def test_a_further_parcel_must_be_worth_its_penalty(self) -> None:
        facts = routing_facts(line(1, 7, 4), line(2, 8, 4), stock={"LON": {7: 4}, "BHX": {8: 4}, "GLA": {7: 4, 8: 4}})
        free: dict[str, Any] = {"FREE": {"per_parcel": "0.00", "per_100_km": "1.00", "currency": "GBP"}}
        # LON + BHX: 1.11 + penalty; GLA: 3.34
        assert where(route(R2_0, facts, landed(contracts=free, split_penalty="2.22"))) == [(1, "LON", 4), (2, "BHX", 4)]
        decision = route(R2_0, facts, landed(contracts=free, split_penalty="2.23"))
        assert where(decision) == [(1, "GLA", 4), (2, "GLA", 4)]
        assert decision.cost == Decimal("3.34")

    def test_equal_costs_go_to_fewer_parcels_then_to_the_nearest(self) -> None:
        stock = {"LON": {7: 1}, "BHX": {8: 1}, "MAN": {7: 1, 8: 1}, "GLA": {7: 1, 8: 1}}
        decision = route(R2_0, routing_facts(line(1, 7, 1), line(2, 8, 1), stock=stock))
        assert where(decision) == [(1, "MAN", 1), (2, "MAN", 1)]
        assert ("landed cost", "GLA", False, "costs as much as MAN, which is nearer") in said(decision)
        assert said(decision)[-1] == (
            "landed cost", "MAN", True, "2 units, 222 km: 0.00 GBP (no carrier contract, handling 0.00)",
        )  # fmt: skip

    def test_no_more_parcels_than_allowed(self) -> None:
        stock = {"LON": {7: 1}, "BHX": {8: 2}, "MAN": {9: 3}}
        facts = routing_facts(line(1, 7, 1), line(2, 8, 2), line(3, 9, 3), stock=stock)

        decision = route(R2_0, facts, landed(split_limit=2))

        assert where(decision) == [(2, "BHX", 2), (3, "MAN", 3)]
        assert left(decision) == [(1, 1, "it would take more than 2 parcels, which is the limit for an order")]
        assert said(decision)[-1] == (
            "not placed", "line 1", False, "it would take more than 2 parcels, which is the limit for an order",
        )  # fmt: skip

    def test_what_only_one_location_may_ship_goes_there_beyond_the_limit_and_takes_others_along(self) -> None:
        stock = {"VEN": {7: 1, 9: 5}, "GLA": {8: 1, 9: 5}, "LON": {9: 5}}
        facts = routing_facts(
            line(1, 7, 1, ship_from="VEN"), line(2, 8, 1, ship_from="GLA"), line(3, 9, 1), stock=stock
        )
        decision = route(R2_0, facts, landed(split_limit=1))
        assert where(decision) == [(1, "VEN", 1), (2, "GLA", 1), (3, "GLA", 1)]
        # VEN: 4.00 + 0.50; GLA: 4.00 + 1 kg + 334 km 1.67
        assert decision.cost == Decimal("11.17")

    def test_contracts_serve_a_currency_countries_and_days(self) -> None:
        contracts: dict[str, Any] = {
            "AEU": {"per_parcel": "0.10", "currency": "EUR"},
            "BFR": {"per_parcel": "0.20", "currency": "GBP", "countries": ["FR"]},
            "CNEW": {"per_parcel": "0.30", "currency": "GBP", "valid_from": "2025-11-29"},
            "DOLD": {"per_parcel": "0.40", "currency": "GBP", "valid_until": "2025-11-27"},
            "ENOW": {
                "per_parcel": "5.00", "currency": "GBP", "valid_from": "2025-11-28", "valid_until": "2025-11-28",
            },
        }  # fmt: skip
        facts = routing_facts(line(1, 7, 1), stock={"LON": {7: 1}})

        decision = route(R2_0, facts, landed(contracts=contracts))

        assert decision.cost == Decimal("5.00")
        assert said(decision)[:4] == [
            ("carrier contract", "AEU", False, "priced in EUR; the order is in GBP"),
            ("carrier contract", "BFR", False, "does not serve GB"),
            ("carrier contract", "CNEW", False, "valid from 2025-11-29; today is 2025-11-28"),
            ("carrier contract", "", False, "1 more for the same reason"),
        ]

    def test_an_order_that_no_contract_serves_waits(self) -> None:
        facts = routing_facts(line(1, 7, 1), stock={"LON": {7: 1}}, country="US", currency="USD")
        decision = route(R2_0, facts, landed())
        assert where(decision) == []
        assert left(decision) == [(1, 1, "no carrier contract serves US in USD")]

    def test_each_parcel_goes_with_the_contract_that_is_cheapest_for_it(self) -> None:
        contracts: dict[str, Any] = {
            "LIGHT": {"per_parcel": "1.00", "per_kg": "4.00", "currency": "GBP"},
            "HEAVY": {"per_parcel": "6.00", "per_kg": "0.50", "currency": "GBP"},
        }
        facts = routing_facts(
            line(1, 7, 1, grams=1000), line(2, 8, 1, grams=9000), stock={"LON": {7: 1}, "BHX": {8: 1}}
        )
        decision = route(R2_0, facts, landed(contracts=contracts))
        assert decision.cost == Decimal("15.50")
        assert [step[3] for step in said(decision) if step[2]] == [
            "1 unit, 0 km: 5.00 GBP (LIGHT 5.00, handling 0.00)",
            "1 unit, 111 km: 10.50 GBP (HEAVY 10.50, handling 0.00)",
            "2 parcels for 15.50 GBP",
        ]

    def test_units_above_the_threshold_within_capacity_and_radius(self) -> None:
        busy = replace(LON, taken_today=8)
        stock = {"LON": {7: 9}, "BHX": {7: 4}, "MAN": {7: 9}, "GLA": {7: 9}}
        facts = routing_facts(line(1, 7, 9), stock=stock, places=(busy, *PLACES[1:]))
        policies = {
            "LON": {"capacity_per_day": 10}, "BHX": {"threshold": 1}, "MAN": {"enabled": False},
        }  # fmt: skip

        decision = route(R2_0, facts, landed(policies, radius_km=300))

        assert where(decision) == [(1, "LON", 2), (1, "BHX", 3)]
        assert left(decision) == [(1, 4, "what is left is kept back, or is where the capacity for today is used up")]
        assert said(decision)[:2] == [
            ("switched off", "MAN", False, "switched off"),
            ("radius", "GLA", False, "334 km away; the radius is 300 km"),
        ]

    def test_reasons_for_what_is_not_placed(self) -> None:
        facts = routing_facts(
            line(1, 7, 1), line(2, 8, 1), line(3, 9, 1, ship_from="MAN"), line(4, 9, 1, ship_from="OLD"),
            line(5, 9, 1, ship_from="LON"), stock={"GLA": {7: 1}},
        )  # fmt: skip
        assert left(route(R2_0, facts, landed({"MAN": {"enabled": False}}, radius_km=300))) == [
            (1, 1, "what is left is switched off or outside the radius"),
            (2, 1, "not enough stock at any location that takes work"),
            (3, 1, "location MAN, which alone may ship it, is switched off"),
            (4, 1, "location OLD, which alone may ship it, takes no work"),
            (5, 1, "not enough to spare at LON, which alone may ship it"),
        ]

    def test_an_unknown_distance_is_charged_as_the_farthest(self) -> None:
        facts = routing_facts(line(1, 7, 1), stock={"MAN": {7: 1}, "NOW": {7: 1}}, places=(
            *PLACES, LocationFacts(5, "NOW", "store", "", None, None),
        ))  # fmt: skip
        assert where(route(R2_0, facts, landed())) == [(1, "MAN", 1)]

    def test_thousands_of_locations_are_shortened_and_it_says_so(self) -> None:
        places = tuple(LocationFacts(at, f"S{at:04}", "store", "GB", 50 + at / 1000, 0.0) for at in range(1, 3001))
        stock = {place.code: {7 + place.location_id % 3: 1} for place in places}
        lines = [line(at, 6 + at, 1, price="1.00") for at in (1, 2, 3)]
        facts = routing_facts(*lines, stock=stock, places=places, at=(50.0, 0.0))

        decision = route(R2_0, facts, landed(split_limit=3))

        assert sum(item.quantity for item in decision.allocations) == 3
        assert left(decision) == []
        why = "too many locations to try every way: only the nearest and most promising were compared"
        assert ("search", "", False, why) in said(decision)


Units = dict[tuple[str, int], int]


def every_way(facts: RoutingFacts, bodies: Bodies) -> tuple[int, Decimal]:
    """The most units that can be placed and the lowest cost of doing so, by trying everything."""
    rules: Any = compiled(R2_0, bodies)
    given_first = _bound(facts, rules["location_policy"])
    forced = {code for code, _ in given_first}
    limit = max(rules["routing_strategy"]["default"].split_limit, len(forced))
    best: tuple[int, Decimal] | None = None
    for count in range(len(forced), min(limit, len(facts.network.locations)) + 1):
        for chosen in combinations(facts.network.locations, count):
            if forced <= {place.code for place in chosen}:
                for units in _fillings(facts, chosen, rules["location_policy"], given_first):
                    found = (-sum(units.values()), _cost(facts, chosen, units, rules))
                    best = found if best is None else min(best, found)
    assert best is not None
    return -best[0], best[1]


def _room(place: LocationFacts, policies: Mapping[str, Any]) -> int:
    policy = policies.get(place.code)
    return 99 if policy is None or policy.capacity_per_day is None else policy.capacity_per_day - place.taken_today


def _spare(place: LocationFacts, product_id: int, facts: RoutingFacts, policies: Mapping[str, Any]) -> int:
    policy = policies.get(place.code)
    return facts.available.get((place.location_id, product_id), 0) - (policy.threshold if policy else 0)


def _bound(facts: RoutingFacts, policies: Mapping[str, Any]) -> Units:
    """What goes to the locations that lines name, before anything else is decided."""
    units: Units = {}
    for each in facts.lines:
        if each.ship_from:
            place = facts.network.by_code[each.ship_from]
            taken = sum(n for (code, _), n in units.items() if code == place.code)
            room = _room(place, policies) - taken
            number = min(each.quantity, room, _spare(place, each.product_id, facts, policies))
            if number > 0:
                units[place.code, each.line_id] = number
    return units


def _fillings(
    facts: RoutingFacts, chosen: tuple[LocationFacts, ...], policies: Mapping[str, Any], given_first: Units
) -> Iterator[Units]:
    """All ways to give units of the other lines to the chosen locations, each of which sends something."""
    free = [each for each in facts.lines if not each.ship_from]
    cells = [(place, each) for place in chosen for each in free]
    most = [min(each.quantity, max(0, _spare(place, each.product_id, facts, policies))) for place, each in cells]
    for numbers in product(*(range(number + 1) for number in most)):
        units = given_first | {(p.code, each.line_id): n for (p, each), n in zip(cells, numbers, strict=True) if n}
        by_place = [sum(n for (code, _), n in units.items() if code == place.code) for place in chosen]
        if any(n < 1 or n > _room(place, policies) for n, place in zip(by_place, chosen, strict=True)):
            continue
        if all(sum(units.get((p.code, each.line_id), 0) for p in chosen) <= each.quantity for each in free):
            yield units


def _cost(facts: RoutingFacts, chosen: tuple[LocationFacts, ...], units: Units, rules: Any) -> Decimal:
    """Landed cost, as the notes of the release define it."""
    total: Decimal = rules["routing_strategy"]["default"].split_penalty * max(0, len(chosen) - 1)
    for place in chosen:
        policy = rules["location_policy"].get(place.code)
        sent = [(units.get((place.code, each.line_id), 0), each) for each in facts.lines]
        total += sum(n for n, _ in sent) * (policy.handling_per_unit if policy else 0)
        kg = Decimal(sum(n * (each.weight_grams or 0) for n, each in sent)) / 1000
        km = int((great_circle_km(place.latitude, place.longitude, facts.latitude, facts.longitude) or 0.0) + 0.5)
        total += min(
            each.per_parcel + each.per_kg * kg + each.per_100_km * km / 100
            for each in rules["carrier_contract"].values()
        )
    return total


amounts = st.sampled_from(["0.00", "0.25", "0.30", "1.00", "1.05", "2.50"])


@st.composite
def small_problems(draw: st.DrawFn) -> tuple[RoutingFacts, Bodies]:
    """Up to four locations, three products, two contracts, with thresholds, capacities and penalties."""
    places = tuple(
        LocationFacts(at, f"P{at}", "store", "GB", 51.0 + draw(st.integers(0, 8)) / 3, 0.0, draw(st.integers(0, 2)))
        for at in range(1, draw(st.integers(2, 5)))
    )
    names = st.sampled_from(["", "", "", *(place.code for place in places)])
    lines = [
        line(at, at, draw(st.integers(1, 3)), grams=draw(st.sampled_from([None, 100, 2500])), ship_from=draw(names))
        for at in range(1, draw(st.integers(2, 4)))
    ]
    stock = {place.code: {each.product_id: draw(st.integers(0, 3)) for each in lines} for place in places}
    policies = {
        place.code: {
            "threshold": draw(st.integers(0, 1)),
            "capacity_per_day": draw(st.sampled_from([None, None, 1, 3, 5])),
            "handling_per_unit": draw(amounts),
        }
        for place in places
        if draw(st.booleans())
    }
    contracts = {
        f"C{at}": {"per_parcel": draw(amounts), "per_kg": draw(amounts), "per_100_km": draw(amounts), "currency": "GBP"}
        for at in range(draw(st.integers(1, 2)))
    }
    fields = {"split_limit": draw(st.integers(1, 3)), "split_penalty": draw(amounts)}
    return routing_facts(*lines, stock=stock, places=places), landed(policies, contracts, **fields)


@given(problem=small_problems())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_cheaper_than_what_is_chosen(problem: tuple[RoutingFacts, Bodies]) -> None:
    facts, bodies = problem
    decision = route(R2_0, facts, bodies)
    placed, cost = every_way(facts, bodies)
    assert sum(item.quantity for item in decision.allocations) == placed
    assert decision.cost == cost.quantize(Decimal("0.01"), "ROUND_HALF_UP")


@given(problem=small_problems(), release=st.sampled_from(ALL))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_release_accounts_for_every_unit(problem: tuple[RoutingFacts, Bodies], release: Release[Any]) -> None:
    facts, bodies = problem
    if release is not R2_0:
        bodies = strategy(keep_lines_whole=True, location_settings=[
            {"location": code, **policy} for code, policy in bodies["location_policy"].items()
        ])  # fmt: skip
    decision = route(release, facts, bodies)
    for each in facts.lines:
        given_ = sum(item.quantity for item in decision.allocations if item.line_id == each.line_id)
        waiting = sum(item.quantity for item in decision.unplaced if item.line_id == each.line_id)
        assert given_ + waiting == each.quantity
    for (place, item), units in facts.available.items():
        assert sum(a.quantity for a in decision.allocations if (a.location_id, a.product_id) == (place, item)) <= units
    assert all(item.quantity > 0 for item in (*decision.allocations, *decision.unplaced))


@given(problem=small_problems(), release=st.sampled_from(ALL))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_decision_is_made_again_from_what_was_written_down(
    problem: tuple[RoutingFacts, Bodies], release: Release[Any]
) -> None:
    facts, bodies = problem
    bodies = bodies if release is R2_0 else strategy(keep_lines_whole=True)
    network: Network = network_from_json(network_to_json(facts.network))
    again = facts_from_json(facts_to_json(facts), network)
    assert route(release, facts, bodies) == route(release, again, bodies)


def test_facts_with_everything_that_came_later_are_read_back_as_they_were() -> None:
    plain = LocationFacts(1, "S1", "store", "US", 40.0, -75.0)
    grouped = LocationFacts(2, "S2", "store", "US", 41.0, -75.0, taken_today=3, postal_code="10001", groups=("east",))
    facts = RoutingFacts(
        order_number="WEB-1", channel="web", currency="USD", country="US", latitude=40.5, longitude=-75.5,
        decided_on="2026-03-01",
        lines=(
            LineFacts(7, 1, 70, "A", 2, Decimal("9.99"), 250, "", "toys", (100, 50, 20), "2026-04-01"),
            LineFacts(8, 2, 80, "B", 1, Decimal("1.00"), None, "S1"),
        ),
        network=Network((plain, grouped)), available={(1, 70): 4, (2, 80): 1}, postal_code="19104", method="express",
        priority=2, promise_by="2026-03-04", value=Decimal("20.98"), attributes={"gift": "yes"}, excluded={7: (2,)},
        confidence={(1, 70): 400}, sold={(1, 70): 12}, incoming=(Incoming(2, 70, 9, "2026-03-03"),), joinable=(1,),
        bid_prices={(1, 70): Decimal("0.1250")}, markdown={(2, 80): 300},
    )  # fmt: skip

    network = network_from_json(json.loads(json.dumps(network_to_json(facts.network))))
    again = facts_from_json(json.loads(json.dumps(facts_to_json(facts))), network)

    assert again.network.locations == facts.network.locations
    assert replace(again, network=facts.network) == facts
