"""The worker as a command."""

from __future__ import annotations

import asyncio

import psycopg
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from oms.infra.database.context import platform_context, retailer_context
from oms.infra.queue import enqueue
from tenants import registry
from tenants.models import Retailer


def open_in_the_lasting_thread() -> list[str]:
    """Which connections are open in the thread that lives as long as the process: the queue asks from there."""

    def look() -> list[str]:
        return [each.alias for each in connections.all(initialized_only=True) if each.connection is not None]

    return asyncio.run(sync_to_async(look)())


def test_a_worker_that_has_emptied_the_queue_leaves_no_connection_behind(fresh: None) -> None:
    # when: it asks for the jobs of every minute
    call_command("work", "--until-empty")
    # then
    assert open_in_the_lasting_thread() == []


def jobs(admin_url: str) -> list[tuple[str, str]]:
    """Jobs that are there, with their states."""
    with psycopg.connect(admin_url) as server:
        return server.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id").fetchall()


def test_a_dead_worker_s_job_is_done_with_when_its_like_waits(fresh: None, admin_url: str) -> None:
    # given: a job whose worker was killed, and one of its queueing lock that was asked for since
    with retailer_context("acme"):
        enqueue("oms.infra.jobs.react", queueing_lock="react")
    with psycopg.connect(admin_url) as server:
        server.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    with retailer_context("acme"):
        enqueue("oms.infra.jobs.react", queueing_lock="react")
    assert [state for _, state in jobs(admin_url)] == ["doing", "todo"]
    # when
    call_command("work", "--until-empty")
    # then
    assert jobs(admin_url) == []


def test_a_job_that_fails_after_it_asked_for_its_like_leaves_nothing_running(fresh: None, admin_url: str) -> None:
    # given
    ran: list[str] = []

    @app.task(name="t.once_more", retry=RetryStrategy(max_attempts=5))
    def once_more(schema: str) -> None:
        ran.append(schema)
        if len(ran) == 1:
            with retailer_context(schema):
                enqueue("t.once_more", queueing_lock="once more")
            raise ValueError(schema)

    with retailer_context("acme"):
        enqueue("t.once_more", queueing_lock="once more")
    # when
    try:
        call_command("work", "--until-empty")
        assert [name for name, _ in jobs(admin_url)] in ([], ["t.once_more"])
        call_command("work", "--until-empty")
    finally:
        app.tasks.pop("t.once_more")
    # then
    assert ran == ["acme", "acme"]
    assert jobs(admin_url) == []


def test_today_is_where_the_retailer_is(fresh: None) -> None:
    # given: it is tomorrow already in Auckland
    with platform_context():
        Retailer.objects.filter(schema_name="acme").update(time_zone="Pacific/Auckland")
    registry.forget()
    zones: list[str] = []

    @app.task(name="t.zone")
    def zone(schema: str) -> None:
        zones.append(timezone.get_current_timezone_name())

    for schema in ("acme", "globex"):
        with retailer_context(schema):
            enqueue("t.zone")
    # when
    try:
        call_command("work", "--until-empty", "--concurrency", "1")
    finally:
        app.tasks.pop("t.zone")
    # then
    assert zones[0] == "Pacific/Auckland"
    assert zones[1] != "Pacific/Auckland"
    assert timezone.get_current_timezone_name() == "UTC"
