"""The queues and the rejection of a request in the back office."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.test import Client

from fulfilment.locations.models import Location
from fulfilment.requests.models import Exclusion, FulfilmentRequest
from fulfilment.routing.models import QueueEntry
from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from oms.web.workspace.models import BulkJob
from oms.web.workspace.services import bulk_work
from orders.models import Order
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_offered
from tests.fulfilment.routing.scene import units, violations
from tests.oms.web.back_office import listed, manager, staff, told, words

QUEUES = "/admin/routing/queueentry/"


@pytest.fixture
def waiting(fresh: None) -> Order:
    """WEB-7 waits for two lamps."""
    with retailer_context("acme"):
        LocationFactory.create(code="SOHO", name="Soho")
        ProductFactory.create(sku="LAMP")
        order = order_placed(("LAMP", 2), number="7", description="=A lamp")
        orders_route(order_ids=[order.pk], actor="routing")
    return order


def begun(client: Client, order: Order, action: str) -> str:
    """Leads from the chosen line to the page that asks first; its address."""
    with retailer_context("acme"):
        sent = {"action": action, "select_across": "0", "index": "0", "_selected_action": order.lines.get().pk}
    answer = client.post(QUEUES, sent)
    assert answer.status_code == 302, words(answer)
    return str(answer["Location"])


def confirmed(client: Client, address: str) -> str:
    """What the page says when the work is done."""
    assert client.post(address.replace("/change/", "/confirm/"))["Location"] == address
    with retailer_context("acme"):
        key = BulkJob.objects.latest("pk").pk
    bulk_work(schema="acme", job_id=key)
    return words(client.get(address))


def test_the_list_says_how_many_wait_where_how_long_and_why(waiting: Order) -> None:
    page = words(manager().get(QUEUES))
    assert "All To route 0 Backorder 1 Pre-order 0 Unfillable 0" in page
    assert "WEB-7 LAMP" in page
    assert "not enough stock at any location that takes work" in page
    assert "0\xa0minutes" in page or "0 minutes" in page
    assert len(listed(manager().get(f"{QUEUES}?queue=unfillable"))) == 0


def test_staff_try_again(waiting: Order) -> None:
    client = manager()
    # when: nothing has changed
    page = confirmed(client, begun(client, waiting, "retry"))
    # then
    assert "Left as it was not enough stock at any location that takes work" in page
    # when: stock has come
    with retailer_context("acme"):
        stock_received(Location.objects.get(), waiting.lines.get().product, 5)
    page = confirmed(client, begun(client, waiting, "retry"))
    # then
    assert "Try again now: 1 line" in page
    with retailer_context("acme"):
        assert units(waiting) == (0, 2, 0)
        assert list(BulkJob.objects.order_by("pk").values_list("done", "left", "refused")) == [(0, 1, 0), (1, 0, 0)]


def test_cancelling_says_first_what_follows(waiting: Order) -> None:
    client = manager()
    address = begun(client, waiting, "give_up")
    asked = words(client.get(address))
    assert "Cancel with notice: exactly 1 line" in asked
    assert "are cancelled and credited, and the customers are told" in asked
    assert "cannot be ordered again" in asked
    with retailer_context("acme"):
        assert units(waiting) == (2, 0, 0)
    confirmed(client, address)
    with retailer_context("acme"):
        assert (BulkJob.objects.get().done, units(waiting)) == (1, (0, 0, 2))
        assert violations() == []


def test_setting_aside_says_first_what_follows(waiting: Order) -> None:
    client = manager()
    address = begun(client, waiting, "set_aside")
    assert "The customers are not told." in words(client.get(address))
    with retailer_context("acme"):
        assert QueueEntry.objects.get().queue == "backorder"
    confirmed(client, address)
    with retailer_context("acme"):
        assert QueueEntry.objects.get().queue == "unfillable"
    # when: once more
    page = confirmed(client, begun(client, waiting, "set_aside"))
    # then
    assert "Left as it was it is set aside already" in page


def test_who_may_only_look_sees_no_buttons(waiting: Order) -> None:
    viewer = staff("routing.view_queueentry")
    assert "Cancel with notice" not in words(viewer.get(QUEUES))
    for action in ("retry", "set_aside", "give_up"):
        with retailer_context("acme"):
            sent = {"action": action, "select_across": "0", "index": "0", "_selected_action": waiting.lines.get().pk}
        viewer.post(QUEUES, sent)
    with retailer_context("acme"):
        assert not BulkJob.objects.exists()
        assert units(waiting) == (2, 0, 0)


def test_the_export_holds_what_waits_and_no_formula(waiting: Order) -> None:
    with retailer_context("acme"):
        QueueEntry.objects.update(reason="=1+1")
    response = manager().get(f"{QUEUES}export.csv?queue=backorder")
    rows = list(csv.DictReader(StringIO(response.content.decode())))
    assert [(row["Order"], row["SKU"], row["Units"], row["Queue"], row["Reason"]) for row in rows] == [
        ("WEB-7", "LAMP", "2", "backorder", "'=1+1"),
    ]
    assert staff("orders.view_order").get(f"{QUEUES}export.csv").status_code == 403


@pytest.fixture
def offered(fresh: None) -> FulfilmentRequest:
    """WEB-7/1: Soho is to send two of its five lamps."""
    with retailer_context("acme"):
        stock_received(LocationFactory.create(code="SOHO", name="Soho"), ProductFactory.create(sku="LAMP"), 5)
        return request_offered(order_placed(("LAMP", 2), number="7"))


def test_a_request_is_rejected_after_what_follows_was_shown(offered: FulfilmentRequest) -> None:
    # given
    client, page = manager(), f"/admin/requests/fulfilmentrequest/{offered.pk}/"
    with retailer_context("acme"):
        line = offered.lines.get().pk
    sent = {f"units-{line}": "2", f"reason-{line}": "not_found"}
    assert "Cannot send something …" in words(client.get(f"{page}change/"))
    # when
    shown = words(client.post(f"{page}reject/", sent))
    # then
    assert "2 × LAMP, not found: its stock here is set to none." in shown
    assert "Soho (SOHO) is not asked for these items of this order again." in shown
    with retailer_context("acme"):
        assert not Exclusion.objects.exists()
    # when
    response = client.post(f"{page}reject/", {**sent, "confirmed": "yes"})
    # then
    assert told(response) == ["WEB-7/1: 2 units given back; another location is looked for."]
    with retailer_context("acme"):
        exclusion = Exclusion.objects.get()
        assert units(offered.order) == (2, 0, 0)
        assert violations() == []
    # when: somebody lets it be asked again, twice
    assert "Refused here 2 × LAMP" in words(client.get(f"{page}change/"))
    lifted = [told(client.post(f"{page}lift/{exclusion.pk}/"))[-1] for _ in range(2)]
    assert lifted == ["Soho (SOHO) may be asked again.", "The location may be asked again already."]


@pytest.mark.parametrize(
    ("units_given", "reason", "said"),
    [
        ("3", "not_found", "LAMP: at most 2 units can be rejected"),
        ("x", "not_found", "LAMP: at most 2 units can be rejected"),
        ("1", "bored", "LAMP: say why"),
        ("1", "mismatch", "LAMP: say how many were counted"),
        ("", "not_found", "no item was chosen"),
    ],
)
def test_what_makes_no_sense_is_said(offered: FulfilmentRequest, units_given: str, reason: str, said: str) -> None:
    with retailer_context("acme"):
        line = offered.lines.get().pk
    sent = {f"units-{line}": units_given, f"reason-{line}": reason, "confirmed": "yes"}
    response = manager().post(f"/admin/requests/fulfilmentrequest/{offered.pk}/reject/", sent)
    assert told(response) == [f"WEB-7/1 was left as it is: {said}."]
    with retailer_context("acme"):
        assert units(offered.order) == (0, 2, 0)
