"""Webhooks over HTTP: signed ones are stored and acknowledged, all others are refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from orders.models import ChannelMessage, Order
from orders.services.channels import earlier_secret_drop, messages_work, secret_set
from tests.factories.channels import SECRET, connection_made, shopify_order, signed

ADDRESS = "/api/v1/channels/shop/webhooks"
BODY = json.dumps(shopify_order()).encode()


def post(
    body: bytes = BODY, *, secret: str = SECRET, address: str = ADDRESS, host: str = "acme",
    proof: str | None = None,
) -> Any:  # fmt: skip
    given = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": signed(body, secret) if proof is None else proof,
    }
    return Client(raise_request_exception=False).post(
        address, body, content_type="application/json", headers=given, SERVER_NAME=f"{host}.localhost"
    )


@pytest.fixture
def connected(fresh: None) -> int:
    with retailer_context("acme"):
        return connection_made().pk


def stored() -> int:
    with retailer_context("acme"):
        return ChannelMessage.objects.count()


def test_a_signed_message_is_stored_acknowledged_and_worked_through_later(connected: int) -> None:
    answer = post()
    assert (answer.status_code, answer.json()["new"]) == (202, True)
    with retailer_context("acme"):
        message = ChannelMessage.objects.get()
        assert (bytes(message.body), message.state) == (BODY, "received")
        assert "x-shopify-hmac-sha256" not in message.headers
        assert not Order.objects.exists()
    assert messages_work(schema="acme") == 1
    with retailer_context("acme"):
        assert Order.objects.get().number == "SHOP-5001"


def test_the_same_again_is_acknowledged_and_not_stored_again(connected: int) -> None:
    assert [post().json()["new"] for _ in range(2)] == [True, False]
    assert stored() == 1


def test_without_a_good_signature_nothing_is_stored(connected: int) -> None:
    for answer in (post(secret="other"), post(proof=""), post(proof="é")):
        document = answer.json()
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert document["code"] == "signature_not_verified"
        assert SECRET not in str(document)
    assert stored() == 0


def test_both_secrets_are_good_while_they_are_exchanged(connected: int) -> None:
    with retailer_context("acme"):
        secret_set(connection_id=connected, secret="new")
    assert [post(secret=secret).status_code for secret in ("new", SECRET, "older")] == [202, 202, 401]
    with retailer_context("acme"):
        earlier_secret_drop(connection_id=connected)
    assert [post(secret=secret).status_code for secret in ("new", SECRET)] == [202, 401]


def test_another_retailer_or_channel_is_not_there(connected: int) -> None:
    assert post(host="globex").status_code == 404
    assert post(address="/api/v1/channels/other/webhooks").status_code == 404
    assert stored() == 0


def test_a_body_that_is_too_large_is_refused(connected: int, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = post(b" " * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert stored() == 0


def test_only_post_is_served(connected: int) -> None:
    answer = Client().get(ADDRESS, SERVER_NAME="acme.localhost")
    assert answer.status_code == 405


def test_a_signed_body_of_rubbish_is_stored_and_waits(connected: int) -> None:
    assert post(b"\x00\xff rubbish").status_code == 202
    messages_work(schema="acme")
    with retailer_context("acme"):
        message = ChannelMessage.objects.get()
        assert (message.state, bytes(message.body)) == ("waiting", b"\x00\xff rubbish")


def test_the_trial_of_a_new_woocommerce_webhook_is_answered_and_not_stored(fresh: None) -> None:
    with retailer_context("acme"):
        connection_made("woocommerce")
    answer = Client().post(
        ADDRESS, b"webhook_id=3", content_type="application/x-www-form-urlencoded", SERVER_NAME="acme.localhost"
    )
    assert (answer.status_code, answer.json()) == (200, {"stored": False})
    assert stored() == 0


def test_standard_webhooks_reach_the_generic_adapter(fresh: None) -> None:
    import base64
    import hmac

    secret = base64.b64encode(b"0123456789abcdef01234567").decode()
    with retailer_context("acme"):
        connection_made("generic", secret=f"whsec_{secret}")
    body = json.dumps({
        "external_number": "G-1", "placed_at": "2026-05-04T10:00:00Z", "total": "20.00",
        "lines": [{"sku": "RED", "quantity": 2, "unit_price": "10.00"}],
    }).encode()  # fmt: skip
    sent_at = str(int(time.time()))
    key = base64.b64decode(secret)
    proof = base64.b64encode(hmac.digest(key, b".".join([b"msg_1", sent_at.encode(), body]), "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": sent_at, "webhook-signature": f"v1,{proof}"}
    answers = [
        Client().post(ADDRESS, body, content_type="application/json", headers=headers, SERVER_NAME="acme.localhost")
        for _ in range(2)
    ]
    assert [(answer.status_code, answer.json()["new"]) for answer in answers] == [(202, True), (202, False)]
    messages_work(schema="acme")
    with retailer_context("acme"):
        assert Order.objects.get().number == "SHOP-G-1"
