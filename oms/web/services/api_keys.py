"""Keys for partners."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import datetime

from django.utils import timezone

from oms.web.models import ApiKey


class BadKeyName(ValueError):
    """A key must say who uses it."""


class UnknownApiKey(LookupError):
    """No key has this prefix."""


def api_key_issue(*, name: str, may_write: bool = True, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key for the partner ``name``; return it with the token, which is kept nowhere and shown only now.

    ``expires_at`` None: it holds until it is revoked. Raises :class:`BadKeyName`.
    """
    name = name.strip()
    if not 1 <= len(name) <= 120 or not name.isprintable():
        message = "the name of a key says who uses it: 1 to 120 printable characters"
        raise BadKeyName(message)
    prefix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_digest=hashlib.sha256(secret.encode()).digest(),
        may_write=may_write,
        expires_at=expires_at,
    )
    return key, f"{prefix}.{secret}"


def api_key_revoke(*, prefix: str) -> ApiKey:
    """Refuse a key from now on; one that was revoked before stays so since then. Raises :class:`UnknownApiKey`."""
    ApiKey.objects.filter(prefix=prefix, revoked_at=None).update(revoked_at=timezone.now())
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        message = f"there is no key with the prefix {prefix!r}"
        raise UnknownApiKey(message)
    return key
