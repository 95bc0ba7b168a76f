"""Regressions of Order Management 2.0. Each changes what the sealed policies are told, as the bug would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from importlib import import_module
from typing import Any

from modules.contracts.review import ReviewDecision, ReviewFacts
from modules.domain.canonical import Body
from modules.domain.releases import Release
from orders.domain.policies import Documents, OrderPolicies
from tests.releases.planted.routing import changed
from tests.releases.scenes import Bodies, review_facts

RELEASE: Release[Any] = import_module("orders.releases.r2_0_0").RELEASE

Told = tuple[ReviewFacts, Documents]
Bug = Callable[[ReviewFacts, Documents], Told]


class Broken(OrderPolicies):
    """2.0 with one bug."""

    def __init__(self, bug: Bug) -> None:
        self.bug = bug

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Which holds a captured order gets, wrongly."""
        decision: ReviewDecision = RELEASE.policies.review(*self.bug(facts, documents))
        return decision


def rules(change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading every rule."""

    def bug(facts: ReviewFacts, documents: Documents) -> Told:
        models = {key: changed(model, **change(model)) for key, model in documents["hold_rule"].items()}
        return facts, {**documents, "hold_rule": models}

    return bug


def each_condition(change: Callable[[Any], Mapping[str, Any]]) -> Bug:
    """A bug in reading every condition."""
    return rules(lambda rule: {"conditions": [changed(item, **change(item)) for item in rule.conditions]})


def facts_alone(change: Callable[[ReviewFacts], ReviewFacts]) -> Bug:
    """A bug in reading the facts."""
    return lambda facts, documents: (change(facts), documents)


def decided(condition: Any, holds: bool) -> Mapping[str, Any]:
    """A condition whose comparison was already made, wrongly."""
    return {"field": "units", "operator": "at_least" if holds else "below", "value": "0", "negate": condition.negate}


def _totals_as_text(facts: ReviewFacts, documents: Documents) -> Told:
    def change(item: Any) -> Mapping[str, Any]:
        if (item.field, item.operator) != ("total", "above"):
            return {}
        return decided(item, str(facts.total) > item.value)

    return each_condition(change)(facts, documents)


def _customers_by_case(facts: ReviewFacts, documents: Documents) -> Told:
    def change(item: Any) -> Mapping[str, Any]:
        if item.field != "customer":
            return {}
        return decided(item, facts.customer in [code.strip() for code in item.value.split(",")])

    return each_condition(change)(facts, documents)


def _any_condition(facts: ReviewFacts, documents: Documents) -> Told:
    """Keeps the one condition that is met, where there is one."""

    def change(rule: Any) -> Mapping[str, Any]:
        for condition in rule.conditions:
            alone = {"hold_rule": {"alone": changed(rule, conditions=[condition])}}
            if RELEASE.policies.review(facts, alone).holds:
                return {"conditions": [condition]}
        return {}

    return rules(change)(facts, documents)


def _always_first(facts: ReviewFacts, documents: Documents) -> Told:
    model = RELEASE.kinds["review_settings"].model.model_validate({"matching": "first"})
    return facts, {**documents, "review_settings": {"default": model}}


def _never_first(facts: ReviewFacts, documents: Documents) -> Told:
    return facts, {**documents, "review_settings": {}}


def _operator(before: str, after: str) -> Bug:
    return each_condition(lambda item: {"operator": after} if item.operator == before else {})


def _dropped(field: str) -> Bug:
    return rules(lambda rule: {"conditions": [item for item in rule.conditions if item.field != field]})


def _local_day(facts: ReviewFacts) -> ReviewFacts:
    return replace(facts, placed_at=datetime.fromisoformat(facts.placed_at).replace(tzinfo=None).isoformat())


def _one_day_later(facts: ReviewFacts) -> ReviewFacts:
    return replace(facts, placed_at=(datetime.fromisoformat(facts.placed_at) + timedelta(days=1)).isoformat())


def _whole_pounds(facts: ReviewFacts) -> ReviewFacts:
    return replace(facts, total=facts.total.quantize(Decimal(1), ROUND_HALF_UP))


def when(
    *conditions: tuple[str, str, str],
    negate: bool = False,
    blocks: tuple[str, ...] = ("allocate",),
    priority: int = 100,
) -> Body:
    """A rule."""
    written: list[Any] = [
        {"field": field, "operator": operator, "value": value, "negate": negate}
        for field, operator, value in conditions
    ]
    return {"title": "A rule", "blocks": list(blocks), "conditions": written, "priority": priority}


def bodies(matching: str = "every", **of: Body) -> Bodies:
    """Documents of 2.0."""
    return {"hold_rule": of, "review_settings": {"default": {"matching": matching}}}


ORDER = review_facts()
LATE = review_facts(placed_at="2025-11-28T23:30:00-05:00")
ALWAYS = ("units", "above", "0")

#: What each does wrong, and facts and documents that show it.
BUGS: dict[str, tuple[Bug, ReviewFacts, Bodies]] = {
    "orders: above for at least": (
        _operator("at_least", "above"), ORDER, bodies(a=when(("total", "at_least", "620.00"))),
    ),
    "orders: at least for above": (_operator("above", "at_least"), ORDER, bodies(a=when(("total", "above", "620.00")))),
    "orders: below for at most": (_operator("at_most", "below"), ORDER, bodies(a=when(("units", "at_most", "5")))),
    "orders: below for above": (_operator("above", "below"), ORDER, bodies(a=when(("total", "above", "500.00")))),
    "orders: not is ignored": (
        each_condition(lambda _: {"negate": False}), ORDER, bodies(a=when(("country", "one_of", "FR"), negate=True)),
    ),
    "orders: any condition instead of all": (
        _any_condition, ORDER, bodies(a=when(("total", "above", "500"), ("country", "one_of", "FR"))),
    ),
    "orders: the first condition alone": (
        rules(lambda rule: {"conditions": rule.conditions[:1]}), ORDER,
        bodies(a=when(("total", "above", "500"), ("country", "one_of", "FR"))),
    ),
    "orders: the first rule instead of every": (_always_first, ORDER, bodies(a=when(ALWAYS), b=when(ALWAYS))),
    "orders: every rule instead of the first": (_never_first, ORDER, bodies("first", a=when(ALWAYS), b=when(ALWAYS))),
    "orders: rules in the wrong order": (
        rules(lambda rule: {"priority": 1000 - rule.priority}), ORDER,
        bodies("first", a=when(ALWAYS, priority=1), b=when(ALWAYS, priority=2)),
    ),
    "orders: priority is dropped": (
        rules(lambda _: {"priority": 100}), ORDER,
        bodies("first", a=when(ALWAYS, priority=2), b=when(ALWAYS, priority=1)),
    ),
    "orders: currency is ignored": (
        _dropped("currency"), ORDER, bodies(a=when(("total", "above", "500"), ("currency", "one_of", "EUR"))),
    ),
    "orders: totals are compared as text": (_totals_as_text, ORDER, bodies(a=when(("total", "above", "99.00")))),
    "orders: customers are compared with their case": (
        _customers_by_case, ORDER, bodies(a=when(("customer", "one_of", "c-7"))),
    ),
    "orders: the day is the local one": (
        facts_alone(_local_day), LATE, bodies(a=when(("placed_on", "at_least", "2025-11-29"))),
    ),
    "orders: the day is the next one": (
        facts_alone(_one_day_later), ORDER, bodies(a=when(("placed_on", "above", "2025-11-28"))),
    ),
    "orders: the first code of a list alone": (
        each_condition(lambda item: {"value": item.value.split(",")[0]}), ORDER,
        bodies(a=when(("country", "one_of", "FR, GB"))),
    ),
    "orders: every hold blocks allocation alone": (
        rules(lambda _: {"blocks": ["allocate"]}), ORDER, bodies(a=when(ALWAYS, blocks=("ship", "capture"))),
    ),
    "orders: totals are rounded": (
        facts_alone(_whole_pounds), review_facts(total=Decimal("619.50")), bodies(a=when(("total", "above", "619.99"))),
    ),
    "orders: lines for units": (
        facts_alone(lambda facts: replace(facts, units=facts.lines)), ORDER, bodies(a=when(("units", "above", "3"))),
    ),
    "orders: this order counts as an earlier one": (
        facts_alone(lambda facts: replace(facts, earlier_orders=facts.earlier_orders + 1)),
        review_facts(earlier_orders=0), bodies(a=when(("earlier_orders", "at_most", "0"))),
    ),
    "orders: the largest line is all units": (
        facts_alone(lambda facts: replace(facts, largest_line_units=facts.units)), ORDER,
        bodies(a=when(("largest_line_units", "above", "4"))),
    ),
    "orders: a rule without conditions holds everything": (
        rules(lambda rule: {} if rule.conditions else {"conditions": when_read(ALWAYS)}), ORDER, bodies(a=when()),
    ),
}  # fmt: skip


def when_read(*conditions: tuple[str, str, str]) -> list[Any]:
    """Conditions as objects of the schema."""
    model: Any = RELEASE.kinds["hold_rule"].model.model_validate(when(*conditions))
    return list(model.conditions)
