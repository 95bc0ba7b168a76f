"""One batch of lines, in one transaction: what is known stays, what is new becomes something."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from oms.importing.lines import LineOutcome, SourceLine
from oms.importing.models import ImportedLine
from oms.importing.services.placing import Placing
from oms.infra.database.bulk import insert_rows


@dataclass(frozen=True, slots=True)
class LineEnd:
    """What a line became; ``new`` is False where an earlier run had settled it."""

    outcome: LineOutcome
    reason: str = ""
    message: str = ""
    new: bool = True


def batch_import(*, channel: str, currency: str, lines: Sequence[SourceLine], actor: str) -> list[LineEnd]:
    """Settle each line, in order, and remember how. Idempotent by the content of the lines.

    A line that was refused before is tried again: the mapping may have been mended.
    """
    channel_id = _lock_channel(channel)
    known = _known(channel_id, lines)
    placing = Placing(channel=channel, channel_id=channel_id, currency=currency, actor=actor)
    ends: list[LineEnd | None] = []
    for line in lines:
        earlier = known.get((line.fingerprint.int, line.occurrence))
        if earlier is None or earlier.outcome is LineOutcome.REFUSED:
            placing.add(len(ends), line)
            ends.append(None)
        else:
            ends.append(earlier)
    placed = placing.place()
    result = [end or LineEnd(*placed[at]) for at, end in enumerate(ends)]
    _remember(channel_id, lines, result, known)
    return result


def _lock_channel(channel: str) -> int:
    """Two runs over one channel's files take turns, batch by batch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_channel WHERE code = %s", [channel])
        channel_id = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || %s, 0))", [channel])
    return channel_id


def _known(channel_id: int, lines: Sequence[SourceLine]) -> dict[tuple[int, int], LineEnd]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, occurrence, outcome, reason, message FROM importing_importedline"
            " WHERE channel_id = %s AND fingerprint = ANY(%s::uuid[])",
            [channel_id, [line.fingerprint for line in lines]],
        )
        return {
            (row[0].int, row[1]): LineEnd(LineOutcome(row[2]), row[3], row[4], new=False) for row in cursor.fetchall()
        }


def _remember(
    channel_id: int,
    lines: Sequence[SourceLine],
    ends: Sequence[LineEnd],
    known: dict[tuple[int, int], LineEnd],
) -> None:
    rows, retried = [], []
    for line, end in zip(lines, ends, strict=True):
        if not end.new:
            continue
        content = json.dumps(dict(line.raw)) if line.raw else None
        if (line.fingerprint.int, line.occurrence) in known:
            retried.append((line, end))
            continue
        rows.append((
            channel_id, line.fingerprint, line.occurrence, line.row, end.outcome.value, end.reason, line.money,
            end.message, content,
        ))  # fmt: skip
    insert_rows(ImportedLine, _COLUMNS, rows)
    for line, end in retried:
        ImportedLine.objects.filter(
            channel_id=channel_id, fingerprint=line.fingerprint, occurrence=line.occurrence
        ).update(outcome=end.outcome.value, reason=end.reason, money=line.money, message=end.message)


_COLUMNS = [
    "channel", "fingerprint", "occurrence", "row", "outcome", "reason", "money", "message", "content",
]  # fmt: skip
