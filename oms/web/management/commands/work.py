"""Do the jobs that requests and other jobs ask for."""

from __future__ import annotations

import asyncio
import logging
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT, JobManager
from procrastinate.worker import Worker

from oms.infra.database.context import retailer_context
from oms.infra.models import PendingReaction
from oms.infra.queue import enqueue
from oms.infra.schedule import due_jobs_enqueue
from oms.web.startup import keep_what_is_loaded, refuse_changed_releases
from tenants.registry import retailer_schemas, time_zone_of

logger = logging.getLogger(__name__)

#: A worker that has not been heard of for this long is dead: its jobs are taken up by another.
_STALLED_AFTER_SECONDS = 30.0
#: How often the worker looks for what was left lying.
_SWEEP_SECONDS = 10.0


class Command(BaseCommand):
    """One worker process; start more of them, on more machines, for more work at once."""

    help = "Run jobs until stopped (Ctrl-C or SIGTERM lets running jobs finish)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Jobs at once.")
        parser.add_argument("--until-empty", action="store_true", help="Stop when no job waits.")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_changed_releases()
        keep_what_is_loaded()
        connector = cast("DjangoConnector", app.connector)
        worker_app = app.with_connector(connector.get_worker_connector())
        worker_app.job_manager = _Jobs(worker_app.connector)
        asyncio.run(self._run(worker_app, options["concurrency"], wait=not options["until_empty"]))

    async def _run(self, worker_app: App, concurrency: int, *, wait: bool) -> None:
        async with worker_app.open_async():
            await _take_up_stalled(worker_app)
            sweep = asyncio.create_task(_sweep(worker_app))
            try:
                await worker_app.run_worker_async(
                    concurrency=concurrency, wait=wait, delete_jobs="successful", install_signal_handlers=True,
                    task_middleware=[_in_the_zone_of_its_retailer],
                )  # fmt: skip
            finally:
                sweep.cancel()
                # The thread outlives the loop: in a process that goes on, its connection would be left behind.
                await sync_to_async(connections.close_all)()


def _in_the_zone_of_its_retailer(run: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """As a request does: what a job calls today is today where the retailer is."""
    schema = context.job.task_kwargs.get("schema")
    zone = time_zone_of(str(schema)) if schema else None
    with timezone.override(zone) if zone else nullcontext():
        return run()


async def _sweep(worker_app: App) -> None:
    while True:
        await asyncio.to_thread(_wake_retailers)
        await asyncio.sleep(_SWEEP_SECONDS)
        await _take_up_stalled(worker_app)


def _wake_retailers() -> None:
    """Ask for the jobs whose time has come, and for reactions.

    An event may commit just after the job that would have reacted to it: nothing may wait for the next one.
    """
    try:
        for schema in retailer_schemas():
            try:
                zone = time_zone_of(schema)
                with retailer_context(schema):
                    if PendingReaction.objects.exists():
                        enqueue("oms.infra.jobs.react", queueing_lock="react")
                    due_jobs_enqueue(now=timezone.now(), zone=zone)
            except Exception:  # one retailer's trouble is not the others'; the next sweep tries again
                logger.exception("the jobs of %s were not looked after", schema)
    finally:
        connections.close_all()


class _Jobs(JobManager):
    """The library's jobs, but for one case: a job is to run again, and another of its queueing lock waits already.

    The library lets the database's refusal end the worker, or leaves the job as running for ever. The one that waits
    does the work of both.
    """

    async def retry_job_by_id_async(self, job_id: int, *arguments: Any, **options: Any) -> None:
        try:
            await super().retry_job_by_id_async(job_id, *arguments, **options)
        except UniqueViolation as error:
            if error.constraint_name != QUEUEING_LOCK_CONSTRAINT:
                raise
            await self.finish_job_by_id_async(job_id, Status.FAILED, delete_job=True)


async def _take_up_stalled(worker_app: App) -> None:
    """Jobs of workers that died (kill -9) go back to the queue: every job may run again."""
    stalled = await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_SECONDS)
    for job in stalled:
        await worker_app.job_manager.retry_job(job)
