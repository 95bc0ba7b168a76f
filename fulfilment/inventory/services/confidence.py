"""Learning how far stock is to be trusted, from what people find at the shelf."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.domain.confidence import WHOLE, Outcome, learned
from fulfilment.inventory.models import MovementKind, StockConfidence, StockLevel
from fulfilment.inventory.services.ledger import StockChange, levels_lock, stock_move


class UnknownLevel(LookupError):
    """There is no such level."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a report from the shelf changed: units on hand by which the level moved, and the confidence now.

    ``still_reserved`` units are claimed by other work although the shelf does not have them; each is found out, and
    routed again, when that work is picked.
    """

    change: int
    confidence: int
    still_reserved: int


def confidence_learn(*, level_id: int, outcome: Outcome) -> int:
    """Let a level's confidence change by an outcome; return what it is now. Raises :class:`UnknownLevel`."""
    level = StockLevel.objects.filter(pk=level_id).values_list("location_id", "product_id").first()
    if level is None:
        message = f"there is no stock level {level_id}"
        raise UnknownLevel(message)
    where = {"location_id": level[0], "product_id": level[1]}
    if outcome in (Outcome.PICKED, Outcome.COUNTED_RIGHT) and not StockConfidence.objects.filter(**where).exists():
        return WHOLE
    StockConfidence.objects.bulk_create([StockConfidence(**where, value=WHOLE, outcome="")], ignore_conflicts=True)
    row = StockConfidence.objects.select_for_update().get(**where)
    row.value = learned(row.value, outcome)
    row.outcome, row.learned_at = outcome.value, timezone.now()
    row.save(update_fields=["value", "outcome", "learned_at"])
    return row.value


def stock_doubt(
    *, level_id: int, reason: str, counted: int | None = None, units: int = 1, actor: str, reference: str
) -> Doubt:
    """Somebody could not pick what a level is said to hold. The rejected work has let go of its units before.

    ``not_found``: nothing free is left there. ``mismatch``: ``counted`` units are there (None: as not found).
    ``damaged``: ``units`` of those free are not fit to be sold, or, where ``counted`` is given, all but so many.
    What other work has reserved stays on hand until that work is done or rejected in its turn. Raises
    :class:`UnknownLevel`, ``ValueError`` for another reason.
    """
    outcome = Outcome(reason)
    if outcome not in _KINDS:
        message = f"{reason} is no reason to doubt stock; use one of {', '.join(_KINDS)}"
        raise ValueError(message)
    levels_lock([level_id])
    level = StockLevel.objects.filter(pk=level_id).first()
    if level is None:
        message = f"there is no stock level {level_id}"
        raise UnknownLevel(message)
    if outcome is Outcome.DAMAGED and counted is None:
        left = level.on_hand - units
    else:
        left = 0 if outcome is Outcome.NOT_FOUND or counted is None else counted
    least = min(level.on_hand, level.reserved)
    change = max(left, least) - level.on_hand
    if change:
        stock_move(
            kind=_KINDS[outcome], changes=[StockChange(level_id, change, 0, reference, reason)], actor=actor,
            moved_at=timezone.now(),
        )  # fmt: skip
    confidence = confidence_learn(level_id=level_id, outcome=outcome)
    return Doubt(change, confidence, max(0, least - max(left, 0)))


_KINDS = {
    Outcome.NOT_FOUND: MovementKind.DOUBT,
    Outcome.MISMATCH: MovementKind.COUNT,
    Outcome.DAMAGED: MovementKind.DAMAGE,
}


def picks_succeeded(*, level_ids: list[int]) -> None:
    """Many successful picks at once: only levels that are doubted change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stockconfidence c SET value = c.value + (1000 - c.value + 9) / 10, outcome = 'picked',"
            " learned_at = now() FROM inventory_stocklevel l WHERE l.id = ANY(%s) AND c.product_id = l.product_id"
            " AND c.location_id = l.location_id AND c.value < 1000",
            [level_ids],
        )


def sales_forget(*, after_days: int = 60) -> None:
    """Forget the sales of days further back than anybody asks for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inventory_dailysales WHERE day < (now() AT TIME ZONE 'UTC')::date - %s", [after_days]
        )
