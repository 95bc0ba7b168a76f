"""How much of each location's stock may be promised, as this module asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from modules.contracts.availability import LocationLimits, StockLimits
from modules.domain.releases import KindModel


class LimitPolicies(Protocol):
    """What the release of Order Routing is asked for, whichever it is."""

    def stock_limits(self, documents: Mapping[str, Mapping[str, KindModel]]) -> StockLimits:
        """The limits that the documents set."""
        ...


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Limits as columns, for one channel or for none: those of ``codes`` in the same order, then the ``others``.

    ``floors`` are units of each product that are not promised: the safety stock, and on top of it the threshold of
    the location or of the channel, whichever is greater. A capacity of None is any number.
    """

    codes: list[str]
    enabled: list[bool]
    floors: list[int]
    capacities: list[int | None]
    other_enabled: bool
    other_floor: int
    other_capacity: int | None

    @property
    def any_capacity(self) -> bool:
        """Whether anybody's day can be full."""
        return self.other_capacity is not None or any(each is not None for each in self.capacities)


def kept_back(limits: StockLimits, channel: str = "") -> KeptBack:
    """The limits as they hold for orders of a channel; without one, for the network."""
    of_channel = limits.channel_thresholds.get(channel, 0)
    named = limits.by_location
    return KeptBack(
        codes=list(named),
        enabled=[item.enabled for item in named.values()],
        floors=[floor_of(item, of_channel) for item in named.values()],
        capacities=[item.capacity_per_day for item in named.values()],
        other_enabled=limits.others.enabled,
        other_floor=floor_of(limits.others, of_channel),
        other_capacity=limits.others.capacity_per_day,
    )


def floor_of(limits: LocationLimits, channel_threshold: int) -> int:
    """Units of each product that a location keeps back from a channel's orders."""
    return limits.safety_stock + max(limits.threshold, channel_threshold)
