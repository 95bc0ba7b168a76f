"""A file of orders, on a real database: every line ends once, whatever interrupts or repeats the run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from fulfilment.inventory.models import StockAdjustment
from fulfilment.locations.models import Location
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.routing.services.fulfil_run import fulfil_run
from modules.services import profile_begin
from oms.importing.faults import SourceFault
from oms.importing.mapping import load_mapping
from oms.importing.models import ImportedLine
from oms.importing.services import ImportReport, file_import, orders_file_import
from oms.importing.source import open_source
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, PendingReaction
from oms.infra.verification import all_invariants, check
from orders.models import LineCancellation, Order, OrderCharge, OrderLine
from returns.models import BlindReturn

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROOT = Path(__file__).resolve().parents[3]


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def run(path: Path, schema: str = "acme", limit: int | None = None) -> ImportReport:
    mapping = load_mapping("uci-online-retail")
    return orders_file_import(
        schema=schema, source=open_source(path, mapping), mapping=mapping, actor="test", limit=limit
    )


def outcomes(report: ImportReport) -> dict[str, int]:
    return dict(report.outcomes)


def violations() -> list[str]:
    with retailer_context("acme"):
        return [found.invariant.name for found in map(check, all_invariants()) if found]


@pytest.fixture
def shop(fresh: None) -> None:
    with retailer_context("acme"):
        profile_begin(author="test")
        Location.objects.create(code="LON", name="London", latitude=51.5, longitude=-0.1)
        Location.objects.create(code="MAN", name="Manchester", latitude=53.5, longitude=-2.2)


A_FILE = (
    "1001,10002,RED MUG,6,2011-01-04 10:00:00,2.50,17850,United Kingdom",
    "1001,10080,GREEN MUG,2,2011-01-04 10:00:00,3.00,17850,United Kingdom",
    "1001,POST,POSTAGE,1,2011-01-04 10:00:00,4.95,17850,United Kingdom",
    "1002,10002,RED MUG,1,2011-01-04 11:00:00,2.50,,France",
    "C1003,10002,RED MUG,-2,2011-01-05 09:00:00,2.50,17850,United Kingdom",
    "C1004,10002,RED MUG,-9,2011-01-05 09:30:00,2.50,17850,United Kingdom",
    "1005,10080,damaged,-5,2011-01-05 10:00:00,0.0,,United Kingdom",
    "1006,10002,RED MUG,six,2011-01-05 10:30:00,2.50,17850,United Kingdom",
)


def test_each_line_becomes_what_it_is(shop: None, tmp_path: Path) -> None:
    # when
    report = run(write(tmp_path / "a.csv", *A_FILE))
    # then
    assert outcomes(report) == {
        "order_line": 3, "charge": 1, "cancellation": 1, "unmatched_return": 1, "stock_adjustment": 1, "refused": 1,
    }  # fmt: skip
    assert report.money == Decimal("15.00") + 6 + Decimal("4.95") + Decimal("2.50") - 5 - Decimal("22.50")
    assert report.first_refusals == ['row 9, column Quantity: "six" is not a whole number']
    with retailer_context("acme"):
        order = Order.objects.get(external_number="1001")
        assert (order.lines_total, order.charges_total, order.total) == (21, Decimal("4.95"), Decimal("25.95"))
        assert (order.status, order.open_quantity, order.country) == ("open", 6, "GB")
        assert list(order.lines.values_list("position", "product__sku", "ordered", "cancelled", "open")) == [
            (1, "10002", 6, 2, 4), (2, "10080", 2, 0, 2),
        ]  # fmt: skip
        assert Order.objects.get(external_number="1002").customer is None
        cancelled = LineCancellation.objects.get()
        assert (cancelled.quantity, cancelled.of_which_returned, cancelled.external_number) == (2, 0, "C1003")
        assert list(BlindReturn.objects.values_list("quantity", "credit", "external_number")) == [
            (9, Decimal("22.50"), "C1004")
        ]
        assert list(StockAdjustment.objects.values_list("quantity", "reason", "posted_at")) == [
            (-5, "stock_written_off", None)
        ]
        refused = ImportedLine.objects.get(outcome="refused")
        assert (refused.row, refused.reason, refused.content["Quantity"]) == (9, "bad_quantity", "six")
        assert not PendingReaction.objects.exists()
    assert violations() == []


def test_running_it_again_adds_nothing(shop: None, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *A_FILE)
    first, before = run(path), state("acme")
    again = run(path)
    assert again.new_lines == 1  # the refused line is tried again, and refused again
    assert (outcomes(again), again.money) == (outcomes(first), first.money)
    assert state("acme") == before


def test_a_longer_file_under_another_name_adds_only_what_is_new(shop: None, tmp_path: Path) -> None:
    run(write(tmp_path / "january.csv", *A_FILE))
    more = "1007,10002,RED MUG,1,2011-02-01 10:00:00,2.50,17850,United Kingdom"
    report = run(write(tmp_path / "to february.csv", *A_FILE, more))
    assert (report.lines, report.new_lines) == (9, 2)
    with retailer_context("acme"):
        assert Order.objects.count() == 3


def test_the_same_line_twice_in_a_file_is_two_lines(shop: None, tmp_path: Path) -> None:
    line = "1001,10002,RED MUG,1,2011-01-04 10:00:00,2.50,17850,United Kingdom"
    path = write(tmp_path / "a.csv", line, line)
    assert (run(path).new_lines, run(path).new_lines) == (2, 0)
    with retailer_context("acme"):
        assert OrderLine.objects.count() == 2


def test_lines_of_one_order_may_stand_apart(shop: None, tmp_path: Path) -> None:
    run(
        write(
            tmp_path / "a.csv",
            "1,10002,RED MUG,1,2011-01-04 10:00:00,2.50,17850,United Kingdom",
            "2,10002,RED MUG,1,2011-01-04 10:00:00,2.50,17850,United Kingdom",
            "1,10080,GREEN MUG,3,2011-01-04 10:00:00,1.00,17850,United Kingdom",
            "1,POST,POSTAGE,1,2011-01-04 10:00:00,9.00,17850,United Kingdom",
        ),
        limit=2,
    )
    run(tmp_path / "a.csv")
    with retailer_context("acme"):
        order = Order.objects.get(external_number="1")
        assert (order.lines_total, order.charges_total, order.open_quantity) == (Decimal("5.50"), 9, 4)
        assert list(order.lines.values_list("position", flat=True)) == [1, 2]
        assert OrderCharge.objects.get().order == order
        assert list(Event.objects.filter(subject=order.number).values_list("name", flat=True)) == [
            "order.captured.v1", "order.extended.v1",
        ]  # fmt: skip
    assert violations() == []


def test_a_line_that_names_another_customer_is_refused(shop: None, tmp_path: Path) -> None:
    report = run(
        write(
            tmp_path / "a.csv",
            "1,10002,RED MUG,1,2011-01-04 10:00:00,2.50,17850,United Kingdom",
            "1,10080,GREEN MUG,3,2011-01-04 10:00:00,1.00,99999,United Kingdom",
        )
    )
    assert outcomes(report) == {"order_line": 1, "refused": 1}
    assert report.refusals == {"conflicting_customer": 1}
    assert report.first_refusals == ["row 3: order 1 is of customer 17850, not 99999"]


def test_an_amount_beyond_all_reason_is_refused(shop: None, tmp_path: Path) -> None:
    report = run(write(tmp_path / "a.csv", "1,10002,RED MUG,2147483647,2011-01-04 10:00:00,9999.99,1,United Kingdom"))
    assert report.refusals == {"amount_too_large": 1}


def test_a_fault_of_the_file_keeps_the_lines_before_it(shop: None, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *A_FILE[:3])
    path.write_bytes(path.read_bytes() + b'1009,"never closed,' + b"x,\n" * 20)
    with pytest.raises(SourceFault, match="quote"):
        run(path)
    with retailer_context("acme"):
        assert Order.objects.count() == 1
        assert ImportedLine.objects.count() == 3
    assert violations() == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_outcome_does_not_depend_on_the_batches(
    shop: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = write(tmp_path / "a.csv", *generated(120))
    whole = run(path, "globex")
    monkeypatch.setattr(file_import, "BATCH_LINES", size)
    assert outcomes(run(path)) == outcomes(whole)
    assert content("acme") == content("globex")
    assert violations() == []


def test_a_cancellation_reaches_open_reserved_and_shipped_units(shop: None, tmp_path: Path) -> None:
    # given: an order that has been shipped, and one that lies reserved at a location
    order = "{},10002,RED MUG,4,2011-01-04 10:00:00,2.50,17850,United Kingdom"
    run(write(tmp_path / "a.csv", order.format(1), order.format(2)))
    fulfil_run(schema="acme", actor="test")
    with retailer_context("acme"):
        shipped = list(OrderLine.objects.values_list("fulfilled", flat=True))
    # when
    run(
        write(
            tmp_path / "b.csv",
            order.format(1),
            order.format(2),
            "C3,10002,RED MUG,-3,2011-01-05 10:00:00,2.50,17850,United Kingdom",
        )
    )
    # then: units that had left count as returned, open ones as cancelled
    with retailer_context("acme"):
        cancelled = LineCancellation.objects.get()
        line = cancelled.line
        assert cancelled.quantity == 3
        assert (line.cancelled, line.returned) == (3 - cancelled.of_which_returned, cancelled.of_which_returned)
        assert sum(shipped) == sum(FulfilmentRequest.objects.values_list("units", flat=True))
    assert violations() == []


def test_killed_at_any_moment_it_ends_with_the_same_result(shop: None, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *generated(30_000))
    expected = run(path, "globex")
    command = [
        sys.executable, "manage.py", "import_orders", str(path), "--retailer", "acme", "--format", "uci-online-retail",
    ]  # fmt: skip
    from django.conf import settings

    environment = {**os.environ, "OMS_TEST_DATABASE": settings.TEST_DATABASE}
    known = 0
    for _ in range(3):
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        wait_until_more_lines_than(known, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        known = lines_known()
        assert violations() == []
    assert 0 < known < expected.lines
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    assert content("acme") == content("globex")
    assert violations() == []


def wait_until_more_lines_than(known: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while lines_known() <= known:
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def lines_known() -> int:
    with retailer_context("acme"):
        return ImportedLine.objects.count()


def generated(lines: int) -> list[str]:
    """Orders, credits, charges and write-offs, the same every time."""
    chance = random.Random(7)
    rows: list[str] = []
    at = datetime(2011, 1, 4, 8, 0)
    number = 1000
    while len(rows) < lines:
        number += 1
        at += timedelta(minutes=chance.randrange(1, 9))
        customer = chance.choice(["17850", "13047", "12583", ""])
        credit = chance.random() < 0.2
        for _ in range(chance.randrange(1, 9)):
            sku = f"{chance.randrange(10000, 10040)}"
            units = chance.randrange(1, 6)
            price = chance.choice(["1.25", "2.5", "9.95"])
            prefix, sign = ("C", -1) if credit else ("", 1)
            rows.append(f"{prefix}{number},{sku},THING {sku},{sign * units},{at},{price},{customer},United Kingdom")
        if chance.random() < 0.3:
            rows.append(f"{number},POST,POSTAGE,1,{at},4.95,{customer},United Kingdom")
        if chance.random() < 0.1:
            rows.append(f"{number}9,10001,broken,-3,{at},0,,United Kingdom")
    return rows[:lines]


def content(schema: str) -> list[object]:
    """Everything that the import made, without keys and times of recording."""
    with retailer_context(schema), connection.cursor() as cursor:
        found: list[object] = []
        for query in (
            "SELECT number, status, open_quantity, lines_total, charges_total, placed_at FROM orders_order ORDER BY 1",
            "SELECT o.number, l.position, p.sku, l.ordered, l.cancelled, l.unit_price FROM orders_orderline l"
            " JOIN orders_order o ON o.id = l.order_id JOIN catalogue_product p ON p.id = l.product_id ORDER BY 1, 2",
            "SELECT o.number, l.position, c.quantity, c.external_number, c.unit_price FROM orders_linecancellation c"
            " JOIN orders_orderline l ON l.id = c.line_id JOIN orders_order o ON o.id = l.order_id ORDER BY 1, 2, 4, 3",
            "SELECT external_number, kind, amount FROM orders_ordercharge ORDER BY 1, 2, 3",
            "SELECT external_number, quantity, credit FROM returns_blindreturn ORDER BY 1, 2, 3",
            "SELECT reference, quantity FROM inventory_stockadjustment ORDER BY 1, 2",
            "SELECT fingerprint, occurrence, outcome, money FROM importing_importedline ORDER BY 1, 2",
        ):
            cursor.execute(query)
            found.append(cursor.fetchall())
        return found


def state(schema: str) -> list[object]:
    with retailer_context(schema):
        return [*content(schema), Event.objects.count(), ImportedLine.objects.count()]


@pytest.mark.slow
def test_the_real_file_adds_up(shop: None, shared_data: Path) -> None:
    report = run(shared_data / "orders_uci" / "online_retail_2010_2011.csv.gz", limit=60_000)
    assert report.lines == sum(report.outcomes.values()) == 60_000
    assert report.money == sum(report.money_by_outcome.values())
    assert report.outcomes["refused"] == 0
    assert violations() == []


@pytest.mark.slow
def test_olist_sellers_are_the_locations_that_ship(shop: None, shared_data: Path) -> None:
    mapping = load_mapping("olist")
    report = orders_file_import(
        schema="acme", source=open_source(shared_data / "orders_olist", mapping), mapping=mapping, actor="test"
    )
    assert outcomes(report) == {"order_line": 7606, "cancellation": 472, "charge": 7827, "refused": 775}
    assert report.money == Decimal("1157526.53")
    with retailer_context("acme"):
        assert Location.objects.filter(kind="vendor").count() == 3095
    done = fulfil_run(schema="acme", actor="test")
    assert (done.allocated, done.shipped, done.backordered) == (7816, 7816, 0)
    with retailer_context("acme"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM requests_fulfilmentrequestline q"
            " JOIN requests_fulfilmentrequest r ON r.id = q.request_id"
            " JOIN locations_location c ON c.id = r.location_id"
            " JOIN orders_orderline l ON l.id = q.order_line_id WHERE l.ship_from <> c.code"
        )
        assert cursor.fetchone() == (0,)
    assert violations() == []
