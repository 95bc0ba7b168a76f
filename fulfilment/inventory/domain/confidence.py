"""How far a level is to be trusted, and how experience changes that. In thousandths; 1000 is wholly.

The rule for people: every unit that could not be found halves the trust, a wrong figure takes a quarter, damaged goods
a tenth; each successful pick gives back a tenth of what is missing; a count restores it.
"""

from __future__ import annotations

from enum import StrEnum

WHOLE = 1000


class Outcome(StrEnum):
    """What somebody found at the shelf."""

    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"
    DAMAGED = "damaged"
    PICKED = "picked"
    COUNTED_RIGHT = "counted_right"
    COUNTED_WRONG = "counted_wrong"


def learned(value: int, outcome: Outcome) -> int:
    """The confidence after an outcome, 0 to 1000."""
    match outcome:
        case Outcome.NOT_FOUND:
            return value // 2
        case Outcome.MISMATCH:
            return value * 3 // 4
        case Outcome.DAMAGED:
            return value * 9 // 10
        case Outcome.PICKED:
            return value - (value - WHOLE) // 10  # rounds away from the present value, so it gets there
        case Outcome.COUNTED_RIGHT:
            return WHOLE
        case Outcome.COUNTED_WRONG:
            return max(value, WHOLE * 9 // 10)
