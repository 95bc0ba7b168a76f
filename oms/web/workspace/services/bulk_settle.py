"""Settling what is to be done to which rows: drafted, confirmed, stopped, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from oms.infra.accounts.models import User
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict
from oms.web.workspace.models import BulkJob, BulkStatus
from oms.web.workspace.registry import action_of

JOB = "oms.web.workspace.jobs.bulk_work"
#: More rows than this are narrowed by a filter, or done in parts.
ROWS_AT_MOST = 100_000
#: A draft that nobody confirmed is forgotten after so long.
_DRAFTS_KEPT = timedelta(days=1)


class TooManyRows(ValueError):
    """More rows were chosen than one job takes."""


class BulkRefused(ValueError):
    """A job may not become what was asked; the message says why."""


@transaction.atomic
def bulk_draft(
    *, label: str, action: str, rows: QuerySet[Any], chosen: str, given: Mapping[str, str], user: User, actor: str
) -> BulkJob:
    """Settle which rows an action is for, and count them exactly. Nothing is done until it is confirmed.

    ``rows`` are those of the list's model; ``chosen`` is how they were found, as the list's address has it. Raises
    :class:`TooManyRows`, :class:`~oms.web.workspace.registry.ActionGone`.
    """
    action_of(label, action)
    _forget_drafts()
    job = BulkJob.objects.create(
        list=label, action=action, chosen=chosen[:2000], given=dict(given), user=user, actor=actor
    )
    try:
        keys, parameters = rows.order_by().values_list("pk").distinct()[: ROWS_AT_MOST + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows already that nothing can be found
        return job
    job.total = _settle(job, f"SELECT t.key, row_number() OVER (ORDER BY t.key) FROM ({keys}) AS t(key)", parameters)
    job.save(update_fields=["total"])
    return job


@transaction.atomic
def bulk_undo_draft(*, job_id: int, user: User, actor: str) -> BulkJob:
    """Draft what takes a job back: its undoing action, for the rows that it did. Raises :class:`BulkRefused`."""
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    verdict = may_undo(job)
    if not verdict:
        raise BulkRefused(verdict.reason)
    _forget_drafts()
    undoing = BulkJob.objects.create(
        list=job.list, action=action_of(job.list, job.action).undo, given=job.given, undoes=job, user=user, actor=actor
    )
    undoing.total = _settle(
        undoing,
        "SELECT target, row_number() OVER (ORDER BY target) FROM workspace_bulkrow"
        " WHERE job_id = %s AND outcome = 'done'",
        (job.pk,),
    )
    undoing.save(update_fields=["total"])
    return undoing


def may_undo(job: BulkJob) -> Verdict:
    """Whether what a job did can be taken back, all rows at once."""
    action = action_of(job.list, job.action)
    if not action.undo:
        return Verdict.no("What this does cannot be undone.")
    if job.status not in (BulkStatus.DONE, BulkStatus.STOPPED):
        return Verdict.no("It has not ended yet.")
    if not job.done:
        return Verdict.no("It did nothing that could be undone.")
    if job.undone_by.exclude(status=BulkStatus.DRAFT).exists():
        return Verdict.no("It has been undone already.")
    return Verdict.yes()


@transaction.atomic
def bulk_confirm(*, job_id: int, given: Mapping[str, str]) -> BulkJob:
    """Let a drafted job begin. Confirmed twice, it begins once.

    Raises :class:`BulkRefused` where what it takes back has been taken back meanwhile.
    """
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status != BulkStatus.DRAFT:
        return job
    if job.undoes_id is not None:
        undone = BulkJob.objects.select_for_update().get(pk=job.undoes_id)
        verdict = may_undo(undone)
        if not verdict:
            raise BulkRefused(verdict.reason)
    now = timezone.now()
    job.given = {**job.given, **given}
    job.confirmed_at = now
    job.status, job.finished_at = (BulkStatus.WAITING, None) if job.total else (BulkStatus.DONE, now)
    job.save(update_fields=["given", "confirmed_at", "status", "finished_at"])
    if job.total:
        enqueue(JOB, lock=f"bulk-{job.pk}", job_id=job.pk)
    return job


@transaction.atomic
def bulk_stop(*, job_id: int) -> BulkJob:
    """Do no more. What has been done stays done. Raises :class:`BulkRefused` where it has ended."""
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status not in (BulkStatus.WAITING, BulkStatus.RUNNING):
        message = f"There is nothing to stop. {job.get_status_display()}."
        raise BulkRefused(message)
    job.status, job.finished_at = BulkStatus.STOPPED, timezone.now()
    job.save(update_fields=["status", "finished_at"])
    return job


def bulk_drop(*, job_id: int) -> bool:
    """Forget a draft; whether it still was one."""
    gone, _ = BulkJob.objects.filter(pk=job_id, status=BulkStatus.DRAFT).delete()
    return bool(gone)


def _settle(job: BulkJob, keys: str, parameters: tuple[Any, ...]) -> int:
    """Keep the rows of a job: ``keys`` selects each primary key and its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workspace_bulkrow (job_id, target, number, outcome, label, said)"
            f" SELECT %s, s.target, s.number, 'waiting', '', '' FROM ({keys}) AS s(target, number)",
            [job.pk, *parameters],
        )
        settled = int(cursor.rowcount)
    if settled > ROWS_AT_MOST:
        message = f"More than {ROWS_AT_MOST:,} rows are chosen. Narrow the list by a filter, or do it in parts."
        raise TooManyRows(message)
    return settled


def _forget_drafts() -> None:
    BulkJob.objects.filter(status=BulkStatus.DRAFT, created_at__lt=timezone.now() - _DRAFTS_KEPT).delete()
