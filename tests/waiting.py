"""A statement that waits for another transaction: races of the database, forced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def waiting(
    connection: psycopg.Connection[Any],
    statement: str,
    values: Sequence[object] = (),
    *,
    behind: psycopg.Connection[Any],
) -> Iterator[Callable[[], Any]]:
    """The statement has begun and waits for the transaction of ``behind`` when the body is entered.

    What is yielded waits for its end, and returns its rows (none: those of a statement without any) or its error.
    """
    answers: list[Any] = []

    def ask() -> None:
        try:
            cursor = connection.execute(statement.encode(), values)
            answers.append(cursor.fetchall() if cursor.description else [])
        except psycopg.Error as refused:
            answers.append(refused)

    def answer() -> Any:
        thread.join(30)
        return answers[0] if answers else "still waiting"

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    blocked = "SELECT %s = ANY(pg_blocking_pids(%s))"
    while behind.execute(blocked, [behind.info.backend_pid, connection.info.backend_pid]).fetchone() != (True,):
        assert time.monotonic() < end, f"never waited: {answers}"
        time.sleep(0.01)
    yield answer
