"""Counts: what is really there, and the difference to the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils import timezone

from fulfilment.inventory.domain.confidence import Outcome
from fulfilment.inventory.models import CountStatus, MovementKind, StockCount, StockCountLine, StockLevel
from fulfilment.inventory.services.confidence import confidence_learn
from fulfilment.inventory.services.ledger import StockChange, levels_lock, levels_open, stock_move
from fulfilment.locations.models import Location


class CountRefused(ValueError):
    """What was asked of a count cannot be done; the message says why."""


def count_open(
    *, location: Location, products: Collection[int], actor: str, tolerance: int | None = None, reason: str = "counted"
) -> StockCount:
    """Begin to count products at a location. A difference above ``tolerance`` is to be counted twice."""
    levels = levels_open([(location.pk, product) for product in products])
    count = StockCount.objects.create(location=location, actor=actor, tolerance=tolerance, reason=reason)
    StockCountLine.objects.bulk_create(StockCountLine(count=count, level_id=level) for level in levels.values())
    return count


def count_record(*, count_id: int, counted: Mapping[int, int]) -> list[StockCountLine]:
    """Write down counted units by level; return the lines that have to be counted a second time.

    Each is compared with the ledger of this moment, so work may go on meanwhile. Raises :class:`CountRefused`.
    """
    count = _locked(count_id)
    levels_lock(counted)
    lines = list(count.lines.select_related("level").filter(level__in=list(counted)).order_by("level_id"))
    if len(lines) < len(counted) or any(units < 0 for units in counted.values()):
        message = "a level is not part of this count, or a counted quantity is negative"
        raise CountRefused(message)
    for line in lines:
        line.expected, line.counted = line.level.on_hand, counted[line.level_id]
        line.rounds += 1
    StockCountLine.objects.bulk_update(lines, ["expected", "counted", "rounds"])
    return [line for line in lines if needs_recount(count, line)]


def needs_recount(count: StockCount, line: StockCountLine) -> bool:
    """Whether the difference is so great that somebody must look again."""
    if count.tolerance is None or line.counted is None or line.expected is None:
        return False
    return line.rounds < 2 and abs(line.counted - line.expected) > count.tolerance


def count_post(*, count_id: int, actor: str) -> StockCount:
    """Bring the differences to the ledger and restore the confidence of what was counted.

    A level is not taken below what is reserved there: the rest shows as a posted change smaller than the difference.
    Raises :class:`CountRefused` while something is not counted, or not counted a second time.
    """
    count = _locked(count_id)
    lines = list(count.lines.order_by("level_id"))
    levels_lock([line.level_id for line in lines])
    levels = StockLevel.objects.in_bulk([line.level_id for line in lines])
    for line in lines:
        if line.counted is None or line.expected is None or needs_recount(count, line):
            message = f"{count}: {levels[line.level_id]} is still to be counted"
            raise CountRefused(message)
        level = levels[line.level_id]
        least = 0 if level.backorder else min(level.reserved, level.on_hand)
        line.posted = max(level.on_hand + line.counted - line.expected, least) - level.on_hand
    now = timezone.now()
    stock_move(
        kind=MovementKind.COUNT,
        changes=[
            StockChange(line.level_id, line.posted, 0, str(count), count.reason) for line in lines if line.posted
        ],
        actor=actor, moved_at=now,
    )  # fmt: skip
    for line in lines:
        right = line.counted == line.expected
        confidence_learn(level_id=line.level_id, outcome=Outcome.COUNTED_RIGHT if right else Outcome.COUNTED_WRONG)
    StockCountLine.objects.bulk_update(lines, ["posted"])
    count.status, count.posted_at = CountStatus.POSTED, now
    count.save(update_fields=["status", "posted_at"])
    return count


def count_cancel(*, count_id: int) -> StockCount:
    """Stop counting; nothing was changed. Raises :class:`CountRefused`."""
    count = _locked(count_id)
    count.status = CountStatus.CANCELLED
    count.save(update_fields=["status"])
    return count


def _locked(count_id: int) -> StockCount:
    count = StockCount.objects.select_for_update().get(pk=count_id)
    if count.status != CountStatus.OPEN:
        message = f"{count} is {count.status}: begin another one"
        raise CountRefused(message)
    return count
