"""Reviews of captured orders can be made again from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from modules.contracts.review import ReviewDecision, ReviewFacts, facts_from_json
from modules.domain.canonical import Body
from modules.domain.journal import Effect, MadeDecision
from modules.domain.releases import KindModel, Release
from modules.journal import explains_while_open, replayable


class ReviewAgain:
    """Which holds a captured order gets."""

    module = "order_management"
    policy = "review"

    def read_context(self, written: Body) -> None:
        """Reviews share no facts."""
        return

    def read_facts(self, written: Body, context: object) -> ReviewFacts:
        """The facts of one review."""
        return facts_from_json(written)

    def decide(
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> ReviewDecision:
        """Ask a release."""
        decision: ReviewDecision = release.policies.review(cast("ReviewFacts", facts), documents)
        return decision

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """A hold moves no goods and no money by itself."""
        return Effect()

    def consumed(self, facts: object, outcome: Body) -> Mapping[tuple[int, int], int]:
        """A review takes nothing away from those after it."""
        return {}

    def with_consumption(self, facts: object, more: Mapping[tuple[int, int], int]) -> object:
        """The same facts."""
        return facts


replayable(ReviewAgain())
explains_while_open("SELECT number FROM orders_order WHERE status NOT IN ('complete', 'cancelled')")
