"""Webhooks in the back office."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.webhooks.models import Delivery, Endpoint, Replay
from oms.web.webhooks.services.deliver import deliveries_perform
from tests.factories.locations import LocationFactory
from tests.factories.orders import ChannelFactory, order_placed
from tests.factories.webhooks import endpoint_made, looked, told_everything
from tests.oms.web.back_office import Page, listed, manager, staff, statements, told, words
from tests.oms.web.webhooks.receiver import listening

ENDPOINTS, DELIVERIES = "/admin/webhooks/endpoint/", "/admin/webhooks/delivery/"


def form(**other: object) -> dict[str, object]:
    return {
        "name": "ERP", "url": "https://erp.example/hooks", "events": ["order.captured", "stock.changed"], "rate": 5,
        "concurrency": 2, **other,
    }  # fmt: skip


def secret_of(response: Page) -> str:
    found = re.search(r'id="secret">([^<]+)<', response.content.decode())
    assert found, "the page shows no secret"
    return found.group(1)


def post(client: Client, path: str, **given: object) -> list[str]:
    response = client.post(path, given)
    assert response.status_code == 302
    return told(response)[-1:]  # those before stay until a page shows them


def test_an_endpoint_is_made_and_its_secret_shown_once(fresh: None) -> None:
    # given
    client = manager()
    with retailer_context("acme"):
        ChannelFactory.create(code="web")
        LocationFactory.create(code="LON1")
    # when
    response = client.post(f"{ENDPOINTS}add/", form(channels=["web"], locations="LON1"))
    # then
    secret = secret_of(response)
    assert secret.startswith("whsec_")
    assert "no-store" in response["Cache-Control"]
    with retailer_context("acme"):
        endpoint = Endpoint.objects.get()
    assert (endpoint.channels, endpoint.locations, endpoint.rate) == (["web"], ["LON1"], 5)
    page = client.get(f"{ENDPOINTS}{endpoint.pk}/change/")
    assert secret not in page.content.decode()
    assert "Active" in words(page)
    assert listed(client.get(ENDPOINTS)) == ["ERP"]
    # and changed
    response = client.post(f"{ENDPOINTS}{endpoint.pk}/edit/", form(name="ERP 2", events=["shipment.created"]))
    assert told(response) == ["ERP is as you wished."]
    assert "shipment.created" in words(client.get(f"{ENDPOINTS}{endpoint.pk}/change/"))


def test_what_cannot_be_is_said_beside_its_field(fresh: None) -> None:
    client = manager()
    page = words(client.post(f"{ENDPOINTS}add/", form(url="https://10.0.0.1/", locations="NOWHERE")))
    assert "There is no location NOWHERE." in page
    assert "10.0.0.1 is not a public address." in words(client.post(f"{ENDPOINTS}add/", form(url="https://10.0.0.1/")))
    with retailer_context("acme"):
        assert not Endpoint.objects.exists()


def test_the_log_shows_each_call_and_tells_again(fresh: None) -> None:
    with listening(lambda number, _: (500 if number == 1 else 200, {"X-Said": "hello"}, b"body <b>")) as receiver:
        # given
        client = manager()
        with retailer_context("acme"):
            endpoint, secret = endpoint_made(receiver.url)
            receiver.secrets = [secret]
            order_placed(number="1", placed_at=timezone.now())
        told_everything()
        with retailer_context("acme"):
            delivery = Delivery.objects.get()
        page = client.get(f"{DELIVERIES}{delivery.pk}/change/")
        # when
        said = post(client, f"{DELIVERIES}{delivery.pk}/again/")
        deliveries_perform(schema="acme")
        now = timezone.localtime()
        given = {
            "begins": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}",
            "ends": f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}",
            "everything": "on",
        }  # fmt: skip
        asked = post(client, f"{ENDPOINTS}{endpoint.pk}/replay/", **given)
    # then
    assert "answered 500" in words(page)
    assert "x-said: hello" in words(page)
    assert "body <b>" in words(page)
    assert "<b>" not in page.content.decode().partition("body ")[2][:20]
    assert said == ["It is being told again."]
    assert asked == ["The range is being told again; how far it is appears below."]
    assert "answered 200" in words(client.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert len(listed(client.get(f"{DELIVERIES}?q=web-1"))) == 1
    assert listed(client.get(f"{DELIVERIES}?q=WEB-2")) == []
    assert listed(client.get(f"{DELIVERIES}?status=parked")) == []
    with retailer_context("acme"):
        assert Replay.objects.get().total == 1
    assert receiver.unsigned == 0


def test_an_endpoint_is_paused_tested_given_another_secret_and_removed(fresh: None) -> None:
    client = manager()
    with retailer_context("acme"):
        endpoint, first = endpoint_made()
    here = f"{ENDPOINTS}{endpoint.pk}"
    assert post(client, f"{here}/state/", state="paused") == [
        "Partner: Paused by hand: what happens waits until it is active again."
    ]
    assert post(client, f"{here}/state/", state="active") == ["Partner: Active: it is called."]
    assert post(client, f"{here}/state/", state="disabled") == ["Nothing was changed: there is no such state."]
    assert post(client, f"{here}/test/") == ["A test message is on its way; it appears below."]
    second = secret_of(client.post(f"{here}/rotate/", {"keep_hours": 4}))
    assert second != first
    assert "signs until" in words(client.get(f"{here}/change/"))
    assert post(client, f"{here}/state/", state="removed") == ["Partner: Removed: nothing more is told to it."]
    assert "Send a test" not in words(client.get(f"{here}/change/"))
    assert post(client, f"{here}/test/") == ["Nothing was changed: the endpoint has been removed."]


def test_the_home_page_warns_of_endpoints_that_fail(fresh: None) -> None:
    client = manager()
    with retailer_context("acme"):
        endpoint, _ = endpoint_made()
    assert "Webhooks failing" not in words(client.get("/admin/"))
    with retailer_context("acme"):
        Endpoint.objects.update(warned_at=timezone.now(), failing_since=timezone.now(), failures=12)
    assert "Webhooks failing" in words(client.get("/admin/"))
    assert "Failing" in words(client.get(f"{ENDPOINTS}{endpoint.pk}/change/"))
    assert "Webhooks failing" not in words(staff("orders.view_order").get("/admin/"))


def test_only_those_with_the_right_act(fresh: None) -> None:
    with retailer_context("acme"):
        endpoint, _ = endpoint_made()
    viewer = staff("webhooks.view_endpoint", "webhooks.view_delivery")
    here = f"{ENDPOINTS}{endpoint.pk}"
    page = words(viewer.get(f"{here}/change/"))
    assert "Replace the secret" not in page
    assert "Send a test" not in page
    assert viewer.get(f"{ENDPOINTS}add/").status_code == 403
    assert viewer.get(f"{here}/edit/").status_code == 403
    for action in ("state", "rotate", "test", "replay"):
        assert viewer.post(f"{here}/{action}/").status_code == 403
        assert manager("globex").post(f"{here}/{action}/").status_code == 404
        assert manager().get(f"{here}/{action}/").status_code == 405


def test_lists_ask_as_often_for_many_rows_as_for_few(fresh: None) -> None:
    client = manager()

    def asked(path: str) -> int:
        with statements() as sent:
            assert client.get(path).status_code == 200
        return len(sent)

    def more(count: int) -> None:
        with retailer_context("acme"):
            for _ in range(count):
                endpoint_made()
                order_placed(placed_at=timezone.now())
        looked()

    more(1)
    asked(ENDPOINTS)
    few = [asked(ENDPOINTS), asked(DELIVERIES)]
    more(5)
    assert [asked(ENDPOINTS), asked(DELIVERIES)] == few
