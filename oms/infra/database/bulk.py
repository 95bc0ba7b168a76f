"""Many rows in few round trips: COPY for many, one INSERT for few; numbers taken from sequences ahead."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from oms.infra.database.prepared import prepared

#: Below this many rows one INSERT … SELECT unnest costs fewer round trips than COPY.
_COPY_FROM = 100


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table: values in the order of ``fields``. JSON values are given as text."""

    model: type[models.Model]
    fields: Sequence[str]
    values: Sequence[tuple[Any, ...]]


def insert_rows(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    skip_existing: bool = False,
) -> int:
    """Insert rows (values in the order of ``fields``) and return how many were inserted.

    ``skip_existing`` leaves out rows that a unique constraint refuses (always one INSERT, never COPY).
    JSON values are given as text. Database defaults apply to the fields left out.
    """
    if not rows:
        return 0
    if len(rows) >= _COPY_FROM and not skip_existing:
        _copy(Rows(model, fields, rows))
        return len(rows)
    statement = _insert_statement(model, tuple(fields)) + (" ON CONFLICT DO NOTHING" if skip_existing else "")
    return int(prepared(statement, [rows_as_json(rows)]).rowcount)


def insert_together(*tables: Rows) -> None:
    """Insert into several tables in one round trip, or by COPY where there are many rows.

    The rows may refer to rows that are there already, not to each other.
    """
    given = [rows for rows in tables if rows.values]
    few = [rows for rows in given if len(rows.values) < _COPY_FROM]
    for rows in given:
        if len(rows.values) >= _COPY_FROM:
            _copy(rows)
    if not few:
        return
    inserts = [_insert_statement(rows.model, tuple(rows.fields)) for rows in few]
    parts = ", ".join(f"part{number} AS ({statement})" for number, statement in enumerate(inserts))
    prepared(f"WITH {parts} SELECT", [rows_as_json(rows.values) for rows in few])


def _copy(rows: Rows) -> None:
    names = ", ".join(f'"{column}"' for column in _columns(rows.model, tuple(rows.fields)))
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{rows.model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows.values:
            copy.write_row(row)


def rows_as_json(rows: Sequence[tuple[Any, ...]]) -> str:
    """Rows as one value of a statement: an array of objects whose members are ``c0``, ``c1`` …

    One text is written and read by far cheaper than an array for each column.
    """
    names = [f"c{at}" for at in range(len(rows[0]))]
    return json.dumps(
        [dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, default=_as_text, allow_nan=False
    )


def _as_text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    if isinstance(value, Decimal | UUID):
        return str(value)
    message = f"{type(value).__name__} cannot be sent as part of a row"
    raise TypeError(message)


@cache
def _insert_statement(model: type[models.Model], fields: tuple[str, ...]) -> str:
    columns = _columns(model, fields)
    names = ", ".join(f'"{column}"' for column in columns)
    read = ", ".join(f"c{at}::{kind}" if _BY_CAST.match(kind) else f"c{at}" for at, kind in enumerate(columns.values()))
    told = ", ".join(f"c{at} {_BY_CAST.sub('text', kind)}" for at, kind in enumerate(columns.values()))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {read} FROM json_to_recordset(%s::json) AS r({told})'


#: Read as text first: JSON is given as text, and a longer text is cut as a cast cuts it.
_BY_CAST = re.compile(r"^(jsonb|varchar.*|char.*)$")


@cache
def _columns(model: type[models.Model], fields: tuple[str, ...]) -> dict[str, str]:
    """Columns of the fields in their order, with PostgreSQL's types: worked out once, as captures are many."""
    found: list[Any] = [model._meta.get_field(name) for name in fields]
    return {field.column: column_type(field) for field in found}


def take_numbers(wanted: Sequence[tuple[type[models.Model], int]]) -> list[list[int]]:
    """Take primary keys ahead of the insert, for several tables in one round trip."""
    parts = []
    values: list[str | int] = []
    for model, count in wanted:
        parts.append("ARRAY(SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s))")
        values += [model._meta.db_table, count]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        row = cursor.fetchone()
    return [list(numbers) for numbers in row]


def column_type(field: Any) -> str:
    """PostgreSQL type of a model field's column, as a cast understands it."""
    target = field.target_field if field.is_relation else field
    name = str(target.db_type(connection))
    return name.removesuffix(" GENERATED BY DEFAULT AS IDENTITY")
