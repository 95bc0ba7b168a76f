"""Reservations beside the same transaction by hand; feeds of 90,000 rows; availability of 100 SKUs in a chain."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockLevel
from fulfilment.inventory.selectors import availability_json
from fulfilment.inventory.services import StockChange, boards_write, stock_move
from fulfilment.inventory.services.feeds import feed_merge
from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.serving import caller, database_seconds, served
from tests.benchmarks.setting import SCHEMA, administrator, pgbench, run_command

_STORES, _SKUS, _SECONDS, _ROUNDS = 3_070, 200, 3, 5


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
            for number in range(_STORES + _FED)
        )


def _feeds() -> Iterator[Figure]:
    """Each feed tells of 500 stores: by a command from a file, then by the API with a worker's merge."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "feed.csv"
        for name, kind, changed in _FEEDS:
            path.write_text(_HEADING + "".join(_rows(0, _FED, changed)))
            before, started = database_seconds(), time.perf_counter()
            told = run_command("import_stock", str(path), "--kind", kind, "--retailer", SCHEMA).result
            seconds, spent = told["read_seconds"] + told["merge_seconds"], database_seconds() - before
            yield Figure(
                f"stock feed by command, {name}", told["rows"] / seconds, "rows/s",
                f"merge alone {told['rows'] / told['merge_seconds']:,.0f}/s; database {spent / told['rows'] * 1e6:.1f}"
                f" µs CPU a row; {told['changed']:,} moved; in all {time.perf_counter() - started:.1f} s; {_load()}",
            )  # fmt: skip
        path.write_text(_HEADING + "".join(_rows(_FED, _STORES, 0)))
        run_command("import_stock", str(path), "--retailer", SCHEMA)
    token = _token()
    with served() as port, caller(port, token) as client:
        for name, kind, changed in _FEEDS:
            rows = list(_rows(_STORES, _STORES + _FED, changed))
            before, started = database_seconds(), time.perf_counter()
            body = (_HEADING + "".join(rows)).encode()
            sent = client.post(
                f"/api/v1/stock-feeds?kind={kind}", content=body, headers={"Content-Type": "text/csv"}
            ).raise_for_status()
            received = time.perf_counter() - started
            feed_merge(schema=SCHEMA, feed_id=sent.json()["id"])
            seconds, spent = time.perf_counter() - started, database_seconds() - before
            yield Figure(
                f"stock feed by API, {name}", len(rows) / seconds, "rows/s",
                f"sent in {received:.2f} s; database {spent / len(rows) * 1e6:.1f} µs CPU a row; {_load()}",
            )  # fmt: skip


_HEADING = "location,sku,quantity\n"
#: Stores that each feed tells of.
_FED = 450
#: What is fed, as which kind, and that one row in so many has changed (0: none).
_FEEDS = (
    ("all new", "snapshot", 0), ("none changed", "snapshot", 0), ("one in ten changed", "snapshot", 10),
    ("all changed", "delta", 1),
)  # fmt: skip


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def _token() -> str:
    from oms.web.services.api_keys import api_key_issue

    with retailer_context(SCHEMA):
        return api_key_issue(name="benchmark", rate_per_minute=1_000_000, burst=100_000)[1]


def _rows(first: int, last: int, every: int) -> Iterator[str]:
    """Rows of stores; one in ``every`` has another quantity than before (0: none has)."""
    for store in range(first, last):
        for sku in range(_SKUS):
            changed = bool(every) and (store + sku) % every == 0
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
    yield from _over_http("&".join(f"sku={sku}" for sku in skus))


def _over_http(skus: str) -> Iterator[Figure]:
    """The same question as partners ask it, one after another."""
    token = _token()
    with served() as port, caller(port, token) as client:
        for name, more in (("100 SKUs", ""), ("100 SKUs, totals", "&detail=totals")):
            times = []
            for number in range(220):
                started = time.perf_counter()
                answer = client.get(f"/api/v1/availability?{skus}{more}").raise_for_status()
                if number >= 20:
                    times.append(time.perf_counter() - started)
            yield Figure(
                f"GET availability, {name} × {_STORES} stores", percentile(times, 0.95) * 1e3, "ms p95",
                f"p50 {percentile(times, 0.5) * 1e3:.1f} ms; {len(answer.content) / 1024:,.0f} KiB; target 50 ms;"
                f" {_load()}",
            )  # fmt: skip


def _reservations() -> Iterator[Figure]:
    """By turns with the same by hand, so that whatever else the machine does befalls both."""
    with retailer_context(SCHEMA):
        levels = list(StockLevel.objects.filter(on_hand__gte=1_000).values_list("pk", flat=True)[:5_000])
    script = _BY_HAND.format(first=min(levels), last=max(levels))
    random.seed(1)
    rounds = [(_reserved(levels), pgbench(script, clients=1, seconds=_SECONDS)) for _ in range(_ROUNDS)]
    ratios = sorted(rate / by_hand for rate, by_hand in rounds)
    yield Figure(
        "hard reservations, 1 client", median(rate for rate, _ in rounds), "per s",
        f"ratio {median(ratios):.2f} to the same by hand ({ratios[0]:.2f} to {ratios[-1]:.2f} in {_ROUNDS} rounds); "
        "target 0.5",
    )  # fmt: skip
    yield Figure("… by hand in pgbench, 1 client", median(by_hand for _, by_hand in rounds), "per s")
    with retailer_context(SCHEMA), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inventory_stocklevel WHERE reserved > on_hand")
        assert cursor.fetchone() == (0,)


def _reserved(levels: list[int]) -> float:
    """Reservations a second."""
    done, end = 0, time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        with retailer_context(SCHEMA):
            stock_move(
                kind=MovementKind.RESERVE, changes=[StockChange(random.choice(levels), 0, 1, "B-1/1")], actor="bench",
                moved_at=timezone.now(),
            )  # fmt: skip
        done += 1
    return done / _SECONDS


#: The rows of one reservation, as somebody would write them who needs nothing else.
_BY_HAND = """
\\set level random({first}, {last})
UPDATE inventory_stocklevel SET reserved = reserved + 1 WHERE id = :level AND on_hand - reserved >= 1;
INSERT INTO inventory_stockmovement (level_id, kind, on_hand_change, reserved_change, reason, reference, actor)
  SELECT :level, 'reserve', 0, 1, '', 'B-1/1', 'by hand' FROM inventory_stocklevel WHERE id = :level;
"""
