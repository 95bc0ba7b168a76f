"""Secrets that must be read again, such as those with which webhooks are signed: kept sealed in the database.

A sealed text is encrypted and authenticated with keys that are derived from ``SECRET_KEY``, so a stolen copy of the
database alone opens none. The construction is made of HMAC-SHA-256 alone: as a pseudorandom function in counter mode
for the text (NIST SP 800-38A, 6.5, says what counter mode needs: a nonce that never comes twice; here 16 random
bytes), and over nonce, context and ciphertext as the seal, which is checked before anything is decrypted.

``SECRET_KEY_FALLBACKS`` open what earlier keys have sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

_VERSION = "s1"
_NONCE, _SEAL, _BLOCK = 16, 32, 32


class CannotOpen(ValueError):
    """The sealed text was changed, belongs elsewhere, or was sealed with a key that is no longer given."""


def seal(text: str, *, context: str) -> str:
    """``text`` so that only this installation opens it, and only for the same ``context`` (what it belongs to)."""
    nonce = secrets.token_bytes(_NONCE)
    encrypting, sealing = _keys(settings.SECRET_KEY)
    hidden = _combined(text.encode(), encrypting, nonce)
    raw = nonce + hidden + _seal(sealing, nonce, hidden, context)
    return f"{_VERSION}.{base64.urlsafe_b64encode(raw).decode()}"


def unseal(sealed: str, *, context: str) -> str:
    """The text that :func:`seal` was given. Raises :class:`CannotOpen`."""
    version, _, encoded = sealed.partition(".")
    try:
        raw = base64.urlsafe_b64decode(encoded.encode())
    except ValueError as fault:
        raise CannotOpen(_ADVICE) from fault
    nonce, hidden, mark = raw[:_NONCE], raw[_NONCE:-_SEAL], raw[-_SEAL:]
    if version == _VERSION and len(raw) >= _NONCE + _SEAL:
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            encrypting, sealing = _keys(key)
            if hmac.compare_digest(mark, _seal(sealing, nonce, hidden, context)):
                return _combined(hidden, encrypting, nonce).decode()
    raise CannotOpen(_ADVICE)


_ADVICE = "a secret cannot be opened: was SECRET_KEY changed without keeping the old one in SECRET_KEY_FALLBACKS?"


def _keys(key: str | bytes) -> tuple[bytes, bytes]:
    """Two keys that say nothing about each other, nor about the one that they are made from."""
    raw = key.encode() if isinstance(key, str) else key
    encrypting, sealing = (
        hmac.digest(raw, f"oms.infra.secrets {_VERSION} {use}".encode(), hashlib.sha256) for use in ("encrypt", "seal")
    )
    return encrypting, sealing


def _combined(text: bytes, key: bytes, nonce: bytes) -> bytes:
    blocks = (len(text) + _BLOCK - 1) // _BLOCK
    stream = b"".join(hmac.digest(key, nonce + number.to_bytes(8, "big"), hashlib.sha256) for number in range(blocks))
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _seal(key: bytes, nonce: bytes, hidden: bytes, context: str) -> bytes:
    about = context.encode()
    return hmac.digest(key, len(about).to_bytes(8, "big") + about + nonce + hidden, hashlib.sha256)
