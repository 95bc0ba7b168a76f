"""Reservations beside the same transaction by hand; a feed of 150,000 rows; availability of 100 SKUs in a chain."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockLevel
from fulfilment.inventory.selectors import availability_json
from fulfilment.inventory.services import StockChange, boards_write, stock_move
from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.setting import SCHEMA, administrator, pgbench, run_command

_STORES, _SKUS, _SECONDS = 3_070, 200, 5


def inventory() -> Iterator[Figure]:
    """Figures of stock."""
    _make_chain()
    yield from _feeds()
    with administrator() as server:
        server.execute("VACUUM ANALYZE")
    yield from _availability()
    yield from _reservations()


def _make_chain() -> None:
    with retailer_context(SCHEMA):
        Product.objects.bulk_create(Product(sku=f"I-{number}") for number in range(_SKUS))
        Location.objects.bulk_create(
            Location(code=f"I{number:04}", name=f"Store {number}", time_zone="America/New_York")
            for number in range(_STORES)
        )


def _feeds() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        for name, seed, stores in (("new levels", 1, 750), ("one row in ten changed", 2, 750), ("rest", 1, _STORES)):
            path = Path(folder) / "feed.csv"
            path.write_text("location,sku,quantity\n" + "".join(_rows(seed, 0 if name != "rest" else 750, stores)))
            told = run_command("import_stock", str(path), "--retailer", SCHEMA).result
            if name != "rest":
                yield Figure(
                    f"stock feed, {name}", told["rows"] / told["merge_seconds"], "rows/s",
                    f"{told['rows']:,} rows, {told['changed']:,} moved stock; read in {told['read_seconds']} s",
                )  # fmt: skip


def _rows(seed: int, first: int, last: int) -> Iterator[str]:
    for store in range(first, last):
        for sku in range(_SKUS):
            changed = seed == 2 and (store + sku) % 10 == 0
            yield f"I{store:04},I-{sku},{1_000 + (store * 7 + sku * 13) % 9 + changed}\n"


def _availability() -> Iterator[Figure]:
    started, written = time.perf_counter(), 0
    while True:
        with retailer_context(SCHEMA):
            some = boards_write()
        if not some:
            break
        written += some
    yield Figure("boards written", written / (time.perf_counter() - started), "products/s", f"{_STORES} stores each")
    skus = [f"I-{number}" for number in range(100)]
    for name, count, totals in (("100 SKUs", 100, False), ("100 SKUs, totals", 100, True), ("10 SKUs", 10, False)):
        times = []
        for _ in range(20):
            with retailer_context(SCHEMA):
                started = time.perf_counter()
                availability_json(skus[:count], totals=totals)
                times.append(time.perf_counter() - started)
        yield Figure(f"availability, {name} × {_STORES} stores", percentile(times, 0.95) * 1e3, "ms p95")


def _reservations() -> Iterator[Figure]:
    with retailer_context(SCHEMA):
        levels = list(StockLevel.objects.filter(on_hand__gte=1_000).values_list("pk", flat=True)[:5_000])
    done, end = 0, time.perf_counter() + _SECONDS
    random.seed(1)
    while time.perf_counter() < end:
        with retailer_context(SCHEMA):
            stock_move(
                kind=MovementKind.RESERVE, changes=[StockChange(random.choice(levels), 0, 1, "B-1/1")], actor="bench",
                moved_at=timezone.now(),
            )  # fmt: skip
        done += 1
    rate = done / _SECONDS
    by_hand = pgbench(_BY_HAND.format(first=min(levels), last=max(levels)), clients=1, seconds=_SECONDS)
    yield Figure("hard reservations, 1 client", rate, "per s", f"ratio {rate / by_hand:.2f} to the same by hand")
    yield Figure("… by hand in pgbench, 1 client", by_hand, "per s")
    with retailer_context(SCHEMA), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inventory_stocklevel WHERE reserved > on_hand")
        assert cursor.fetchone() == (0,)


#: The rows of one reservation, as somebody would write them who needs nothing else.
_BY_HAND = """
\\set level random({first}, {last})
UPDATE inventory_stocklevel SET reserved = reserved + 1 WHERE id = :level AND on_hand - reserved >= 1;
INSERT INTO inventory_stockmovement (level_id, kind, on_hand_change, reserved_change, reason, reference, actor)
  SELECT :level, 'reserve', 0, 1, '', 'B-1/1', 'by hand' FROM inventory_stocklevel WHERE id = :level;
"""
