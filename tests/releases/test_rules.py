"""Whatever a retailer writes into a strategy, and whatever is ordered: every decision is a valid one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.contracts.availability import LocationLimits
from modules.contracts.routing import QUEUES, RoutingDecision, RoutingFacts
from modules.contracts.routing_json import facts_from_json, facts_to_json, network_from_json, network_to_json
from modules.contracts.routing_runs import ConsolidationRule
from modules.domain.documents import Document
from modules.domain.releases import Release
from tests.releases.scenes import Bodies, compiled, line, routing_facts, said, where
from tests.releases.strategies import documents, is_newer, orders
from tests.releases.test_routing_releases import R2_0, small_problems

R2_1: Release[Any] = import_module("fulfilment.routing.releases.r2_1_0").RELEASE
R3_0_0: Release[Any] = import_module("fulfilment.routing.releases.r3_0_0").RELEASE
R3_0: Release[Any] = import_module("fulfilment.routing.releases.r3_0_2").RELEASE
BOTH = pytest.mark.parametrize("release", [R2_1, R3_0], ids=str)
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def route(release: Release[Any], facts: RoutingFacts, bodies: Bodies) -> RoutingDecision:
    decision: RoutingDecision = release.policies.route(facts, compiled(release, bodies))
    return decision


def converted(bodies: Bodies, *releases: Release[Any]) -> Bodies:
    """Documents of 2.0 as documents of a later release."""
    found = {(kind, key): Document(dict(body)) for kind, of in bodies.items() for key, body in of.items()}
    for release in releases:
        assert release.up is not None
        found = release.up(found)
    result: dict[str, dict[str, Any]] = {}
    for (kind, key), document in found.items():
        result.setdefault(kind, {})[key] = document.body
    return result


@given(problem=small_problems())
@thorough
def test_a_strategy_that_was_just_converted_decides_as_before(problem: tuple[RoutingFacts, Bodies]) -> None:
    facts, bodies = problem
    before, after = route(R2_0, facts, bodies), route(R2_1, facts, converted(bodies, R2_1))
    assert after.outcome() == before.outcome()
    assert after.cost == before.cost


@given(problem=small_problems())
@thorough
def test_in_3_0_it_places_as_much_at_the_same_cost_but_for_what_is_rounded(
    problem: tuple[RoutingFacts, Bodies],
) -> None:
    facts, bodies = problem
    before, after = route(R2_0, facts, bodies), route(R3_0, facts, converted(bodies, R2_1, R3_0_0, R3_0))
    assert sum(item.quantity for item in after.allocations) == sum(item.quantity for item in before.allocations)
    assert before.cost is not None
    assert after.cost is not None
    assert abs(after.cost - before.cost) * 100 <= 4  # each of at most four parcels is rounded to the penny


@BOTH
@given(data=st.data())
@thorough
def test_any_strategy_and_any_order_make_a_valid_decision(release: Release[Any], data: st.DataObject) -> None:
    facts = data.draw(orders())
    bodies = data.draw(documents(newer=is_newer(release)))

    decision = route(release, facts, bodies)

    _every_unit_has_a_place_or_a_queue(facts, decision)
    _nothing_is_given_that_is_not_there(facts, bodies, decision)
    _limits_are_kept(facts, bodies, decision)
    assert all(step.why and step.rule for step in decision.steps)
    network = network_from_json(network_to_json(facts.network))
    assert route(release, facts_from_json(facts_to_json(facts), network), bodies) == decision


def _every_unit_has_a_place_or_a_queue(facts: RoutingFacts, decision: RoutingDecision) -> None:
    for each in facts.lines:
        placed = sum(item.quantity for item in decision.allocations if item.line_id == each.line_id)
        waiting = [item for item in decision.unplaced if item.line_id == each.line_id]
        assert placed + sum(item.quantity for item in waiting) == each.quantity
        assert all(item.reason and item.queue in QUEUES and item.quantity > 0 for item in waiting)
        assert all(not item.cancel_on or item.cancel_on > facts.decided_on for item in waiting)
        if each.sold_from > facts.decided_on:
            assert [item.queue for item in waiting] == ["pre_order"]
    assert all(item.quantity > 0 for item in decision.allocations)


def _nothing_is_given_that_is_not_there(facts: RoutingFacts, bodies: Bodies, decision: RoutingDecision) -> None:
    codes = {place.location_id: place.code for place in facts.network.locations}
    lines = {each.line_id: each for each in facts.lines}
    channel: Any = bodies["routing_settings"]["default"]["channel_thresholds"]
    kept_from_channel = sum(item["units"] for item in channel if item["channel"] == facts.channel)
    given_ = Counter[tuple[int, int]]()
    by_location = Counter[int]()
    for item in decision.allocations:
        given_[item.location_id, item.product_id] += item.quantity
        by_location[item.location_id] += item.quantity
        named = lines[item.line_id].ship_from
        assert not named or codes[item.location_id] == named
        assert item.location_id not in facts.excluded.get(item.line_id, ())
        assert named or codes[item.location_id] != "VEN"
    for (location, product), units in given_.items():
        policy: Mapping[str, Any] = bodies["location_policy"].get(codes[location], {})
        kept = policy.get("safety_stock", 0) + policy.get("threshold", 0) + kept_from_channel
        assert units <= facts.available.get((location, product), 0) - kept
        assert policy.get("enabled", True)
    for place in facts.network.locations:
        capacity = bodies["location_policy"].get(place.code, {}).get("capacity_per_day")
        if isinstance(capacity, int) and by_location[place.location_id]:
            assert by_location[place.location_id] + place.taken_today <= capacity


def _limits_are_kept(facts: RoutingFacts, bodies: Bodies, decision: RoutingDecision) -> None:
    lines = {each.line_id: each for each in facts.lines}
    named = {item.location_id for item in decision.allocations if lines[item.line_id].ship_from}
    free = {item.location_id for item in decision.allocations if not lines[item.line_id].ship_from}
    strategies: Any = bodies["routing_strategy"].values()
    rules = [rule for strategy in strategies for rule in strategy["rules"] if rule["active"]]
    if free - named:
        assert len(free | named) <= max(rule["most_parcels"] for rule in rules)
    if rules and all(rule["split"] == "one_place" for rule in rules) and len(rules) == 1:
        assert len(free) <= 1
    if all(any(item["what"] == "contract" for item in rule["filters"]) for rule in rules) and not named:
        assert {item.contract for item in decision.parcels} <= {"C0", ""}


@BOTH
@given(data=st.data())
@settings(thorough, max_examples=50)
def test_every_rule_says_which_locations_it_would_keep(release: Release[Any], data: st.DataObject) -> None:
    facts = data.draw(orders())
    bodies = data.draw(documents(newer=is_newer(release)))
    models = compiled(release, bodies)
    for strategy in models["routing_strategy"].values():
        found = release.policies.matches(strategy, facts, models)
        assert [item.rule for item in found] == [rule.name for rule in strategy.rules]
        for item in found:
            assert len(item.kept) + sum(item.dropped.values()) == item.of


def test_a_run_leaves_scarce_stock_to_the_order_that_needs_it_more() -> None:
    # Order 1 could go from LON (4.00) or, a little dearer, from BHX; order 2 only from LON whole, else in two parcels.
    dpd: dict[str, Any] = {"currency": "GBP", "services": [
        {"code": "std", "rates": [{"per_parcel": "4.00", "per_100_km": "1.00"}]},
    ]}  # fmt: skip
    bodies: Bodies = {
        "routing_strategy": {"default": {"split_penalty": "5.00"}},
        "carrier_contract": {"DPD": dpd},
        "routing_settings": {"default": {"joint_runs": True}},
    }
    stock = {"LON": {7: 1, 8: 1}, "BHX": {7: 1}}
    first = routing_facts(line(1, 7, 1), stock=stock)
    second = replace(first, order_number="WEB-2", lines=(line(2, 7, 1), line(3, 8, 1)))
    models = compiled(R3_0, bodies)

    assert R3_0.policies.decides_runs(models)
    decided = R3_0.policies.route_run([first, second], models)

    assert [where(decision) for decision in decided.decisions] == [[(1, "BHX", 1)], [(2, "LON", 1), (3, "LON", 1)]]
    assert (decided.cost, decided.bound, decided.exact) == (Decimal("9.11"), Decimal("9.11"), True)
    assert decided.notes == ("2 of 2 orders in GBP decided together, gap 0.00%",)
    assert said(decided.decisions[0]) == [
        ("run", "", True, "decided together with 1 other order"),
        ("strategy", "", True, "“Lowest landed cost” decides"),
        ("Lowest landed cost", "LON", False, "by itself 1.11 GBP cheaper; another order of the run needs it more"),
        ("Lowest landed cost", "BHX", True, "1 unit, 111 km: 5.11 GBP (DPD std 5.11, handling 0.00)"),
    ]
    assert decided.bid_prices[1, 7] >= Decimal("1.11")


def test_limits_and_consolidation_are_told() -> None:
    bodies: Bodies = {
        "routing_settings": {
            "default": {
                "channel_thresholds": [{"channel": "market", "units": 3}],
                "consolidation": {"hours": 6, "methods": ["standard"], "across_channels": False},
            }
        },
        "location_policy": {"LON": {"safety_stock": 2, "threshold": 1, "capacity_per_day": 40}},
    }
    for release in (R2_1, R3_0):
        limits = release.policies.stock_limits(compiled(release, bodies))
        assert limits.of("LON") == LocationLimits(True, 2, 1, 40)
        assert limits.of("MAN") == LocationLimits()
        assert limits.channel_thresholds == {"market": 3}
    assert R3_0.policies.consolidation(compiled(R3_0, bodies)) == ConsolidationRule(6, ("standard",), False)
    assert R2_1.policies.consolidation(compiled(R2_1, {})) is None


@given(data=st.data())
@settings(thorough, max_examples=40)
def test_runs_are_valid_and_never_give_more_than_there_is(data: st.DataObject) -> None:
    first = data.draw(orders(named=False))
    others = data.draw(st.lists(orders(named=False), max_size=3))
    run = [first] + [
        replace(first, order_number=f"WEB-{at}", lines=each.lines, excluded={}, channel=each.channel)
        for at, each in enumerate(others, 2)
    ]
    products = {each.product_id for facts in run for each in facts.lines}
    stock = {
        (place.location_id, product): units
        for place in first.network.locations
        for product in products
        if (units := data.draw(st.integers(0, 4)))
    }
    run = [replace(facts, available=stock) for facts in run]
    bodies = data.draw(documents(newer=True))

    decided = R3_0.policies.route_run(run, compiled(R3_0, bodies))

    assert len(decided.decisions) == len(run)
    given_ = Counter[tuple[int, int]]()
    for facts, decision in zip(run, decided.decisions, strict=True):
        _every_unit_has_a_place_or_a_queue(facts, decision)
        for item in decision.allocations:
            given_[item.location_id, item.product_id] += item.quantity
    assert all(units <= stock[pair] for pair, units in given_.items())
    assert decided.bound is None or decided.bound <= decided.cost
    again = R3_0.policies.route_run(run, compiled(R3_0, bodies))
    assert again == decided
