"""Many rows at once: taken as a stream, worked in batches, each with a result; whatever dies in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command

from fulfilment.inventory.models import StockLevel
from oms.infra.database.context import retailer_context
from oms.infra.rows import LONGEST_LINE, UnreadableRows
from oms.web.bulk.receiving import Stream, rows_of
from oms.web.bulk.working import bulk_work
from oms.web.models import BulkJob, BulkRow
from oms.web.rights import Role
from orders.catalogue.models import Product
from orders.models import Order, OrderLine
from tests.conftest import ROOT
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import Partner, open_shop, partner, problem, read, small_order
from tests.oms.web.back_office import manager, staff, words

BULK = "/api/v1/bulk"


def send(caller: Partner, kind: str, rows: list[Any] | str, **headers: str) -> Any:
    body = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    headers = {"Content-Type": "application/x-ndjson", **headers}
    return caller.send("POST", f"{BULK}/{kind}", body.encode(), **headers)


def work(job: int, at_once: int = 1000) -> None:
    left = True
    while left:
        with retailer_context("acme"):
            left = bulk_work(job_id=job, at_once=at_once).left


def worked(caller: Partner, response: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The job after it was worked, and its rows."""
    assert response.status_code == 202, response.content
    address = response.headers["Location"]
    work(read(response)["id"])
    return read(caller.get(address)), read(caller.get(f"{address}/rows?limit=1000"))["rows"]


def test_each_row_has_a_result(fresh: None) -> None:
    # given
    shop = open_shop()
    shop.post("/api/v1/orders", small_order("1"))
    good, again = small_order("2"), small_order("1")
    twice = small_order("2")
    unknown_sku, unknown_channel = small_order("3"), small_order("4", channel="nobody")
    unknown_sku["lines"] = [{"sku": "X", "quantity": 1, "unit_price": "1"}]
    # when
    rows: list[Any] = [good, again, twice, unknown_sku, unknown_channel, {"channel": "shop"}, [1]]
    taken = send(shop, "orders", rows)
    # then
    assert read(taken)["status"] == "waiting"
    job, results = worked(shop, taken)
    assert (job["status"], job["total"], job["succeeded"], job["refused"]) == ("done", 7, 3, 4)
    assert [
        (row["row"], row["status"], row["result"].get("created"), row["result"].get("code")) for row in results
    ] == [
        (1, "done", True, None),
        (2, "done", False, None),
        (3, "done", False, None),
        (4, "refused", None, "unknown_sku"),
        (5, "refused", None, "unknown_channel"),
        (6, "refused", None, "required"),
        (7, "refused", None, "wrong_type"),
    ]
    assert results[3]["result"]["pointer"] == "/lines/0/sku"
    assert results[0]["result"]["link"] == "/api/v1/orders/SHOP-2"
    refused = read(shop.get(f"{BULK}/{job['id']}/rows?status=refused&limit=3"))
    assert [row["row"] for row in refused["rows"]] == [4, 5, 6]
    assert [row["row"] for row in read(shop.get(refused["links"]["next"]))["rows"]] == [7]
    with retailer_context("acme"):
        assert Order.objects.count() == 2
    call_command("verify", retailer="acme")


def test_csv_columns_are_paths(fresh: None) -> None:
    # given
    shop = open_shop()
    text = (
        "channel,external_number,customer.reference,lines.0.sku,lines.0.quantity,lines.0.unit_price,lines.1.sku,"
        "lines.1.quantity,lines.1.unit_price,destination.latitude,destination.longitude\r\n"
        'shop,1,"C, 7",A,2,10.00,B,1,5.00,51.5,-0.1\r\n'
        "shop,2,,A,1,10.00,,,,,\r\n"
        "shop,3,,A,many,10.00,,,,,\r\n"
    )
    # when
    job, results = worked(shop, send(shop, "orders", text, **{"Content-Type": "text/csv"}))
    # then
    assert (job["succeeded"], job["refused"]) == (2, 1)
    assert results[2]["result"]["pointer"] == "/lines/0/quantity"
    with retailer_context("acme"):
        assert Order.objects.get(external_number="1").customer.reference == "C, 7"
        assert OrderLine.objects.count() == 3


def test_numbers_and_columns_that_make_no_sense_are_refused_row_by_row(fresh: None) -> None:
    # given a number with two signs, a position of 5,000 digits, and a mark that a spreadsheet writes
    shop = open_shop()
    text = f"\ufeffsku,weight_grams,lines.{'9' * 5_000}.sku\nA,--5,\nA,300,\nB,1,X\n"
    # when
    job, results = worked(shop, send(shop, "products", text, **{"Content-Type": "text/csv"}))
    # then
    assert (job["succeeded"], job["refused"]) == (1, 2)
    assert [row["status"] for row in results] == ["refused", "done", "refused"]
    assert results[0]["result"]["pointer"] == "/weight_grams"


def test_products_are_added_and_changed(fresh: None) -> None:
    # given
    shop = open_shop()
    rows = [
        {"sku": "A", "category": "Kitchen"}, {"sku": "C", "name": "Cup", "price": "3.50", "currency": "GBP"},
        {"sku": "C", "weight_grams": 300}, {"sku": "D", "price": "1"},
    ]  # fmt: skip
    # when
    job, results = worked(shop, send(shop, "products", rows))
    # then
    assert (job["succeeded"], job["refused"]) == (3, 1)
    assert sorted((row["row"], row["result"].get("created")) for row in results) == [
        (1, False), (2, True), (3, True), (4, None),
    ]  # fmt: skip
    with retailer_context("acme"):
        apron, cup = Product.objects.get(sku="A"), Product.objects.get(sku="C")
        assert (apron.name, apron.category) == ("Apron", "Kitchen")
        assert cup.weight_grams == 300
        assert not Product.objects.filter(sku="D").exists()


def test_stock_is_set_through_the_ledger_at_the_caller_s_own_locations(fresh: None) -> None:
    # given
    open_shop()
    with retailer_context("acme"):
        here, there = LocationFactory.create(code="HERE"), LocationFactory.create(code="THERE")
        stock_received(here, Product.objects.get(sku="A"), 5)
    warehouse = partner(role=Role.WAREHOUSE, locations=["HERE"])
    rows = [
        {"location": "HERE", "sku": "A", "on_hand": 9}, {"location": "HERE", "sku": "B", "on_hand": 2},
        {"location": "THERE", "sku": "A", "on_hand": 7}, {"location": "HERE", "sku": "X", "on_hand": 1},
    ]  # fmt: skip
    # when
    job, results = worked(warehouse, send(warehouse, "stock", rows))
    # then
    assert (job["succeeded"], job["refused"]) == (2, 2)
    assert [row["result"].get("change", row["result"].get("code")) for row in results] == [
        4, 2, "unknown_location", "unknown_sku",
    ]  # fmt: skip
    with retailer_context("acme"):
        assert list(StockLevel.objects.filter(location=here).order_by("product__sku").values_list("on_hand")) == [
            (9,), (2,),
        ]  # fmt: skip
        assert not StockLevel.objects.filter(location=there).exists()
    assert problem(send(warehouse, "orders", rows))["code"] == "scope_missing"
    call_command("verify", retailer="acme")


def test_a_named_upload_is_taken_once(fresh: None) -> None:
    # given
    shop = open_shop()
    first = send(shop, "products", [{"sku": "C"}], Idempotency_Key="k")
    # when
    again = send(shop, "products", [{"sku": "C"}], Idempotency_Key="k")
    other = send(shop, "products", [{"sku": "D"}], Idempotency_Key="k")
    # then
    assert (again.status_code, read(again)["id"]) == (202, read(first)["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, problem(other)["code"]) == (422, "idempotency_key_reused")
    with retailer_context("acme"):
        assert (BulkJob.objects.count(), BulkRow.objects.count()) == (1, 1)


def test_a_job_is_seen_by_the_key_that_sent_it_alone(fresh: None) -> None:
    shop = open_shop()
    job = read(send(shop, "products", [{"sku": "C"}]))["id"]
    for path in (f"{BULK}/{job}", f"{BULK}/{job}/rows"):
        assert shop.get(path).status_code == 200
        assert partner().get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (" \n", "application/x-ndjson", 422, "validation"),
        ("\n\n", "application/x-ndjson", 422, "validation"),
        ("a,a\n1,2\n", "text/csv", 422, "validation"),
        ("{}", "application/json", 415, "unsupported_media_type"),
        ("x" * (LONGEST_LINE + 1), "application/x-ndjson", 422, "validation"),
        ("sku,name\nA,Ap\rron\n", "text/csv", 422, "validation"),
        ("sku,name\nA,Ap\x00ron\n", "text/csv", 422, "validation"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(fresh: None, body: str, content_type: str, status: int, code: str) -> None:
    shop = open_shop()

    response = send(shop, "products", body, **{"Content-Type": content_type})

    assert (response.status_code, problem(response)["code"]) == (status, code)
    with retailer_context("acme"):
        assert not BulkRow.objects.exists()


def test_a_body_is_read_in_parts() -> None:
    # given a body that tells how much of it was asked for at once
    asked: list[int] = []

    class Body:
        left = 3_000_000

        def read(self, size: int, /) -> bytes:
            asked.append(size)
            size = min(size, self.left)
            self.left -= size
            return b'{"sku": "A"}\n' * (size // 13)

    # when
    rows = sum(1 for _ in rows_of(Stream(Body()), is_csv=False))
    # then
    assert rows > 200_000
    assert max(asked) == 64 * 1024


def test_too_many_rows_are_refused(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = open_shop()
    monkeypatch.setattr("oms.web.bulk.receiving.MOST_ROWS", 3)

    response = send(shop, "products", [{"sku": f"P{number}"} for number in range(4)])

    assert "more than 3 rows" in problem(response)["errors"][0]["detail"]
    with pytest.raises(UnreadableRows, match="UTF-8"):
        list(rows_of(Stream(_once(b"\xff\n")), is_csv=False))


def test_a_row_with_more_cells_than_the_heading_is_refused_by_its_line() -> None:
    body = Stream(_once(b"sku,price\nA,1.00\nB,9,90\n"))
    with pytest.raises(UnreadableRows, match="line 3 has 3 cells, the heading 2: a value with a comma in it stands in"):
        list(rows_of(body, is_csv=True))


def _once(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


# -- kill -9 ---------------------------------------------------------------------------------------

_DIE = """
import os, django
django.setup()
from oms.infra.database.context import retailer_context
from oms.web.bulk import working
from oms.web.bulk.working import bulk_work

with retailer_context("acme"):
    bulk_work(job_id={job}, at_once=10)
write = working._write
def die(*given, **named):
    write(*given, **named)
    os.kill(os.getpid(), 9)
working._write = die
with retailer_context("acme"):
    bulk_work(job_id={job}, at_once=10)
"""


def test_a_worker_that_dies_leaves_whole_batches(fresh: None) -> None:
    # given
    from django.conf import settings

    shop = open_shop()
    job = read(send(shop, "orders", [small_order(str(number)) for number in range(25)]))["id"]
    environment = {
        **os.environ, "OMS_TEST_DATABASE": settings.TEST_DATABASE, "DJANGO_SETTINGS_MODULE": "oms.settings.test",
    }  # fmt: skip
    # when it is killed after it has written the second batch, before that is committed
    died = subprocess.run([sys.executable, "-c", _DIE.format(job=job)], cwd=ROOT, env=environment, check=False)
    # then the first batch is there, and nothing of the second
    assert died.returncode == -9
    between = read(shop.get(f"{BULK}/{job}"))
    assert (between["status"], between["succeeded"]) == ("running", 10)
    with retailer_context("acme"):
        assert Order.objects.count() == 10
    # when another goes on
    work(job, at_once=10)
    # then
    after = read(shop.get(f"{BULK}/{job}"))
    assert (after["status"], after["succeeded"], after["refused"]) == ("done", 25, 0)
    with retailer_context("acme"):
        assert Order.objects.count() == 25
    call_command("verify", retailer="acme")


def test_staff_see_each_job_and_take_its_refused_rows_away(fresh: None) -> None:
    # given
    shop = open_shop()
    rows = b'{"sku":"A","name":"Apron"}\n{"sku":"=cmd()","name":"x","price":"1"}\n'
    sent = shop.post("/api/v1/bulk/products", rows, Content_Type="application/x-ndjson")
    number = int(sent.headers["Location"].rpartition("/")[2])
    work(number)
    client, at = staff("web.view_bulkjob"), f"/admin/web/bulkjob/{number}"
    # when, then
    assert f"{number} Web shop Products Done in part 2 of 2 1" in words(client.get("/admin/web/bulkjob/"))
    page = words(client.get(f"{at}/change/"))
    assert "2 rows sent" in page
    assert "1 were taken, 1 refused" in page
    assert "A price has a currency." in page
    file = client.get(f"{at}/refused/")
    assert file["Content-Disposition"] == f'attachment; filename="api-bulk-job-{number}-refused.csv"'
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Row,Code,Member,Why,")
    assert lines[1].startswith("2,required,/currency,A price has a currency.,")
    assert len(lines) == 2
    # nobody writes here, and nobody else looks
    client.post(f"{at}/change/", {"status": "waiting"})
    with retailer_context("acme"):
        assert BulkJob.objects.get().status == "done"
    assert staff().get(f"{at}/refused/").status_code == 403
    assert manager("globex").get(f"{at}/refused/").status_code == 404
