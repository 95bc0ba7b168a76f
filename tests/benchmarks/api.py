"""Orders over the API from 1, 4 and 16 clients; beside a hand-written transaction of the same rows."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.models import Channel
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.setting import ROOT, SCHEMA, pgbench

_SECONDS = 8
_SKUS = 500


def api() -> Iterator[Figure]:
    """Figures of the API."""
    token = _make_shop()
    port = _free_port()
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "2", "--blocking-threads", "4", "--log-level", "warning",
            "oms.web.wsgi:application",
        ],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        _wait_for(port)
        _load(port, token, clients=4, seconds=2, mark="warm")
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
    finally:
        server.terminate()
        server.wait(timeout=20)


def _make_shop() -> str:
    from oms.web.services.api_keys import api_key_issue

    with retailer_context(SCHEMA):
        Channel.objects.create(code="web", name="Web shop", currency="GBP")
        Product.objects.bulk_create(Product(sku=f"B-{number}", name=f"Thing {number}") for number in range(_SKUS))
        return api_key_issue(name="benchmark")[1]


def _load(port: int, token: str, *, clients: int, seconds: float, mark: str) -> list[float]:
    """Seconds that each order took, from clients that place one after another until the time is up."""
    end = time.perf_counter() + seconds
    together = threading.Barrier(clients)

    def place(number: int) -> list[float]:
        headers = {"Authorization": f"Bearer {token}", "Host": f"{SCHEMA}.localhost:{port}"}
        times: list[float] = []
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            together.wait()
            while time.perf_counter() < end:
                at = len(times)
                order = {
                    "channel": "web", "external_number": f"{mark}-{number}-{at}",
                    "lines": [
                        {"sku": f"B-{(number * 31 + at * 7 + line) % _SKUS}", "quantity": 1, "unit_price": "9.90"}
                        for line in range(2)
                    ],
                }  # fmt: skip
                started = time.perf_counter()
                response = client.post("/api/v1/orders", json=order)
                times.append(time.perf_counter() - started)
                if response.status_code != 201:
                    message = f"{response.status_code}: {response.text}"
                    raise RuntimeError(message)
        return times

    with ThreadPoolExecutor(clients) as pool:
        return [each for times in pool.map(place, range(clients)) for each in times]


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = "the server did not begin to listen"
    raise RuntimeError(message)
