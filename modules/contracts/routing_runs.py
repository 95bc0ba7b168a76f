"""What releases of Order Routing answer beside single decisions. Version 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from modules.contracts.routing import RoutingDecision


@dataclass(frozen=True, slots=True)
class RunDecision:
    """Orders that were decided together, in the order in which they were given.

    ``cost`` is that of all; no way to decide them can cost less than ``bound`` (None where it is not known).
    ``bid_prices`` says what one more unit at a (location, product) would have saved, for the decisions that follow.
    ``exact`` is False where a limit was reached and something simpler decided; ``notes`` says so in words.
    """

    decisions: tuple[RoutingDecision, ...]
    cost: Decimal | None = None
    bound: Decimal | None = None
    bid_prices: Mapping[tuple[int, int], Decimal] = field(default_factory=dict)
    exact: bool = True
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> Decimal | None:
        """How far the cost may lie above the best, as a share of the cost (0.01 = one per cent)."""
        if self.cost is None or self.bound is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else Decimal(0)


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """How one rule of a strategy would treat one order: whether it applies, and which locations it keeps.

    ``dropped`` says, by what dropped them (a filter's title), how many locations it took away.
    """

    rule: str
    applies: bool
    kept: tuple[str, ...]
    of: int
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsolidationRule:
    """When orders of one customer, address and method go into one parcel while they are not picked yet.

    ``hours`` is how long after the first order others may still join it; ``methods`` limits it to shipping methods
    (empty: all).
    """

    hours: int
    methods: tuple[str, ...] = ()
    across_channels: bool = True
