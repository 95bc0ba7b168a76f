"""Jobs that come back by themselves, for every retailer.

An app says so beside its jobs: ``every(30, "orders.jobs.payments_perform")``, or ``daily(time(3, 10), "…")`` for work
of the night, by the clock of the retailer. Each retailer's schema holds when each job is due next. A worker that finds
one due moves that moment on and asks for the job, in one transaction under the row's lock: so each is asked for once,
however many workers look, and whether or not they were stopped meanwhile. What was missed while no worker ran is done
once, not as often as it was missed.

Work of the platform itself, for no retailer, is the queue's own: ``app.periodic``, which also counts in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from django.db import connection

from oms.infra.queue import enqueue


@dataclass(frozen=True, slots=True)
class _Every:
    seconds: float

    def first(self, now: datetime, zone: tzinfo) -> datetime:
        """Not at once: a clone that has just been made is looked at, or dropped, undisturbed."""
        return now + timedelta(seconds=self.seconds)

    def after(self, due: datetime, now: datetime, zone: tzinfo) -> datetime:
        """In step with what it was; after a pause, from now on."""
        following = due + timedelta(seconds=self.seconds)
        return following if following > now else now + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class _Daily:
    at: time

    def first(self, now: datetime, zone: tzinfo) -> datetime:
        """The next time that clocks of the zone show the hour; where one is skipped or comes twice, once that day."""
        today = now.astimezone(zone).date()
        due = datetime.combine(today, self.at, zone)
        return due if due > now else datetime.combine(today + timedelta(days=1), self.at, zone)

    def after(self, due: datetime, now: datetime, zone: tzinfo) -> datetime:
        return self.first(max(due, now), zone)


_jobs: dict[str, _Every | _Daily] = {}

_KNOWN = "SELECT task, due_at FROM infra_scheduledjob"
_BEGIN = """
INSERT INTO infra_scheduledjob (task, due_at) SELECT * FROM unnest(%s::varchar[], %s::timestamptz[])
ON CONFLICT (task) DO NOTHING
"""
# What another worker holds at this moment is in good hands; what it has just moved on no longer fits the condition.
_CLAIM = """
SELECT task, due_at FROM infra_scheduledjob WHERE task = ANY(%s) AND due_at <= %s
ORDER BY task FOR UPDATE SKIP LOCKED
"""
_MOVE_ON = """
UPDATE infra_scheduledjob s SET due_at = d.due_at
FROM unnest(%s::varchar[], %s::timestamptz[]) AS d(task, due_at) WHERE s.task = d.task
"""


def every(seconds: float, task: str) -> None:
    """Have a job done for every retailer about every so many seconds. It takes the schema alone."""
    _jobs[task] = _Every(seconds)


def daily(at: time, task: str) -> None:
    """Have a job done for every retailer once a day, at an hour of the retailer's zone. It takes the schema alone."""
    _jobs[task] = _Daily(at)


def due_jobs_enqueue(*, now: datetime, zone: tzinfo) -> list[str]:
    """Ask for the jobs of the served retailer whose time has come; return their names.

    ``zone`` is the retailer's. A job that still waits in the queue is not added a second time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN)
        known = dict(cursor.fetchall())
        unknown = {task: job.first(now, zone) for task, job in _jobs.items() if task not in known}
        if unknown:
            cursor.execute(_BEGIN, [list(unknown), list(unknown.values())])
        if all(known.get(task, unknown.get(task, now)) > now for task in _jobs):
            return []
        cursor.execute(_CLAIM, [list(_jobs), now])
        claimed = {task: _jobs[task].after(due, now, zone) for task, due in cursor.fetchall()}
        if claimed:
            cursor.execute(_MOVE_ON, [list(claimed), list(claimed.values())])
    for task in claimed:
        enqueue(task, queueing_lock=task)
    return list(claimed)
