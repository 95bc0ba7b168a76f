"""Who calls: a partner, by the key that the retailer has issued; and what that key may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from oms.infra.database.context import served_schema
from oms.web.api.admission import Caller, address_of, caller_with, may_call_from
from oms.web.api.problems import Kind, Problem
from oms.web.models import ApiKey
from oms.web.rights import Scope

if TYPE_CHECKING:  # that module reads the setting which names the classes here
    from rest_framework.views import APIView

_SCHEME = re.compile(r"(?i:bearer)(?: |$)")


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <prefix>.<secret>``; ``request.auth`` is then the :class:`Caller`.

    The key has been looked up before the request's transaction began (:mod:`oms.web.api.admission`).
    """

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        header = request.headers.get("Authorization", "")
        if not _SCHEME.match(header):
            return None
        caller = (
            request._request.caller
            if hasattr(request._request, "caller")
            else caller_with(header, schema=served_schema())
        )
        if caller is None or not caller.known:
            raise Problem(Kind.KEY_UNKNOWN, "No key of this retailer has this prefix and secret.")
        key: ApiKey = caller.key
        if key.revoked_at:
            raise Problem(Kind.KEY_REVOKED, f"The key {key.prefix} has been revoked; ask the retailer for another.")
        if key.expires_at and key.expires_at <= timezone.now():
            raise Problem(Kind.KEY_EXPIRED, f"The key {key.prefix} has expired; ask the retailer for another.")
        if key.networks and not may_call_from(caller, address_of(request._request)):
            raise Problem(Kind.ADDRESS_NOT_ALLOWED, "Call from one of the networks that the retailer has listed.")
        if not caller.admitted:
            raise Problem(
                Kind.RATE_LIMITED,
                f"At most {key.burst} calls at once and {key.rate_per_minute} a minute. Nothing was done.",
                retry_after=caller.retry_after,
            )
        return None, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class KeyMayDoThis(BasePermission):
    """Every address needs a key with the right scope: the view's ``required_scope``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return False
        caller = caller_of(request)
        if request.method not in SAFE_METHODS and not caller.key.may_write:
            raise Problem(Kind.KEY_READ_ONLY, "Use a key that may write, or ask the retailer for one.")
        scope: Scope | None = view.required_scope(request)  # type: ignore[attr-defined]  # each is an ApiView
        if scope is not None and scope not in caller.scopes:
            raise Problem(Kind.SCOPE_MISSING, f"This needs the scope {scope.value}; ask the retailer for it.")
        return True


def caller_of(request: Request) -> Caller:
    """Who makes an authenticated request, and what the key is bound to."""
    if not isinstance(request.auth, Caller):
        message = "the view is open to requests without an API key"
        raise TypeError(message)
    return request.auth


def may_see(caller: Caller, channel: str) -> bool:
    """Whether a key may see the orders of a channel."""
    return not caller.channels or channel in caller.channels


def key_of(request: Request) -> ApiKey:
    """The key with which an authenticated request came."""
    return caller_of(request).key
