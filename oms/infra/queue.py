"""Jobs: work that a transaction asks for and a worker does after it has committed.

The queue lies in the same database, so a job and the change that asked for it commit together. Every job
carries the schema that it serves; the database puts it there (``enqueue_job``), not the caller.
"""

from __future__ import annotations

import json
from datetime import datetime

from oms.infra.database.prepared import prepared


def enqueue(
    task: str,
    *,
    queue: str = "default",
    lock: str | None = None,
    queueing_lock: str | None = None,
    due: datetime | None = None,
    priority: int = 0,
    **arguments: object,
) -> int | None:
    """Ask for a job, by its full name, for the retailer that is being served.

    Jobs of one ``lock`` never run side by side. While a job of one ``queueing_lock`` waits, another is not
    added. Returns the job's number, or None where it was not added.
    """
    row = prepared(
        "SELECT public.enqueue_job(%s, %s, %s::jsonb, %s, %s, %s, %s::integer)",
        [task, queue, json.dumps(arguments), lock, queueing_lock, due, priority],
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None
