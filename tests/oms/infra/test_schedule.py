"""Jobs that come back: each asked for once when it is due, however many workers look, and after a restart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection, connections

from oms.infra import schedule
from oms.infra.database.context import retailer_context
from oms.infra.models import ScheduledJob
from oms.infra.schedule import daily, due_jobs_enqueue, every
from tests.oms.blocked import wait_until_blocked

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No jobs but those of the test."""
    monkeypatch.setattr(schedule, "_jobs", {})


def due(now: datetime) -> list[str]:
    return due_jobs_enqueue(now=now, zone=PARIS)


def waiting(admin_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(admin_url) as server:
        return server.execute(
            "SELECT task_name, args ->> 'schema' FROM public.procrastinate_jobs WHERE task_name LIKE 't.%' ORDER BY id"
        ).fetchall()


def test_a_job_is_due_after_its_interval_then_in_step(acme: None) -> None:
    every(30, "t.often")
    # what is new is not set upon at once
    assert due(NOON - timedelta(seconds=30)) == []
    assert due(NOON) == ["t.often"]
    assert due(NOON) == []
    assert due(NOON + timedelta(seconds=29)) == []
    # a look that comes late does not put the next one off
    assert due(NOON + timedelta(seconds=37)) == ["t.often"]
    assert ScheduledJob.objects.get().due_at == NOON + timedelta(seconds=60)


def test_what_was_missed_is_done_once(acme: None) -> None:
    every(30, "t.often")
    due(NOON - timedelta(seconds=30))
    later = NOON + timedelta(hours=5)
    assert due(later) == ["t.often"]
    assert due(later + timedelta(seconds=29)) == []


def test_daily_work_waits_for_the_hour_of_the_retailers_clock(acme: None) -> None:
    daily(time(3, 10), "t.nightly")
    # seen for the first time at noon: nothing is done by day
    assert due(NOON) == []
    assert due(datetime(2026, 3, 3, 2, 9, tzinfo=UTC)) == []
    assert due(datetime(2026, 3, 3, 2, 10, tzinfo=UTC)) == ["t.nightly"]
    assert due(datetime(2026, 3, 3, 2, 11, tzinfo=UTC)) == []
    # three nights without any worker, and the clocks go forward on the 29th
    assert due(datetime(2026, 3, 28, 20, tzinfo=UTC)) == ["t.nightly"]
    assert due(datetime(2026, 3, 29, 1, 9, tzinfo=UTC)) == []
    assert due(datetime(2026, 3, 29, 1, 10, tzinfo=UTC)) == ["t.nightly"]


def test_an_hour_that_the_clocks_skip_or_show_twice_comes_once(acme: None) -> None:
    daily(time(2, 30), "t.nightly")
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        ScheduledJob.objects.all().delete()
        assert due(day) == []
        quarters = [day + timedelta(minutes=15 * step) for step in range(4 * 24)]
        assert [bool(due(moment)) for moment in quarters].count(True) == 1


def test_a_new_job_does_not_wait_for_the_others(acme: None) -> None:
    every(3600, "t.hourly")
    due(NOON)
    every(30, "t.often")
    assert due(NOON) == []
    assert due(NOON + timedelta(seconds=30)) == ["t.often"]


def test_a_job_that_still_waits_is_not_added_again(fresh: None, admin_url: str) -> None:
    every(30, "t.often")
    for step in range(3):
        with retailer_context("acme"):
            due(NOON + timedelta(minutes=step))
    assert waiting(admin_url) == [("t.often", "acme")]


def test_two_workers_that_look_at_the_same_moment_ask_once(fresh: None, admin_url: str) -> None:
    # given: both jobs are due
    every(30, "t.often")
    every(60, "t.minutely")
    with retailer_context("acme"):
        due(NOON)
    with psycopg.connect(admin_url, autocommit=True) as server:
        server.execute("DELETE FROM public.procrastinate_jobs WHERE task_name LIKE 't.%'")
    both_look = threading.Barrier(2)

    def look() -> list[str]:
        try:
            with retailer_context("acme"):
                both_look.wait(30)
                found = due(NOON + timedelta(minutes=2))
                both_look.wait(30)  # neither has committed while the other looks
                return found
        finally:
            connections.close_all()

    # when
    with ThreadPoolExecutor(2) as workers:
        found = [worker.result(60) for worker in [workers.submit(look), workers.submit(look)]]
    # then: each job was claimed by one of them
    assert sorted(task for tasks in found for task in tasks) == ["t.minutely", "t.often"]
    assert sorted(waiting(admin_url)) == [("t.minutely", "acme"), ("t.often", "acme")]


def test_a_worker_killed_before_it_commits_has_asked_for_nothing(fresh: None, admin_url: str) -> None:
    every(30, "t.often")
    with retailer_context("acme"):
        assert due(NOON - timedelta(seconds=30)) == []

    class Killed(BaseException):
        """Stands for kill -9: nothing of the transaction is left."""

    def dies() -> None:
        with retailer_context("acme"):
            due(NOON)
            raise Killed

    with pytest.raises(Killed):
        dies()
    assert waiting(admin_url) == []
    # a restarted worker remembers nothing, and needs not
    with retailer_context("acme"):
        assert due(NOON) == ["t.often"]
    assert waiting(admin_url) == [("t.often", "acme")]


def test_a_transaction_that_began_earlier_does_not_ask_again(fresh: None, admin_url: str) -> None:
    """A worker that is held up after it began to look finds that another has asked and committed meanwhile."""
    every(30, "t.often")
    with retailer_context("acme"):
        due(NOON)
    later = NOON + timedelta(minutes=1)

    def claims_late() -> list[str]:
        try:
            with retailer_context("acme"), connection.cursor() as cursor:
                # the lock makes it wait in the middle, until the other has committed
                cursor.execute("SELECT pg_advisory_xact_lock(77)")
                return due(later)
        finally:
            connections.close_all()

    with psycopg.connect(admin_url) as server, ThreadPoolExecutor(1) as worker:
        server.execute("SELECT pg_advisory_lock(77)")
        late = worker.submit(claims_late)
        with psycopg.connect(admin_url, autocommit=True) as other:
            wait_until_blocked(other)
        with retailer_context("acme"):
            assert due(later) == ["t.often"]
        server.execute("SELECT pg_advisory_unlock(77)")
        assert late.result(60) == []
