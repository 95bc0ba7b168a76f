"""What the inventory knows beyond free units. A question that it cannot answer yet is answered with nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modules.contracts.routing import Incoming

_Pair = tuple[int, int]


def groups_of_locations() -> Mapping[int, tuple[str, ...]]:
    """Codes of the groups that each location belongs to."""
    return {}


def confidence_of(products: Collection[int]) -> Mapping[_Pair, int]:
    """How far the stock of a (location, product) is to be trusted, in thousandths; 1000 where it is not named."""
    return {}


def sold_last_28_days(products: Collection[int]) -> Mapping[_Pair, int]:
    """Units that left by (location, product)."""
    return {}


def incoming_of(products: Collection[int]) -> tuple[Incoming, ...]:
    """Units that are expected and may be promised."""
    return ()
