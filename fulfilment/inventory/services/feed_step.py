"""One step of a stock feed: some thousand rows become levels and movements by a handful of statements.

A row that is accepted as it came is never written again; the merge writes only to those that are refused or short. A
level that already is what its row says is neither locked nor written.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from fulfilment.inventory.models import FeedKind, FeedStatus, StockFeed

#: Rows merged in one transaction: levels are locked for a fraction of a second.
AT_ONCE = 20_000

_Parameters = dict[str, int | str | bool | datetime | list[int] | None]


def feed_merge_step(*, feed_id: int, at_once: int = AT_ONCE) -> bool:
    """Merge the next rows in the caller's transaction; whether any are left."""
    with connection.cursor() as cursor:
        # Two feeds may tell of the same places: they are merged one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' stock-feeds', 0))")
        feed = StockFeed.objects.select_for_update().get(pk=feed_id)
        if feed.merged >= feed.rows:
            return False
        until = min(feed.merged + at_once, feed.rows)
        refused, short, changed = _merge(cursor, feed, until)
    feed.merged = until
    feed.refused += refused
    feed.short += short
    feed.changed += changed
    done = until == feed.rows
    feed.status = FeedStatus.DONE if done else FeedStatus.MERGING
    feed.finished_at = timezone.now() if done else None
    feed.save(update_fields=["merged", "refused", "short", "changed", "status", "finished_at"])
    return not done


def _merge(cursor: CursorWrapper, feed: StockFeed, until: int) -> tuple[int, int, int]:
    """Rows refused, rows short, rows that moved stock. Levels are opened first, then locked, as everywhere."""
    parameters: _Parameters = {
        "feed": feed.pk, "name": str(feed), "after": feed.merged, "until": until, "actor": feed.actor,
        "snapshot": feed.kind == FeedKind.SNAPSHOT,
    }  # fmt: skip
    short = changed = 0
    cursor.execute(_GATHER, parameters)
    cursor.execute("ANALYZE pg_temp.stock_fed")
    cursor.execute(_OVERVIEW)
    parameters["earliest"], unknown = cursor.fetchone()
    if unknown:
        cursor.execute(_OPEN, parameters)
        parameters["others"], short, changed = cursor.fetchone()
        if parameters["others"]:
            cursor.execute(_OPENED_BY_OTHERS, parameters)
    cursor.execute(_DUE, parameters)
    cursor.execute("ANALYZE pg_temp.stock_due")
    cursor.execute(_MERGE, parameters)
    refused, fewer, moved = cursor.fetchone()
    cursor.execute("DROP TABLE pg_temp.stock_fed, pg_temp.stock_due")
    return refused, short + fewer, changed + moved


# The rows with what they are about, in a table of this transaction alone: unlike the rows of a feed that has just come,
# it can be analysed at once. Without that the plan of the merge is a guess, and was seen to take minutes. For the same
# reason results are written by the whole key of their row: PostgreSQL takes a new feed for one with a single row.
_GATHER = """
CREATE TEMPORARY TABLE stock_fed ON COMMIT DROP AS
SELECT r.feed_id, r.number, r.quantity, r.as_of, c.id AS location_id, c.allows_backorder AS backorder,
    p.id AS product_id, l.id AS level_id, l.on_hand,
    CASE
        WHEN c.id IS NULL THEN 'no location has the code ' || r.location
        WHEN p.id IS NULL THEN 'no product has the SKU ' || r.sku
        WHEN r.as_of < CASE WHEN m.feed_number = %(feed)s THEN m.before ELSE m.as_of END
            THEN 'older than what has been accepted for this location'
    END AS fault
FROM inventory_stockfeedrow r
LEFT JOIN locations_location c ON c.code = r.location
LEFT JOIN catalogue_product p ON p.sku = r.sku
LEFT JOIN inventory_feedmark m ON m.location_id = c.id
LEFT JOIN inventory_stocklevel l ON l.location_id = c.id AND l.product_id = p.id
WHERE r.feed_id = %(feed)s AND r.number > %(after)s AND r.number <= %(until)s AND r.outcome = 'accepted'
"""

_OVERVIEW = """
SELECT min(as_of), count(*) FILTER (WHERE level_id IS NULL) FROM pg_temp.stock_fed WHERE fault IS NULL
"""

# A new level is written once, with what it holds: nothing can be reserved there yet, and nothing has moved. One that
# another transaction opened meanwhile is told, and merged as those that were there before.
_OPEN = """
WITH wanted AS MATERIALIZED (
    SELECT feed_id, number, location_id, product_id, backorder, quantity, greatest(quantity, 0) AS units, as_of
    FROM pg_temp.stock_fed WHERE fault IS NULL AND level_id IS NULL
), opened AS (
    INSERT INTO inventory_stocklevel (location_id, product_id, on_hand, reserved, backorder)
    SELECT location_id, product_id, units, 0, backorder FROM wanted ORDER BY location_id, product_id
    ON CONFLICT DO NOTHING RETURNING id, location_id, product_id
), known AS MATERIALIZED (
    SELECT o.id, w.* FROM wanted w LEFT JOIN opened o USING (location_id, product_id)
), movements AS (
    INSERT INTO inventory_stockmovement
        (level_id, kind, on_hand_change, reserved_change, reason, reference, actor, moved_at)
    SELECT id, 'feed', units, 0, '', %(name)s, %(actor)s, as_of FROM known
    WHERE id IS NOT NULL AND units <> 0 ORDER BY id
), told AS (
    UPDATE inventory_stockfeedrow r SET outcome = 'short',
        reason = format('it would leave %%s on hand, but 0 are reserved and stay', k.quantity)
    FROM known k WHERE k.id IS NOT NULL AND k.quantity < 0 AND r.feed_id = k.feed_id AND r.number = k.number
)
SELECT coalesce(array_agg(number) FILTER (WHERE id IS NULL), '{}'),
    count(*) FILTER (WHERE id IS NOT NULL AND quantity < 0), count(*) FILTER (WHERE id IS NOT NULL AND units <> 0)
FROM known
"""

_OPENED_BY_OTHERS = """
UPDATE pg_temp.stock_fed f SET level_id = l.id, on_hand = l.on_hand FROM inventory_stocklevel l
WHERE f.number = ANY(%(others)s) AND l.location_id = f.location_id AND l.product_id = f.product_id
"""

# Levels that may have to change, held from here on. One that held what its row says when the rows were gathered, and of
# which no movement since the row's moment is known even now, was right then: whatever happens to it comes after.
_DUE = """
CREATE TEMPORARY TABLE stock_due ON COMMIT DROP AS
SELECT f.feed_id, f.number, f.quantity, f.as_of, l.id AS level_id, l.on_hand,
    CASE WHEN l.backorder THEN 0 ELSE l.reserved END AS least
FROM pg_temp.stock_fed f JOIN inventory_stocklevel l ON l.id = f.level_id
WHERE f.fault IS NULL AND CASE
    WHEN NOT %(snapshot)s THEN f.quantity <> 0
    ELSE f.quantity <> f.on_hand OR f.level_id IN (
        SELECT level_id FROM inventory_stockmovement WHERE on_hand_change <> 0 AND moved_at > %(earliest)s
    )
END
ORDER BY l.id FOR UPDATE OF l
"""

# A snapshot tells of a moment: what has moved on the shelves since then is added to it. Its own movements bear that
# moment, so that the next feed does not add them again.
_MERGE = """
WITH since AS MATERIALIZED (
    SELECT d.number, sum(v.on_hand_change)::bigint AS units
    FROM inventory_stockmovement v JOIN pg_temp.stock_due d ON d.level_id = v.level_id AND v.moved_at > d.as_of
    WHERE %(snapshot)s AND v.on_hand_change <> 0 AND v.moved_at > %(earliest)s
    GROUP BY d.number
), meant AS MATERIALIZED (
    SELECT d.*,
        CASE WHEN %(snapshot)s THEN d.quantity + coalesce(s.units, 0) ELSE d.on_hand + d.quantity END AS target
    FROM pg_temp.stock_due d LEFT JOIN since s USING (number)
), changed AS MATERIALIZED (
    SELECT *, greatest(target, least) - on_hand AS change FROM meant WHERE greatest(target, least) <> on_hand
), levels AS (
    UPDATE inventory_stocklevel l SET on_hand = l.on_hand + d.change FROM changed d WHERE l.id = d.level_id
), movements AS (
    INSERT INTO inventory_stockmovement
        (level_id, kind, on_hand_change, reserved_change, reason, reference, actor, moved_at)
    SELECT level_id, 'feed', change, 0, '', %(name)s, %(actor)s, as_of FROM changed ORDER BY level_id
), told AS (
    UPDATE inventory_stockfeedrow r SET outcome = d.outcome, reason = left(d.reason, 160)
    FROM (
        SELECT feed_id, number, 'refused' AS outcome, fault AS reason FROM pg_temp.stock_fed WHERE fault IS NOT NULL
        UNION ALL
        SELECT feed_id, number, 'short',
            format('it would leave %%s on hand, but %%s are reserved and stay', target, least)
        FROM meant WHERE target < least
    ) d WHERE r.feed_id = d.feed_id AND r.number = d.number
), marks AS (
    INSERT INTO inventory_feedmark AS m (location_id, as_of, feed_number)
    SELECT location_id, max(as_of), %(feed)s FROM pg_temp.stock_fed WHERE fault IS NULL
    GROUP BY location_id ORDER BY location_id
    ON CONFLICT (location_id) DO UPDATE SET as_of = greatest(m.as_of, excluded.as_of), feed_number = %(feed)s,
        before = CASE WHEN m.feed_number = %(feed)s THEN m.before ELSE m.as_of END
)
SELECT (SELECT count(*) FROM pg_temp.stock_fed WHERE fault IS NOT NULL),
    (SELECT count(*) FROM meant WHERE target < least), (SELECT count(*) FROM changed)
"""
