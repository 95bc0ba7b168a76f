"""Copy the rows of tables between two schemas of the same structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import psycopg
from psycopg import sql

from tenants.schema_copy.errors import ForeignKeyCycleError, NotATableError, RowsNotCopiedError
from tenants.schema_copy.session import batch, find_schemas, refuses, working_settings

_WANTED = """
wanted AS (
    SELECT w.name, s.oid AS source, t.oid AS target
    FROM unnest({tables}::text[]) w(name)
    LEFT JOIN pg_class s ON s.relname = w.name AND s.relnamespace = {ns} AND s.relkind IN ('r', 'p')
    LEFT JOIN pg_class t ON t.relname = w.name AND t.relnamespace = {target_ns} AND t.relkind IN ('r', 'p'))"""

#: A partition's rows come with those of the table that it is a part of.
_NOT_TABLES = """
WITH {wanted}
SELECT w.name FROM wanted w
WHERE w.source IS NULL OR w.target IS NULL OR EXISTS (
    SELECT FROM pg_partition_ancestors(w.source) a
    WHERE a.relid <> w.source AND a.relid IN (SELECT source FROM wanted))"""

#: A value whose type belongs to the schema has another type in the target: it travels as text.
_INSERTS = """
WITH {wanted}
SELECT w.name, format('INSERT INTO %I.%I %s OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I',
    {target}, w.name, '(' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')',
    string_agg(CASE WHEN plain.typnamespace = {ns}
        THEN format('%I::pg_catalog.text::%I.%I%s', a.attname, {target}, plain.typname,
            CASE WHEN plain.oid <> ty.oid THEN '[]' END)
        ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum),
    {source}, w.name)
FROM wanted w
LEFT JOIN pg_attribute a ON a.attrelid = w.source AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
LEFT JOIN pg_type ty ON ty.oid = a.atttypid
LEFT JOIN pg_type plain
    ON plain.oid = CASE WHEN ty.typcategory = 'A' AND ty.typelem <> 0 THEN ty.typelem ELSE ty.oid END
GROUP BY w.name"""

_KEYS = """
WITH {wanted}
SELECT f.name, t.name, c.conname, c.condeferrable, c.condeferred
FROM pg_constraint c JOIN wanted f ON f.target = c.conrelid JOIN wanted t ON t.target = c.confrelid
WHERE c.contype = 'f' ORDER BY c.oid"""

#: The sequences that belong to columns of the tables, and those that their defaults draw from.
_POSITIONS = """
WITH {wanted}
SELECT DISTINCT format('SELECT pg_catalog.setval(%L::pg_catalog.regclass, last_value, is_called) FROM %I.%I',
    format('%I.%I', {target}, s.relname), {source}, s.relname)
FROM (
    SELECT d.objid FROM wanted w
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = w.source
    WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid FROM wanted w JOIN pg_attrdef ad ON ad.adrelid = w.source
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid
    WHERE d.refclassid = 'pg_class'::regclass
) used(oid) JOIN pg_class s ON s.oid = used.oid AND s.relkind = 'S' AND s.relnamespace = {ns}"""


@dataclass(frozen=True, slots=True)
class _ForeignKey:
    table: str
    referred: str
    name: str
    deferrable: bool
    deferred: bool


def copy_rows(
    connection: psycopg.Connection[object],
    *,
    source: str,
    target: str,
    tables: Sequence[str],
    only: Mapping[str, sql.Composable] | None = None,
) -> dict[str, int]:
    """Copy the rows of ``tables`` from schema ``source`` to schema ``target``; return the rows of each.

    ``only`` holds, for tables of which not all rows are wanted, the condition that a row of the source meets.

    Runs in the caller's transaction, in an order that satisfies foreign keys which cannot be deferred. Sequences that
    the tables draw from are set to the source's positions. Generated columns are computed anew, triggers of
    the target fire, materialised views stay as they are. Where row security would hide rows it fails instead.

    Raises :class:`~tenants.schema_copy.errors.NotATableError`,
    :class:`~tenants.schema_copy.errors.ForeignKeyCycleError`,
    :class:`~tenants.schema_copy.errors.RowsNotCopiedError` and those of
    :func:`~tenants.schema_copy.structure.copy_structure` about the schemas and the transaction.
    """
    with working_settings(connection):
        schemas = find_schemas(connection, source, target, {})
        values: dict[str, str | sql.Composable] = {"tables": sql.Literal(list(tables)), "wanted": _WANTED}
        strangers, inserts, keys, positions = batch(
            connection, [schemas.fill(query, **values) for query in (_NOT_TABLES, _INSERTS, _KEYS, _POSITIONS)]
        )
        if strangers:
            raise NotATableError(strangers[0][0])
        foreign_keys = [_ForeignKey(*row) for row in keys]
        # As in the product: functions that triggers and checks call find the schema's tables, then public's.
        path = sql.SQL("SET LOCAL search_path = {}, public, pg_temp").format(sql.Identifier(target))
        at_once = [key for key in foreign_keys if key.deferrable and not key.deferred]
        batch(connection, [path, *(_checked(key, target, "DEFERRED") for key in at_once)])
        statements: dict[str, str] = dict(inserts)
        counts = {
            table: _run(connection, table, _where(statements[table], only, table))
            for table in _order(tables, foreign_keys)
        }
        for key in at_once:
            _run(connection, key.table, _checked(key, target, "IMMEDIATE"))
        batch(connection, [sql.SQL(position) for (position,) in positions])
    return {table: counts[table] for table in tables}


def _where(statement: str, only: Mapping[str, sql.Composable] | None, table: str) -> sql.Composed:
    condition = (only or {}).get(table)
    where = sql.SQL(" WHERE {}").format(condition) if condition is not None else sql.SQL("")
    return sql.SQL(statement) + where


def _order(tables: Sequence[str], keys: Sequence[_ForeignKey]) -> list[str]:
    """Tables that others refer to first. Raises :class:`ForeignKeyCycleError`."""
    sorter = TopologicalSorter[str](dict.fromkeys(tables, ()))
    for key in keys:
        if not key.deferrable and key.table != key.referred:
            sorter.add(key.table, key.referred)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise ForeignKeyCycleError(", ".join(sorted(set(error.args[1])))) from error


def _checked(key: _ForeignKey, schema: str, when: str) -> sql.Composed:
    return sql.SQL("SET CONSTRAINTS {} {}").format(sql.Identifier(schema, key.name), sql.SQL(when))


def _run(connection: psycopg.Connection[object], table: str, statement: sql.SQL | sql.Composed) -> int:
    """Run a statement about the rows of a table and return their number."""
    try:
        return connection.cursor().execute(statement).rowcount
    except psycopg.DatabaseError as error:
        if not refuses(error):
            raise
        raise RowsNotCopiedError(table, str(error)) from error
