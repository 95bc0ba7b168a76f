"""Bring stock from a file of another system."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

from fulfilment.inventory.models import FeedKind, StockFeed
from fulfilment.inventory.services.feed_rows import Columns, Given, rows_of_csv, rows_of_ndjson
from fulfilment.inventory.services.feeds import feed_merge, feed_merge_later, feed_receive
from oms.infra.console import Bar, RetailerCommand, progress_bar
from oms.infra.database.context import retailer_context
from oms.infra.rows import UnreadableRows, lines_of

_NDJSON = (".ndjson", ".jsonl", ".json")


class Command(RetailerCommand):
    """Every row ends with a result; a run that was killed is taken up with ``--resume``, or by a worker."""

    help = "Merge a stock feed (CSV with a heading, or NDJSON) into the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", nargs="?", type=Path, help="CSV or NDJSON (by its ending).")
        parser.add_argument("--kind", choices=FeedKind.values, default=FeedKind.SNAPSHOT.value)
        parser.add_argument("--location", default="", metavar="CODE", help="All rows are about this location.")
        parser.add_argument(
            "--column", action="append", default=[], metavar="NAME=HEADING",
            help="What a column is called in a CSV file; NAME is location, sku, quantity or as_of.",
        )  # fmt: skip
        parser.add_argument("--resume", type=int, metavar="FEED", help="Go on with a feed that was not finished.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        started = time.monotonic()
        with progress_bar("row", scaled=True) as bar:
            feed_id = options["resume"] or self._receive(schema, options, bar)
            received = time.monotonic()
            feed_merge(schema=schema, feed_id=feed_id, on_progress=lambda done, total: bar.show("merge", done, total))
        with retailer_context(schema):
            feed = StockFeed.objects.filter(pk=feed_id).first()
        if feed is None:
            message = f"there is no feed {feed_id}"
            raise CommandError(message)
        self._tell(feed, received - started, time.monotonic() - received, as_json=options["json"])

    def _receive(self, schema: str, options: dict[str, Any], bar: Bar) -> int:
        if options["file"] is None:
            message = "name a file, or a feed with --resume"
            raise CommandError(message)
        try:
            with options["file"].open("rb") as file, retailer_context(schema):
                feed = feed_receive(
                    kind=FeedKind(options["kind"]), rows=_rows(file, options), source=options["file"].name,
                    actor="import_stock", on_progress=lambda rows: bar.show("read", rows, rows),
                )  # fmt: skip
                feed_merge_later(feed_id=feed.pk, at_once=False)
        except (OSError, UnreadableRows) as fault:
            raise CommandError(str(fault)) from fault
        return feed.pk

    def _tell(self, feed: StockFeed, reading: float, merging: float, *, as_json: bool) -> None:
        rate = round(feed.rows / merging) if merging else 0
        self.finish(
            {
                "feed": feed.pk, "kind": feed.kind, "rows": feed.rows, "accepted": feed.accepted,
                "refused": feed.refused, "short": feed.short, "changed": feed.changed,
                "read_seconds": round(reading, 2), "merge_seconds": round(merging, 2), "rows_per_second": rate,
            },
            [
                f"{feed}: {feed.rows:,} rows, {feed.accepted:,} accepted ({feed.changed:,} moved stock, {feed.short:,}"
                f" kept what is reserved), {feed.refused:,} refused",
                f"read in {reading:.1f} s, merged in {merging:.1f} s ({rate:,} rows/s)",
            ],
            as_json=as_json,
        )  # fmt: skip


def _rows(file: IO[bytes], options: dict[str, Any]) -> Iterator[Given]:
    if options["file"].suffix.lower() in _NDJSON:
        return rows_of_ndjson(lines_of(file), options["location"])
    names = dict(item.partition("=")[::2] for item in options["column"])
    try:
        columns = Columns(**names)
    except TypeError as fault:
        message = "--column takes NAME=HEADING, where NAME is location, sku, quantity or as_of"
        raise CommandError(message) from fault
    return rows_of_csv(lines_of(file, lone_returns=True), columns, options["location"])
