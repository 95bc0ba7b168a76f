"""Stock feeds: kept by COPY, then merged into the ledger some thousand rows at a time.

Each step commits, so a worker that is killed loses nothing: the next one goes on where the feed's row says. A row that
is accepted as it came is never written again; the merge writes only to those that are refused or short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import FeedKind, FeedStatus, StockFeed
from fulfilment.inventory.services.feed_rows import Given, Judged, judge
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue

JOB = "fulfilment.inventory.jobs.feed_merge"
#: Rows merged in one transaction: levels are locked for a fraction of a second.
AT_ONCE = 20_000
_BLOCK = 2_000
#: A command merges its own feed; should it die, the job takes it up after so long.
_TAKEN_UP_AFTER = timedelta(minutes=15)


class FeedTooLong(ValueError):
    """The feed has more rows than may be sent at once. Nothing was kept."""


def feed_receive(
    *,
    kind: FeedKind,
    rows: Iterable[Given],
    source: str,
    actor: str,
    at_most: int | None = None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> StockFeed:
    """Keep the rows of a feed; :func:`feed_merge` brings them to the ledger.

    Raises :class:`FeedTooLong`, :class:`~fulfilment.inventory.services.feed_rows.FeedUnreadable`.
    """
    feed = StockFeed.objects.create(kind=kind, source=source[:255], actor=actor)
    number = refused = 0
    block: list[str] = []
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY inventory_stockfeedrow (feed_id, number, location, sku, quantity, as_of, outcome, reason) FROM STDIN"
        ) as copy,
    ):
        for judged in judge(rows, kind=kind, now=timezone.now()):
            number += 1
            refused += bool(judged[4])
            if at_most is not None and number > at_most:
                message = f"a feed has at most {at_most:,} rows; send it in parts"
                raise FeedTooLong(message)
            block.append(_line(feed.pk, number, judged))
            if len(block) == _BLOCK:
                copy.write("".join(block))
                block.clear()
                on_progress(number)
        copy.write("".join(block))
    feed.rows, feed.refused = number, refused
    if not number:
        feed.status, feed.finished_at = FeedStatus.DONE, timezone.now()
    feed.save(update_fields=["rows", "refused", "status", "finished_at"])
    on_progress(number)
    return feed


def feed_merge_later(*, feed_id: int, at_once: bool = True) -> None:
    """Ask for the job that merges; not ``at_once``: only in case that whoever merges now is killed."""
    due = None if at_once else timezone.now() + _TAKEN_UP_AFTER
    enqueue(JOB, lock="stock-feeds", due=due, feed_id=feed_id)


def feed_merge(
    *, schema: str, feed_id: int, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Merge what is left of a feed, step by step, each in a transaction of its own. Safe to run again."""
    more = True
    while more:
        with retailer_context(schema):
            more = feed_merge_step(feed_id=feed_id)
            done, total = StockFeed.objects.values_list("merged", "rows").get(pk=feed_id)
        on_progress(done, total)


def feed_merge_step(*, feed_id: int, at_once: int = AT_ONCE) -> bool:
    """Merge the next rows in the caller's transaction; whether any are left."""
    with connection.cursor() as cursor:
        # Two feeds may tell of the same places: they are merged one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' stock-feeds', 0))")
        feed = StockFeed.objects.select_for_update().get(pk=feed_id)
        if feed.merged >= feed.rows:
            return False
        until = min(feed.merged + at_once, feed.rows)
        parameters = {
            "feed": feed.pk, "name": str(feed), "after": feed.merged, "until": until, "actor": feed.actor,
            "snapshot": feed.kind == FeedKind.SNAPSHOT,
        }  # fmt: skip
        cursor.execute(_OPEN_LEVELS, parameters)
        cursor.execute(_LOCK_LEVELS, parameters)
        cursor.execute(_MERGE, parameters)
        refused, short, changed = cursor.fetchone()
    feed.merged = until
    feed.refused += refused
    feed.short += short
    feed.changed += changed
    done = until == feed.rows
    feed.status = FeedStatus.DONE if done else FeedStatus.MERGING
    feed.finished_at = timezone.now() if done else None
    feed.save(update_fields=["merged", "refused", "short", "changed", "status", "finished_at"])
    return not done


def _line(feed_id: int, number: int, judged: Judged) -> str:
    """A line for COPY. Control characters were refused; the backslash is all that is left to escape."""
    location, sku, quantity, as_of, reason = judged
    outcome = "refused" if reason else "accepted"
    moment = as_of.isoformat() if as_of else "\\N"
    units = "\\N" if quantity is None else quantity
    names = f"{location}\t{sku}".replace("\\", "\\\\")
    return f"{feed_id}\t{number}\t{names}\t{units}\t{moment}\t{outcome}\t{reason}\n"


_ROWS = """
FROM inventory_stockfeedrow r
{join} locations_location c ON c.code = r.location
{join} catalogue_product p ON p.sku = r.sku
LEFT JOIN inventory_feedmark m ON m.location_id = c.id
{levels}
WHERE r.feed_id = %(feed)s AND r.number > %(after)s AND r.number <= %(until)s AND r.outcome = 'accepted'
"""

_LEVELS = "inventory_stocklevel l ON l.location_id = c.id AND l.product_id = p.id"

_STALE = "r.as_of < CASE WHEN m.feed_number = %(feed)s THEN m.before ELSE m.as_of END"

_FED = _ROWS.format(join="LEFT JOIN", levels=f"LEFT JOIN {_LEVELS}")
_NEW = _ROWS.format(join="JOIN", levels=f"LEFT JOIN {_LEVELS}")
_KNOWN = _ROWS.format(join="JOIN", levels=f"JOIN {_LEVELS}")

_OPEN_LEVELS = f"""
INSERT INTO inventory_stocklevel (location_id, product_id, on_hand, reserved, backorder)
SELECT c.id, p.id, 0, 0, c.allows_backorder
{_NEW}
AND l.id IS NULL AND ({_STALE}) IS NOT TRUE
ORDER BY c.id, p.id ON CONFLICT DO NOTHING
"""

_LOCK_LEVELS = f"""
SELECT count(*) FROM (
    SELECT 1 FROM inventory_stocklevel WHERE id IN (
        SELECT l.id
        {_KNOWN}
    ) ORDER BY id FOR UPDATE
) locked
"""

# A snapshot tells of a moment: what has moved on the shelves since then is added to it. Its own movements bear that
# moment, so that the next feed does not add them again.
_MERGE = f"""
WITH fed AS MATERIALIZED (
    SELECT r.number, r.quantity, r.as_of, c.id AS location_id, l.id AS level_id, l.on_hand,
        CASE WHEN l.backorder THEN 0 ELSE l.reserved END AS least,
        CASE
            WHEN c.id IS NULL THEN 'no location has the code ' || r.location
            WHEN p.id IS NULL THEN 'no product has the SKU ' || r.sku
            WHEN {_STALE} THEN 'older than what has been accepted for this location'
        END AS fault
    {_FED}
), since AS MATERIALIZED (
    SELECT f.number, sum(v.on_hand_change)::bigint AS units
    FROM inventory_stockmovement v JOIN fed f ON f.level_id = v.level_id AND v.moved_at > f.as_of
    WHERE %(snapshot)s AND v.on_hand_change <> 0 AND v.moved_at > (SELECT min(as_of) FROM fed)
    GROUP BY f.number
), meant AS MATERIALIZED (
    SELECT f.*, CASE WHEN %(snapshot)s THEN f.quantity + coalesce(s.units, 0) ELSE f.on_hand + f.quantity END AS target
    FROM fed f LEFT JOIN since s USING (number) WHERE f.fault IS NULL
), changed AS MATERIALIZED (
    SELECT *, greatest(target, least) - on_hand AS change FROM meant WHERE greatest(target, least) <> on_hand
), levels AS (
    UPDATE inventory_stocklevel l SET on_hand = l.on_hand + d.change FROM changed d WHERE l.id = d.level_id
), movements AS (
    INSERT INTO inventory_stockmovement
        (level_id, kind, on_hand_change, reserved_change, reason, reference, actor, moved_at)
    SELECT level_id, 'feed', change, 0, '', %(name)s, %(actor)s, as_of FROM changed
), told AS (
    UPDATE inventory_stockfeedrow r SET outcome = d.outcome, reason = left(d.reason, 160)
    FROM (
        SELECT number, 'refused' AS outcome, fault AS reason FROM fed WHERE fault IS NOT NULL
        UNION ALL
        SELECT number, 'short', format('it would leave %%s on hand, but %%s are reserved and stay', target, least)
        FROM meant WHERE target < least
    ) d WHERE r.feed_id = %(feed)s AND r.number = d.number
), marks AS (
    INSERT INTO inventory_feedmark AS m (location_id, as_of, feed_number)
    SELECT location_id, max(as_of), %(feed)s FROM meant GROUP BY location_id ORDER BY location_id
    ON CONFLICT (location_id) DO UPDATE SET as_of = greatest(m.as_of, excluded.as_of), feed_number = %(feed)s,
        before = CASE WHEN m.feed_number = %(feed)s THEN m.before ELSE m.as_of END
)
SELECT (SELECT count(*) FROM fed WHERE fault IS NOT NULL), (SELECT count(*) FROM meant WHERE target < least),
    (SELECT count(*) FROM changed)
"""
