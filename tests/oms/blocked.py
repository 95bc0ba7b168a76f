"""Seeing from outside that a transaction waits for another."""

from __future__ import annotations

import time

import psycopg


def wait_until_blocked(admin: psycopg.Connection, *, seconds: float = 30.0) -> int:
    """Return the process number of a backend of this database that waits for a lock, as soon as there is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        row = admin.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        if row:
            return int(row[0])
    message = f"no transaction came to wait for a lock within {seconds:g} s"
    raise AssertionError(message)
