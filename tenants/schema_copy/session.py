"""Work in the caller's transaction: settings that are put back, statements sent in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row

from tenants.schema_copy.errors import NoTransactionError, ReplayError, SchemaMissingError
from tenants.schema_copy.fragments import Schemas

#: ``pg_temp`` is named last: unnamed it is searched first, and a temporary table could stand in for a real one.
_SAFE_PATH = "pg_catalog, pg_temp"

#: What the text of a definition depends on, when it is written and when it is read again.
_SETTINGS = {
    "search_path": _SAFE_PATH,
    "check_function_bodies": "off",
    "cursor_tuple_fraction": "1",
    "datestyle": "ISO",
    "default_table_access_method": "heap",
    "default_tablespace": "",
    "extra_float_digits": "3",
    "intervalstyle": "postgres",
    "jit": "off",
    "quote_all_identifiers": "off",
    "row_security": "off",
    "standard_conforming_strings": "on",
}

#: Classes of SQLSTATE: connection, transaction rolled back, resources, operator intervention, system, internal.
_OUTAGES = frozenset({"08", "40", "53", "57", "58", "XX"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, or a few that belong together, and the object that it is about."""

    label: str
    text: str


@contextmanager
def working_settings(connection: psycopg.Connection[object], **more: str) -> Iterator[None]:
    """A savepoint in the caller's transaction with our settings and ``more``; the caller's hold again afterwards.

    Only ``pg_catalog`` is on the search path. Raises :class:`NoTransactionError`.
    """
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        raise NoTransactionError(connection.info.dbname)
    wanted = {**_SETTINGS, **more}
    reading = (sql.SQL("pg_catalog.current_setting({})").format(sql.Literal(name)) for name in wanted)
    [[before]] = batch(connection, [sql.SQL("SELECT {}").format(sql.SQL(", ").join(reading))])
    with connection.transaction():
        batch(connection, [_set(wanted)])
        yield
        batch(connection, [_set(dict(zip(wanted, before, strict=True)))])


def find_schemas(connection: psycopg.Connection[object], source: str, target: str, roles: Mapping[str, str]) -> Schemas:
    """Look both schemas up. Raises :class:`SchemaMissingError`."""
    query = sql.SQL(
        "SELECT s.name, n.oid, quote_ident(s.name) FROM unnest(ARRAY[{}, {}]) WITH ORDINALITY AS s(name, place) "
        "LEFT JOIN pg_namespace n ON n.nspname = s.name ORDER BY s.place"
    ).format(sql.Literal(source), sql.Literal(target))
    [rows] = batch(connection, [query])
    for name, oid, _ in rows:
        if oid is None:
            raise SchemaMissingError(name)
    (_, source_oid, _), (_, target_oid, target_sql) = rows
    return Schemas(source, target, target_sql, source_oid, target_oid, roles)


def search_only(schema: str) -> sql.Composed:
    """The statement that leaves one schema, after ``pg_catalog``, on the search path."""
    return sql.SQL("SET LOCAL search_path = {}, pg_temp").format(sql.Identifier(schema))


def batch(connection: psycopg.Connection[object], statements: Sequence[sql.Composable]) -> list[list[TupleRow]]:
    """Run statements in one round trip; return the rows of each that returns rows."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(sql.SQL(";\n").join(statements))
        return [result.fetchall() for result in cursor.results() if result.description is not None]


def replay(connection: psycopg.Connection[object], schema: str, statements: Sequence[Statement]) -> None:
    """Run statements in one round trip with ``schema`` on the search path, and with ``pg_catalog`` alone after it.

    Raises :class:`ReplayError` for the statement that the server refuses.
    """
    start, end = search_only(schema), _set({"search_path": _SAFE_PATH})
    try:
        with connection.transaction():
            batch(connection, [start, *(sql.SQL(statement.text) for statement in statements), end])
    except psycopg.DatabaseError as error:
        if not refuses(error):
            raise
        _name_refused(connection, start, statements)
        raise ReplayError(schema, str(error)) from error


def refuses(error: psycopg.DatabaseError) -> bool:
    """Whether the server refuses the statement itself, rather than failing at whatever it is asked."""
    return error.sqlstate is not None and error.sqlstate[:2] not in _OUTAGES


def _name_refused(
    connection: psycopg.Connection[object], start: sql.Composable, statements: Sequence[Statement]
) -> None:
    """The server does not tell which statement of a batch failed: run them one by one, to be rolled back."""
    with connection.transaction(force_rollback=True):
        batch(connection, [start])
        for statement in statements:
            try:
                batch(connection, [sql.SQL(statement.text)])
            except psycopg.DatabaseError as error:
                raise ReplayError(statement.label, str(error)) from error


def _set(values: Mapping[str, str]) -> sql.Composed:
    calls = [
        sql.SQL("pg_catalog.set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value))
        for name, value in values.items()
    ]
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))
