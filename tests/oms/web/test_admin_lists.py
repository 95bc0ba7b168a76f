"""Every list of the retailer's back office: it opens, and asks a fixed number of questions."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from fulfilment.routing.models import RoutingRun
from fulfilment.routing.services import orders_route
from modules.services.journal_retention import journal_retention_set
from oms.importing.models import ImportedLine
from oms.infra.backoffice.lists import MasterDataAdmin
from oms.infra.backoffice.site import retailer_site
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, OutboundDeparture, OutboundRefusal
from oms.web.models import BulkJob
from oms.web.notices.models import Notice, NoticeTemplate
from oms.web.services.api_keys import api_key_issue
from oms.web.webhooks.services.replay import test_send as send_test
from oms.web.workspace.services import bulk_draft
from orders.models import Channel, ChannelAlias, ChannelConnection, ChannelDelivery, ChannelMessage, Order, OrderCharge
from returns.models import BlindReturn
from tests.factories.accounts import StaffFactory
from tests.factories.carriers import parcel_handed_over
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import every_stock_screen, stock_lost, stock_received
from tests.factories.locations import LocationFactory, LocationGroupFactory
from tests.factories.orders import CustomerFactory, order_placed
from tests.factories.requests import request_brought_to
from tests.factories.webhooks import endpoint_made
from tests.oms.web.back_office import listed, manager, statements, visitor, words

#: Statements of each list beside the session and the user: saved views, filters' choices, the capped count, the rows.
QUESTIONS = {
    "orders.order": 4,
    "orders.orderline": 3,
    "orders.ordercharge": 3,
    "orders.customer": 3,
    "orders.channel": 3,
    "orders.channelalias": 4,
    "orders.channelconnection": 3,
    "orders.channeldelivery": 4,
    "orders.channelmessage": 4,
    "catalogue.product": 3,
    "locations.location": 3,
    "locations.locationgroup": 4,
    "inventory.stocklevel": 4,
    "inventory.stockmovement": 3,
    "inventory.stockadjustment": 3,
    "inventory.incomingsupply": 4,
    "inventory.transfer": 3,
    "inventory.stockcount": 3,
    "inventory.softreservation": 3,
    "inventory.stockfeed": 3,
    "inventory.stockconfidence": 4,
    "requests.fulfilmentrequest": 4,
    "requests.shipment": 3,
    "carriers.parcel": 3,
    "carriers.manifest": 4,
    "carriers.fleetvan": 3,
    "carriers.fleetday": 4,
    "routing.queueentry": 4,
    "routing.routingrun": 3,
    "returns.blindreturn": 3,
    "importing.importedline": 3,
    "infra.event": 3,
    "infra.outboundrefusal": 3,
    "infra.outbounddeparture": 3,
    "accounts.user": 4,
    "auth.group": 3,
    "web.apikey": 3,
    "web.bulkjob": 3,
    "modules.journalretention": 3,
    "webhooks.endpoint": 4,
    "webhooks.delivery": 4,
    "workspace.bulkjob": 3,
    "notices.notice": 3,
    "notices.noticetemplate": 3,
}


def rows_of_every_kind(times: int) -> None:
    """So many rows on every list, each with all that it may refer to."""
    for number in range(times):
        store, customer, product = LocationFactory.create(), CustomerFactory.create(), ProductFactory.create()
        order = order_placed((product.sku, 2), customer=customer.reference)
        stock_received(store, product, 1)
        request_brought_to(order, RequestStatus.SHIPPED)
        orders_route(order_ids=[order.pk], actor="routing")
        parcel_handed_over(store)
        stock_lost(product, 1)
        journal_retention_set(months=12 + number, author="maria")
        every_stock_screen(store, LocationFactory.create(), product)
        LocationGroupFactory.create().locations.add(store)
        channel = Channel.objects.create(code=f"channel{order.pk}", name="Another", currency="EUR")
        OrderCharge.objects.create(
            channel=channel, order=order, kind="fee", quantity=1, unit_price=3, charged_at=timezone.now(),
            external_number="F1",
        )  # fmt: skip
        BlindReturn.objects.create(
            channel=channel, customer=customer, product=product, quantity=1, unit_price=2, currency="EUR",
            external_number="R1", returned_at=timezone.now(),
        )  # fmt: skip
        ImportedLine.objects.create(
            channel=channel, fingerprint=f"{order.pk:032}", occurrence=0, row=number + 2, outcome="refused",
            reason="bad_price", money=0, message="row 2, column Price: 'x' is no number", content={"Price": "x"},
        )  # fmt: skip
        ChannelConnection.objects.create(channel=channel, adapter="shopify")
        ChannelAlias.objects.create(channel=channel, theirs=f"T{order.pk}", ours="O")
        ChannelMessage.objects.create(channel=channel, key=f"K{order.pk}", body=b"{}")
        ChannelDelivery.objects.create(channel=channel, key=f"K{order.pk}", kind="status", content={})
        OutboundRefusal.objects.create(kind="mail", target="ada@example.com", payload={}, reason="a staging clone")
        key, _ = api_key_issue(name="Partner")
        BulkJob.objects.create(key=key, kind="stock", content_digest=b"", total=1)
        OutboundDeparture.objects.create(kind="mail", target="a@b.example")
        RoutingRun.objects.create(
            number=order.pk, started_at=timezone.now(), seconds=1, orders=0, placed_orders=0, decided_again=0,
            left_out=0, units=0, currency="GBP", exact=True, release="1.0.0", revision=1, actor="routing",
        )  # fmt: skip
        NoticeTemplate.objects.create(kind="shipped", channel=channel, subject="On its way", body="{items}")
        Notice.objects.create(
            event=Event.objects.order_by("-id")[0], order=order, kind="shipped", once=f"order {order.pk}",
            recipient="ada@example.com", subject="On its way", body="2 × Lamp", message_id=f"<{order.pk}@notices.oms>",
        )  # fmt: skip
        send_test(reference=endpoint_made()[0].reference)
        StaffFactory.create().groups.create(name=f"Group {order.pk}")
        bulk_draft(
            label="orders.order", action="route", rows=Order.objects.all(), chosen="", given={},
            user=StaffFactory.create(), actor="user anna",
        )  # fmt: skip


@pytest.fixture
def filled(fresh: None) -> None:
    """Two rows on every list."""
    with retailer_context("acme"):
        rows_of_every_kind(2)


def test_every_list_has_its_number_here() -> None:
    assert set(QUESTIONS) == {model._meta.label_lower for model in retailer_site._registry}


def test_every_list_asks_a_fixed_number_of_questions(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever is served is asked for anew every 15 seconds; a slow machine must not count that as the list's question.
    monkeypatch.setattr("tenants.registry.REMEMBERED_SECONDS", 3600.0)
    client = manager()
    client.get("/admin/")
    for rows in (2, 6):
        if rows > 2:
            with retailer_context("acme"):
                rows_of_every_kind(rows - 2)
        asked_for = {}
        for label in QUESTIONS:
            with statements() as asked:
                response = client.get(f"/admin/{label.replace('.', '/')}/")
            assert response.status_code == 200, label
            assert len(listed(response)) >= rows, label
            asked_for[label] = len(asked) - 2
        assert asked_for == QUESTIONS


def test_no_list_counts_a_whole_table(filled: None) -> None:
    client = manager()
    for label in set(QUESTIONS) - {"locations.locationgroup"}:  # a dozen rows, each with the number of its members
        with statements() as asked:
            client.get(f"/admin/{label.replace('.', '/')}/")
        for statement in asked:
            assert "COUNT(" not in statement or "LIMIT 10001" in statement, statement


def test_no_search_looks_for_parts_of_words_in_large_tables(filled: None) -> None:
    small = {"locations.location", "accounts.user"}
    client = manager()
    for label in set(QUESTIONS) - small:
        with statements() as asked:
            response = client.get(f"/admin/{label.replace('.', '/')}/", {"q": "Thing"})
        assert response.status_code == 200, label
        assert not [statement for statement in asked if re.search(r"LIKE|~", statement)], label


def test_every_sidebar_entry_leads_somewhere(filled: None) -> None:
    client = manager()
    page = client.get("/admin/").content.decode()
    addresses = set(re.findall(r'href="(/admin/[a-z]+/[a-z]+/)"', page))

    entries = {address.strip("/").replace("admin/", "").replace("/", ".") for address in addresses}
    assert entries == set(QUESTIONS) - {"infra.outboundrefusal"}  # that one is for staging clones
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_another_retailer_sees_nothing_of_it(filled: None) -> None:
    client = manager("globex")
    for model in retailer_site._registry:
        if model._meta.label_lower == "accounts.user":
            continue
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        with retailer_context("acme"):
            key = model._default_manager.order_by("-pk").values_list("pk", flat=True)[0]
        assert listed(client.get(address)) == [], address
        assert client.get(f"{address}{key}/change/").status_code == 404, address


def test_what_services_write_cannot_be_written_by_hand(filled: None) -> None:
    client = manager()
    # The forms of transfers, counts and supply ask services that write once.
    by_hand = {"inventory.transfer", "inventory.stockcount", "inventory.incomingsupply",
               "orders.customer", "orders.channel", "catalogue.product", "locations.location", "accounts.user",
               "locations.locationgroup", "auth.group", "web.apikey", "carriers.fleetvan",
               "modules.journalretention", "webhooks.endpoint", "orders.channelalias",
               "orders.channelconnection", "notices.noticetemplate"}  # fmt: skip
    for label in set(QUESTIONS) - by_hand:
        assert client.get(f"/admin/{label.replace('.', '/')}/add/").status_code == 403, label
    for model, admin in retailer_site._registry.items():
        if isinstance(admin, MasterDataAdmin):
            page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/1/delete/"
            assert client.post(page, {"post": "yes"}).status_code in (403, 404), page


def test_rows_refused_by_an_import_say_why_and_what_stood_there(filled: None) -> None:
    # given
    client = manager()
    with retailer_context("acme"):
        line = ImportedLine.objects.order_by("id")[0]
    # when
    page = words(client.get("/admin/importing/importedline/", {"outcome": "refused"}))
    detail = words(client.get(f"/admin/importing/importedline/{line.pk}/change/"))
    # then
    assert "2 Refused Bad price row 2, column Price: 'x' is no number 0 Another" in page
    assert "As it stood in the file Price x" in detail


def test_a_visitor_is_told_politely_that_there_is_nothing(fresh: None) -> None:
    response = manager().get("/admin/orders/nothing/")

    assert response.status_code == 404
    assert "There is nothing here" in words(response)
    assert visitor("nobody").get("/admin/").status_code == 404


def test_an_empty_list_says_what_to_do(fresh: None) -> None:
    # given nothing
    client = manager()
    # when
    queue, chosen = (words(client.get(f"/admin/routing/queueentry/{asked}")) for asked in ("", "?queue=backorder"))
    counts = client.get("/admin/inventory/stockcount/")
    messages = words(client.get("/admin/orders/channelmessage/"))
    # then
    assert "Nothing here No line waits" in queue
    assert "Nothing is as these filters ask" not in queue
    assert "Nothing here Nothing is as these filters ask. Show all" in chosen
    assert "Nothing here Add the first" in words(counts)
    assert 'href="/admin/inventory/stockcount/add/"' in counts.content.decode()
    assert "Try all that wait again" not in messages
