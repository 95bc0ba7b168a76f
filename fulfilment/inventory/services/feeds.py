"""Stock feeds: kept by COPY, then merged into the ledger some thousand rows at a time.

Each step (:mod:`fulfilment.inventory.services.feed_step`) commits, so a worker that is killed loses nothing: the next
one goes on where the feed's row says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import connection, transaction
from django.utils import timezone

from fulfilment.inventory.models import FeedKind, FeedStatus, StockFeed
from fulfilment.inventory.services.feed_rows import Given, Judged, judge
from fulfilment.inventory.services.feed_step import feed_merge_step
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.rows import no_more_than

JOB = "fulfilment.inventory.jobs.feed_merge"
_BLOCK = 2_000
#: A command merges its own feed; should it die, the job takes it up after so long.
_TAKEN_UP_AFTER = timedelta(minutes=15)


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

    Raises :class:`~oms.infra.rows.UnreadableRows`, and of these ``TooManyRows``; nothing was kept then.
    """
    if at_most is not None:
        rows = no_more_than(at_most, rows)
    feed = StockFeed.objects.create(kind=kind.value, source=source[:255], actor=actor)
    number = refused = 0
    block: list[str] = []
    with (
        transaction.atomic(),  # a fault in the rows ends the COPY, and with it the transaction it is in
        connection.cursor() as cursor,
        cursor.copy(
            "COPY inventory_stockfeedrow (feed_id, number, location, sku, quantity, as_of, outcome, reason) FROM STDIN"
        ) as copy,
    ):
        for judged in judge(rows, kind=kind, now=timezone.now()):
            number += 1
            refused += bool(judged[4])
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


#: Most rows of a feed are of one moment.
_written = lru_cache(maxsize=64)(datetime.isoformat)


def _line(feed_id: int, number: int, judged: Judged) -> str:
    """A line for COPY. Control characters were refused; the backslash is all that is left to escape."""
    location, sku, quantity, as_of, reason = judged
    outcome = "refused" if reason else "accepted"
    moment = _written(as_of) if as_of else "\\N"
    units = "\\N" if quantity is None else quantity
    names = f"{location}\t{sku}".replace("\\", "\\\\")
    return f"{feed_id}\t{number}\t{names}\t{units}\t{moment}\t{outcome}\t{reason}\n"
