"""How a policy's decisions are written down and made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from modules.contracts.routing import Step
from modules.domain.canonical import Body
from modules.domain.releases import KindModel, Release


class MadeDecision(Protocol):
    """What every policy answers."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The explanation, in order."""

    def outcome(self) -> Body:
        """What was decided, without the explanation."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision means for the retailer, where it can be told: for comparing two releases.

    ``currency`` is that of ``cost``, ISO 4217: costs in different currencies are never added up.
    """

    cost: Decimal | None = None
    parcels: int = 0
    unplaced_units: int = 0
    kilometres: float | None = None
    currency: str = ""


class Replayable(Protocol):
    """A policy whose decisions are journaled. Each app registers its own (``replay.py``)."""

    module: str
    policy: str

    def read_context(self, written: Body) -> object:
        """The facts that many decisions share, as they were."""

    def read_facts(self, written: Body, context: object) -> object:
        """The facts of one decision, as they were."""

    def decide(
        self, release: Release[Any], documents: Mapping[str, Mapping[str, KindModel]], facts: object
    ) -> MadeDecision:
        """Ask a release."""

    def effect(self, facts: object, decision: MadeDecision) -> Effect:
        """What the decision means for the retailer."""

    def consumed(self, facts: object, outcome: Body) -> Mapping[tuple[int, int], int]:
        """What an outcome takes away from the decisions after it: units by (location, product)."""

    def with_consumption(self, facts: object, more: Mapping[tuple[int, int], int]) -> object:
        """The facts with so many more units to be had (fewer where negative)."""
