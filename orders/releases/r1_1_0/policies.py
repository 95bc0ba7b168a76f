"""Orders that meet all conditions of a rule are held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from modules.contracts.review import HoldDecision, ReviewDecision, ReviewFacts
from modules.contracts.routing import Step
from orders.domain.policies import Documents, OrderPolicies

from .documents import HoldRule, ReviewSettings

#: A condition: whether it is met, and what was found, for people.
Finding = tuple[bool, str]


class HoldRules(OrderPolicies):
    """The retailer's rules in the order of their keys."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Place the hold of each rule that applies, or of the first one alone."""
        found = documents.get("review_settings", {}).get("default")
        first_alone = found is not None and cast("ReviewSettings", found).matching == "first"
        holds: list[HoldDecision] = []
        steps: list[Step] = []
        for key, rule in sorted(documents.get("hold_rule", {}).items()):
            if holds and first_alone:
                steps.append(Step(key, "", False, f"not looked at: {holds[0].code} applies, and the first one counts"))
                continue
            applies, why = _applies(cast("HoldRule", rule), facts)
            steps.append(Step(key, "", applies, why))
            if applies:
                holds.append(HoldDecision(key, ("allocate",), why[:255]))
        return ReviewDecision(tuple(holds), tuple(steps))


def _applies(rule: HoldRule, facts: ReviewFacts) -> Finding:
    findings = list(_findings(rule, facts))
    if not findings:
        return False, "no condition is set, so it holds nothing"
    missed = [words for met, words in findings if not met]
    return not missed, missed[0] if missed else "; ".join(words for _, words in findings)


def _findings(rule: HoldRule, facts: ReviewFacts) -> Iterable[Finding]:
    if rule.currency:
        met = facts.currency == rule.currency
        yield met, f"currency {facts.currency} is {'' if met else 'not '}{rule.currency}"
    if rule.min_total is not None:
        met = facts.total > rule.min_total
        yield met, f"total {facts.total} {facts.currency} is {'' if met else 'not '}above {rule.min_total}"
    if rule.countries:
        met = facts.country in rule.countries
        yield met, f"country {facts.country or 'unknown'} is {'' if met else 'not '}one of {', '.join(rule.countries)}"
    if rule.first_order_only:
        met = facts.earlier_orders == 0
        yield met, "first order of the customer" if met else f"the customer has {facts.earlier_orders} earlier orders"
    if rule.max_units_per_line is not None:
        met = facts.largest_line_units > rule.max_units_per_line
        words = f"largest line of {facts.largest_line_units} units is {'' if met else 'not '}above"
        yield met, f"{words} {rule.max_units_per_line}"
