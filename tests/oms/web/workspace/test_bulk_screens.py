"""Bulk jobs by their screens: from chosen rows to a result that can be taken away."""

from __future__ import annotations

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from oms.web.workspace.models import BulkJob, BulkStatus
from oms.web.workspace.services import bulk_work
from orders.models import Order, OrderHold
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import order_placed
from tests.oms.web.back_office import manager, staff, words

ORDERS = "/admin/orders/order/"


@pytest.fixture
def shop(fresh: None) -> None:
    with retailer_context("acme"):
        ProductFactory.create(sku="LAMP")
        for number in range(60):
            order_placed(("LAMP", 1), number=str(number), customer=f"=C{number}")


def begun(client: Client, action: str, query: str = "", *, across: bool = True) -> str:
    with retailer_context("acme"):
        keys = list(Order.objects.order_by("-placed_at", "-id").values_list("pk", flat=True)[:2])
    chosen = {"action": action, "select_across": "1" if across else "0", "index": "0", "_selected_action": keys}
    answer = client.post(f"{ORDERS}{query}", chosen)
    assert answer.status_code == 302, words(answer)
    return str(answer["Location"])


def work() -> None:
    with retailer_context("acme"):
        keys = list(BulkJob.objects.values_list("pk", flat=True))
    for key in keys:
        bulk_work(schema="acme", job_id=key)


def test_the_page_states_exactly_how_many_and_what_will_happen(shop: None) -> None:
    client = manager()
    page = words(client.get(begun(client, "cancel")))
    assert "Cancel what has not left: exactly 60 orders" in page
    assert "is cancelled and credited, as far as your rules for cancelling allow it" in page
    assert "cannot be ordered again" in page
    # when: only the chosen ones
    page = words(client.get(begun(client, "hold_place", across=False)))
    # then
    assert "Place a hold: exactly 2 orders" in page
    assert "It can be undone afterwards" in page
    with retailer_context("acme"):
        assert set(Order.objects.values_list("status", flat=True)) == {"open"}


def test_a_filtered_list_acts_on_what_it_shows(shop: None) -> None:
    client = manager()
    assert "exactly 1 order" in words(client.get(begun(client, "route", "?q=WEB-7")))
    assert "exactly 0 orders" in words(client.get(begun(client, "route", "?status=held")))


def test_a_job_runs_after_it_is_confirmed_and_tells_how_far_it_is(shop: None) -> None:
    client = manager()
    address = begun(client, "hold_place")
    key = address.split("/")[-3]
    confirm = f"/admin/workspace/bulkjob/{key}/confirm/"
    # when: the form is not filled in
    assert "This field is required" in words(client.post(confirm, {"code": "check"}))
    # then
    with retailer_context("acme"):
        assert BulkJob.objects.get().status == BulkStatus.DRAFT
    # when
    assert client.post(confirm, {"code": "check", "why": "Look"})["Location"] == address
    assert client.get(f"/admin/workspace/bulkjob/{key}/progress/").json() == {"done": 0, "total": 60, "ended": False}
    work()
    # then
    assert client.get(f"/admin/workspace/bulkjob/{key}/progress/").json() == {"done": 60, "total": 60, "ended": True}
    page = words(client.get(address))
    assert "Place a hold: 60 orders Done" in page
    assert "Undo: release a hold" in page
    # when
    undoing = client.post(f"/admin/workspace/bulkjob/{key}/undo/")["Location"]
    assert "Release a hold: exactly 60 orders" in words(client.get(undoing))
    client.post(f"/admin/workspace/bulkjob/{undoing.split('/')[-3]}/confirm/")
    work()
    # then
    with retailer_context("acme"):
        assert set(OrderHold.objects.values_list("status", flat=True)) == {"released"}


def test_rows_that_were_not_done_are_listed_and_taken_away(shop: None) -> None:
    client = manager()
    with retailer_context("acme"):
        Order.objects.filter(number="WEB-3").update(open_quantity=1)
    for _ in range(2):
        key = begun(client, "cancel", "?q=WEB-3").split("/")[-3]
        client.post(f"/admin/workspace/bulkjob/{key}/confirm/", {"reason": "Gone"})
        work()
    # then
    page = words(client.get(f"/admin/workspace/bulkjob/{key}/change/"))
    assert "Not done, and why" in page
    assert "WEB-3 Left as it was nothing of WEB-3 is left that could be cancelled" in page
    table = client.get(f"/admin/workspace/bulkjob/{key}/rows.csv").content.decode()
    why = "nothing of WEB-3 is left that could be cancelled"
    assert table == f"\ufeffRow,What became of it,Why\r\nWEB-3,Left as it was,{why}\r\n"


def test_an_export_has_the_columns_of_the_list_and_no_formula(shop: None) -> None:
    client = staff("orders.view_order")
    key = begun(client, "export", "?q=WEB-7&col=number&col=customer&col=state").split("/")[-3]
    client.post(f"/admin/workspace/bulkjob/{key}/confirm/")
    work()
    # then
    table = client.get(f"/admin/workspace/bulkjob/{key}/file.csv").content.decode()
    [heading, line] = table.strip().split("\r\n")
    assert heading == "\ufeffNumber,Customer,Status"
    assert line.startswith("WEB-7,")
    assert "'=C7" in line
    assert line.endswith(",Open")


def test_who_may_not_act_is_offered_no_action_and_finds_no_way_around(shop: None) -> None:
    # given
    ben = staff("orders.view_order")
    page = ben.get(ORDERS).content.decode()
    assert 'value="export"' in page
    assert 'value="cancel"' not in page
    address = begun(manager(), "cancel")
    key = address.split("/")[-3]
    # then: another's job is not there for him
    assert ben.get(address).status_code == 404
    for verb in ("confirm", "drop", "stop", "undo"):
        assert ben.post(f"/admin/workspace/bulkjob/{key}/{verb}/", {"reason": "x"}).status_code == 404, verb
    # when: he may look at all jobs
    carla = staff("orders.view_order", "workspace.view_bulkjob")
    # then: he still cannot let one begin
    assert carla.get(address).status_code == 200
    assert carla.post(f"/admin/workspace/bulkjob/{key}/confirm/", {"reason": "x"}).status_code == 403
    with retailer_context("acme"):
        assert BulkJob.objects.get().status == BulkStatus.DRAFT


def test_a_draft_that_is_not_wanted_leads_back_to_its_list(shop: None) -> None:
    client = manager()
    key = begun(client, "cancel", "?status=open").split("/")[-3]
    assert client.post(f"/admin/workspace/bulkjob/{key}/drop/")["Location"] == f"{ORDERS}?status=open"
    with retailer_context("acme"):
        assert not BulkJob.objects.exists()


def test_every_page_says_what_it_may_run(shop: None) -> None:
    policy = manager().get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_the_palette_finds_records_pages_and_actions_as_far_as_they_may_be_seen(shop: None) -> None:
    def found(client: Client, term: str) -> list[tuple[str, str]]:
        answer = client.get("/admin/search/", {"palette": "1", "s": term})
        return [(item["title"], item["link"]) for item in answer.json()["found"]]

    client = manager()
    with retailer_context("acme"):
        key = Order.objects.get(number="WEB-7").pk
    assert found(client, "web-7") == [("WEB-7", f"/admin/orders/order/{key}/change/")]
    assert ("Upgrades", "/admin/upgrades/") in found(client, "upgr")
    assert ("New location", "/admin/locations/location/add/") in found(client, "new loc")
    assert ("Orders", ORDERS) in found(client, "")
    assert found(staff("catalogue.view_product"), "web-7") == []
