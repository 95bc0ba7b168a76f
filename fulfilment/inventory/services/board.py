"""Writing boards anew, so that few notes stand beside each (see :mod:`fulfilment.inventory.models.board`)."""

from __future__ import annotations

import numpy as np
from django.db import connection

#: A product that lies at fewer locations is read level by level as fast.
FEWEST_PLACES = 64
#: So many notes beside a board are read as fast as the board itself.
_MOST_NOTES = 25
_AT_ONCE = 50
_LARGEST = 2**31 - 1

_DUE = """
SELECT n.product_id FROM inventory_levelnote n LEFT JOIN inventory_stockboard b ON b.product_id = n.product_id
GROUP BY n.product_id
HAVING count(*) > %s OR bool_or(n.location_id IS NULL) OR bool_or(b.product_id IS NULL)
ORDER BY n.product_id LIMIT %s
"""
# Boards from another server (a restored copy) may name transactions that have not been here yet.
_FOREIGN = """
SELECT product_id FROM inventory_stockboard
WHERE pg_snapshot_xmax(snapshot::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()) LIMIT %s
"""
_LEVELS = """
SELECT d.product_id, array_agg(l.location_id ORDER BY l.location_id),
    array_agg(l.on_hand - l.reserved ORDER BY l.location_id), pg_current_snapshot()::text,
    pg_current_xact_id_if_assigned()::text::bigint
FROM unnest(%s::bigint[]) AS d(product_id) LEFT JOIN inventory_stocklevel l ON l.product_id = d.product_id
GROUP BY d.product_id
"""


def boards_write(*, at_most: int = _AT_ONCE) -> int:
    """Write the boards that have many notes beside them, or that are missing; return how many products that were.

    The transaction is the caller's. Two of these never work at the same time; the second one does nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' stock boards', 0))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOREIGN, [at_most])
        due = [row[0] for row in cursor.fetchall()]
        if len(due) < at_most:
            cursor.execute(_DUE, [_MOST_NOTES, at_most - len(due)])
            due += [row[0] for row in cursor.fetchall()]
        if not due:
            return 0
        cursor.execute(_LEVELS, [due])
        rows = cursor.fetchall()
        seen = _of_others(*rows[0][3:])
        written = [
            (product, np.array(at, "<i4").tobytes(), np.array(free, "<i4").tobytes(), seen)
            for product, at, free, _, _ in rows
            if len(at) >= FEWEST_PLACES and max(at[-1], *map(abs, free)) <= _LARGEST
        ]
        kept = {row[0] for row in written}
        cursor.execute(
            "DELETE FROM inventory_stockboard WHERE product_id = ANY(%s)", [[each for each in due if each not in kept]]
        )
        cursor.executemany(
            "INSERT INTO inventory_stockboard (product_id, places, free, snapshot) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (product_id) DO UPDATE SET places = excluded.places, free = excluded.free,"
            " snapshot = excluded.snapshot",
            written,
        )
        # What a product without a board has noted tells nobody anything.
        cursor.execute(
            "DELETE FROM inventory_levelnote WHERE product_id = ANY(%s)"
            " AND pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)",
            [due, seen],
        )
    return len(due)


def _of_others(snapshot: str, own: int | None) -> str:
    """A snapshot (``xmin:xmax:running,…``) in which the transaction that writes counts as running.

    PostgreSQL leaves it out of its own: what it changes after its board would pass for seen as soon as a later
    transaction has ended before the snapshot was taken.
    """
    least, end, running = snapshot.split(":")
    if own is None or own >= int(end):
        return snapshot
    others = {int(each) for each in running.split(",") if each}
    return f"{min(int(least), own)}:{end}:{','.join(map(str, sorted({*others, own})))}"
