"""What a rejection says of a location's stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fulfilment.inventory.services import stock_doubt
from fulfilment.requests.models import RejectReason


@dataclass(frozen=True, slots=True)
class Doubt:
    """Units of a level that could not be sent, and why; ``counted`` is what was found there instead."""

    level_id: int
    reason: RejectReason
    units: int
    counted: int | None
    reference: str


def stock_correct(doubts: Sequence[Doubt], *, actor: str) -> None:
    """Correct stock whose reservations for the rejected units have been released, in the order of the levels.

    Units that other requests have a claim on stay: whoever picks those finds out for himself.
    """
    for doubt in sorted(doubts, key=lambda doubt: doubt.level_id):
        if doubt.reason is not RejectReason.CANNOT_SEND:
            stock_doubt(
                level_id=doubt.level_id, reason=doubt.reason.value,
                counted=doubt.counted if doubt.reason is RejectReason.MISMATCH else None, units=doubt.units,
                actor=actor, reference=doubt.reference,
            )  # fmt: skip
