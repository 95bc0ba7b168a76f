"""The guide for partners: each command on its page is run, and answers as the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler

from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from oms.web.rights import Role
from orders.catalogue.models import Product
from orders.models import Order
from tests.conftest import ROOT
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import ORDERS, open_shop, partner, small_order

_STEP = re.compile(r"```sh\n(?P<command>.*?)```(?:\n```http\n(?P<answer>.*?)```)?", re.DOTALL)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what went wrong stands in the answer."""


@pytest.fixture
def port(fresh: None) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, WSGIHandler(), server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_command_answers_as_the_page_says(port: int) -> None:
    # given the retailer of the page
    if not shutil.which("curl"):
        pytest.skip("no curl")
    shop = open_shop()
    with retailer_context("acme"):
        stock_received(LocationFactory.create(code="VENDOR"), Product.objects.get(sku="A"), 9)
    shop.post(ORDERS, small_order("1000"))
    with retailer_context("acme"):
        orders_route(order_ids=list(Order.objects.values_list("id", flat=True)), actor="routing")
    environment = {
        "API": f"http://acme.localhost:{port}/api/v1",
        "KEY": shop.token,
        "VENDOR_KEY": partner(role=Role.VENDOR, locations=["VENDOR"]).token,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    steps = list(_STEP.finditer((ROOT / "docs" / "api.md").read_text()))
    assert len(steps) > 10
    for step in steps:
        # when
        done = subprocess.run(
            ["bash", "-c", step["command"]], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        # then
        assert done.returncode == 0, (step["command"], done.stdout, done.stderr)
        status, *said = filter(None, step["answer"].splitlines())
        assert re.search(rf"^HTTP/1\.\d {status.split()[1]} ", done.stdout, re.MULTILINE), (
            step["command"],
            done.stdout,
        )
        for line in said:
            if not line.startswith("RateLimit:"):
                assert line in done.stdout, (step["command"], done.stdout)
