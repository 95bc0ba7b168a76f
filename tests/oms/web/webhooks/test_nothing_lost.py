"""The promise: whatever the receiver and the worker go through, each fact arrives, and each call is signed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from django.conf import settings
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.verification import all_invariants, check
from oms.web.webhooks.jobs import replay
from oms.web.webhooks.models import Attempt, Delivery
from oms.web.webhooks.services.deliver import deliveries_perform
from oms.web.webhooks.services.replay import range_replay
from orders.domain.capture import NewLine, NewOrder
from orders.services import orders_capture
from tests.conftest import ROOT
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import ChannelFactory
from tests.factories.webhooks import endpoint_made, looked, make_due
from tests.oms.web.webhooks.receiver import Receiver, listening

ONE = Decimal(10)
ORDERS = 300
#: Calls after which the worker is killed.
KILLED_AT = 60


def half_fail(receiver: Receiver, reached: threading.Event) -> None:
    """Every other call fails, in one of several ways, as its identifier and number decide."""

    def behave(number: int, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if number >= KILLED_AT:
            reached.set()
        mark = sha256(f"{headers['webhook-id']}:{number}".encode()).digest()[0]
        if mark % 2:
            return 204, {}, b""
        return (500, 404, 302, 503)[mark // 2 % 4], {"Location": "/elsewhere"}, b"no"

    receiver.behave = behave


def orders_of(count: int) -> None:
    with retailer_context("acme"):
        ProductFactory.create(sku="A")
        ChannelFactory.create()
    for start in range(0, count, 50):
        with retailer_context("acme"):
            orders_capture(
                channel="web", actor="shop", react=False,
                orders=[
                    NewOrder(
                        external_number=str(number), placed_at=timezone.now(), currency="GBP",
                        lines=(NewLine(sku="A", quantity=1, unit_price=ONE, description=""),),
                    )
                    for number in range(start, min(start + 50, count))
                ],
            )  # fmt: skip


def replay_parked(reference: str) -> int:
    """What failed ten times in a row is told again, as somebody would ask for it; how many there were."""
    now = timezone.now()
    with retailer_context("acme"):
        asked = range_replay(
            reference=reference, begins=now - timedelta(hours=1), ends=now, only_failed=True, actor="suite"
        )
    replay(schema="acme", reference=asked.reference)
    with retailer_context("acme"):
        asked.refresh_from_db()
        assert asked.finished_at is not None
        assert asked.done == asked.total
    return asked.done


def worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "work", "--concurrency", "2"], cwd=ROOT,
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
        },
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_receiver_that_fails_half_the_time_and_a_killed_worker_lose_nothing(fresh: None) -> None:
    # given
    reached = threading.Event()
    with listening() as receiver:
        half_fail(receiver, reached)
        with retailer_context("acme"):
            endpoint, secret = endpoint_made(receiver.url)
        receiver.secrets = [secret]
        orders_of(ORDERS)
        # when: the worker dies in the middle of its calls
        process = worker()
        try:
            assert reached.wait(240), "the worker made no calls"
        finally:
            process.kill()
            process.wait()
        with retailer_context("acme"):
            in_flight = Delivery.objects.filter(leased_until__isnull=False).count()
        # and others go on, as the leases end and the times of retries come
        rounds = 0
        while make_due() or replay_parked(endpoint.reference):
            looked()
            deliveries_perform(schema="acme")
            rounds += 1
            assert rounds < 40
    # then
    with retailer_context("acme"):
        assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
        references = sorted(Delivery.objects.values_list("message__reference", flat=True))
        assert Attempt.objects.count() <= len(receiver.calls)
        assert [item.name for item in all_invariants() if item.name.startswith("webhook") and check(item)] == []
    assert len(references) == ORDERS
    assert sorted(set(receiver.taken)) == references
    assert receiver.unsigned == 0
    assert in_flight > 0, "the worker was not killed in the middle of a call"
    assert len(receiver.calls) > 1.5 * ORDERS
