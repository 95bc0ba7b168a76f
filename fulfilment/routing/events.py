"""What routing does to orders beyond giving work to locations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orders.events import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsGivenUp(OrderEvent):
    """No location could fulfil units in time, and they were cancelled: the customer is to be told."""

    NAME: ClassVar[str] = "routing.given_up.v1"

    position: int
    units: int
    reason: str
