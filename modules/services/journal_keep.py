"""Keeping the decision journal: the coming months made ahead, past ones dropped when their retention ends.

Works as the deploying role, which owns the partitions; no web process can do it. Every step is a short transaction
that may be repeated: whatever a killed run leaves undone, the next one does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

import psycopg
from django.db import connections, transaction
from django.utils import timezone
from psycopg import errors, sql

from modules.domain.months import Month
from modules.journal import subjects_still_open
from modules.models import USUAL_MONTHS
from oms.infra.database.identity import TEMPLATE_SCHEMA
from tenants.models import Retailer
from tenants.structure import try_to_hold_structure

DEPLOY = "deploy"
#: Months that are ready beside the present one: so long may nobody keep the journal before rows go to the default.
AHEAD = 3

_TABLE = "modules_decision"
_DEFAULT = f"{_TABLE}_default"
_STRAYS = f"{_TABLE}_strays"

#: Shorter than the server's deadlock_timeout: where we and a retailer's transaction wait for each other, we give way.
_PATIENCE = "800ms"
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.3
#: What the server refuses now and may allow later; a check fails where a stray row came while we looked.
_PASSING = (errors.LockNotAvailable, errors.DeadlockDetected, errors.CheckViolation)

_Connection = psycopg.Connection[tuple[object, ...]]
_T = TypeVar("_T")


class JournalBusy(RuntimeError):
    """Somebody else holds what keeping the journal needs, or has the schema in hand; the next run may do it."""


class JournalNotDivided(RuntimeError):
    """The schema's journal has no months yet."""

    def __init__(self, schema: str) -> None:
        super().__init__(f"the journal of {schema} is not divided into months: run manage.py migrate_schemas first")


@dataclass(frozen=True, slots=True)
class JournalKept:
    """What was done for one schema. ``held`` says why a month whose time has come is still there."""

    schema: str
    made: list[str] = field(default_factory=list)
    moved: int = 0
    dropped: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)


def schemas_with_journals() -> list[str]:
    """The template, from which new retailers get their months, then every retailer's schema and every clone."""
    wrapper = connections[DEPLOY]
    wrapper.set_schema_to_public()  # type: ignore[attr-defined]
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [TEMPLATE_SCHEMA])
        template = [TEMPLATE_SCHEMA] if cursor.fetchone() else []
    return [*template, *Retailer.objects.using(DEPLOY).order_by("schema_name").values_list("schema_name", flat=True)]


def journal_keep(*, schema: str, now: datetime | None = None) -> JournalKept:
    """Make the months to come and drop those whose retention has ended. Repeating it does nothing more.

    A month stays while a decision in it explains an order that is still open. Raises :class:`JournalBusy`,
    :class:`JournalNotDivided`.
    """
    present = Month.of(now or timezone.now())
    made, moved = _patiently(schema, partial(_make, schema=schema, present=present))
    kept = JournalKept(schema, [str(month) for month in made], moved)
    for month in _patiently(schema, partial(_due, schema=schema, present=present)):
        reason = _patiently(schema, partial(_drop, schema=schema, month=month))
        if reason:
            kept.held[str(month)] = reason
        else:
            kept.dropped.append(str(month))
    return kept


def _patiently(schema: str, work: Callable[[_Connection], _T]) -> _T:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _deploying(schema) as connection:
                return work(connection)
        except _PASSING as refused:
            if attempt == _ATTEMPTS:
                message = f"the journal of {schema} is in use: try again later ({refused})"
                raise JournalBusy(message) from refused
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError


@contextmanager
def _deploying(schema: str) -> Iterator[_Connection]:
    """One transaction of the deploying role that holds the schema's structure, with the schema on the path."""
    wrapper = connections[DEPLOY]
    wrapper.set_schema_to_public()  # type: ignore[attr-defined]
    with transaction.atomic(using=DEPLOY, durable=True), wrapper.cursor() as cursor:
        connection = cast("_Connection", cursor.connection)
        if not try_to_hold_structure(connection, schema):
            message = f"{schema} is being cloned: try again later"
            raise JournalBusy(message)
        connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        connection.execute(sql.SQL("SET LOCAL search_path = {}, pg_temp").format(sql.Identifier(schema)))
        yield connection


def _make(connection: _Connection, schema: str, present: Month) -> tuple[list[Month], int]:
    """The months that were made, and the rows that were moved into them from the default partition."""
    there = _months(connection, schema)
    missing = [month for month in (present.plus(ahead) for ahead in range(AHEAD + 1)) if month not in there]
    found = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(_DEFAULT))).fetchone()
    if found and found[0]:
        return _make_with_strays(connection, there, missing)
    for month in missing:
        _attach_month(connection, month)
    return missing, 0


def _make_with_strays(
    connection: _Connection, there: Sequence[Month], missing: Sequence[Month]
) -> tuple[list[Month], int]:
    """Rows that came when their month was not there yet move to it; the journal's rows are never deleted for that."""
    connection.execute(f"ALTER TABLE {_TABLE} DETACH PARTITION {_DEFAULT}")
    connection.execute(f"ALTER TABLE {_DEFAULT} RENAME TO {_STRAYS}")
    _attach(connection, _DEFAULT, sql.SQL("DEFAULT"))
    strays = connection.execute(f"SELECT DISTINCT to_char(decided_at AT TIME ZONE 'UTC', 'YYYY_MM') FROM {_STRAYS}")
    made = sorted({*missing, *(Month.parse(str(text)) for (text,) in strays.fetchall())} - {*there})
    for month in made:
        _attach_month(connection, month)
    found = connection.execute(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [_STRAYS],
    )
    columns = sql.SQL(", ").join(sql.Identifier(str(name)) for (name,) in found.fetchall())
    move = sql.SQL("INSERT INTO {to} ({columns}) SELECT {columns} FROM {strays}").format(
        to=sql.Identifier(_TABLE), columns=columns, strays=sql.Identifier(_STRAYS)
    )
    moved = connection.execute(move).rowcount
    connection.execute(f"DROP TABLE {_STRAYS}")
    return made, moved


def _attach_month(connection: _Connection, month: Month) -> None:
    bounds = sql.SQL("FOR VALUES FROM ({}) TO ({})").format(
        sql.Literal(month.begins.isoformat()), sql.Literal(month.plus(1).begins.isoformat())
    )
    _attach(connection, f"{_TABLE}_{month}", bounds)


def _attach(connection: _Connection, name: str, bounds: sql.Composable) -> None:
    """Made apart and then attached: so writers of other months are not kept waiting."""
    parts = {"part": sql.Identifier(name), "table": sql.Identifier(_TABLE), "bounds": bounds}
    for statement in (
        "CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE)",
        # Row triggers are handed down, those of statements are not.
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {part}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        "ALTER TABLE {table} ATTACH PARTITION {part} {bounds}",
    ):
        connection.execute(sql.SQL(statement).format(**parts))


def _due(connection: _Connection, schema: str, present: Month) -> list[Month]:
    """The months whose retention has ended, oldest first. The template, which has no rows, keeps none."""
    months: object = 0
    if schema != TEMPLATE_SCHEMA:
        row = connection.execute("SELECT months FROM modules_journalretention ORDER BY id DESC LIMIT 1").fetchone()
        months = row[0] if row else USUAL_MONTHS
    if months is None:
        return []
    assert isinstance(months, int)
    return [month for month in _months(connection, schema) if month < present.plus(-months)]


def _drop(connection: _Connection, schema: str, month: Month) -> str:
    """Drop a month; returns why not where a decision in it is still needed."""
    part = sql.Identifier(f"{_TABLE}_{month}")
    still_open = [sql.SQL(query) for query in subjects_still_open()]
    if still_open and schema != TEMPLATE_SCHEMA:
        row = connection.execute(
            sql.SQL("SELECT count(DISTINCT subject), min(subject) FROM {} WHERE subject IN ({})").format(
                part, sql.SQL(" UNION ALL ").join(still_open)
            )
        ).fetchone()
        if row and row[0]:
            return f"{row[0]} of those that it explains are still open, {row[1]} among them"
    connection.execute(sql.SQL("DROP TABLE {}").format(part))
    return ""


def _months(connection: _Connection, schema: str) -> list[Month]:
    """The months that have a partition, oldest first. Raises :class:`JournalNotDivided`."""
    rows = connection.execute(
        "SELECT c.relkind = 'p', part.relname::text FROM pg_class c LEFT JOIN pg_inherits h ON h.inhparent = c.oid"
        " LEFT JOIN pg_class part ON part.oid = h.inhrelid"
        " WHERE c.relname = %s AND c.relnamespace = %s::regnamespace",
        [_TABLE, sql.Identifier(schema).as_string(connection)],
    ).fetchall()
    if not rows or not rows[0][0]:
        raise JournalNotDivided(schema)
    names = [str(name) for _, name in rows if name is not None and name != _DEFAULT]
    return sorted(Month.parse(name.removeprefix(f"{_TABLE}_")) for name in names)
