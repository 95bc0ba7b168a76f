"""Endpoints, their log and telling again, over the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from standardwebhooks import Webhook

from oms.infra.database.context import retailer_context
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.jobs import replay
from oms.web.webhooks.models import Delivery, EndpointSecret
from oms.web.webhooks.services.deliver import deliveries_perform
from tests.factories.orders import order_placed
from tests.factories.webhooks import looked, told_everything
from tests.oms.web.api_data import Partner, open_shop, partner, problem, read
from tests.oms.web.webhooks.receiver import listening

ENDPOINTS = "/api/v1/webhook-endpoints"
WISH = {"name": "ERP", "url": "https://erp.example/hooks", "events": ["order.captured"]}


def change(shop: Partner, path: str, body: object, **headers: str) -> HttpResponse:
    return shop.send("PATCH", path, json.dumps(body).encode(), Content_Type="application/json", **headers)


def test_the_catalogue_has_a_schema_and_a_sample_of_each_event(fresh: None) -> None:
    document = read(open_shop().get("/api/v1/webhook-events"))
    assert [event["name"] for event in document["events"]] == list(CATALOGUE)
    assert all(event["sample"]["type"] == event["name"] for event in document["events"])


def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(fresh: None) -> None:
    # given
    shop = open_shop()
    # when
    response = shop.post(ENDPOINTS, WISH, Idempotency_Key="k1")
    again = shop.post(ENDPOINTS, WISH, Idempotency_Key="k1")
    # then
    made = read(response)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Location"] == made["links"]["self"]
    assert made["secret"].startswith("whsec_")
    assert read(again) == made
    assert (made["state"], made["events"], made["health"]["waiting"]) == ("active", ["order.captured"], 0)
    shown = read(shop.get(made["links"]["self"]))
    assert "secret" not in shown
    [listed] = read(shop.get(ENDPOINTS))["endpoints"]
    assert listed == shown
    with retailer_context("acme"), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(body::text, '') FROM infra_idempotentanswer")
        kept = cursor.fetchone()[0] + EndpointSecret.objects.get().sealed
    assert made["secret"] not in kept
    assert made["secret"].removeprefix("whsec_") not in kept


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"url": "http://erp.example/hooks"}, "/url"),
        ({"url": "https://10.0.0.1/hooks"}, "/url"),
        ({"url": "https://user:word@erp.example/"}, "/url"),
        ({"events": ["order.imagined"]}, "/events"),
        ({"events": []}, "/events"),
        ({"channels": ["nowhere"]}, "/channels"),
        ({"locations": ["nowhere"]}, "/locations"),
        ({"rate": 0}, "/rate"),
        ({"concurrency": 17}, "/concurrency"),
        ({"name": " "}, "/name"),
    ],
)
def test_what_cannot_be_is_named(fresh: None, given: dict[str, object], pointer: str) -> None:
    refused = problem(open_shop().post(ENDPOINTS, {**WISH, **given}))
    assert refused["status"] == 422
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


def test_an_endpoint_is_changed_paused_and_removed(fresh: None) -> None:
    # given
    shop = open_shop()
    here = read(shop.post(ENDPOINTS, WISH))["links"]["self"]
    # when
    changed = read(change(shop, here, {"events": ["shipment.created"], "channels": ["shop"], "state": "paused"}))
    # then
    assert (changed["events"], changed["channels"], changed["state"]) == (["shipment.created"], ["shop"], "paused")
    assert (changed["name"], changed["url"]) == (WISH["name"], WISH["url"])
    assert read(change(shop, here, {"state": "active"}))["state"] == "active"
    assert problem(change(shop, here, {"state": "removed"}))["status"] == 422
    assert shop.send("DELETE", here).status_code == 204
    assert problem(shop.get(here))["status"] == 404
    assert problem(shop.send("DELETE", here))["status"] == 404
    assert read(shop.get(ENDPOINTS))["endpoints"] == []
    with retailer_context("acme"):
        assert not EndpointSecret.objects.exists()


def test_two_secrets_sign_while_one_is_replaced(fresh: None) -> None:
    with listening() as receiver:
        # given
        shop = open_shop()
        made = read(shop.post(ENDPOINTS, {**WISH, "url": receiver.url}))
        here = made["links"]["self"]
        # when
        second = read(shop.post(f"{here}/secret-rotations", {"keep_hours": 1}))["secret"]
        shop.post(f"{here}/tests", {})
        deliveries_perform(schema="acme")
        with retailer_context("acme"):
            EndpointSecret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now())
        shop.post(f"{here}/tests", {})
        deliveries_perform(schema="acme")
    # then
    both, one = receiver.calls
    for secret in (made["secret"], second):
        Webhook(secret).verify(both.body, both.headers)
    assert both.headers["webhook-signature"].count("v1,") == 2
    receiver.secrets = [made["secret"]]
    assert not receiver.is_signed(one.body.encode(), one.headers)
    receiver.secrets = [second]
    assert receiver.is_signed(one.body.encode(), one.headers)


def test_the_log_shows_requests_and_answers_and_a_range_is_told_again(fresh: None) -> None:
    with listening() as receiver:
        # given three that arrived
        shop = open_shop()
        made = read(shop.post(ENDPOINTS, {**WISH, "url": receiver.url}))
        here, receiver.secrets = made["links"]["self"], [made["secret"]]
        with retailer_context("acme"):
            for number in "123":
                order_placed(("A", 1), number=number, channel="shop", placed_at=timezone.now())
        told_everything()
        # when
        page = read(shop.get(f"{here}/deliveries?limit=2"))
        rest = read(shop.get(page["links"]["next"]))
        detail = read(shop.get(page["deliveries"][0]["links"]["self"]))
        again = shop.post(f"{page['deliveries'][0]['links']['self']}/replays", {})
        assert deliveries_perform(schema="acme").delivered == 1
        now = timezone.now()
        span = {
            "begins": (now - timedelta(hours=1)).isoformat(), "ends": now.isoformat(), "only_failed": False,
        }  # fmt: skip
        asked = read(shop.post(f"{here}/replays", span))
        replay(schema="acme", reference=asked["reference"])
        assert deliveries_perform(schema="acme").delivered == 3
    # then
    assert [row["subject"] for row in page["deliveries"] + rest["deliveries"]] == ["SHOP-3", "SHOP-2", "SHOP-1"]
    assert rest["next_cursor"] is None
    assert detail["body"]["data"]["order"]["external_number"] == "3"
    [call] = detail["calls"]
    assert (call["status"], call["response_body"]) == (200, '{"ok": true}')
    assert call["request_headers"]["webhook-signature"] == "v1,(hidden)"
    assert again.status_code == 202
    shown = read(shop.get(asked["links"]["self"]))
    assert (shown["total"], shown["done"], shown["finished_at"] is None) == (3, 3, False)
    assert len(receiver.taken) == 7
    assert len(set(receiver.taken)) == 3
    assert receiver.unsigned == 0
    assert problem(shop.get(f"{here}/deliveries/msg_none"))["status"] == 404
    assert problem(shop.get(f"{here}/deliveries?cursor=%3D"))["status"] == 422


def test_another_retailer_sees_nothing_and_a_reading_key_changes_nothing(fresh: None) -> None:
    # given
    here = read(open_shop().post(ENDPOINTS, WISH))["links"]["self"]
    stranger, reader = open_shop("globex"), partner("acme", may_write=False)
    # then
    assert problem(stranger.get(here))["status"] == 404
    assert problem(stranger.send("DELETE", here))["status"] == 404
    assert problem(reader.post(ENDPOINTS, WISH))["code"] == "key_read_only"
    assert problem(reader.post(f"{here}/tests", {}))["code"] == "key_read_only"
    with retailer_context("globex"):
        assert not Delivery.objects.exists()
    assert looked("globex").deliveries == 0


def test_a_write_for_another_version_is_refused_and_a_call_makes_none(fresh: None) -> None:
    # given
    shop = open_shop()
    at = read(shop.post(ENDPOINTS, WISH))["links"]["self"]
    tag = shop.get(at).headers["ETag"]
    # how it is doing is no part of the version: what waits for it keeps nobody from pausing it
    with retailer_context("acme"):
        order_placed(number="1", placed_at=timezone.now())
    looked()
    seen = shop.get(at)
    assert (read(seen)["health"]["waiting"], seen.headers["ETag"], tag[:3]) == (1, tag, 'W/"')
    assert shop.get(at, If_None_Match=tag).status_code == 304
    # when
    renamed = change(shop, at, {"name": "Shop"}, If_Match=tag, Idempotency_Key="k")
    again = change(shop, at, {"name": "Shop"}, If_Match=tag, Idempotency_Key="k")
    stale = change(shop, at, {"state": "paused"}, If_Match=tag)
    removed = shop.send("DELETE", at, If_Match=tag)
    # then
    assert (renamed.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (200, 200, "true")
    assert renamed.headers["ETag"] == again.headers["ETag"] == shop.get(at).headers["ETag"] != tag
    for refused in (stale, removed):
        assert (refused.status_code, problem(refused)["code"]) == (412, "precondition_failed")
    assert (read(shop.get(at))["state"], read(shop.get(at))["name"]) == ("active", "Shop")
    assert shop.send("DELETE", at, If_Match=renamed.headers["ETag"]).status_code == 204
    assert change(shop, at, {"name": "x"}, If_Match=tag).status_code == 404
