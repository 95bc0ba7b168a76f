"""Grouped conditions of 2.1 and 3.0 on captured orders, and the holds of 3.0 that follow one another and end."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.contracts.review import HoldDecision, ReviewDecision, ReviewFacts, facts_from_json, facts_to_json
from modules.domain.canonical import Body
from modules.domain.documents import Document
from modules.domain.releases import Release
from tests.releases.scenes import Bodies, compiled, review_facts, said

R2_0: Release[Any] = import_module("orders.releases.r2_0_0").RELEASE
R2_1: Release[Any] = import_module("orders.releases.r2_1_0").RELEASE
R3_0: Release[Any] = import_module("orders.releases.r3_0_0").RELEASE
NEW = (R2_1, R3_0)

FACTS = review_facts(
    method="express", priority=2, postal_code="BT1 1AA", payment_kinds=("gift_card", "card"),
    attributes={"gift": "Yes", "points": "1200", "delta": "-3.5"}, recent_orders=3,
    placed_at="2025-11-28T22:45:00+00:00",
)  # fmt: skip


def condition(field: str, operator: str, value: str, negate: bool = False, attribute: str = "") -> Body:
    body: Body = {"field": field, "operator": operator, "value": value, "negate": negate}
    return body | ({"attribute": attribute} if attribute else {})


def group(*conditions: Body, match: str = "all") -> Body:
    return {"match": match, "conditions": [*conditions]}


def rule(*groups: Body, match: str = "all", **more: Any) -> Body:
    """A rule of either release: what only the other one knows, it keeps as an unknown field."""
    body: Body = {"title": "A rule", "blocks": ["allocate"], "match": match, "groups": [*groups]}
    return body | {"instructions": "Look at it."} | more


def review(release: Release[Any], bodies: Bodies, facts: ReviewFacts = FACTS) -> ReviewDecision:
    decision: ReviewDecision = release.policies.review(facts, compiled(release, bodies))
    return decision


def codes(decision: ReviewDecision) -> list[str]:
    return [hold.code for hold in decision.holds]


@pytest.mark.parametrize("release", NEW, ids=str)
@pytest.mark.parametrize("negate", [False, True])
@pytest.mark.parametrize(
    ("field", "operator", "value", "attribute", "met"),
    [
        ("total", "above", "619.99", "", True), ("total", "above", "620", "", False),
        ("units", "at_least", "5", "", True), ("lines", "below", "2", "", False),
        ("largest_line_units", "at_most", "4", "", True), ("earlier_orders", "above", "2", "", False),
        ("recent_orders", "at_least", "3", "", True), ("recent_orders", "above", "3", "", False),
        ("priority", "above", "1", "", True), ("priority", "below", "2", "", False),
        ("placed_on", "at_most", "2025-11-28", "", True), ("placed_on", "above", "2025-11-28", "", False),
        ("time_of_day", "at_least", "22:45", "", True), ("time_of_day", "above", "22:45", "", False),
        ("time_of_day", "below", "22:46", "", True), ("weekday", "one_of", "thu, fri", "", True),
        ("weekday", "one_of", "sat,sun", "", False), ("country", "one_of", "FR, GB", "", True),
        ("currency", "one_of", "EUR", "", False), ("channel", "one_of", "WEB", "", True),
        ("customer", "one_of", "c-7, c-8", "", True), ("method", "one_of", "Express", "", True),
        ("method", "one_of", "standard", "", False), ("payment", "one_of", "card", "", True),
        ("payment", "one_of", "account", "", False), ("postal_code", "starts_with", "bt11", "", True),
        ("postal_code", "starts_with", "IM, BT1 1", "", True), ("postal_code", "starts_with", "T1", "", False),
        ("postal_code", "one_of", "BT1 1AA", "", True), ("postal_code", "one_of", "BT1", "", False),
        ("attribute", "one_of", "yes", "gift", True), ("attribute", "starts_with", "y", "gift", True),
        ("attribute", "above", "1199.99", "points", True), ("attribute", "above", "5", "gift", False),
        ("attribute", "below", "0", "delta", True), ("attribute", "at_least", "0", "nowhere", False),
    ],
)  # fmt: skip
def test_each_comparison_and_its_opposite(
    release: Release[Any], field: str, operator: str, value: str, attribute: str, met: bool, negate: bool
) -> None:
    bodies = {"hold_rule": {"a": rule(group(condition(field, operator, value, negate, attribute)))}}
    decision = review(release, bodies)
    assert bool(decision.holds) == (met != negate)
    [(_, _, kept, why)] = said(decision)
    assert kept == (met != negate)
    assert (" not " in why) != met


TRUE, FALSE = condition("units", "above", "0"), condition("units", "below", "0")


@pytest.mark.parametrize("release", NEW, ids=str)
@given(
    groups=st.lists(st.tuples(st.sampled_from(["all", "any"]), st.lists(st.booleans(), max_size=3)), max_size=4),
    match=st.sampled_from(["all", "any"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_groups_mean_all_and_any(release: Release[Any], groups: list[tuple[str, list[bool]]], match: str) -> None:
    word = {"all": all, "any": any}
    looked_at = [word[how](truths) for how, truths in groups if truths]
    wanted = bool(looked_at) and word[match](looked_at)
    written = [group(*(TRUE if truth else FALSE for truth in truths), match=how) for how, truths in groups]
    assert bool(review(release, {"hold_rule": {"a": rule(*written, match=match)}}).holds) == wanted


@pytest.mark.parametrize("release", NEW, ids=str)
@pytest.mark.parametrize(
    ("offset", "placed_at", "day", "weekday", "time"),
    [
        (0, "2025-11-28T22:45:00+00:00", "2025-11-28", "fri", "22:45"),
        (75, "2025-11-28T22:45:00+00:00", "2025-11-29", "sat", "00:00"),
        (-300, "2025-11-28T03:00:00", "2025-11-27", "thu", "22:00"),
        (60, "2025-11-28T23:30:00-05:00", "2025-11-29", "sat", "05:30"),
    ],
)
def test_days_and_times_are_those_of_the_retailers_clock(
    release: Release[Any], offset: int, placed_at: str, day: str, weekday: str, time: str
) -> None:
    seen = group(
        condition("placed_on", "at_least", day), condition("placed_on", "at_most", day),
        condition("weekday", "one_of", weekday), condition("time_of_day", "at_least", time),
        condition("time_of_day", "at_most", time),
    )  # fmt: skip
    bodies: Bodies = {
        "hold_rule": {"a": rule(seen)}, "review_settings": {"default": {"clock_offset_minutes": offset}},
    }  # fmt: skip
    assert review(release, bodies, review_facts(placed_at=placed_at)).holds


@pytest.mark.parametrize("release", NEW, ids=str)
@pytest.mark.parametrize(
    ("written", "message"),
    [
        (condition("postal_code", "above", "1"), "postal_code is compared by starts_with or one_of, not by above"),
        (condition("country", "starts_with", "GB"), "country is compared by one_of, not by starts_with"),
        (condition("time_of_day", "above", "24:00"), "a time of day from 00:00 to 23:59"),
        (condition("weekday", "one_of", "Saturday"), "days of the week"),
        (condition("attribute", "one_of", "yes"), "name the attribute"),
        (condition("total", "above", "5", attribute="gift"), "name the attribute"),
        (condition("attribute", "above", "yes", attribute="gift"), "is an amount"),
        (condition("placed_on", "above", "2025-13-01"), "month must be in 1..12"),
    ],
)
def test_a_condition_must_fit_its_field(release: Release[Any], written: Body, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        compiled(release, {"hold_rule": {"a": rule(group(written))}})


class TestFollowing:
    RULES: Bodies = {
        "hold_rule": {
            "value": rule(group(TRUE), expires_hours=48),
            "address": rule(group(TRUE), after=["value"], expires_hours=4, at_expiry="cancel", place=2),
            "money": rule(group(TRUE), after=["value", "address"], place=1),
            "never": rule(group(FALSE), after=["value"]),
            "itself": rule(group(TRUE), after=["itself"]),
        }
    }  # fmt: skip

    def released(self, code: str, bodies: Bodies | None = None) -> ReviewDecision:
        decision: ReviewDecision = R3_0.policies.released(FACTS, code, compiled(R3_0, bodies or self.RULES))
        return decision

    def test_rules_that_follow_are_not_looked_at_when_an_order_is_captured(self) -> None:
        decision = review(R3_0, self.RULES)
        assert decision.holds == (
            HoldDecision("value", ("allocate",), "units 5 is above 0", 48, "release", "Look at it."),
        )  # fmt: skip
        assert [step.rule for step in decision.steps] == ["value"]

    def test_a_released_hold_brings_those_that_follow_it(self) -> None:
        assert codes(self.released("value")) == ["money", "address"]
        assert codes(self.released("address")) == ["money"]
        assert codes(self.released("money")) == codes(self.released("itself")) == codes(self.released("x")) == []

    def test_the_first_alone_counts_among_those_that_follow(self) -> None:
        bodies: Bodies = {**self.RULES, "review_settings": {"default": {"matching": "first"}}}
        assert codes(self.released("value", bodies)) == ["money"]

    def test_what_a_hold_ends_with_is_part_of_the_decision(self) -> None:
        decision = self.released("value")
        assert decision.outcome() == {"holds": [["money", ["allocate"]], ["address", ["allocate"], 4, "cancel"]]}
        assert said(decision)[1] == (
            "address", "", True,
            "units 5 is above 0; 4 hours after it is placed what is left of the order is cancelled",
        )  # fmt: skip

    def test_no_earlier_release_has_holds_that_follow(self) -> None:
        bodies = {"hold_rule": {"a": rule(group(TRUE), after=["value"])}}
        assert R2_1.policies.released(FACTS, "value", compiled(R2_1, bodies)).holds == ()


@given(
    method=st.sampled_from(["", "express"]), priority=st.integers(0, 3), postal_code=st.sampled_from(["", "BT1"]),
    payment_kinds=st.lists(st.sampled_from(["card", "account"])).map(tuple),
    attributes=st.dictionaries(st.sampled_from("ab"), st.text(max_size=3)), recent_orders=st.integers(0, 2),
)  # fmt: skip
def test_facts_are_read_back_as_they_were(**more: Any) -> None:
    facts = review_facts(**more)
    assert facts_from_json(facts_to_json(facts)) == facts


def test_facts_that_say_nothing_new_are_written_as_before() -> None:
    assert facts_to_json(review_facts()) == {
        "order": "WEB-1", "channel": "web", "currency": "GBP", "total": "620.00", "lines": 2, "units": 5,
        "country": "GB", "customer": "C-7", "earlier": 2, "largest": 4, "placed": "2025-11-28T10:15:00+00:00",
    }  # fmt: skip


simple = st.tuples(
    st.sampled_from([
        ("total", "above", "500.00"), ("units", "at_most", "4"), ("country", "one_of", "GB, FR"),
        ("placed_on", "below", "2025-11-28"), ("channel", "one_of", "app"), ("customer", "one_of", "c-7"),
    ]),
    st.booleans(),
).map(lambda drawn: condition(*drawn[0], negate=drawn[1]))  # fmt: skip


@given(
    rules=st.dictionaries(
        st.sampled_from("abc"), st.tuples(st.lists(simple, max_size=3), st.integers(0, 2)), max_size=3
    ),
    matching=st.sampled_from(["every", "first"]),
    total=st.sampled_from(["499.99", "500.00", "500.01"]),
    country=st.sampled_from(["GB", "DE", ""]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_converted_rules_hold_the_same_orders_in_the_same_words(
    rules: dict[str, tuple[list[Body], int]], matching: str, total: str, country: str
) -> None:
    before = {("review_settings", "default"): Document({"matching": matching})} | {
        ("hold_rule", key): Document(
            {"title": "A", "blocks": ["ship", "edit"], "conditions": [*conditions], "priority": priority}
        )
        for key, (conditions, priority) in rules.items()
    }
    facts = review_facts(total=Decimal(total), country=country)
    decisions = []
    documents = before
    for release in (R2_0, R2_1, R3_0):
        if release is not R2_0:
            assert release.up is not None
            documents = release.up(documents)
        bodies: dict[str, dict[str, Body]] = {}
        for (kind, key), document in documents.items():
            bodies.setdefault(kind, {})[key] = document.body
        made = review(release, bodies, facts)
        decisions.append((made.outcome(), [hold.why for hold in made.holds], said(made)))
    assert decisions[0] == decisions[1] == decisions[2]
