"""Jobs of the workspace and the API."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every
from oms.web.bulk.working import bulk_work
from oms.web.models import BulkJob, BulkStatus

#: Batches in one job of the queue, so that a large file leaves room for others' jobs.
_AT_ONCE = 20


@app.task(name="oms.web.jobs.bulk_run", retry=5)
def bulk_run(schema: str, job: int) -> None:
    """Work a bulk job: each batch in a transaction of its own."""
    close_old_connections()
    for _ in range(_AT_ONCE):
        with retailer_context(schema):
            if not bulk_work(job_id=job).left:
                return
    with retailer_context(schema):
        bulk_enqueue(job)


@app.task(name="oms.web.jobs.bulk_resume", retry=5)
def bulk_resume(schema: str) -> None:
    """Go on with what a worker left when it died."""
    with retailer_context(schema):
        for job in BulkJob.objects.exclude(status=BulkStatus.DONE).order_by("id").values_list("id", flat=True)[:100]:
            bulk_enqueue(job)


def bulk_enqueue(job: int) -> None:
    """Ask for a bulk job to be worked once the transaction has committed; once, however often it is asked for."""
    enqueue("oms.web.jobs.bulk_run", queueing_lock=f"bulk-{job}", job=job)


every(60, "oms.web.jobs.bulk_resume")
