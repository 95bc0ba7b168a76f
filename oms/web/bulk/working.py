"""The rows of a bulk job, a batch at a time."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from oms.web.bulk.kinds import APPLY, Job, Result, Row
from oms.web.models import BulkKind

logger = logging.getLogger(__name__)

#: Rows in one transaction.
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """What one call did; ``left`` False: the job is done."""

    rows: int
    left: bool


def bulk_work(*, job_id: int, at_once: int = AT_ONCE) -> Progress:
    """Work the next rows of a job and write down what became of each, in the caller's transaction.

    Does nothing where another worker is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.kind, k.name || ' (' || k.prefix || '…)', k.id, k.role IN ('vendor', 'warehouse')"
            " FROM web_bulkjob j JOIN web_apikey k ON k.id = j.key_id"
            " WHERE j.id = %s AND j.status <> 'done' FOR NO KEY UPDATE OF j SKIP LOCKED",
            [job_id],
        )
        found = cursor.fetchone()
        if found is None:
            return Progress(0, left=False)
        cursor.execute(
            "SELECT number, content FROM web_bulkrow WHERE job_id = %s AND status = 'waiting' ORDER BY number LIMIT %s",
            [job_id, at_once],
        )
        rows = [Row(number, content) for number, content in cursor.fetchall()]
        cursor.execute(
            "SELECT ARRAY(SELECT o.code FROM web_apikeychannel c JOIN orders_channel o ON o.id = c.channel_id"
            " WHERE c.key_id = %s), ARRAY(SELECT l.location_id FROM web_apikeylocation l WHERE l.key_id = %s)",
            [found[2], found[2]],
        )
        channels, locations = cursor.fetchone()
    job = Job(found[1], frozenset(channels), frozenset(locations) if found[3] else None)
    results = _apply(BulkKind(found[0]), job, rows)
    _write(job_id, results, last=len(rows) < at_once)
    return Progress(len(rows), left=len(rows) == at_once)


def _apply(kind: BulkKind, job: Job, rows: Sequence[Row]) -> list[Result]:
    """All rows together; where the database refuses one of them, each half alone, until it is found."""
    if not rows:
        return []
    try:
        with transaction.atomic():
            return APPLY[kind](job, rows)
    except DatabaseError as fault:
        if len(rows) == 1:
            logger.warning("row %s of a bulk job is refused: %s", rows[0].number, fault)
            return [Result(rows[0].number, False, {"code": "refused", "detail": "The database refuses this row."})]
    middle = len(rows) // 2
    return [*_apply(kind, job, rows[:middle]), *_apply(kind, job, rows[middle:])]


def _write(job_id: int, results: Sequence[Result], *, last: bool) -> None:
    good = sum(result.good for result in results)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE web_bulkrow r SET status = CASE WHEN d.good THEN 'done' ELSE 'refused' END, result = d.result"
            " FROM unnest(%s::int[], %s::bool[], %s::jsonb[]) AS d(number, good, result)"
            " WHERE r.job_id = %s AND r.number = d.number",
            [
                [result.number for result in results], [result.good for result in results],
                [json.dumps(result.said) for result in results], job_id,
            ],
        )  # fmt: skip
        cursor.execute(
            "UPDATE web_bulkjob SET succeeded = succeeded + %s, refused = refused + %s,"
            " status = CASE WHEN %s THEN 'done' ELSE 'running' END, finished_at = CASE WHEN %s THEN now() END"
            " WHERE id = %s",
            [good, len(results) - good, last, last, job_id],
        )
