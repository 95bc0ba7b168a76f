"""The limits on stock that the documents of a release set, whatever the release calls them.

The releases up to 2.0 say them in entries of the strategy or in documents per location; a later release that says
them otherwise answers for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modules.contracts.availability import LocationLimits, StockLimits
from modules.domain.releases import KindModel


def stock_limits_of(documents: Mapping[str, Mapping[str, KindModel]]) -> StockLimits:
    """Read what the location policies, or the strategies' lists of location settings, say."""
    named: dict[str, LocationLimits] = {}
    for strategy in documents.get("routing_strategy", {}).values():
        entries: Iterable[object] = getattr(strategy, "location_settings", ())
        named |= {str(getattr(entry, "location", "")): _limits(entry) for entry in entries}
    named |= {code: _limits(policy) for code, policy in documents.get("location_policy", {}).items()}
    return StockLimits(by_location=named)


def _limits(entry: object) -> LocationLimits:
    return LocationLimits(
        enabled=bool(getattr(entry, "enabled", True)),
        safety_stock=int(getattr(entry, "safety_stock", 0)),
        threshold=int(getattr(entry, "threshold", 0)),
        capacity_per_day=getattr(entry, "capacity_per_day", None),
    )
