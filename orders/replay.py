"""Decisions of Order Management can be made again from the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from modules.contracts.order_terms_json import cancel_from_json, change_from_json
from modules.contracts.review import ReviewDecision, ReviewFacts, facts_from_json
from modules.domain.canonical import Body
from modules.domain.journal import Effect, MadeDecision
from modules.domain.releases import KindModel, Release
from modules.journal import explains_while_open, replayable
from orders.domain.policies import Documents, OrderPolicies


@dataclass(slots=True)
class Again:
    """One policy: how its facts are read back, and how a release is asked.

    These decisions move no goods and no money of the retailer by themselves, share no facts, and take nothing away
    from those after them. A fee for a cancellation is the customer's cost.
    """

    policy: str
    read: Callable[[Body], object]
    ask: Callable[[OrderPolicies, Any, Documents], MadeDecision]
    module: str = "order_management"

    def read_context(self, written: Body) -> None:
        """Nothing is shared."""
        return

    def read_facts(self, written: Body, context: object) -> object:
        """The facts of one decision."""
        return self.read(written)

    def decide(
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> MadeDecision:
        """Ask a release."""
        return self.ask(cast("OrderPolicies", release.policies), facts, documents)

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """None."""
        return Effect()

    def consumed(self, facts: object, outcome: Body) -> Mapping[tuple[int, int], int]:
        """Nothing."""
        return {}

    def with_consumption(self, facts: object, more: Mapping[tuple[int, int], int]) -> object:
        """The same facts."""
        return facts


def _released(written: Body) -> tuple[ReviewFacts, str]:
    """The order, and the name of its hold that was released."""
    return facts_from_json(written), str(written["released"])


def _follows(policies: OrderPolicies, facts: tuple[ReviewFacts, str], documents: Documents) -> ReviewDecision:
    return policies.released(*facts, documents)


replayable(Again("review", facts_from_json, lambda policies, *told: policies.review(*told)))
replayable(Again("released", _released, _follows))
replayable(Again("change", change_from_json, lambda policies, *told: policies.change(*told)))
replayable(Again("cancel", cancel_from_json, lambda policies, *told: policies.cancel(*told)))
explains_while_open("SELECT number FROM orders_order WHERE status NOT IN ('complete', 'cancelled')")
