"""Runs in the decision journal: the facts of all orders, and the decision on each, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modules.contracts.routing import Network, RoutingFacts, Step
from modules.contracts.routing_json import facts_from_json, facts_to_json
from modules.contracts.routing_runs import RunDecision
from modules.domain.canonical import Body, Json


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run's decision, with the numbers of its orders in the order in which they were given."""

    numbers: tuple[str, ...]
    run: RunDecision

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the release says of the run as a whole."""
        return tuple(Step("run", "", True, note) for note in self.run.notes)

    def outcome(self) -> Body:
        """What was decided for each order, by its number."""
        orders: dict[str, Json] = {
            number: decision.outcome() for number, decision in zip(self.numbers, self.run.decisions, strict=True)
        }
        return {"orders": orders}


def run_facts_to_json(facts: Sequence[RoutingFacts]) -> Body:
    """Write the facts of a run down; what locations have taken that day stands once for all orders."""
    written = [facts_to_json(item) for item in facts]
    taken = written[0]["taken"] if written else {}
    return {"taken": taken, "orders": [{**item, "taken": {}} for item in written]}


def run_facts_from_json(written: Body, network: Network) -> tuple[RoutingFacts, ...]:
    """Read the facts of a run back as they were; ``network`` is the one that was written beside them."""
    record: Any = written
    taken = {int(location): units for location, units in record["taken"].items()}
    busy = network.with_taken(taken) if taken else network
    return tuple(facts_from_json(item, busy) for item in record["orders"])
