"""Doing what was confirmed: batch by batch, each in a transaction with the record of what became of its rows.

So a worker that is killed has either done a batch and written it down, or neither; the next one goes on after the
job's cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from oms.infra.backoffice.bulk import BulkAction, Outcome
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.web.workspace.models import BulkJob, BulkRow, BulkStatus, RowOutcome
from oms.web.workspace.registry import action_of, list_of
from oms.web.workspace.services.bulk_settle import JOB

logger = logging.getLogger(__name__)

#: Batches in one run of the job, so that one retailer's great work leaves room for the others'.
BATCHES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Became:
    outcome: RowOutcome
    said: str = ""


_DONE = _Became(RowOutcome.DONE)


def bulk_work(*, schema: str, job_id: int) -> None:
    """Work on a job, each batch in a transaction of its own; what is left after some is asked for anew."""
    for _ in range(BATCHES_AT_ONCE):
        with retailer_context(schema):
            more = bulk_step(job_id=job_id)
        if not more:
            return
    with retailer_context(schema):
        enqueue(JOB, lock=f"bulk-{job_id}", job_id=job_id)


def bulk_step(*, job_id: int) -> bool:
    """Work on the next rows of a job in the caller's transaction; whether there are more."""
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status not in (BulkStatus.WAITING, BulkStatus.RUNNING):
        return False
    action = action_of(job.list, job.action)
    rows = list(job.rows.filter(number__gt=job.cursor).order_by("number")[: action.at_once])
    became = _work_on(action, [row.target for row in rows], job)
    _write_down(job, rows, became)
    for row in rows:
        outcome = became.get(row.target, _DONE).outcome
        setattr(job, outcome.value, getattr(job, outcome.value) + 1)
    job.cursor += len(rows)
    ended = job.cursor == job.total
    job.status, job.finished_at = (BulkStatus.DONE, timezone.now()) if ended else (BulkStatus.RUNNING, None)
    job.save(update_fields=["cursor", "done", "left", "refused", "status", "finished_at"])
    return not ended


def _work_on(action: BulkAction, keys: Sequence[int], job: BulkJob) -> dict[int, _Became]:
    """What became of each row; of those that are not named the action was done."""
    try:
        with transaction.atomic():
            outcomes = action.run(keys, job.given, job.actor)
            _check_now()
    except (OperationalError, InterfaceError):
        raise  # a deadlock, a lost connection: no row's fault, so the whole batch is tried again
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is told with its row
        if len(keys) > 1:
            return {key: became for each in keys for key, became in _work_on(action, [each], job).items()}
        return {keys[0]: _refusal(action, fault, job)}
    return {key: _outcome(outcome) for key, outcome in outcomes.items()}


def _check_now() -> None:
    """Constraints that wait for the end of the transaction would fail the batch there, and name no row."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _outcome(outcome: Outcome) -> _Became:
    return _Became(RowOutcome(outcome.became.value), outcome.said)


def _refusal(action: BulkAction, fault: Exception, job: BulkJob) -> _Became:
    if isinstance(fault, action.refusals):
        return _Became(RowOutcome.REFUSED, str(fault) or type(fault).__name__)
    logger.error("%s of bulk job %s failed for a row", action.name, job.pk, exc_info=fault)
    why = f"Something is wrong with this row or with the program ({type(fault).__name__}); the log has more."
    return _Became(RowOutcome.REFUSED, why)


def _write_down(job: BulkJob, rows: Sequence[BulkRow], became: Mapping[int, _Became]) -> None:
    named = list_of(job.list).model._default_manager.in_bulk(
        [key for key, what in became.items() if what.outcome != RowOutcome.DONE]
    )
    values = [(row.id, became.get(row.target, _DONE), named.get(row.target)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workspace_bulkrow r SET outcome = d.outcome, said = d.said, label = d.label"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS d(id, outcome, said, label)"
            " WHERE r.id = d.id",
            [
                [key for key, _, _ in values],
                [what.outcome.value for _, what, _ in values],
                [what.said for _, what, _ in values],
                [str(row)[:160] if row else "" for _, _, row in values],
            ],
        )
