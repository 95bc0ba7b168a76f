"""Holds that follow one another and end; changes and cancellations by who asks; how money is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from modules.contracts.order_terms import (
    AttributeDefinition,
    CancelDecision,
    CancelFacts,
    ChangeDecision,
    ChangeFacts,
    ChannelTerms,
    PaymentTerms,
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
    PaymentPolicy,
    ReviewSettings,
)
from .requests import cancel_decision, change_decision

Part = TypeVar("Part", Group, Condition)
#: Whether something is met, and what was found, for people.
Finding = tuple[bool, str]


class FollowingHolds(OrderPolicies):
    """The retailer's rules by place, then by key: those of capture, or those that follow a hold."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Place the hold of each rule of capture that applies, or of the first one alone."""
        return _review(facts, documents, lambda rule: not rule.after)

    def released(self, facts: ReviewFacts, code: str, documents: Documents) -> ReviewDecision:
        """Place the holds of the rules that follow the one that has been released; a rule never follows itself."""
        return _review(facts, documents, lambda rule: code in rule.after, besides=code)

    def change(self, facts: ChangeFacts, documents: Documents) -> ChangeDecision:
        """Whether an order may be changed as asked, by the edit policy of who asks."""
        policies = documents.get("edit_policy", {})
        if not policies:
            return super().change(facts, documents)
        return change_decision(facts, cast("EditPolicy | None", policies.get(facts.asked_by)))

    def cancel(self, facts: CancelFacts, documents: Documents) -> CancelDecision:
        """Whether units may be cancelled, by the cancellation policy of who asks."""
        policies = documents.get("cancellation_policy", {})
        if not policies:
            return super().cancel(facts, documents)
        return cancel_decision(facts, cast("CancellationPolicy | None", policies.get(facts.asked_by)))

    def payment_terms(self, channel: str, documents: Documents) -> PaymentTerms:
        """How money is taken for the orders of a channel, by the policy that names it or the one that names none."""
        policy = _payment_policy(channel, documents)
        return _terms(policy) if policy else PaymentTerms()

    def payment_terms_of(self, channel: str, payment: str, documents: Documents) -> PaymentTerms:
        """The same for one kind of payment, with what is otherwise for it."""
        policy = _payment_policy(channel, documents)
        terms = self.payment_terms(channel, documents)
        own = next((kind for kind in policy.kinds if kind.payment == payment), None) if policy else None
        if own is None:
            return terms
        return replace(
            terms,
            capture=terms.capture if own.capture == "as_usual" else own.capture,
            reauthorise_hours=own.reauthorise_hours or terms.reauthorise_hours,
            void_on_cancel=terms.void_on_cancel if own.void_on_cancel == "as_usual" else own.void_on_cancel == "yes",
        )

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


def _review(
    facts: ReviewFacts, documents: Documents, due: Callable[[HoldRule], bool], besides: str = ""
) -> ReviewDecision:
    found = documents.get("review_settings", {}).get("default")
    settings = cast("ReviewSettings", found) if found else ReviewSettings.model_validate({})
    seen = Seen.at(facts, settings.clock_offset_minutes)
    rules = cast("Mapping[str, HoldRule]", documents.get("hold_rule", {}))
    holds: list[HoldDecision] = []
    steps: list[Step] = []
    for key, rule in sorted(rules.items(), key=lambda item: (item[1].place, item[0])):
        if key == besides or not due(rule):
            continue
        if holds and settings.matching == "first":
            steps.append(Step(key, "", False, f"not looked at: {holds[0].code} applies, and the first one counts"))
            continue
        applies, why = _applies(rule, seen)
        steps.append(Step(key, "", applies, f"{why}{_ending(rule)}" if applies else why))
        if applies:
            holds.append(
                HoldDecision(
                    key, tuple(rule.blocks), why[:255], expires_hours=rule.expires_hours or 0,
                    at_expiry=rule.at_expiry, instructions=rule.instructions,
                )
            )  # fmt: skip
    return ReviewDecision(tuple(holds), tuple(steps))


def _ending(rule: HoldRule) -> str:
    """What becomes of a hold by itself, in words."""
    if rule.expires_hours is None:
        return ""
    then = "the order goes on" if rule.at_expiry == "release" else "what is left of the order is cancelled"
    return f"; {rule.expires_hours} hours after it is placed {then}"


def _payment_policy(channel: str, documents: Documents) -> PaymentPolicy | None:
    policies = cast("Mapping[str, PaymentPolicy]", documents.get("payment_policy", {}))
    in_order = [policy for _, policy in sorted(policies.items())]
    named = next((policy for policy in in_order if channel in policy.channels), None)
    return named or next((policy for policy in in_order if not policy.channels), None)


def _terms(policy: PaymentPolicy) -> PaymentTerms:
    return PaymentTerms(
        capture=policy.capture, reauthorise_hours=policy.reauthorise_hours, tenders=tuple(policy.tenders),
        retry_hours=tuple(policy.retry_hours), hold_code=policy.hold_code, void_on_cancel=policy.void_on_cancel,
        ship_without_authorisation=policy.ship_without_authorisation,
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
