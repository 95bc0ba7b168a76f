"""Taking turns at the structure of a schema: who copies it, and who changes it while the product runs.

A copy reads a schema's definitions one after the other; a table that comes or goes meanwhile would be half copied.
The locks end with the transaction. A clone belongs to its source: their structures are held together.
"""

from __future__ import annotations

import psycopg

from oms.infra.database.identity import STAGING_SUFFIX

_KEY = "hashtextextended('structure of ' || %s, 0)"


def try_to_hold_structure(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> bool:
    """Hold a retailer's structure alone, and its clone's; False where somebody else holds it."""
    row = connection.execute(
        f"SELECT pg_try_advisory_xact_lock({_KEY})", [schema.removesuffix(STAGING_SUFFIX)]
    ).fetchone()
    return bool(row and row[0])


def hold_structure_shared(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    """Hold a structure beside others who only read it; waits for who holds it alone."""
    connection.execute(f"SELECT pg_advisory_xact_lock_shared({_KEY})", [schema])
