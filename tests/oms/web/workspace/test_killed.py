"""A worker that is killed loses no batch and does none twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from oms.web.workspace.models import BulkJob, BulkStatus
from oms.web.workspace.services import bulk_confirm, bulk_draft, bulk_work
from orders.models import Order
from tests.factories.accounts import StaffFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import order_placed

ROOT = Path(__file__).resolve().parents[4]
ORDERS = 300

#: Works on the job, and stops for ever inside the third batch: after its effects, before they are committed.
_PROGRAM = """
import django, time
django.setup()
import oms.web.workspace.services
import sys
work = sys.modules["oms.web.workspace.services.bulk_work"]
write, batches = work._write_down, []
def slow(*given):
    write(*given)
    batches.append(1)
    if len(batches) == 3:
        print("in the middle", flush=True)
        time.sleep(600)
work._write_down = slow
work.bulk_work(schema="acme", job_id=int(sys.argv[1]))
"""


def test_killed_in_the_middle_of_a_batch_the_next_worker_goes_on_after_the_last_one(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        ProductFactory.create(sku="LAMP")
        for _ in range(ORDERS):
            order_placed(("LAMP", 1))
        job = bulk_draft(
            label="orders.order", action="hold_place", rows=Order.objects.all(), chosen="", given={},
            user=StaffFactory.create(), actor="user anna",
        )  # fmt: skip
        bulk_confirm(job_id=job.pk, given={"code": "check", "why": "because"})
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(job.pk)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "in the middle\n"
    # when
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)
    worker.stdout.close()
    # then: two batches are done and written down, of the third nothing
    with retailer_context("acme"):
        job.refresh_from_db()
        assert (job.cursor, job.done, job.status) == (100, 100, BulkStatus.RUNNING)
        assert Order.objects.filter(status="held").count() == 100
    # when
    began = time.perf_counter()
    bulk_work(schema="acme", job_id=job.pk)
    assert time.perf_counter() - began < 60
    # then
    with retailer_context("acme"):
        assert BulkJob.objects.values_list("status", "done", "refused").get() == (BulkStatus.DONE, ORDERS, 0)
        assert Order.objects.filter(status="held").count() == ORDERS
        assert Event.objects.filter(name="order.held.v1").count() == ORDERS
        assert [each.name for each in all_invariants() if check(each)] == []
