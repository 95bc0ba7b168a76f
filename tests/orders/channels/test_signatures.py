"""Standard Webhooks: what must be accepted, and what must be refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orders.channels.signatures import standard_webhook
from orders.domain.channel import Message


@pytest.fixture
def vectors(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "standards/standard_webhooks_vectors.json").read_text())
    return found


def message(vectors: dict[str, Any], signature: str, **more: str) -> Message:
    headers = {
        "webhook-id": vectors["msg_id"], "webhook-timestamp": vectors["timestamp"], "webhook-signature": signature,
    }  # fmt: skip
    return Message(vectors["payload"].encode(), "application/json", {**headers, **more})


def at(vectors: dict[str, Any], seconds: int = 0) -> datetime:
    return datetime.fromtimestamp(int(vectors["timestamp"]), UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("name", ["valid_header", "valid_multi"])
def test_the_vectors_are_accepted(vectors: dict[str, Any], name: str) -> None:
    given = message(vectors, vectors[name])
    assert standard_webhook(given, [vectors["secret"]], now=at(vectors))
    assert standard_webhook(given, ["whsec_other", vectors["secret"]], now=at(vectors, 299))


def test_the_vectors_that_must_be_rejected_are(vectors: dict[str, Any]) -> None:
    assert len(vectors["must_reject"]) == 3
    for signature in vectors["must_reject"]:
        assert not standard_webhook(message(vectors, signature), [vectors["secret"]], now=at(vectors))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_too_old_and_too_early_are_refused(vectors: dict[str, Any], seconds: int) -> None:
    given = message(vectors, vectors["valid_header"])
    verdict = standard_webhook(given, [vectors["secret"]], now=at(vectors, seconds))
    assert verdict.reason == "webhook-timestamp is more than five minutes away"


@pytest.mark.parametrize(
    "more",
    [
        {"webhook-id": "msg_other"}, {"webhook-id": ""}, {"webhook-timestamp": "soon"}, {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 40}, {"webhook-timestamp": "1614265331"}, {"webhook-signature": "v1,é"},
    ],
)  # fmt: skip
def test_changed_headers_are_refused(vectors: dict[str, Any], more: dict[str, str]) -> None:
    given = message(vectors, vectors["valid_header"], **more)
    assert not standard_webhook(given, [vectors["secret"]], now=at(vectors))


def test_another_body_or_another_secret_is_refused(vectors: dict[str, Any]) -> None:
    given = message(vectors, vectors["valid_header"])
    other = Message(given.body + b" ", given.content_type, given.headers)
    assert not standard_webhook(other, [vectors["secret"]], now=at(vectors))
    assert not standard_webhook(given, ["whsec_b3RoZXI="], now=at(vectors))
    assert not standard_webhook(given, [], now=at(vectors))
