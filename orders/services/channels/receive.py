"""A message of a channel is stored before anything else is done with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection as database

from oms.infra.queue import enqueue
from orders.domain.channel import Envelope, Message

WORK = "orders.jobs.messages_work"

#: Headers that hold a secret or a proof: they are used and not kept.
_SECRET = ("authorization", "cookie", "signature", "hmac", "token", "secret", "password", "api-key", "apikey")
_KEPT_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Received:
    """A stored message; ``new`` is False where the same delivery had been stored before."""

    message_id: int
    new: bool


def message_receive(*, channel_id: int, message: Message, envelope: Envelope) -> Received:
    """Store a message and ask for the job that works it through. The same delivery again changes nothing."""
    digest = hashlib.sha256(envelope.topic.encode() + b"\x00" + message.body).hexdigest()
    # The bytes belong to the key: another body under a number that was used before is not lost.
    key = f"{envelope.key}:{digest[:24]}" if envelope.key else digest
    headers = json.dumps(kept_headers(message.headers))
    with database.cursor() as cursor:
        cursor.execute(_STORE, [
            channel_id, key[-200:], _text(envelope.topic, 80), _text(message.content_type, 120), headers, message.body,
        ])  # fmt: skip
        stored = cursor.fetchone()
        if stored is None:
            cursor.execute(
                "SELECT id FROM orders_channelmessage WHERE channel_id = %s AND key = %s", [channel_id, key[-200:]]
            )
            return Received(int(cursor.fetchone()[0]), new=False)
    wake()
    return Received(int(stored[0]), new=True)


_STORE = """
INSERT INTO orders_channelmessage
    (channel_id, key, topic, content_type, headers, body, state, subject, reason, outcomes, attempts)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, 'received', '', '', '[]', 0)
ON CONFLICT (channel_id, key) DO NOTHING RETURNING id
"""


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without those that hold secrets or proofs."""
    kept = {
        _text(name, 80): _text(value, 500)
        for name, value in headers.items()
        if not any(part in name.lower() for part in _SECRET)
    }
    return dict(sorted(kept.items())[:_KEPT_AT_MOST])


def wake() -> None:
    """Let a worker work through what was received, once this transaction has committed."""
    enqueue(WORK, queueing_lock="channel messages")


def _text(value: str, limit: int) -> str:
    return value.replace("\x00", "").encode(errors="replace").decode()[:limit]
