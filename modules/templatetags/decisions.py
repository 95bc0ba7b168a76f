"""Why something was decided: every automated decision about an order, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.template import Library

from modules.contracts.routing import Step
from modules.models import Decision
from modules.outcomes import outcomes_in_words

register = Library()

#: An order that is routed again and again has its newest decisions shown.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """A decision in words."""

    title: str
    release: str
    revision: int
    decided_at: datetime
    outcome: tuple[str, ...]
    steps: tuple[Step, ...]


def decisions_about(subject: str) -> list[ToldDecision]:
    """The newest decisions about a subject, the newest first: two queries and what their names need."""
    found = Decision.objects.filter(subject=subject).defer("facts", "context").order_by("-id")[:SHOWN]
    rows = list(found)
    outcomes = outcomes_in_words([(row.module, row.policy, row.outcome) for row in rows])
    return [
        ToldDecision(
            f"{row.module.replace('_', ' ').capitalize()}: {row.policy.replace('_', ' ')}",
            row.release, row.revision, row.decided_at, outcome, tuple(Step(*step) for step in row.steps),
        )
        for row, outcome in zip(rows, outcomes, strict=True)
    ]  # fmt: skip


@register.inclusion_tag("modules/decisions.html")
def decisions_of(subject: str, now: str = "") -> dict[str, object]:
    """``{% decisions_of order.number %}`` shows every decision about an order, and why it was made so.

    ``now`` is the address of a page that says what would be decided at this moment; empty where there is none.
    """
    found = decisions_about(subject)
    return {"decisions": found, "shown": SHOWN, "full": len(found) == SHOWN, "now": now}
