"""What must always hold, as questions to the database whose right answer is no row.

Each app declares its own in ``invariants.py``; ``manage.py verify`` asks them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection

#: Rows of a violated invariant that are read at most.
_ROWS = 100


@dataclass(frozen=True, slots=True)
class Invariant:
    """``query`` returns one row for each violation: what it is about, then what was found."""

    name: str
    sentence: str
    query: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated invariant with the first rows that violate it."""

    invariant: Invariant
    rows: tuple[tuple[object, ...], ...]


def all_invariants() -> Iterator[Invariant]:
    """The invariants of every installed app."""
    for config in apps.get_app_configs():
        name = f"{config.name}.invariants"
        if find_spec(name) is not None:
            yield from import_module(name).INVARIANTS


def check(invariant: Invariant) -> Violation | None:
    """Ask the database of the retailer that is being served."""
    with connection.cursor() as cursor:
        cursor.execute(invariant.query)
        rows = cursor.fetchmany(_ROWS)
    return Violation(invariant, tuple(tuple(row) for row in rows)) if rows else None
