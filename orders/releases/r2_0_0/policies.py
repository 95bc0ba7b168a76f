"""Orders that meet all conditions of a rule are held; the rule says what the hold blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar, cast

from modules.contracts.review import HoldDecision, ReviewDecision, ReviewFacts
from modules.contracts.routing import Step
from orders.domain.policies import Documents, OrderPolicies

from .documents import Condition, HoldRule, ReviewSettings

Value = TypeVar("Value", Decimal, int, date)

_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most", "one_of": "one of"}
_NAMES = {
    "total": "total",
    "units": "units",
    "lines": "lines",
    "largest_line_units": "largest line in units",
    "earlier_orders": "earlier orders of the customer",
    "placed_on": "day of the order",
    "country": "country",
    "currency": "currency",
    "channel": "channel",
    "customer": "customer",
}


class HoldConditions(OrderPolicies):
    """The retailer's rules by priority, then by key."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Place the hold of each rule that applies, or of the first one alone."""
        settings = documents.get("review_settings", {}).get("default")
        first_alone = settings is not None and cast("ReviewSettings", settings).matching == "first"
        rules = cast("Mapping[str, HoldRule]", documents.get("hold_rule", {}))
        holds: list[HoldDecision] = []
        steps: list[Step] = []
        for key, rule in sorted(rules.items(), key=lambda item: (item[1].priority, item[0])):
            if holds and first_alone:
                steps.append(Step(key, "", False, f"not looked at: {holds[0].code} applies, and the first one counts"))
                continue
            applies, why = _applies(rule, facts)
            steps.append(Step(key, "", applies, why))
            if applies:
                holds.append(HoldDecision(key, tuple(rule.blocks), why[:255]))
        return ReviewDecision(tuple(holds), tuple(steps))


def _applies(rule: HoldRule, facts: ReviewFacts) -> tuple[bool, str]:
    if not rule.conditions:
        return False, "no condition is set, so it holds nothing"
    findings = [(_met(condition, facts), condition) for condition in rule.conditions]
    for met, condition in findings:
        if not met:
            return False, _in_words(condition, facts, holds=condition.negate)
    return True, "; ".join(_in_words(condition, facts, holds=not condition.negate) for _, condition in findings)


def _met(condition: Condition, facts: ReviewFacts) -> bool:
    return _holds(condition, facts) != condition.negate


def _holds(condition: Condition, facts: ReviewFacts) -> bool:
    if condition.operator == "one_of":
        codes = {code.strip().casefold() for code in condition.value.split(",")}
        return _text(condition, facts).casefold() in codes
    if condition.field == "total":
        return _compared(facts.total, condition, Decimal)
    if condition.field == "placed_on":
        return _compared(placed_on(facts), condition, date.fromisoformat)
    return _compared(_number(condition, facts), condition, int)


def placed_on(facts: ReviewFacts) -> date:
    """The day on which an order was placed, in UTC, whatever the offset that its time was written with."""
    moment = datetime.fromisoformat(facts.placed_at)
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _compared(found: Value, condition: Condition, read: Callable[[str], Value]) -> bool:
    wanted = read(condition.value)
    if condition.operator == "above":
        return found > wanted
    if condition.operator == "at_least":
        return found >= wanted
    if condition.operator == "below":
        return found < wanted
    return found <= wanted


def _number(condition: Condition, facts: ReviewFacts) -> int:
    return {
        "units": facts.units,
        "lines": facts.lines,
        "largest_line_units": facts.largest_line_units,
        "earlier_orders": facts.earlier_orders,
    }[condition.field]


def _text(condition: Condition, facts: ReviewFacts) -> str:
    return {
        "country": facts.country,
        "currency": facts.currency,
        "channel": facts.channel,
        "customer": facts.customer,
    }[condition.field]


def _in_words(condition: Condition, facts: ReviewFacts, *, holds: bool) -> str:
    """What was found, for people: ``total 620.00 GBP is above 500.00``."""
    verb = "is" if holds else "is not"
    return f"{_NAMES[condition.field]} {_found(condition, facts)} {verb} {_WORDS[condition.operator]} {condition.value}"


def _found(condition: Condition, facts: ReviewFacts) -> str:
    if condition.field == "total":
        return f"{facts.total} {facts.currency}"
    if condition.field == "placed_on":
        return placed_on(facts).isoformat()
    if condition.operator == "one_of":
        return _text(condition, facts) or "unknown"
    return str(_number(condition, facts))
