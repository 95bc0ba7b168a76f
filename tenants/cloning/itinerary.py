"""Which rows travel: the rules of all apps, written as conditions on the tables of one schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import psycopg
from django.apps import apps
from psycopg import sql

from oms.kernel.travel import About, Newest, Rule, UsedBy, Where, Whole, With
from tenants.cloning.errors import UndeclaredTable

_NOTHING = sql.SQL("false")


@dataclass(frozen=True, slots=True)
class Itinerary:
    """How the tables of one schema travel into one clone.

    ``oldest`` is the lowest ``id`` that travels of each table whose newest rows do; None where none does.
    """

    source: str
    rules: Mapping[str, Rule]
    oldest: Mapping[str, int | None]
    full: bool

    def conditions(self) -> dict[str, sql.Composable]:
        """What a row has to meet, for each table of which not all rows travel."""
        found = {table: self._condition(table) for table in self.rules}
        return {table: condition for table, condition in found.items() if condition is not None}

    def _condition(self, table: str) -> sql.Composable | None:
        rule = self.rules[table]
        if rule is Whole.NONE:
            return _NOTHING
        if self.full or rule is Whole.ALL:
            return None
        match rule:
            case Newest():
                return self._since(table, "id", table)
            case With(column, parent, "id") if parent in self.oldest:
                return self._since(table, column, parent)
            case With(column, parent, key):
                return self._in(table, column, parent, key)
            case UsedBy(user, column, key):
                return self._in(table, key, user, column)
            case About(name, kind):
                return self._about(table, name, kind)
            case Where(condition):
                return sql.SQL(condition)
            case _:
                return _NOTHING

    def _since(self, table: str, column: str, root: str) -> sql.Composable:
        return sql.SQL("{} >= {}").format(self._column(table, column), sql.Literal(self.oldest[root]))

    def _in(self, table: str, column: str, other: str, other_column: str) -> sql.Composable:
        return sql.SQL("{} IN (SELECT {} FROM {} WHERE {})").format(
            self._column(table, column),
            self._column(other, other_column),
            sql.Identifier(self.source, other),
            self._condition(other) or sql.SQL("true"),
        )

    def _about(self, table: str, name: str, kind: str | None) -> sql.Composable:
        choices = []
        for root, rule in self.rules.items():
            if isinstance(rule, Newest):
                named = self._in(table, name, root, rule.name)
                of_kind = sql.SQL("{} = {} AND ").format(self._column(table, kind), sql.Literal(rule.subject))
                choices.append((of_kind if kind else sql.SQL("")) + named)
        return sql.SQL("({})").format(sql.SQL(" OR ").join(choices))

    def _column(self, table: str, column: str | None) -> sql.Identifier:
        return sql.Identifier(self.source, table, column or "")


def itinerary(connection: psycopg.Connection[tuple[object, ...]], *, source: str, newest: int, full: bool) -> Itinerary:
    """The rules for the tables that ``source`` has. Raises :class:`~tenants.cloning.errors.UndeclaredTable`."""
    found = connection.execute(
        "SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
        [source],
    )
    tables = [str(table) for (table,) in found]
    declared = declared_rules()
    if undeclared := [table for table in tables if table not in declared]:
        raise UndeclaredTable(undeclared)
    rules = {table: declared[table] for table in tables}
    oldest = {
        table: _oldest(connection, source, table, newest) for table, rule in rules.items() if isinstance(rule, Newest)
    }
    return Itinerary(source, rules, oldest, full)


def declared_rules() -> dict[str, Rule]:
    """The rule of every table, from the ``travel.py`` of every app."""
    return {table: rule for module in _modules() for table, rule in module.TRAVEL.items()}


def settlements() -> list[str]:
    """The statements that put sums right in a partial clone, those of higher apps first."""
    return [statement for module in reversed(_modules()) for statement in getattr(module, "SETTLE", ())]


def _modules() -> Sequence[ModuleType]:
    names = [f"{config.name}.travel" for config in apps.get_app_configs()]
    return [import_module(name) for name in names if find_spec(name) is not None]


def _oldest(connection: psycopg.Connection[tuple[object, ...]], source: str, table: str, newest: int) -> int | None:
    query = sql.SQL("SELECT min(id) FROM (SELECT id FROM {} ORDER BY id DESC LIMIT {}) newest")
    row = connection.execute(query.format(sql.Identifier(source, table), sql.Literal(newest))).fetchone()
    found = row[0] if row else None
    assert found is None or isinstance(found, int)
    return found
