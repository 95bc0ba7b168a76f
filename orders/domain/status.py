"""The status of an order, from what became of its units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The values of :class:`orders.models.OrderStatus`, for pure code."""

    HELD = "held"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Units:
    """Units of all lines of an order together."""

    ordered: int
    cancelled: int
    allocated: int
    fulfilled: int

    @property
    def open(self) -> int:
        """Units that still have to be given to a location."""
        return self.ordered - self.cancelled - self.allocated - self.fulfilled


def derive_status(units: Units, *, held: bool = False) -> Status:
    """The status of the header: derived, so it can never disagree with the lines.

    ``held``: a hold that blocks allocation is in force. It shows only while there is something to allocate.
    """
    if units.cancelled == units.ordered:
        return Status.CANCELLED
    if units.cancelled + units.fulfilled == units.ordered:
        return Status.COMPLETE
    if held and units.open:
        return Status.HELD
    if units.allocated or units.fulfilled:
        return Status.IN_PROGRESS
    return Status.OPEN
