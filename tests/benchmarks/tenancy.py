"""Provisioning, what it costs that every transaction takes a role, and how long a staging clone takes."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import psycopg
from django.conf import settings

from oms.infra.database.context import retailer_context
from oms.infra.database.identity import retailer_identity
from orders.models import Order
from tenants.cloning import services as cloning
from tenants.cloning import staging_clone, staging_drop
from tests.benchmarks.figures import Figure
from tests.benchmarks.setting import SCHEMA, retailer_make, run_command

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


def clones() -> Iterator[Figure]:
    """Partial clones of a retailer with a whole order file, beside clones with a compressed log, in turn."""
    with retailer_context(SCHEMA):
        there = Order.objects.count()
    file = Path(os.environ["OMS_SHARED_DATA"]) / "orders_uci" / "online_retail_2010_2011.csv.gz"
    if there < cloning.NEWEST_ORDERS:
        if not file.exists():
            yield Figure("skipped: no real order file (OMS_SHARED_DATA)", 0, "")
            return
        run_command("import_orders", str(file), "--retailer", SCHEMA, "--format", "uci-online-retail")
        run_command("fulfil", "--retailer", SCHEMA)
    for orders in (cloning.NEWEST_ORDERS, 5_000, 20_000):
        seconds: dict[bool, list[float]] = {True: [], False: []}
        rows = 0
        for compressed in (True, False) * (1 if orders > 5_000 else 3):
            statement = "SELECT 1" if compressed else cloning._WITHOUT_WAL_COMPRESSION
            with patch.object(cloning, "_WITHOUT_WAL_COMPRESSION", statement):
                report = staging_clone(source=SCHEMA, orders=orders)
            seconds[compressed].append(report.seconds)
            rows = sum(report.rows.values())
        took, before = (statistics.median(seconds[compressed]) for compressed in (False, True))
        usual = ", the usual number; target 3 s" if orders == cloning.NEWEST_ORDERS else ""
        yield Figure(
            f"clone of the newest {orders:,} orders", took, "s",
            f"{rows:,} rows; {took / before:.2f} × with a compressed log{usual}",
        )  # fmt: skip
    staging_drop(source=SCHEMA)


def _microseconds(connection: psycopg.Connection[tuple[object, ...]], begin: str) -> float:
    def once() -> None:
        connection.execute(begin)
        connection.execute("COMMIT")

    return statistics.median(_timed(once) for _ in range(_ROUNDS)) * 1e6


def _timed(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
