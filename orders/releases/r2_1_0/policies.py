"""Holds by groups of conditions; changes and cancellations by policy; the retailer's own fields and channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from modules.contracts.order_terms import (
    AttributeDefinition,
    CancelDecision,
    CancelFacts,
    ChangeDecision,
    ChangeFacts,
    ChannelTerms,
)
from modules.contracts.review import HoldDecision, ReviewDecision, ReviewFacts
from modules.contracts.routing import Step
from orders.domain.policies import Documents, OrderPolicies

from .conditions import Condition, Seen, in_words, is_met
from .documents import (
    CancellationPolicy,
    ChannelSettings,
    EditPolicy,
    Group,
    HoldRule,
    OrderAttribute,
    ReviewSettings,
)
from .requests import cancel_decision, change_decision

Part = TypeVar("Part", Group, Condition)
#: Whether something is met, and what was found, for people.
Finding = tuple[bool, str]


class GroupedConditions(OrderPolicies):
    """The retailer's rules by priority, then by key."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Place the hold of each rule that applies, or of the first one alone."""
        found = documents.get("review_settings", {}).get("default")
        settings = cast("ReviewSettings", found) if found else ReviewSettings.model_validate({})
        seen = Seen.at(facts, settings.clock_offset_minutes)
        rules = cast("Mapping[str, HoldRule]", documents.get("hold_rule", {}))
        holds: list[HoldDecision] = []
        steps: list[Step] = []
        for key, rule in sorted(rules.items(), key=lambda item: (item[1].priority, item[0])):
            if holds and settings.matching == "first":
                steps.append(Step(key, "", False, f"not looked at: {holds[0].code} applies, and the first one counts"))
                continue
            applies, why = _applies(rule, seen)
            steps.append(Step(key, "", applies, why))
            if applies:
                holds.append(HoldDecision(key, tuple(rule.blocks), why[:255]))
        return ReviewDecision(tuple(holds), tuple(steps))

    def change(self, facts: ChangeFacts, documents: Documents) -> ChangeDecision:
        """Whether an order may be changed as asked, by the edit policy."""
        policy = documents.get("edit_policy", {}).get("default")
        if policy is None:
            return super().change(facts, documents)
        return change_decision(facts, cast("EditPolicy", policy))

    def cancel(self, facts: CancelFacts, documents: Documents) -> CancelDecision:
        """Whether units may be cancelled, by the cancellation policy."""
        policy = documents.get("cancellation_policy", {}).get("default")
        if policy is None:
            return super().cancel(facts, documents)
        return cancel_decision(facts, cast("CancellationPolicy", policy))

    def attributes(self, documents: Documents) -> tuple[AttributeDefinition, ...]:
        """The retailer's own fields on orders, by their keys."""
        found = cast("Mapping[str, OrderAttribute]", documents.get("order_attribute", {}))
        return tuple(
            AttributeDefinition(
                key=key, title=item.title, kind=item.kind, help=item.help, choices=tuple(item.choices),
                required_on=tuple(item.required_on), filterable=item.filterable, in_list=item.in_list,
                in_api=item.in_api,
            )
            for key, item in sorted(found.items())
        )  # fmt: skip

    def channel_terms(self, channel: str, documents: Documents) -> ChannelTerms:
        """What holds for the orders of a channel; the usual where it has no settings."""
        found = documents.get("channel_settings", {}).get(channel)
        if found is None:
            return ChannelTerms()
        terms = cast("ChannelSettings", found)
        return ChannelTerms(
            default_method=terms.default_method, default_priority=terms.default_priority,
            tell_status=terms.tell_status, tell_tracking=terms.tell_tracking, tell_stock=terms.tell_stock,
            stock_buffer=terms.stock_buffer,
        )  # fmt: skip


def _applies(rule: HoldRule, seen: Seen) -> Finding:
    groups = [group for group in rule.groups if group.conditions]
    if not groups:
        return False, "no condition is set, so it holds nothing"
    return _together(groups, rule.match, lambda group: _group_met(group, seen))


def _group_met(group: Group, seen: Seen) -> Finding:
    def look(condition: Condition) -> Finding:
        met = is_met(condition, seen)
        return met, in_words(condition, seen, met=met)

    return _together(group.conditions, group.match, look)


def _together(parts: Iterable[Part], match: str, look: Callable[[Part], Finding]) -> Finding:
    """All of the parts, or any: the one that settles it speaks for itself, otherwise all of them speak."""
    settles = match == "any"
    findings = [look(part) for part in parts]
    for met, words in findings:
        if met is settles:
            return settles, words
    return not settles, "; ".join(words for _, words in findings)
