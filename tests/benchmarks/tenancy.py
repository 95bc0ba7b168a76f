"""Provisioning, and what it costs that every transaction takes a role."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import psycopg
from django.conf import settings

from oms.infra.database.identity import retailer_identity
from tests.benchmarks.figures import Figure
from tests.benchmarks.setting import SCHEMA, retailer_make

_ROUNDS = 4_000


def tenancy() -> Iterator[Figure]:
    """Figures of tenancy."""
    times = [retailer_make(f"{SCHEMA}{number}") for number in range(5)]
    yield Figure("provision a retailer, median of 5", statistics.median(times), "s", "target 2 s")
    own = settings.DATABASES["default"]
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"] or None, user=own["USER"], password=own["PASSWORD"] or None,
        dbname=own["NAME"], autocommit=True,
    ) as connection:  # fmt: skip
        path = f"BEGIN; SET LOCAL search_path = {SCHEMA}, public, pg_temp"
        identity = retailer_identity(SCHEMA).begin_sql
        bare, with_path, with_role = (_microseconds(connection, begin) for begin in ("BEGIN", path, identity))
    yield Figure("BEGIN and COMMIT", bare, "µs")
    yield Figure("… with the search path", with_path, "µs", f"{with_path / bare:.2f} × bare")
    yield Figure("… with the search path and the role", with_role, "µs", f"{with_role / with_path:.2f} × path alone")
    yield Figure("cost of the role switch", with_role - with_path, "µs")


def _microseconds(connection: psycopg.Connection[tuple[object, ...]], begin: str) -> float:
    def once() -> None:
        connection.execute(begin)
        connection.execute("COMMIT")

    return statistics.median(_timed(once) for _ in range(_ROUNDS)) * 1e6


def _timed(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
