"""Decisions in words."""

from __future__ import annotations

from django.template import Context, Template

from modules.models import Decision
from modules.outcomes import outcomes_in_words, outcomes_told_by


def test_each_policy_tells_its_own_outcomes_in_the_order_given() -> None:
    # given
    asked: list[int] = []
    outcomes_told_by("weather", "sky", lambda found: [asked.append(len(found)) or ("blue",) for _ in found])
    # when
    told = outcomes_in_words([("weather", "sky", {}), ("tides", "height", {"metres_above": 2}), ("weather", "sky", {})])
    # then: each policy is asked once
    assert told == [("blue",), ("metres above: 2",), ("blue",)]
    assert asked == [2, 2]


def test_a_decision_of_a_policy_that_is_not_known_any_more_is_told_plainly(acme: None) -> None:
    # given
    Decision.objects.create(
        module="loyalty", policy="tier", release="1.0.0", revision=1, subject="WEB-0", facts=b"",
        outcome={"tier": "gold", "points_given": [1, 2], "gifts": []},
        steps=[["spend_over", "", True, "<b>over 100</b>"]],
    )  # fmt: skip
    # when
    html = Template("{% load decisions %}{% decisions_of 'WEB-0' %}").render(Context())
    # then
    for said in (
        "Loyalty: tier",
        "spend over",
        "tier: gold",
        "points given: 2",
        "gifts: none",
        "&lt;b&gt;over 100&lt;/b&gt;",
    ):
        assert said in html, said
