"""Who calls: a partner, by the key that the retailer has issued."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from oms.web.api.problems import Kind, Problem
from oms.web.models import ApiKey

if TYPE_CHECKING:  # that module reads the setting which names the classes here
    from rest_framework.views import APIView

_SCHEME = re.compile(r"(?i:bearer)(?: |$)")
_TOKEN = re.compile(r"(?i:bearer) +([a-z0-9]{12})\.([A-Za-z0-9_-]{43})")


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <prefix>.<secret>``; ``request.auth`` is then the :class:`ApiKey`."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not _SCHEME.match(header):
            return None
        token = _TOKEN.fullmatch(header)
        key = ApiKey.objects.filter(prefix=token[1]).order_by().first() if token else None
        if token is None or key is None or not _is_secret_of(key, token[2]):
            raise Problem(Kind.KEY_UNKNOWN, "No key of this retailer has this prefix and secret.")
        if key.revoked_at:
            raise Problem(Kind.KEY_REVOKED, f"The key {key.prefix} has been revoked; ask the retailer for another.")
        if key.expires_at and key.expires_at <= timezone.now():
            raise Problem(Kind.KEY_EXPIRED, f"The key {key.prefix} has expired; ask the retailer for another.")
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class KeyMayDoThis(BasePermission):
    """Every address needs a key, and a read-only key only reads."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return False
        if request.method not in SAFE_METHODS and not key_of(request).may_write:
            raise Problem(Kind.KEY_READ_ONLY, "Use a key that may write, or ask the retailer for one.")
        return True


def key_of(request: Request) -> ApiKey:
    """The key with which an authenticated request came."""
    if not isinstance(request.auth, ApiKey):
        message = "the view is open to requests without an API key"
        raise TypeError(message)
    return request.auth


def _is_secret_of(key: ApiKey, secret: str) -> bool:
    return secrets.compare_digest(hashlib.sha256(secret.encode()).digest(), bytes(key.secret_digest))
