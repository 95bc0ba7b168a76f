"""What is looked at in production and in its clone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from django.db import connections
from django.utils import timezone

from modules.services.verify import profile_verify
from oms.infra.database.context import retailer_context
from oms.infra.verification import all_invariants, check
from orders.domain.capture import NewLine, NewOrder
from orders.services import orders_capture

CLONE = "acme__staging"


def violations(schema: str) -> list[str]:
    with retailer_context(schema):
        assert profile_verify() == []
        return [invariant.name for invariant in all_invariants() if check(invariant)]


def administrator(admin_url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(admin_url, autocommit=True)


def contents(admin_url: str, schema: str, *, physical: bool = False) -> dict[str, list[str]]:
    """Every row of every table and partition as text; ``physical`` with the place and transaction that wrote it."""
    with administrator(admin_url) as server:
        tables = server.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')", [schema]
        ).fetchall()
        what = "(ctid, xmin, t)::text" if physical else "t::text"
        return {
            table: [row[0] for row in server.execute(f'SELECT {what} FROM {schema}."{table}" t ORDER BY 1').fetchall()]
            for (table,) in tables
        }


def positions(admin_url: str, schema: str) -> dict[str, tuple[int | None]]:
    with administrator(admin_url) as server:
        rows = server.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s", [schema])
        return dict(rows.fetchall())


def remains(admin_url: str) -> list[str]:
    """Whatever there is of a clone: schemas, roles with rights in this database, registry rows."""
    with administrator(admin_url) as server:
        rows = server.execute(
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE '%\\_\\_staging'"
            " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'retailer%\\_\\_staging' AND oid IN ("
            "  SELECT refobjid FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid"
            "  WHERE b.datname = current_database())"
            " UNION ALL SELECT schema_name FROM public.tenants_retailer WHERE environment = 'staging'"
            " UNION ALL SELECT domain FROM public.tenants_domain WHERE domain LIKE 'staging.%' ORDER BY 1"
        )
        return [row[0] for row in rows.fetchall()]


def capture(number: str) -> None:
    line = NewLine(sku=f"AC-{10_000}", quantity=1, unit_price=Decimal(5))
    order = NewOrder(external_number=number, placed_at=timezone.now(), currency="GBP", lines=(line,))
    with retailer_context("acme"):
        orders_capture(channel="web", orders=[order], actor="writer")


def in_thread(work: Callable[[], None]) -> None:
    """Do some work in a thread of its own, to its end; it fails where the work is blocked or raises."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "blocked"
    assert faults == []
