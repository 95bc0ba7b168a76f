"""What was decided about changes and cancellations, in the words of the order's page."""

from __future__ import annotations

from typing import Any

import pytest

import oms.web.profile.outcomes  # noqa: F401 - registers the words
from modules.contracts.order_terms import ActionVerdict, CancelDecision, ChangeDecision
from modules.outcomes import outcomes_in_words


def verdicts(*allowed: bool) -> tuple[ActionVerdict, ...]:
    return tuple(ActionVerdict(at, each, "why") for at, each in enumerate(allowed))


@pytest.mark.parametrize(
    ("policy", "decision", "said"),
    [
        ("change", ChangeDecision(verdicts(True)), "Allowed 1 action"),
        ("change", ChangeDecision(verdicts(True, True)), "Allowed 2 actions"),
        (
            "change", ChangeDecision(verdicts(True, True), needs_confirmation=True),
            "Allowed 2 actions, needs confirmation: a person decides first",
        ),
        (
            "change", ChangeDecision(verdicts(True, False)),
            "Refused 1 of 2 actions (number 2): nothing of the change is done",
        ),
        (
            "change", ChangeDecision(verdicts(False, True, False)),
            "Refused 2 of 3 actions (numbers 1, 3): nothing of the change is done",
        ),
        ("cancel", CancelDecision(allowed=True, why=""), "Allowed the cancellation without a fee"),
        ("cancel", CancelDecision(allowed=False, why="packed"), "Refused the cancellation"),
    ],
)  # fmt: skip
def test_a_decision_is_told_in_words(policy: str, decision: Any, said: str) -> None:
    assert outcomes_in_words([("order_management", policy, decision.outcome())]) == [(said,)]
