"""What every release of Order Routing can be asked.

Hooks are only ever added, each with a default that does nothing, so that a sealed release keeps its behaviour.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fulfilment.routing.domain.limits import stock_limits_of
from modules.contracts.availability import StockLimits
from modules.contracts.routing import RoutingDecision, RoutingFacts
from modules.contracts.routing_runs import ConsolidationRule, RuleMatch, RunDecision
from modules.domain.releases import KindModel

#: Documents of the module by kind and key, in the schema of the release that is asked.
Documents = Mapping[str, Mapping[str, KindModel]]

#: Facts that cost a question of their own.
LATER_FACTS = frozenset({"groups", "excluded", "confidence", "sold", "incoming", "joinable", "bid_prices"})


class RoutingPolicies(ABC):
    """The decisions of a release. Pure: the same facts and documents give the same decision."""

    #: The facts that the release looks at beyond those that every release is told, of :data:`LATER_FACTS`. Nothing is
    #: gathered that the release does not need.
    needs: frozenset[str] = frozenset()

    @abstractmethod
    def route(self, facts: RoutingFacts, documents: Documents) -> RoutingDecision:
        """Where the open lines of one order are fulfilled."""

    def route_run(self, orders: Sequence[RoutingFacts], documents: Documents) -> RunDecision:
        """Decide orders together. All facts tell of the same stock, that of the beginning of the run.

        By default they are decided one after the other; each sees what those before it have left.
        """
        taken = Counter[tuple[int, int]]()
        decisions = []
        for facts in orders:
            decision = self.route(_without(facts, taken), documents)
            for item in decision.allocations:
                taken[item.location_id, item.product_id] += item.quantity
            decisions.append(decision)
        return RunDecision(tuple(decisions), exact=False, notes=("decided one after the other",))

    def decides_runs(self, documents: Documents) -> bool:
        """Whether waiting orders are to be decided together by :meth:`route_run`."""
        return False

    def joins_run(self, channel: str, method: str, documents: Documents) -> bool:
        """Whether orders of a channel and a shipping method wait for a run; by default all do, or none."""
        return self.decides_runs(documents)

    def stock_limits(self, documents: Documents) -> StockLimits:
        """How much of each location's stock may be promised."""
        return stock_limits_of(documents)

    def matches(self, strategy: KindModel, facts: RoutingFacts, documents: Documents) -> tuple[RuleMatch, ...]:
        """How each rule of a strategy (perhaps not saved yet) would treat an order."""
        return ()

    def consolidation(self, documents: Documents) -> ConsolidationRule | None:
        """When orders of one customer go into one parcel; None for never."""
        return None


def _without(facts: RoutingFacts, taken: Mapping[tuple[int, int], int]) -> RoutingFacts:
    if not taken:
        return facts
    products = {line.product_id for line in facts.lines}
    left = {
        pair: units - taken.get(pair, 0) if pair[1] in products else units for pair, units in facts.available.items()
    }
    return replace(facts, available=left)
