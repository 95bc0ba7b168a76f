"""Reviews of captured orders can be made again from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from modules.contracts.order_terms import CancelDecision, CancelFacts, ChangeDecision, ChangeFacts
from modules.contracts.order_terms_json import cancel_from_json, change_from_json
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


class ReleasedAgain(ReviewAgain):
    """Which holds an order gets because one of its holds was released."""

    policy = "released"

    def read_facts(self, written: Body, context: object) -> tuple[ReviewFacts, str]:  # type: ignore[override]
        """The order, and the name of the hold that was released."""
        return facts_from_json(written), str(written["released"])

    def decide(
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> ReviewDecision:
        """Ask a release."""
        order, code = cast("tuple[ReviewFacts, str]", facts)
        decision: ReviewDecision = release.policies.released(order, code, documents)
        return decision


class ChangeAgain(ReviewAgain):
    """Whether an order may be changed."""

    policy = "change"

    def read_facts(self, written: Body, context: object) -> ChangeFacts:  # type: ignore[override]
        """The change that was asked for."""
        return change_from_json(written)

    def decide(  # type: ignore[override]
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> ChangeDecision:
        """Ask a release."""
        decision: ChangeDecision = release.policies.change(cast("ChangeFacts", facts), documents)
        return decision


class CancelAgain(ReviewAgain):
    """Whether units may be cancelled, and for how much."""

    policy = "cancel"

    def read_facts(self, written: Body, context: object) -> CancelFacts:  # type: ignore[override]
        """The cancellation that was asked for."""
        return cancel_from_json(written)

    def decide(  # type: ignore[override]
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> CancelDecision:
        """Ask a release."""
        decision: CancelDecision = release.policies.cancel(cast("CancelFacts", facts), documents)
        return decision

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """The fee is the customer's cost, not the retailer's."""
        return Effect()


replayable(ReviewAgain())
replayable(ReleasedAgain())
replayable(ChangeAgain())
replayable(CancelAgain())
explains_while_open("SELECT number FROM orders_order WHERE status NOT IN ('complete', 'cancelled')")
