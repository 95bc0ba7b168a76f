"""Webhooks: what they add to capturing orders, and how many are told in a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.webhooks.models import Endpoint, EndpointState
from oms.web.webhooks.services.deliver import deliveries_perform
from oms.web.webhooks.services.endpoints import Wish, endpoint_create, endpoint_set_state
from oms.web.webhooks.services.fan_out import fan_out
from orders.catalogue.models import Product
from orders.domain.capture import NewLine, NewOrder
from orders.models import Channel
from orders.services import orders_capture
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.setting import SCHEMA

_ORDERS, _CALLS = 1000, 2000
_RECEIVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Takes(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *args): pass
ThreadingHTTPServer.request_queue_size = 64
server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
print(server.server_port, flush=True)
server.serve_forever()
"""


def webhooks() -> Iterator[Figure]:
    """Figures of webhooks."""
    with retailer_context(SCHEMA):
        Channel.objects.get_or_create(code="hooks", defaults={"name": "Shop", "currency": "GBP"})
        Product.objects.get_or_create(sku="HOOK", defaults={"name": "Hook"})
    receiver = subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert receiver.stdout is not None
        address = f"http://127.0.0.1:{int(receiver.stdout.readline())}/"
        yield from _capture_beside(address)
        yield from _fan_out()
        yield from _deliver(4)
        yield from _deliver(16)
    finally:
        receiver.terminate()
        receiver.wait(timeout=10)


def _capture_beside(address: str) -> Iterator[Figure]:
    """Orders captured one by one, without a listener and with one, in turns: nothing is added to the transaction."""
    _captured("warm", 200)
    endpoint = ""
    times: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(6):
        listening = bool(turn % 2)
        if listening:
            with retailer_context(SCHEMA):
                wish = Wish(name="Bench", url=address, events=["order.captured"], rate=1000, concurrency=16)
                endpoint = endpoint_create(wish=wish, actor="bench")[0].reference
        times[listening] += _captured(f"t{turn}", _ORDERS // 3)
        if listening and turn < 5:
            with retailer_context(SCHEMA):
                endpoint_set_state(reference=endpoint, state=EndpointState.REMOVED, actor="bench")
    for listening, words in ((False, "nobody listens"), (True, "somebody listens")):
        median, worst = percentile(times[listening], 0.5) * 1e3, percentile(times[listening], 0.95) * 1e3
        yield Figure(f"Capturing an order, {words}", median, "ms", f"p95 {worst:.2f} ms")


def _captured(mark: str, count: int) -> list[float]:
    times = []
    for number in range(count):
        order = NewOrder(
            external_number=f"{mark}-{number}", placed_at=timezone.now(), currency="GBP",
            lines=(NewLine(sku="HOOK", quantity=1, unit_price=Decimal(5), description=""),),
        )  # fmt: skip
        began = time.perf_counter()
        with retailer_context(SCHEMA):
            orders_capture(channel="hooks", orders=[order], actor="bench", react=False)
        times.append(time.perf_counter() - began)
    return times


def _fan_out() -> Iterator[Figure]:
    many = [
        NewOrder(
            external_number=f"f-{number}", placed_at=timezone.now(), currency="GBP",
            lines=(NewLine(sku="HOOK", quantity=1, unit_price=Decimal(5), description=""),),
        )
        for number in range(_CALLS * 2)
    ]  # fmt: skip
    for start in range(0, len(many), 500):
        with retailer_context(SCHEMA):
            orders_capture(channel="hooks", orders=many[start : start + 500], actor="bench", react=False)
    began = time.perf_counter()
    with retailer_context(SCHEMA):
        told = fan_out(settling=timedelta(0))
    seconds = time.perf_counter() - began
    yield Figure("Facts made into deliveries", told.deliveries / seconds, "facts/s", f"{told.deliveries} in one run")
    began = time.perf_counter()
    with retailer_context(SCHEMA):
        fan_out(settling=timedelta(0))
    yield Figure("A run that finds nothing new", (time.perf_counter() - began) * 1e3, "ms")


def _deliver(concurrency: int) -> Iterator[Figure]:
    """One job and one endpoint."""
    with retailer_context(SCHEMA):
        Endpoint.objects.filter(state="active").update(concurrency=concurrency, slow=False)
    began = time.perf_counter()
    done = deliveries_perform(schema=SCHEMA, seconds=6)
    seconds = time.perf_counter() - began
    yield Figure(
        f"Calls signed, made and logged, {concurrency} at once", done.calls / seconds, "calls/s",
        f"{done.delivered} of {done.calls} taken",
    )  # fmt: skip
