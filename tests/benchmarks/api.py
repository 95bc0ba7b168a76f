"""Orders over the API from 1, 4 and 16 clients, beside a hand-written transaction of the same rows.

Then orders with a payment, the list of half a million orders, the cost of knowing a caller, and orders in bulk.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db.models import F

from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.models import Channel, OrderLine, PaymentTransaction
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.serving import caller, environment, headers_of, served
from tests.benchmarks.setting import ROOT, SCHEMA, administrator, pgbench, run_command

_SECONDS = 8
_SKUS = 500
_LISTED = 500_000
_BULK = 20_000


def api() -> Iterator[Figure]:
    """Figures of the API."""
    token = _make_shop()
    with served() as port:
        _load(port, token, clients=4, seconds=2, mark="warm")
        yield _until_reserved(port, token)
        for clients in (1, 4, 16):
            times = _load(port, token, clients=clients, seconds=_SECONDS, mark=f"c{clients}")
            rate = len(times) / _SECONDS
            ceiling = pgbench(_BY_HAND, clients=clients, seconds=4)
            yield Figure(
                f"API orders of 2 lines, {clients} clients", rate, "orders/s",
                f"p50 {percentile(times, 0.5) * 1e3:.1f} ms, p95 {percentile(times, 0.95) * 1e3:.1f} ms, "
                f"p99 {percentile(times, 0.99) * 1e3:.1f} ms",
            )  # fmt: skip
            yield Figure(f"… by hand in pgbench, {clients} clients", ceiling, "orders/s", f"ratio {rate / ceiling:.2f}")
        for clients in (1, 16):
            times = _load(port, token, clients=clients, seconds=_SECONDS, mark=f"p{clients}", pay=True)
            rate = len(times) / _SECONDS
            ceiling = pgbench(_BY_HAND, clients=clients, seconds=4)
            yield Figure(
                f"… with their card authorised in the answer, {clients} clients", rate, "orders/s",
                f"p50 {percentile(times, 0.5) * 1e3:.1f} ms, p95 {percentile(times, 0.95) * 1e3:.1f} ms, "
                f"ratio {rate / ceiling:.2f}; targets: p50 15 ms at 1 client, 150 orders/s at 16",
            )  # fmt: skip
        _all_are_authorised()
        yield _admission(token)
        yield from _lists(port, token)
        yield from _bulk(port, token)


def _make_shop() -> str:
    from oms.web.services.api_keys import api_key_issue

    with retailer_context(SCHEMA):
        Channel.objects.create(code="web", name="Web shop", currency="GBP")
        Product.objects.bulk_create(Product(sku=f"B-{number}", name=f"Thing {number}") for number in range(_SKUS))
        return api_key_issue(name="benchmark", rate_per_minute=1_000_000, burst=100_000)[1]


def _admission(token: str) -> Figure:
    """What it costs to know who calls and to count the call."""
    from oms.web.api.admission import caller_with

    times = []
    for _ in range(2000):
        started = time.perf_counter()
        caller_with(f"Bearer {token}", schema=SCHEMA)
        times.append(time.perf_counter() - started)
    return Figure(
        "key, rate and binding of a caller", percentile(times, 0.5) * 1e3, "ms",
        f"p95 {percentile(times, 0.95) * 1e3:.2f} ms; target 1 ms",
    )  # fmt: skip


# Past the services: what is measured is the reading.
_MANY = """
SET search_path = bench, public;
SET session_replication_role = replica;
INSERT INTO orders_order (channel_id, external_number, number, status, open_quantity, currency, lines_total,
    charges_total, placed_at, recipient, address, city, postal_code, country, release, routing_release)
  SELECT c.id, 'L-' || n, 'WEB-L-' || n, CASE WHEN n %% 10 = 0 THEN 'open' ELSE 'complete' END, 0, 'GBP', 20, 0,
    now() - n * interval '1 minute', '', '', '', '', '', '', ''
  FROM generate_series(1, %(orders)s) n, orders_channel c WHERE c.code = 'web';
ANALYZE orders_order;
"""


def _lists(port: int, token: str) -> Iterator[Figure]:
    """The list of orders, page by page, with and without filters."""
    with administrator() as connection:
        for statement in _MANY.split(";\n"):
            if statement.strip():
                connection.execute(statement, {"orders": _LISTED})
    filters = ("", "&status=open", "&channel=web", "&status=held", "&updated_since=2020-01-01T00:00:00Z")
    with caller(port, token) as client:
        for asked in filters:
            times, address = [], f"/api/v1/orders?limit=50{asked}"
            for _ in range(100):
                started = time.perf_counter()
                page = client.get(address).raise_for_status().json()
                times.append(time.perf_counter() - started)
                address = page["links"]["next"] or f"/api/v1/orders?limit=50{asked}"
            yield Figure(
                f"50 of {_LISTED:,} orders {asked or '(all)'}", percentile(times, 0.95) * 1e3, "ms p95",
                f"p50 {percentile(times, 0.5) * 1e3:.1f} ms; target 30 ms",
            )  # fmt: skip


def _bulk(port: int, token: str) -> Iterator[Figure]:
    """A file of orders, sent and worked."""
    from oms.web.bulk.working import bulk_work
    from oms.web.startup import keep_what_is_loaded

    keep_what_is_loaded()  # as a worker does
    rows = "".join(
        json.dumps({
            "channel": "web", "external_number": f"bulk-{number}",
            "lines": [{"sku": f"B-{(number + line) % _SKUS}", "quantity": 1, "unit_price": "9.90"} for line in (0, 1)],
        }) + "\n"
        for number in range(_BULK)
    )  # fmt: skip
    with caller(port, token) as client:
        started = time.perf_counter()
        taken = client.post(
            "/api/v1/bulk/orders", content=rows.encode(), headers={"Content-Type": "application/x-ndjson"}
        ).raise_for_status()
    seconds = time.perf_counter() - started
    yield Figure("bulk orders received", _BULK / seconds, "rows/s", f"{len(rows) / 2**20:.1f} MiB")
    started = time.perf_counter()
    left = True
    while left:
        with retailer_context(SCHEMA):
            left = bulk_work(job_id=taken.json()["id"]).left
    seconds = time.perf_counter() - started
    yield Figure("bulk orders of 2 lines captured", _BULK / seconds, "orders/s", "one worker; target 3,000")


def _all_are_authorised() -> None:
    """Nothing that was counted waits for the gateway."""
    with retailer_context(SCHEMA):
        waiting = PaymentTransaction.objects.exclude(status="succeeded").count()
    if waiting:
        message = f"{waiting} cards are not authorised"
        raise RuntimeError(message)


def _load(port: int, token: str, *, clients: int, seconds: float, mark: str, pay: bool = False) -> list[float]:
    """Seconds that each order took, from clients that place one after another until the time is up."""
    end = time.perf_counter() + seconds
    together = threading.Barrier(clients)
    headers = {**headers_of(port, token), "Content-Type": "application/json"}

    def place(number: int) -> list[float]:
        times: list[float] = []
        # Not httpx: on the same cores it would cost as much as the server that is measured.
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as client:
            client.connect()
            together.wait()
            while time.perf_counter() < end:
                at = len(times)
                order: dict[str, object] = {
                    "channel": "web", "external_number": f"{mark}-{number}-{at}",
                    "lines": [
                        {"sku": f"B-{(number * 31 + at * 7 + line) % _SKUS}", "quantity": 1, "unit_price": "9.90"}
                        for line in range(2)
                    ],
                }  # fmt: skip
                if pay:
                    order["payments"] = [{"kind": "card", "gateway": "sandbox", "amount": "19.80", "token": "tok_ok"}]
                started = time.perf_counter()
                client.request("POST", "/api/v1/orders", json.dumps(order), headers)
                response = client.getresponse()
                answer = response.read()
                times.append(time.perf_counter() - started)
                if response.status != 201 or (pay and b'"authorised":"19.80"' not in answer):
                    message = f"{response.status}: {answer.decode()}"
                    raise RuntimeError(message)
        return times

    with ThreadPoolExecutor(clients) as pool:
        return [each for times in pool.map(place, range(clients)) for each in times]


def _until_reserved(port: int, token: str) -> Figure:
    """Orders with a card, from the first call until a worker on the same cores has reserved the stock of all."""
    with retailer_context(SCHEMA):
        Location.objects.create(code="RES", name="Warehouse")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stock.csv"
        path.write_text("location,sku,quantity\n" + "".join(f"RES,B-{sku},1000000\n" for sku in range(_SKUS)))
        run_command("import_stock", str(path), "--retailer", SCHEMA)
    worker = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=environment())
    try:
        _all_are_reserved()  # those that came before
        started = time.perf_counter()
        times = _load(port, token, clients=16, seconds=_SECONDS, mark="r", pay=True)
        _all_are_reserved()
        seconds = time.perf_counter() - started
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    return Figure(
        "… with their card authorised and their stock reserved, 16 clients", len(times) / seconds, "orders/s",
        f"one worker; taken at {len(times) / _SECONDS:.0f}/s, p50 {percentile(times, 0.5) * 1e3:.1f} ms; "
        f"all reserved {seconds - _SECONDS:.1f} s after the last call",
    )  # fmt: skip


def _all_are_reserved() -> None:
    for _ in range(3_000):
        with retailer_context(SCHEMA):
            if not OrderLine.objects.annotate(left=F("ordered") - F("allocated")).filter(left__gt=0).exists():
                return
        time.sleep(0.1)
    message = "not all orders are reserved after five minutes"
    raise RuntimeError(message)


#: The rows of one order with two lines and its event, as somebody would write them who needs nothing else.
_BY_HAND = """
\\set product random(1, 499)
SELECT nextval('orders_order_id_seq') AS order_id \\gset
INSERT INTO orders_order (id, channel_id, external_number, number, status, open_quantity, currency, lines_total,
    charges_total, placed_at, recipient, address, city, postal_code, country, release, routing_release)
  SELECT :order_id, id, 'H-' || :order_id, 'H-' || :order_id, 'open', 2, 'GBP', 19.80, 0, now(), '', '', '', '', '',
    '', '' FROM orders_channel WHERE code = 'web';
INSERT INTO orders_orderline (order_id, position, product_id, description, unit_price, ordered, cancelled, allocated,
    fulfilled, returned, ship_from)
  SELECT :order_id, p, id, '', 9.90, 1, 0, 0, 0, 0, '' FROM generate_series(1, 2) AS p
  JOIN catalogue_product ON sku = 'B-' || (:product + p - 2);
INSERT INTO infra_event (name, subject_kind, subject, payload, actor, occurred_at)
  VALUES ('order.captured.v1', 'order', 'H-' || :order_id, '{}', 'by hand', now());
"""
