"""Statements that are asked again and again: parsed and planned once for each connection.

    rows = prepared("SELECT id FROM orders_order WHERE number = %s", [number]).fetchall()

Each text is one prepared statement, so it must not be put together from values; the values are bound by the server.
PostgreSQL plans it anew by itself where the search path is another retailer's or a table was changed. Behind a
pooler, where the next transaction may come to another server process, statements are sent whole (see the engine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from oms.infra.database.serving.base import DatabaseWrapper


def prepared(statement: str, values: Sequence[object] = ()) -> CursorWrapper:
    """The cursor of a statement that was run, in the transaction that is open."""
    cursor = cast("DatabaseWrapper", connection).prepared_cursor()
    cursor.execute(statement, values)
    return cast("CursorWrapper", cursor)
