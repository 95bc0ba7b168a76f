"""Do the jobs that requests and other jobs ask for."""

from __future__ import annotations

import asyncio
import time
from argparse import ArgumentParser
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand
from django.db import connections
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from oms.infra.database.context import retailer_context
from oms.infra.models import PendingReaction
from oms.infra.queue import enqueue
from oms.infra.schedule import due_tasks
from oms.web.startup import keep_what_is_loaded, refuse_changed_releases
from tenants.registry import retailer_schemas

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
        asyncio.run(self._run(worker_app, options["concurrency"], wait=not options["until_empty"]))

    async def _run(self, worker_app: App, concurrency: int, *, wait: bool) -> None:
        async with worker_app.open_async():
            await _take_up_stalled(worker_app)
            sweep = asyncio.create_task(_sweep(worker_app))
            try:
                await worker_app.run_worker_async(
                    concurrency=concurrency, wait=wait, delete_jobs="successful", install_signal_handlers=True
                )
            finally:
                sweep.cancel()
                # The thread outlives the loop: in a process that goes on, its connection would be left behind.
                await sync_to_async(connections.close_all)()


async def _sweep(worker_app: App) -> None:
    last: dict[str, float] = {}
    while True:
        await asyncio.to_thread(_wake_reactions, list(due_tasks(last, time.monotonic())))
        await asyncio.sleep(_SWEEP_SECONDS)
        await _take_up_stalled(worker_app)


def _wake_reactions(tasks: list[str]) -> None:
    """An event may commit just after the job that would have reacted to it: nothing may wait for the next one.

    ``tasks`` are the jobs whose time has come.
    """
    for schema in retailer_schemas():
        with retailer_context(schema):
            if PendingReaction.objects.exists():
                enqueue("oms.infra.jobs.react", queueing_lock="react")
            for task in tasks:
                enqueue(task, queueing_lock=task)
    connections.close_all()


async def _take_up_stalled(worker_app: App) -> None:
    """Jobs of workers that died (kill -9) go back to the queue: every job may run again."""
    stalled = await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_SECONDS)
    for job in stalled:
        await worker_app.job_manager.retry_job(job)
