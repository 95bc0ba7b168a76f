"""Runs in words."""

from __future__ import annotations

from decimal import Decimal

from fulfilment.routing.models import RoutingRun

_NOTHING = Decimal("0.00005")


def gap_in_words(run: RoutingRun) -> str:
    """How far a run may be from the best, and what the release says of it."""
    notes = f" ({'; '.join(str(note) for note in run.notes)})" if run.notes else ""
    if run.gap is None:
        return f"Nobody has worked out what the best would cost{notes}"
    if run.gap < _NOTHING:
        return f"No cheaper way exists{notes}"
    return f"At most {100 * run.gap:.2f} % above the cheapest way there could be{notes}"
