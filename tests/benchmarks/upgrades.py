"""Replay, promotion, rollback, restore, reading the profile, and what the journal costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from django.db import connections

from modules.models import Decision, ModuleUpgrade
from modules.services.upgrade import module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from oms.infra.database.context import retailer_context
from orders.services import orders_capture
from tests.benchmarks.figures import Figure
from tests.benchmarks.profiles import journal_cost, profile_reads, restores
from tests.benchmarks.upgrading import MODULE, ORDERS, SCHEMA, lines_multiply, new_order, upgrading_make


def upgrades() -> Iterator[Figure]:
    """Figures of the profile and of an upgrade from the first release of routing to the newest."""
    upgrading_make()
    upgrade, seconds = _preview()
    found = upgrade.preview or {}
    yield Figure(
        "replay of recorded decisions × two releases", seconds, "s",
        f"{found['replayed']:,} decisions, {found['baseline_differences']} A/A differences, "
        f"{found['changed']:,} changed, "
        f"{sum(found['causes'].values()) - found['changed']} without a cause; target 60 s",
    )  # fmt: skip
    orders, lines = lines_multiply()
    held, failed, asked = _promote_under_load(upgrade)
    yield Figure("promotion", held * 1e3, "ms", f"target 250 ms; {failed} of {asked} requests failed meanwhile")
    started = time.perf_counter()
    with retailer_context(SCHEMA):
        module_rollback(module=MODULE, author="benchmark")
    yield Figure(
        "rollback", time.perf_counter() - started, "s",
        f"{orders:,} orders with {lines:,} lines, all but {ORDERS:,} orders copied by SQL; target 1 s",
    )  # fmt: skip
    yield from journal_cost()
    yield from restores()
    yield from profile_reads()


def _preview() -> tuple[ModuleUpgrade, float]:
    started = time.perf_counter()
    with retailer_context(SCHEMA):
        upgrade = upgrade_begin(module=MODULE, to="2.0.0", author="benchmark")
    upgrade_preview(schema=SCHEMA, upgrade_id=upgrade.pk, limit=ORDERS)
    with retailer_context(SCHEMA):
        upgrade.refresh_from_db()
        assert Decision.objects.filter(module=MODULE).count() >= ORDERS
    return upgrade, time.perf_counter() - started


def _promote_under_load(upgrade: ModuleUpgrade) -> tuple[float, int, int]:
    """Promote while orders are captured, a hundred a second; seconds held, requests failed, requests made."""
    stop = threading.Event()
    asked, failed = [0], [0]

    def capture() -> None:
        while not stop.is_set():
            begun = time.perf_counter()
            asked[0] += 1
            try:
                with retailer_context(SCHEMA):
                    orders_capture(channel="web", orders=[new_order(100_000 + asked[0])], actor="load", react=False)
            except Exception:  # noqa: BLE001 - any failure counts
                failed[0] += 1
            stop.wait(max(0.0, 0.01 - (time.perf_counter() - begun)))
        connections.close_all()

    thread = threading.Thread(target=capture)
    thread.start()
    time.sleep(0.5)
    started = time.perf_counter()
    with retailer_context(SCHEMA):
        upgrade_promote(upgrade_id=upgrade.pk, author="benchmark")
    held = time.perf_counter() - started
    time.sleep(0.5)
    stop.set()
    thread.join()
    return held, failed[0], asked[0]
