"""3.0 decides single orders exactly: nothing that every way of sending an order shows is better.

The prices are worked out here a second time, unit by unit in decimals, as the notes of the release say them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.contracts.routing import LocationFacts, RoutingFacts, great_circle_km
from tests.releases.scenes import Bodies, compiled
from tests.releases.strategies import contract_bodies, orders, small_amounts
from tests.releases.test_rules import R3_0, route

CENT = Decimal("0.01")
#: Units of each product, by the place in a list of products.
Content = tuple[int, ...]


@st.composite
def problems(draw: st.DrawFn) -> tuple[RoutingFacts, Bodies]:
    """Orders of up to two lines, services with zones, weight breaks, surcharges and limits, a promise, doubt."""
    facts = draw(orders(named=False, most=2))
    settings_: Any = {"late_penalty": draw(small_amounts), "stock_out_risk": {"failed_pick": draw(small_amounts)}}
    strategy: Any = {
        "split_penalty": draw(small_amounts),
        "rules": [
            {
                "name": "All",
                "most_parcels": draw(st.integers(1, 3)),
                "split": draw(st.sampled_from(["anywhere", "anywhere", "whole_lines", "one_place"])),
                "ratings": [{"what": "landed_cost"}, {"what": "priority", "per_step": draw(small_amounts)}],
            }
        ],
    }
    policies: Any = {
        place.code: {"handling_per_unit": draw(small_amounts), "priority": draw(st.integers(0, 2))}
        | ({"capacity_per_day": draw(st.integers(1, 5))} if draw(st.booleans()) else {})
        for place in facts.network.locations
    }
    contracts: Any = {
        f"C{at}": draw(contract_bodies(small_amounts, newer=True)) for at in range(draw(st.integers(1, 2)))
    }
    return facts, {
        "routing_settings": {"default": settings_},
        "routing_strategy": {"default": strategy},
        "location_policy": policies,
        "carrier_contract": contracts,
    }


@given(problem=problems())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_counts_as_less_than_what_is_chosen(problem: tuple[RoutingFacts, Bodies]) -> None:
    facts, bodies = problem
    models = compiled(R3_0, bodies)
    decision = route(R3_0, facts, bodies)
    goods = list(dict.fromkeys(line.product_id for line in facts.lines))
    chosen: dict[int, list[int]] = {}
    for item in decision.allocations:
        chosen.setdefault(item.location_id, [0] * len(goods))[goods.index(item.product_id)] += item.quantity

    best = min(_worth(facts, models, goods, plan) for plan in _plans(facts, models, goods))

    found = {place.location_id: place for place in facts.network.locations}
    plan = [(found[location], tuple(units)) for location, units in chosen.items()]
    assert _worth(facts, models, goods, plan) == best
    assert decision.exact
    assert decision.cost == _paid(facts, models, goods, plan).quantize(CENT, ROUND_HALF_UP)


def _plans(facts: RoutingFacts, models: Any, goods: list[int]) -> Iterator[list[tuple[LocationFacts, Content]]]:
    """Every way to send the order that the rule and the stock allow."""
    rule = models["routing_strategy"]["default"].rules[0]
    needs = [sum(line.quantity for line in facts.lines if line.product_id == each) for each in goods]
    refused = {(location, line.product_id) for line in facts.lines for location in facts.excluded.get(line.line_id, ())}
    choices = []
    own = [place for place in facts.network.locations if not place.vendor]
    for place in own:
        policy = models["location_policy"][place.code]
        room = 99 if policy.capacity_per_day is None else max(0, policy.capacity_per_day - place.taken_today)
        most = [
            0 if (place.location_id, each) in refused else min(need, facts.available.get((place.location_id, each), 0))
            for each, need in zip(goods, needs, strict=True)
        ]
        amounts = [
            [n for n in range(top + 1) if rule.split == "anywhere" or n in (0, need)]
            for top, need in zip(most, needs, strict=True)
        ]
        whole = [c for c in product(*amounts) if sum(c) <= room]
        if rule.split == "one_place":
            whole = [c for c in whole if not any(c) or list(c) == needs]
        choices.append([c for c in whole if not any(c) or _best(facts, models, goods, place, c) is not None])
    for contents in product(*choices):
        sent = [(place, content) for place, content in zip(own, contents, strict=True) if any(content)]
        total = [sum(content[at] for _, content in sent) for at in range(len(goods))]
        if len(sent) <= rule.most_parcels and all(n <= need for n, need in zip(total, needs, strict=True)):
            yield sent


def _worth(facts: RoutingFacts, models: Any, goods: list[int], plan: Any) -> tuple[int, Decimal, int]:
    """What a plan counts as: units without a place first, then money, then parcels."""
    rules = models["routing_settings"]["default"]
    step = models["routing_strategy"]["default"].rules[0].ratings[1].per_step
    counted = models["routing_strategy"]["default"].split_penalty * max(0, len(plan) - 1)
    for place, content in plan:
        policy = models["location_policy"][place.code]
        chosen = _best(facts, models, goods, place, content)
        assert chosen is not None
        counted += chosen[0] + policy.handling_per_unit * sum(content) + step * policy.priority
        for each, units in zip(goods, content, strict=True):
            doubt = 1000 - facts.confidence.get((place.location_id, each), 1000)
            counted += units * (int(rules.stock_out_risk.failed_pick * 10000) * doubt // 1000) / Decimal(10000)
            counted += units * facts.bid_prices.get((place.location_id, each), Decimal(0))
    return -sum(sum(content) for _, content in plan), counted, len(plan)


def _paid(facts: RoutingFacts, models: Any, goods: list[int], plan: Any) -> Decimal:
    paid = models["routing_strategy"]["default"].split_penalty * max(0, len(plan) - 1)
    for place, content in plan:
        chosen = _best(facts, models, goods, place, content)
        assert chosen is not None
        paid += chosen[1] + models["location_policy"][place.code].handling_per_unit * sum(content)
    return Decimal(paid)


def _best(
    facts: RoutingFacts, models: Any, goods: list[int], place: LocationFacts, content: Content
) -> tuple[Decimal, Decimal] | None:
    """The service that counts as least for a parcel: what it counts as, and its price."""
    found = []
    for contract in models["carrier_contract"].values():
        if contract.currency != facts.currency or (contract.locations and place.code not in contract.locations):
            continue
        zone = _zone(facts, contract, place)
        for service in contract.services:
            rate = service.by_zone.get(zone) or service.by_zone.get("all") if zone else None
            price = _price(facts, service, rate, goods, place, content) if rate else None
            if price is not None:
                late = bool(facts.promise_by) and not _in_time(facts, rate)
                found.append((price + (models["routing_settings"]["default"].late_penalty if late else 0), price))
    return min(found, default=None)


def _in_time(facts: RoutingFacts, rate: Any) -> bool:
    """Parcels are collected and delivered from Monday to Friday here."""
    if rate.transit_days is None:
        return False
    day = date.fromisoformat(facts.decided_on)
    for _ in range(rate.transit_days):
        day += timedelta(days=1)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
    return day.isoformat() <= facts.promise_by


def _zone(facts: RoutingFacts, contract: Any, place: LocationFacts) -> str | None:
    if contract.pairs and place.postal_code.startswith("6") and facts.postal_code.startswith("E1"):
        return str(contract.pairs[0].zone)
    away = great_circle_km(place.latitude, place.longitude, facts.latitude, facts.longitude)
    for rule in contract.zones:
        near = rule.up_to_km is None or (away is not None and away <= rule.up_to_km)
        if near and (not rule.origins or place.postal_code.startswith("M1")):
            return str(rule.zone)
    return None


def _price(
    facts: RoutingFacts, service: Any, rate: Any, goods: list[int], place: LocationFacts, content: Content
) -> Decimal | None:
    lines = {line.product_id: line for line in facts.lines}
    items = [(lines[each], units) for each, units in zip(goods, content, strict=True) if units]
    grams = sum(units * (line.weight_grams or 0) for line, units in items)
    sides = [300, 200, 100 * sum(units for _, units in items)] if all(line.millimetres for line, _ in items) else None
    if service.max_grams is not None and grams > service.max_grams:
        return None
    billable = grams
    if service.dimensional_divisor and sides:
        billable = max(grams, -(-sides[0] * sides[1] * sides[2] // service.dimensional_divisor))
    amount = rate.per_parcel + rate.per_kg * billable / 1000
    if rate.breaks:
        fitting = [item.price for item in rate.breaks if billable <= item.up_to_grams]
        if not fitting and rate.per_further_kg is None:
            return None
        further = -(-(billable - rate.breaks[-1].up_to_grams) // 1000)
        amount += fitting[0] if fitting else rate.breaks[-1].price + further * rate.per_further_kg
    if rate.per_100_km:
        away = great_circle_km(place.latitude, place.longitude, facts.latitude, facts.longitude)
        if away is None:
            return None
        amount += rate.per_100_km * int(away + 0.5) / 100
    freight = Decimal(amount).quantize(CENT, ROUND_HALF_UP)
    total = freight
    for item in service.surcharges:
        if item.heavier_than_grams is not None and grams <= item.heavier_than_grams:
            continue
        if item.longer_than_mm is not None and (sides is None or max(sides) <= item.longer_than_mm):
            continue
        share = total if item.percent_of_all else freight
        total += (item.amount + share * item.percent / 100).quantize(CENT, ROUND_HALF_UP)
    return total
