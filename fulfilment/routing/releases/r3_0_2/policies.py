"""Rules, from top to bottom, until every unit has a place or a queue; single orders exactly, runs jointly.

What only one location may ship goes there first. Then each rule of the strategy that applies places what it can of
what is left: the most units that its filters, split limits and the stock allow, in the way that its ratings count as
cheapest. What a rule leaves goes to the next one, into a queue, to a person, or is cancelled, as the rule says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import numpy as np

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from fulfilment.routing.optimisation import NEVER
from modules.contracts.availability import LocationLimits, StockLimits
from modules.contracts.routing import Allocation, LineFacts, RoutingDecision, RoutingFacts, Step, Unplaced
from modules.contracts.routing_runs import ConsolidationRule, RuleMatch, RunDecision
from modules.domain.releases import KindModel

from .amounts import money
from .documents import LocationPolicy, RoutingStrategy, ShippingMethod
from .explain import Told, cost_of, left_out, parcels_of, summary, why_not, why_strategy
from .matching import rule_matches
from .price import Price
from .rules import AnyEnd, AnyNext, Cancel, HoldForPerson, Park, Rule
from .runs import decide_run
from .stages import Open, Planned, place_by
from .work import Work, settings_of

_USUAL = RoutingStrategy.model_validate({})
_ANY = Rule.model_validate({"name": "named location"})


class JointOptimisation(RoutingPolicies):
    """Decides by the rules of a strategy, each at the lowest cost; says which rule did what."""

    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Decide where the open lines of one order are fulfilled."""
        return route_one(facts, documents)

    def route_run(self, orders: Sequence[RoutingFacts], documents: Documents) -> RunDecision:
        """Decide orders together, at the lowest cost for all of them."""
        return decide_run(orders, documents, route_one, _served)

    def decides_runs(self, documents: Documents) -> bool:
        """Whether waiting orders are to be decided together."""
        return settings_of(documents).joint_runs

    def consolidation(self, documents: Documents) -> ConsolidationRule | None:
        """When orders of one customer go into one parcel; None for never."""
        rule = settings_of(documents).consolidation
        return ConsolidationRule(rule.hours, tuple(rule.methods), rule.across_channels) if rule else None

    def stock_limits(self, documents: Documents) -> StockLimits:
        """Safety stock, thresholds and capacities of the locations, and what channels may not have."""
        named = {
            code: LocationLimits(policy.enabled, policy.safety_stock, policy.threshold, policy.capacity_per_day)
            for code, policy in (
                (code, cast("LocationPolicy", document))
                for code, document in documents.get("location_policy", {}).items()
            )
        }
        return StockLimits(by_location=named, channel_thresholds=settings_of(documents).kept_from)

    def matches(self, strategy: KindModel, facts: RoutingFacts, documents: Documents) -> tuple[RuleMatch, ...]:
        """How each rule of a strategy would treat an order, over the whole network."""
        return rule_matches(cast("RoutingStrategy", strategy), with_promise(facts, documents), documents)


def _served(facts: RoutingFacts, documents: Documents) -> tuple[RoutingFacts, RoutingStrategy]:
    """An order with its promise, and the strategy that serves it."""
    facts = with_promise(facts, documents)
    return facts, strategy_for(facts, documents)[1]


def route_one(facts: RoutingFacts, documents: Documents, planned: Planned | None = None) -> RoutingDecision:
    """Decide one order; ``planned`` is what a run has decided for the first rule that applies to it."""
    facts = with_promise(facts, documents)
    key, strategy = strategy_for(facts, documents)
    work = Work(facts, documents, strategy)
    told = Told(work)
    steps = [why_strategy(key, strategy, facts, documents)]
    later = {line.line_id for line in facts.lines if line.sold_from > facts.decided_on}
    lines = [line for line in facts.lines if line.line_id not in later]
    given = _bound(lines, work)
    steps += _bound_steps(work, given)
    free = [line for line in lines if not line.ship_from]
    end: AnyEnd | AnyNext = strategy.left_over
    for rule in strategy.rules:
        still = _open(free, given)
        if not still:
            break
        unmet = next((item for item in rule.conditions if not item.met(facts)), None)
        if not rule.active or unmet is not None:
            why = f"does not apply: {unmet.turned()}" if unmet is not None and rule.active else "is switched off"
            steps.append(Step(rule.name, "", False, why))
            continue
        stage = place_by(rule, work, still, planned)
        planned = None
        given += [
            Allocation(line.line_id, work.locations[place].location_id, line.product_id, units)
            for line, place, units in stage.given
        ]
        steps += told.stage(stage)
        if rule.then.do != "next_rule" and _open(free, given):
            end = rule.then
            break
    allocations = _in_order(facts, given)
    unplaced = _unplaced(facts, told, later, allocations, end)
    return RoutingDecision(
        allocations,
        unplaced,
        (*left_out(work), *steps, *summary(told, unplaced)),
        money(cost_of(told)),
        parcels_of(told),
        exact=all(stage.exact for stage in told.stages),
    )


def strategy_for(facts: RoutingFacts, documents: Documents) -> tuple[str, RoutingStrategy]:
    """The strategy that serves an order, and its key: the first whose conditions hold, else the default one."""
    strategies = {
        key: cast("RoutingStrategy", document) for key, document in documents.get("routing_strategy", {}).items()
    }
    default = settings_of(documents).default_strategy
    others = sorted(
        (strategy.priority, key) for key, strategy in strategies.items() if strategy.active and key != default
    )
    for _, key in others:
        if all(condition.met(facts) for condition in strategies[key].serves):
            return key, strategies[key]
    return default, strategies.get(default, _USUAL)


def with_promise(facts: RoutingFacts, documents: Documents) -> RoutingFacts:
    """The promise of the shipping method, for an order that names no day."""
    method = cast("ShippingMethod | None", documents.get("shipping_method", {}).get(facts.method))
    if facts.promise_by or method is None or method.promise_days is None:
        return facts
    by = date.fromisoformat(facts.decided_on) + timedelta(days=method.promise_days)
    return replace(facts, promise_by=by.isoformat())


def _bound(lines: Sequence[LineFacts], work: Work) -> list[Allocation]:
    """Give the lines that name a location to it, as far as it has them to spare and a service takes them."""
    given = []
    for line in lines:
        location = work.facts.network.by_code.get(line.ship_from) if line.ship_from else None
        if location is None or location.location_id in work.facts.excluded.get(line.line_id, ()):
            continue
        place = work.place_of(line.ship_from)
        if place is None:
            continue
        good = work.number[line.product_id]
        one = np.ones(1, dtype=np.int64)
        units = int(min(work.stock[good, place], work.room[place], line.quantity))
        price = Price(work, _ANY, [good], one, one, np.zeros(len(work.pick), np.int64))
        at = np.array([place], dtype=np.intp)
        while units > 0 and price.prices(at, np.array([[units]], dtype=np.int64))[0, 0] >= NEVER:
            units -= 1
        if units > 0:
            work.take(place, good, units, price.ways_at(place))
            given.append(Allocation(line.line_id, location.location_id, line.product_id, units))
    return given


def _bound_steps(work: Work, given: Sequence[Allocation]) -> list[Step]:
    if not given:
        return []
    codes = {item.location_id: item.code for item in work.locations}
    lines = {line.line_id: line for line in work.facts.lines}
    return [
        Step("named location", codes[item.location_id], True, f"it alone may ship {lines[item.line_id].sku}")
        for item in given
    ]


def _open(lines: Sequence[LineFacts], given: Sequence[Allocation]) -> list[Open]:
    placed = Counter[int]()
    for item in given:
        placed[item.line_id] += item.quantity
    return [(line, line.quantity - placed[line.line_id]) for line in lines if line.quantity > placed[line.line_id]]


def _in_order(facts: RoutingFacts, given: Sequence[Allocation]) -> tuple[Allocation, ...]:
    """Allocations in the order of the lines, one for each line and location."""
    units: dict[tuple[int, int], Allocation] = {}
    for item in given:
        before = units.get((item.line_id, item.location_id))
        units[item.line_id, item.location_id] = replace(
            item, quantity=item.quantity + (before.quantity if before else 0)
        )
    return tuple(item for line in facts.lines for (of, _), item in units.items() if of == line.line_id)


def _unplaced(
    facts: RoutingFacts,
    told: Told,
    waiting: set[int],
    allocations: Sequence[Allocation],
    end: AnyEnd | AnyNext,
) -> tuple[Unplaced, ...]:
    found = []
    for line, units in _open(facts.lines, allocations):
        if line.line_id in waiting:
            reason = f"sold from {line.sold_from}"
            expected = max(line.sold_from, _expected(line, units, facts))
            found.append(Unplaced(line.line_id, units, reason, "pre_order", "", expected))
            continue
        queue, cancel_on = _queue(end, facts.decided_on)
        reason = why_not(line, told, allocations)
        found.append(Unplaced(line.line_id, units, reason, queue, cancel_on, _expected(line, units, facts)))
    return tuple(found)


def _queue(end: AnyEnd | AnyNext, today: str) -> tuple[str, str]:
    """Where units wait, and the day on which they are cancelled."""
    if isinstance(end, Park):
        return end.queue, _day(today, end.cancel_after_days)
    if isinstance(end, HoldForPerson):
        return "hold", ""
    if isinstance(end, Cancel):
        return ("backorder", _day(today, end.after_days)) if end.after_days else ("cancel", "")
    return "backorder", ""


def _day(today: str, after: int | None) -> str:
    return "" if after is None else (date.fromisoformat(today) + timedelta(days=after)).isoformat()


def _expected(line: LineFacts, units: int, facts: RoutingFacts) -> str:
    """The day by which so much of the product is expected; empty where that is not known."""
    for item in sorted(
        (item for item in facts.incoming if item.product_id == line.product_id), key=lambda item: item.arrives_on
    ):
        units -= item.quantity
        if units <= 0:
            return item.arrives_on
    return ""
