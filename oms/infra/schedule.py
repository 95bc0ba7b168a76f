"""Jobs that come back by themselves, for every retailer.

An app says so beside its jobs: ``every(30, "orders.jobs.payments_perform")``. Workers put them into the queue; while
one waits for a retailer, another is not added, so several workers do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator

_seconds: dict[str, float] = {}


def every(seconds: float, task: str) -> None:
    """Have a job done for every retailer about every so many seconds. It takes the schema alone."""
    _seconds[task] = seconds


def due_tasks(last: dict[str, float], now: float) -> Iterator[str]:
    """The jobs whose time has come, by a monotonic clock; ``last`` remembers when each was last due."""
    for task, seconds in _seconds.items():
        if now - last.get(task, float("-inf")) >= seconds:
            last[task] = now
            yield task
