"""Many orders sourced together."""

from __future__ import annotations

from dataclasses import dataclass

from .model import BidPrices, Problem, RunResult


@dataclass(frozen=True, slots=True)
class Limits:
    """Effort of a run in counts, never in seconds: rounds of pricing, and nodes of the whole-number search."""

    rounds: int = 40
    nodes: int = 500


def run(problem: Problem, prices: BidPrices | None = None, limits: Limits | None = None) -> RunResult:
    """Source all orders together at the lowest cost, with a bound that proves how close it is."""
    raise NotImplementedError
