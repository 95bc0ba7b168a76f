"""Routing's jobs: what waits is tried again, and decided together, without anybody asking."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fulfilment.routing.models import QueueEntry
from fulfilment.routing.services import StockContention, queue_due, queue_expire, queue_retry, runs_given_up
from fulfilment.routing.services.run_route import route_run, run_due
from modules.profile import NotAdopted
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every

#: How often what waits for a run is decided.
RUN_EVERY_MINUTES = 5

_ACTOR = "routing"
_AGAIN = RetryStrategy(max_attempts=5, exponential_wait=2, retry_exceptions=[StockContention])


@app.task(name="fulfilment.routing.jobs.wake", retry=3)
def wake(schema: str) -> None:
    """Ask for what there is to try again, at most one job for a retailer."""
    close_old_connections()
    with retailer_context(schema):
        wake_retailer(runs=False)


@app.task(name="fulfilment.routing.jobs.wake_runs", retry=3)
def wake_runs(schema: str) -> None:
    """As :func:`wake`, and ask for a run where orders wait to be decided together."""
    close_old_connections()
    with retailer_context(schema):
        wake_retailer(runs=True)


def wake_retailer(*, runs: bool) -> None:
    """Ask for what the retailer that is served needs."""
    if not QueueEntry.objects.exists():
        return
    try:
        runs_given_up()
    except NotAdopted:
        return
    if queue_due() or QueueEntry.objects.filter(cancel_on__isnull=False).exists():
        ask_for_retry()
    if runs and run_due():
        enqueue("fulfilment.routing.jobs.run", lock="routing-run", queueing_lock="routing-run")


def ask_for_retry() -> None:
    """One job tries everything again that is due; jobs of one retailer never run side by side."""
    enqueue("fulfilment.routing.jobs.retry", lock="routing-retry", queueing_lock="routing-retry")


@app.task(name="fulfilment.routing.jobs.retry", retry=_AGAIN)
def retry(schema: str) -> None:
    """Cancel what has waited until its last day, try again what is due: a batch, then a job for the rest."""
    close_old_connections()
    with retailer_context(schema):
        expired = queue_expire(actor=_ACTOR)
    with retailer_context(schema):
        retried = queue_retry(actor=_ACTOR)
        if retried.more or expired:
            ask_for_retry()


@app.task(name="fulfilment.routing.jobs.run", retry=_AGAIN)
def run(schema: str) -> None:
    """Decide what waits together; once more while there is a full run of it."""
    close_old_connections()
    result = route_run(schema=schema, actor=_ACTOR)
    with retailer_context(schema):
        if result and result.orders > result.left_out and run_due():
            enqueue("fulfilment.routing.jobs.run", lock="routing-run", queueing_lock="routing-run")


every(60, "fulfilment.routing.jobs.wake")
every(RUN_EVERY_MINUTES * 60, "fulfilment.routing.jobs.wake_runs")
