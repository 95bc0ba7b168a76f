"""What each release of Order Management decides about a captured order, and how it says so."""

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

R1_0: Release[Any] = import_module("orders.releases.r1_0_0").RELEASE
R1_1: Release[Any] = import_module("orders.releases.r1_1_0").RELEASE
R2_0: Release[Any] = import_module("orders.releases.r2_0_0").RELEASE
ALL = (R1_0, R1_1, R2_0)


def review(release: Release[Any], facts: ReviewFacts, bodies: Bodies | None = None) -> ReviewDecision:
    decision: ReviewDecision = release.policies.review(facts, compiled(release, bodies or {}))
    return decision


def holds(decision: ReviewDecision) -> list[tuple[str, tuple[str, ...]]]:
    return [(hold.code, hold.blocks) for hold in decision.holds]


@pytest.mark.parametrize("release", ALL, ids=str)
def test_a_new_retailer_holds_nothing(release: Release[Any]) -> None:
    defaults: Bodies = {name: kind.defaults for name, kind in release.kinds.items()}
    facts = review_facts(total=Decimal("999999.99"), units=5000, earlier_orders=0)
    assert review(release, facts, defaults).holds == ()
    assert review(release, facts, {}).holds == ()


class TestValueLimit:
    def limit(self, value: str | None, currency: str | None = None) -> Bodies:
        return {"order_review": {"default": {"value_limit": value, "currency": currency}}}

    def test_an_order_above_the_limit_is_held(self) -> None:
        decision = review(R1_0, review_facts(), self.limit("619.99"))
        assert decision.holds == (
            HoldDecision("value_review", ("allocate",), "total 620.00 GBP is above 619.99"),
        )  # fmt: skip
        assert said(decision) == [("value_review", "", True, "total 620.00 GBP is above 619.99")]

    def test_an_order_at_the_limit_is_not(self) -> None:
        decision = review(R1_0, review_facts(), self.limit("620"))
        assert decision.holds == ()
        assert said(decision) == [("value_review", "", False, "total 620.00 GBP is not above 620")]

    def test_a_limit_in_another_currency_does_not_count(self) -> None:
        decision = review(R1_0, review_facts(), self.limit("1.00", "EUR"))
        assert decision.holds == ()
        assert said(decision) == [("value_review", "", False, "the limit is in EUR, the order in GBP")]
        assert holds(review(R1_0, review_facts(), self.limit("1.00", "GBP"))) == [("value_review", ("allocate",))]

    def test_without_a_limit_nothing_is_held(self) -> None:
        assert said(review(R1_0, review_facts(), self.limit(None))) == [
            ("value_review", "", False, "no value limit is set"),
        ]  # fmt: skip


def rule(**conditions: Any) -> Body:
    return {"title": "A rule", **conditions}


class TestHoldRules:
    @pytest.mark.parametrize(
        ("conditions", "held", "why"),
        [
            ({"min_total": "619.99"}, True, "total 620.00 GBP is above 619.99"),
            ({"min_total": "620.00"}, False, "total 620.00 GBP is not above 620.00"),
            ({"min_total": "0", "currency": "GBP"}, True, "currency GBP is GBP; total 620.00 GBP is above 0"),
            ({"min_total": "0", "currency": "EUR"}, False, "currency GBP is not EUR"),
            ({"countries": ["FR", "GB"]}, True, "country GB is one of FR, GB"),
            ({"countries": ["FR"]}, False, "country GB is not one of FR"),
            ({"first_order_only": True}, False, "the customer has 2 earlier orders"),
            ({"max_units_per_line": 3}, True, "largest line of 4 units is above 3"),
            ({"max_units_per_line": 4}, False, "largest line of 4 units is not above 4"),
            ({"min_total": "1", "max_units_per_line": 9}, False, "largest line of 4 units is not above 9"),
            ({}, False, "no condition is set, so it holds nothing"),
        ],
    )
    def test_all_conditions_must_be_met(self, conditions: dict[str, Any], held: bool, why: str) -> None:
        decision = review(R1_1, review_facts(), {"hold_rule": {"a_rule": rule(**conditions)}})
        assert holds(decision) == ([("a_rule", ("allocate",))] if held else [])
        assert said(decision) == [("a_rule", "", held, why)]

    def test_first_orders(self) -> None:
        decision = review(
            R1_1, review_facts(earlier_orders=0), {"hold_rule": {"new": rule(first_order_only=True)}}
        )  # fmt: skip
        assert holds(decision) == [("new", ("allocate",))]

    def test_every_rule_that_applies_or_the_first_alone(self) -> None:
        rules = {"b": rule(min_total="1"), "a": rule(countries=["GB"]), "c": rule(countries=["FR"])}
        every = review(
            R1_1, review_facts(), {"hold_rule": rules, "review_settings": {"default": {"matching": "every"}}}
        )
        first = review(
            R1_1, review_facts(), {"hold_rule": rules, "review_settings": {"default": {"matching": "first"}}}
        )
        assert holds(every) == [("a", ("allocate",)), ("b", ("allocate",))]
        assert holds(first) == [("a", ("allocate",))]
        assert said(first)[1:] == [
            ("b", "", False, "not looked at: a applies, and the first one counts"),
            ("c", "", False, "not looked at: a applies, and the first one counts"),
        ]


def condition(field: str, operator: str, value: str, negate: bool = False) -> Body:
    return {"field": field, "operator": operator, "value": value, "negate": negate}


def conditions(*given_: Body, blocks: tuple[str, ...] = ("allocate",), priority: int = 100) -> Body:
    return {"title": "A rule", "blocks": list(blocks), "conditions": list(given_), "priority": priority}


class TestHoldConditions:
    @pytest.mark.parametrize(
        ("field", "operator", "value", "met"),
        [
            ("total", "above", "619.99", True), ("total", "above", "620", False), ("total", "at_least", "620", True),
            ("total", "at_least", "620.01", False), ("total", "below", "620.01", True),
            ("total", "below", "620", False),
            ("total", "at_most", "620", True), ("total", "at_most", "619.9999", False), ("total", "above", "99", True),
            ("units", "above", "4", True), ("units", "above", "5", False), ("units", "below", "10", True),
            ("lines", "at_least", "2", True), ("lines", "at_least", "3", False),
            ("largest_line_units", "at_most", "4", True), ("largest_line_units", "at_most", "3", False),
            ("earlier_orders", "at_most", "2", True), ("earlier_orders", "below", "2", False),
            ("country", "one_of", "FR, GB", True), ("country", "one_of", "FR,DE", False),
            ("currency", "one_of", "GBP", True), ("currency", "one_of", "EUR", False),
            ("channel", "one_of", "WEB, shop", True), ("channel", "one_of", "shop", False),
            ("customer", "one_of", "c-7", True), ("customer", "one_of", "C-77", False),
            ("placed_on", "at_least", "2025-11-28", True), ("placed_on", "above", "2025-11-28", False),
            ("placed_on", "below", "2025-11-29", True), ("placed_on", "at_most", "2025-11-27", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("negate", [False, True])
    def test_each_comparison_and_its_opposite(
        self, field: str, operator: str, value: str, met: bool, negate: bool
    ) -> None:
        bodies = {"hold_rule": {"a_rule": conditions(condition(field, operator, value, negate))}}
        decision = review(R2_0, review_facts(), bodies)
        assert bool(decision.holds) == (met != negate)

    def test_the_words_say_what_was_found(self) -> None:
        bodies = {
            "hold_rule": {
                "a": conditions(condition("total", "above", "500"), condition("country", "one_of", "FR", negate=True)),
                "b": conditions(condition("total", "above", "500", negate=True)),
                "c": conditions(condition("total", "above", "500"), condition("placed_on", "below", "2025-01-01")),
                "d": conditions(),
            }
        }
        decision = review(R2_0, review_facts(country=""), bodies)
        assert said(decision) == [
            ("a", "", True, "total 620.00 GBP is above 500; country unknown is not one of FR"),
            ("b", "", False, "total 620.00 GBP is above 500"),
            ("c", "", False, "day of the order 2025-11-28 is not below 2025-01-01"),
            ("d", "", False, "no condition is set, so it holds nothing"),
        ]

    @pytest.mark.parametrize(
        ("placed_at", "day"),
        [
            ("2025-11-28T23:30:00+00:00", "2025-11-28"),
            ("2025-11-28T23:30:00-05:00", "2025-11-29"),
            ("2025-11-29T00:30:00+02:00", "2025-11-28"),
            ("2025-11-29T00:30:00", "2025-11-29"),
        ],
    )
    def test_the_day_of_an_order_is_that_in_utc(self, placed_at: str, day: str) -> None:
        on = conditions(condition("placed_on", "at_least", day), condition("placed_on", "at_most", day))
        assert review(R2_0, review_facts(placed_at=placed_at), {"hold_rule": {"day": on}}).holds

    def test_rules_say_what_they_block_and_stand_by_priority(self) -> None:
        always = condition("units", "above", "0")
        bodies = {
            "hold_rule": {
                "a": conditions(always, blocks=("ship", "capture"), priority=20),
                "b": conditions(always, blocks=("edit",), priority=10),
                "c": conditions(always, priority=20),
            }
        }
        assert holds(review(R2_0, review_facts(), bodies)) == [
            ("b", ("edit",)), ("a", ("ship", "capture")), ("c", ("allocate",)),
        ]  # fmt: skip
        first: Bodies = {**bodies, "review_settings": {"default": {"matching": "first"}}}
        assert holds(review(R2_0, review_facts(), first)) == [("b", ("edit",))]

    @pytest.mark.parametrize(
        ("field", "operator", "value", "message"),
        [
            ("total", "above", "ten", "the value of a condition on total is an amount"),
            ("total", "one_of", "10", "total is compared by above, at_least, below or at_most, not by one_of"),
            ("country", "above", "GB", "country is compared by one_of, not by above"),
            ("country", "one_of", "gb", "the value of a condition on country is codes of countries"),
            ("units", "above", "1.5", "the value of a condition on units is a whole number"),
            ("placed_on", "above", "2025-13-01", "month must be in 1..12"),
        ],
    )
    def test_a_condition_must_fit_its_field(self, field: str, operator: str, value: str, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            compiled(R2_0, {"hold_rule": {"a": conditions(condition(field, operator, value))}})


any_facts = st.builds(
    review_facts,
    total=st.sampled_from([Decimal("0.00"), Decimal("499.99"), Decimal("500.00"), Decimal("500.01")]),
    country=st.sampled_from(["GB", "FR", "DE", ""]),
    currency=st.sampled_from(["GBP", "EUR"]),
    earlier_orders=st.integers(0, 1),
    largest_line_units=st.integers(1, 4),
)
any_rule = st.fixed_dictionaries(
    {"title": st.just("A rule")},
    optional={
        "min_total": st.sampled_from([None, "500.00", "499.995"]),
        "currency": st.sampled_from([None, "GBP"]),
        "countries": st.sampled_from([[], ["GB"], ["GB", "FR"]]),
        "first_order_only": st.booleans(),
        "max_units_per_line": st.sampled_from([None, 0, 2]),
    },
)


@given(
    facts=any_facts,
    rules=st.dictionaries(st.sampled_from("abc"), any_rule),
    matching=st.sampled_from(["every", "first"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_converted_rules_hold_the_same_orders(facts: ReviewFacts, rules: dict[str, Any], matching: str) -> None:
    before: Bodies = {"hold_rule": rules, "review_settings": {"default": {"matching": matching}}}
    assert R2_0.up is not None
    converted = R2_0.up({(kind, key): Document(body) for kind, of in before.items() for key, body in of.items()})
    after: dict[str, dict[str, Body]] = {}
    for (kind, key), document in converted.items():
        after.setdefault(kind, {})[key] = document.body
    assert review(R1_1, facts, before).outcome() == review(R2_0, facts, after).outcome()


@given(facts=any_facts, limit=st.sampled_from([None, "500.00"]), currency=st.sampled_from([None, "GBP"]))
@settings(max_examples=60, deadline=None)
def test_a_converted_limit_holds_the_same_orders(facts: ReviewFacts, limit: str | None, currency: str | None) -> None:
    body: Body = {"value_limit": limit, "currency": currency}
    assert R1_1.up is not None
    converted = R1_1.up({("order_review", "default"): Document(body)})
    after: dict[str, dict[str, Body]] = {}
    for (kind, key), document in converted.items():
        after.setdefault(kind, {})[key] = document.body
    assert review(R1_0, facts, {"order_review": {"default": body}}).outcome() == review(R1_1, facts, after).outcome()


@given(facts=any_facts)
def test_facts_are_read_back_as_they_were(facts: ReviewFacts) -> None:
    assert facts_from_json(facts_to_json(facts)) == facts
