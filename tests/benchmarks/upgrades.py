"""Replay, promotion, rollback, restore, reading the profile, and what the journal costs."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from django.db import connections

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from fulfilment.routing.services import orders_route
from modules.contracts.review import ReviewFacts
from modules.domain.canonical import Body, canonical
from modules.models import Decision, ModuleUpgrade
from modules.profile import current_profile, forget, profile_at
from modules.selectors import head_number
from modules.services import profile_begin, profile_restore, revise
from modules.services.upgrade import module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewLine, NewOrder
from orders.models import Channel
from orders.services import order_capture, orders_capture
from orders.services.order_review import Reviewed, orders_review
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.setting import bare_retailer_make

_SCHEMA = "upgrading"
_ORDERS = 10_000
_MODULE = "order_routing"


def upgrades() -> Iterator[Figure]:
    """Figures of the profile and of an upgrade from the first release of routing to the newest."""
    _make_retailer()
    upgrade, seconds = _preview()
    found = upgrade.preview or {}
    yield Figure(
        "replay of recorded decisions × two releases", seconds, "s",
        f"{found['replayed']:,} decisions, {found['baseline_differences']} A/A differences, "
        f"{found['changed']:,} changed, "
        f"{sum(found['causes'].values()) - found['changed']} without a cause; target 60 s",
    )  # fmt: skip
    held, failed, asked = _promote_under_load(upgrade)
    yield Figure("promotion", held * 1e3, "ms", f"target 250 ms; {failed} of {asked} requests failed meanwhile")
    started = time.perf_counter()
    with retailer_context(_SCHEMA):
        module_rollback(module=_MODULE, author="benchmark")
    yield Figure("rollback", time.perf_counter() - started, "s", f"{_ORDERS:,} orders; target 1 s")
    yield from _profile_figures()
    yield from _journal_figures()


def _make_retailer() -> None:
    bare_retailer_make(_SCHEMA)
    with retailer_context(_SCHEMA):
        profile_begin(author="benchmark", adopt={_MODULE: "1.0.0"})
        Channel.objects.create(code="web", name="Web shop", currency="GBP")
        products = Product.objects.bulk_create(Product(sku=f"B-{n}", weight_grams=500) for n in range(500))
        places = list(Location.objects.values_list("pk", flat=True))
        levels = levels_open([(place, product.pk) for place in places for product in products])
        stock_move(
            kind=MovementKind.RECEIPT, changes=[StockChange(level, 40, 0, "first") for level in levels.values()],
            actor="benchmark", moved_at=datetime.now(UTC),
        )  # fmt: skip
    for start in range(0, _ORDERS, 500):
        with retailer_context(_SCHEMA):
            orders = [_order(number) for number in range(start, start + 500)]
            made = orders_capture(channel="web", orders=orders, actor="benchmark", react=False)
            orders_route(order_ids=[item.order_id for item in made], actor="benchmark")


def _order(number: int) -> NewOrder:
    chance = random.Random(number)
    return NewOrder(
        external_number=str(number),
        placed_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=number),
        currency="GBP",
        lines=tuple(
            NewLine(sku=f"B-{sku}", quantity=chance.choice((1, 1, 2)), unit_price=Decimal("9.90"))
            for sku in chance.sample(range(500), chance.choice((1, 2, 3)))
        ),
        destination=Destination(
            country="GB", latitude=round(chance.uniform(50.5, 56), 2), longitude=round(chance.uniform(-4, 0.5), 2)
        ),
    )


def _preview() -> tuple[ModuleUpgrade, float]:
    started = time.perf_counter()
    with retailer_context(_SCHEMA):
        upgrade = upgrade_begin(module=_MODULE, to="2.0.0", author="benchmark")
    upgrade_preview(schema=_SCHEMA, upgrade_id=upgrade.pk, limit=_ORDERS)
    with retailer_context(_SCHEMA):
        upgrade.refresh_from_db()
        assert Decision.objects.filter(module=_MODULE).count() >= _ORDERS
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
                with retailer_context(_SCHEMA):
                    orders_capture(channel="web", orders=[_order(100_000 + asked[0])], actor="load", react=False)
            except Exception:  # noqa: BLE001 - any failure counts
                failed[0] += 1
            stop.wait(max(0.0, 0.01 - (time.perf_counter() - begun)))
        connections.close_all()

    thread = threading.Thread(target=capture)
    thread.start()
    time.sleep(0.5)
    started = time.perf_counter()
    with retailer_context(_SCHEMA):
        upgrade_promote(upgrade_id=upgrade.pk, author="benchmark")
    held = time.perf_counter() - started
    time.sleep(0.5)
    stop.set()
    thread.join()
    return held, failed[0], asked[0]


def _profile_figures() -> Iterator[Figure]:
    chance = random.Random(5)
    with retailer_context(_SCHEMA):
        for number in range(60):
            with revise(author="benchmark", reason=f"edit {number}") as revision:
                body: Body = {"name": f"Strategy {number}", "location_settings": []}
                revision.put(_MODULE, "routing_strategy", "default", body)
        head = head_number()
        states = {number: _content(number) for number in range(1, head + 1)}
        forget()
        wrong = 0
        times = []
        for _ in range(40):
            wanted = chance.choice(list(states))
            started = time.perf_counter()
            restored = profile_restore(to=wanted, author="benchmark")
            times.append(time.perf_counter() - started)
            wrong += _content(restored) != states[wanted]
    yield Figure(
        "restore of a random revision, p95", percentile(times, 0.95) * 1e3, "ms", f"{wrong} of 40 not identical"
    )
    with retailer_context(_SCHEMA):
        current_profile()
        reads = []
        for _ in range(2_000):
            started = time.perf_counter()
            current_profile().documents(_MODULE, "routing_strategy")
            reads.append(time.perf_counter() - started)
    yield Figure("profile read for a request, cached, p95", percentile(reads, 0.95) * 1e3, "ms", "target 0.2 ms")


def _content(number: int) -> bytes:
    profile = profile_at(number)
    return canonical({str(where): {"b": d.body, "c": d.complement} for where, d in profile.raw().items()})


def _journal_figures() -> Iterator[Figure]:
    """Capture with and without the journal's rows, in turn, so that the machine's mood falls on both alike."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(600):
        for written in (True, False):
            keeps = nullcontext() if written else patch.object(order_capture, "orders_review", _review_unwritten)
            order = _order(200_000 + 2 * number + written)
            with keeps, retailer_context(_SCHEMA):
                started = time.perf_counter()
                orders_capture(channel="web", orders=[order], actor="x", react=False)
                times[written].append(time.perf_counter() - started)
    ratio = statistics.median(times[True]) / statistics.median(times[False])
    yield Figure("journal's share of capture", (ratio - 1) * 100, "%", "target 10 %")


def _review_unwritten(*, revision: int, facts: Sequence[ReviewFacts]) -> Reviewed:
    """The same decisions, without the rows that write them down."""
    return Reviewed(orders_review(revision=revision, facts=facts).holds)
