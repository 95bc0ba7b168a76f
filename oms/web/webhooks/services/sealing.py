"""Secrets of endpoints: made, sealed, opened."""

from __future__ import annotations

import base64
import secrets

from oms.infra.database.context import served_schema
from oms.infra.secrets import seal

_PREFIX, _BYTES = "whsec_", 32


def context_of(reference: str) -> str:
    """What a sealed secret belongs to: put with another endpoint or retailer, it cannot be opened."""
    return f"webhook endpoint {served_schema()} {reference}"


def secret_make(reference: str) -> tuple[str, str]:
    """A new secret as the partner gets it (Standard Webhooks: 24 to 64 random bytes), and sealed."""
    secret = _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    return secret, seal(secret, context=context_of(reference))
