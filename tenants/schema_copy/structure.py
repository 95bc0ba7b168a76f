"""Copy the structure of a schema by replaying the catalogue's own definitions of its objects.

Everything is read in one batch and created in another. While it is read, the source is the only schema on the
search path, so PostgreSQL writes the names in it bare; while it is created, the target takes its place, and the same
bare names mean the copies. ``pg_catalog`` comes first both times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tenants.schema_copy import definitions, details, lookups
from tenants.schema_copy.errors import (
    ForeignKeyLeavesSchemaError,
    RoleMissingError,
    SchemaCopyError,
    SchemaNotEmptyError,
    StillRefersToSourceError,
    UnsafeNameError,
    UnsupportedObjectError,
)
from tenants.schema_copy.fidelity import read_as_written
from tenants.schema_copy.fragments import Schemas
from tenants.schema_copy.ordering import Step, in_order
from tenants.schema_copy.privileges import privilege_statements
from tenants.schema_copy.repoint import SAFE_NAME, Repointer
from tenants.schema_copy.session import (
    Statement,
    batch,
    find_schemas,
    replay,
    search_only,
    working_settings,
)

#: Rank (see ``definitions``) of the last steps without which a table cannot take its rows.
_PARTITIONED = 60

_OBSTACLES: dict[str, type[SchemaCopyError]] = {
    lookups.OCCUPANT: SchemaNotEmptyError,
    lookups.MISSING_ROLE: RoleMissingError,
    lookups.LEAVING_KEY: ForeignKeyLeavesSchemaError,
    lookups.UNSUPPORTED: UnsupportedObjectError,
}


@dataclass(frozen=True, slots=True)
class _Routine:
    """A function or procedure; ``body`` is None where PostgreSQL keeps it as code, in the definition only."""

    classid: int
    oid: int
    label: str
    definition: str
    body: str | None
    body_is_sql: bool
    search_path: str | None
    signature: str


def copy_structure(
    connection: psycopg.Connection[object],
    *,
    source: str,
    target: str,
    roles: Mapping[str, str] | None = None,
) -> None:
    """Make every object of schema ``source`` anew in the empty schema ``target``, under the same name.

    Runs in the caller's transaction and leaves its settings as they were; after an error the target is as empty as
    before. Copied are types (enum, domain, composite), sequences with their parameters but not their positions,
    tables with their partitions, constraints, indexes, statistics, views, materialised views (without rows),
    functions, procedures, triggers, rules, policies, comments, owners, grants and default privileges. Everything
    lands in the database's default tablespace. Nobody may alter the source meanwhile; writing to it is free.

    ``roles`` maps roles of the source to roles of the target: in grants, policies, default privileges and as
    owners. A role that is absent stays itself; one mapped to ``""`` is left out (what it owned then belongs to
    the current user). In the text of function bodies ``source.name`` is re-pointed for every name that exists in the
    source; a reference that a body puts together in another way is not.

    Raises a :class:`~tenants.schema_copy.errors.SchemaCopyError` that names the object in the way.
    """
    with working_settings(connection):  # both parts or none
        finish_copy(connection, begin_copy(connection, source=source, target=target, roles=roles))


@dataclass(frozen=True, slots=True)
class BegunCopy:
    """A copy whose tables exist, and what is still to be made: keys, indexes, views, triggers, grants."""

    schemas: Schemas
    rest: Sequence[Statement]


def begin_copy(
    connection: psycopg.Connection[object],
    *,
    source: str,
    target: str,
    roles: Mapping[str, str] | None = None,
) -> BegunCopy:
    """The first part of :func:`copy_structure`: up to the tables, with their checks and nothing else.

    Rows that are put into them now meet no trigger; their keys are checked once and in bulk by :func:`finish_copy`.
    """
    if not SAFE_NAME.fullmatch(target):
        raise UnsafeNameError(target)
    # The planner takes a schema for a large part of the catalogue and would read all of it.
    with working_settings(connection, enable_seqscan="off"):
        schemas = find_schemas(connection, source, target, roles or {})
        _refuse(connection, schemas, _OBSTACLES)
        steps = _definitions(connection, schemas)
        tables = max((place for place, step in enumerate(steps, 1) if step.rank <= _PARTITIONED), default=0)
        statements = [Statement(step.label, step.statement + step.tail) for step in steps]
        replay(connection, target, statements[:tables])
    return BegunCopy(schemas, statements[tables:])


def finish_copy(connection: psycopg.Connection[object], begun: BegunCopy) -> None:
    """The second part of :func:`copy_structure`, in the same transaction as the first."""
    with working_settings(connection):  # keys are checked by reading whole tables
        replay(connection, begun.schemas.target, begun.rest)
    with working_settings(connection, enable_seqscan="off"):
        replay(connection, begun.schemas.target, privilege_statements(connection, begun.schemas))
        _refuse(connection, begun.schemas, {lookups.LEFT_BEHIND: StillRefersToSourceError})


def _refuse(
    connection: psycopg.Connection[object], schemas: Schemas, errors: Mapping[str, type[SchemaCopyError]]
) -> None:
    """Raise the error of the first query that finds something."""
    found = batch(connection, [schemas.fill(query) for query in errors])
    for rows, error in zip(found, errors.values(), strict=True):
        if rows:
            raise error(rows[0][0])


def _definitions(connection: psycopg.Connection[object], schemas: Schemas) -> list[Step]:
    """The steps that make the copy, in an order in which they can be taken."""
    names, parts, needs, routines, *steps = _read(connection, schemas)
    repointer = Repointer(
        schemas.source,
        schemas.target,
        schemas.target_sql,
        names=frozenset(name for name, _ in names),
        shadowed=frozenset(name for name, shadowed in names if shadowed),
    )
    every_step = [_routine_step(_Routine(*row), repointer, connection) for row in routines]
    every_step += [_repointed(Step(*row), repointer) for rows in steps for row in rows]
    return in_order(
        every_step,
        needs=[((row[0], row[1]), (row[2], row[3])) for row in needs],
        parts={(row[0], row[1]): (row[2], row[3]) for row in parts},
    )


def _read(connection: psycopg.Connection[object], schemas: Schemas) -> list[list[TupleRow]]:
    """Names, parts, needs, routines, then steps, as the queries give them.

    A cursor is parsed when it is declared and run when it is fetched: so the definitions are written for the
    source's search path, and yet no object of the source can stand in for one of ``pg_catalog`` in our queries.
    """
    queries = (lookups.NAMES, lookups.PARTS, lookups.NEEDS, lookups.ROUTINES, *definitions.ALL, *details.ALL)
    cursors = [sql.Identifier(f"schema copy {number}") for number in range(len(queries))]
    declared = [
        sql.SQL("DECLARE {} NO SCROLL CURSOR FOR {}").format(cursor, schemas.fill(query))
        for cursor, query in zip(cursors, queries, strict=True)
    ]
    fetched = [sql.SQL("FETCH ALL FROM {}").format(cursor) for cursor in cursors]
    with connection.transaction(force_rollback=True):  # closes the cursors
        return batch(connection, [*declared, search_only(schemas.source), *fetched])


def _repointed(step: Step, repointer: Repointer) -> Step:
    return replace(step, statement=repointer.code(read_as_written(step.statement), step.qualified))


def _routine_step(routine: _Routine, repointer: Repointer, connection: psycopg.Connection[object]) -> Step:
    head, body = routine.definition, ""
    if routine.body is not None:
        head = _without_body(routine.definition, routine.body)
        text = repointer.body(routine.body) if routine.body_is_sql else routine.body
        body = sql.Literal(text).as_string(connection)
    statement = repointer.code(read_as_written(head), 1) + body
    path = repointer.search_path(routine.search_path or "")
    if repointer.target in path:
        signature = repointer.code(routine.signature)
        schemas = sql.SQL(", ").join(sql.Literal(schema) for schema in path).as_string(connection)
        statement += f";\nALTER ROUTINE {signature} SET search_path TO {schemas}"
    return Step(30, routine.classid, routine.oid, True, routine.label, 0, statement, "")


def _without_body(definition: str, body: str) -> str:
    """A definition up to its body, which ends it between two equal dollar quotes."""
    definition = definition.rstrip("\n")
    quote = definition[definition.rindex("$", 0, -1) :]
    return definition[: -len(body) - 2 * len(quote)]
