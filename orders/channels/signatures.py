"""Proofs that a platform sent a message: HMAC-SHA256 of the raw body, and Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime

from oms.kernel.verdict import Verdict
from orders.domain.channel import Message

#: Seconds that a Standard Webhooks message may be old, or early.
TOLERANCE = 300


def hmac_of_body(message: Message, header: str, secrets: Sequence[str]) -> Verdict:
    """Base64 of HMAC-SHA256 over the bytes of the body, in one header, under any of the secrets."""
    given = message.headers.get(header, "")
    if not given:
        return Verdict.no(f"the header {header} is missing")
    if not any(secrets):
        return Verdict.no("the channel has no secret yet")
    for secret in filter(None, secrets):
        expected = base64.b64encode(hmac.digest(secret.encode(), message.body, "sha256"))
        if hmac.compare_digest(expected, given.strip().encode()):
            return Verdict.yes()
    return Verdict.no("the signature is not that of a secret of this channel")


def standard_webhook(message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
    """Standard Webhooks, symmetric (``v1``): id, time and body signed together, at most five minutes ago."""
    number, sent_at, given = (
        message.headers.get(f"webhook-{name}", "").strip() for name in ("id", "timestamp", "signature")
    )
    if not (number and sent_at and given):
        return Verdict.no("the headers webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        return Verdict.no("webhook-timestamp is not a number of seconds")
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE:
        return Verdict.no("webhook-timestamp is more than five minutes away")
    if not any(secrets):
        return Verdict.no("the channel has no secret yet")
    signed = b".".join([number.encode(), sent_at.encode(), message.body])
    offered = [part.removeprefix("v1,").encode() for part in given.split(" ") if part.startswith("v1,")]
    for secret in filter(None, secrets):
        expected = base64.b64encode(hmac.digest(_key(secret), signed, "sha256"))
        if any(hmac.compare_digest(expected, signature) for signature in offered):
            return Verdict.yes()
    return Verdict.no("the signature is not that of a secret of this channel")


def _key(secret: str) -> bytes:
    """Secrets are ``whsec_`` and base64; one that is not is taken as it is."""
    text = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
