"""Secrets at rest: sealed with a key derived from the installation's own, opened only where they are used.

Encrypt, then authenticate, with HMAC-SHA256 alone: as key derivation (HKDF, RFC 5869), as the keystream in counter
mode, and as the tag over everything that is stored. A sealed secret is bound to its ``purpose``: it cannot be moved
to another place and opened there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence

_VERSION = b"\x01"
_NONCE = 16
_TAG = 32


class CannotOpen(ValueError):
    """It was sealed with another key or for another purpose, or has been changed since."""


def seal(text: str, *, key: str, purpose: str) -> bytes:
    """Seal a secret; the same one twice gives different bytes."""
    nonce = secrets.token_bytes(_NONCE)
    plain = text.encode()
    hidden = _crossed(plain, _derived(key, purpose, b"cipher"), nonce)
    body = _VERSION + nonce + hidden
    return body + hmac.digest(_derived(key, purpose, b"tag"), body, "sha256")


def unseal(sealed: bytes, *, keys: Sequence[str], purpose: str) -> str:
    """Open what one of the keys sealed (the newest first). Raises :class:`CannotOpen`."""
    body, tag = sealed[:-_TAG], sealed[-_TAG:]
    for key in keys:
        genuine = hmac.compare_digest(hmac.digest(_derived(key, purpose, b"tag"), body, "sha256"), tag)
        if genuine and body[:1] == _VERSION:
            nonce, hidden = body[1 : 1 + _NONCE], body[1 + _NONCE :]
            return _crossed(hidden, _derived(key, purpose, b"cipher"), nonce).decode()
    message = "this secret was sealed with another key, or has been changed since; give it anew"
    raise CannotOpen(message)


def _derived(key: str, purpose: str, use: bytes) -> bytes:
    extracted = hmac.digest(b"oms sealing", key.encode(), "sha256")
    return hmac.digest(extracted, use + b"\x00" + purpose.encode() + b"\x01", "sha256")


def _crossed(data: bytes, key: bytes, nonce: bytes) -> bytes:
    blocks = range(-(-len(data) // 32))
    stream = b"".join(hmac.digest(key, nonce + block.to_bytes(8, "big"), "sha256") for block in blocks)
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))
