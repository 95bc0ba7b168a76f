"""Who calls, and whether the key's rate allows it: asked once, before the request's own transaction begins.

A key's rate is a token bucket in one row (``api_key_admit``, migration 0003): ``burst`` calls at once, refilled by
``rate_per_minute``. The question is a transaction of its own, so the row is locked for microseconds however long the
request lasts, and a call counts whatever becomes of it. It is one round trip, as reading the key alone was.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse

from oms.infra.database.context import ask_alone
from oms.web.api.problems import handle_early
from oms.web.models import ApiKey
from oms.web.rights import Scope
from tenants.models import Environment
from tenants.registry import retailer_for_host

_TOKEN = re.compile(r"(?i:bearer) +([a-z0-9]{12})\.([A-Za-z0-9_-]{43})")
_ASK = (
    "SELECT id, name, prefix, role, scopes, may_write, networks, expires_at, revoked_at, rate_per_minute, burst,"
    " channel_ids, channels, location_ids, known, admitted, tokens FROM api_key_admit(%s, %s)"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A key, what it is bound to, and how it stands with its rate. ``known`` False: the secret is another."""

    key: ApiKey
    known: bool
    scopes: frozenset[Scope]
    channel_ids: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    location_ids: tuple[int, ...] = ()
    admitted: bool = True
    tokens: float = 0

    @property
    def headers(self) -> dict[str, str]:
        """How the rate stands, for every answer (draft-ietf-httpapi-ratelimit-headers-10)."""
        window = math.ceil(self.key.burst * 60 / self.key.rate_per_minute)
        return {
            "RateLimit-Policy": f'"key";q={self.key.burst};w={window}',
            "RateLimit": f'"key";r={int(self.tokens)};t={self._seconds_until(self.key.burst)}',
        }

    @property
    def retry_after(self) -> int:
        """Seconds until a call is admitted again."""
        return max(1, self._seconds_until(1))

    def _seconds_until(self, tokens: float) -> int:
        return math.ceil(max(0.0, tokens - self.tokens) * 60 / self.key.rate_per_minute)


class Admission:
    """Finds the caller of each request of the API, before its transaction, and says in each answer how it stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/v1/"):
            return self.get_response(request)
        try:
            request.caller = _caller_at_the_door(request)  # type: ignore[attr-defined]
        except OperationalError as fault:
            return handle_early(request, fault)
        response = self.get_response(request)
        caller: Caller | None = request.caller  # type: ignore[attr-defined]
        if caller and caller.known:
            for name, value in caller.headers.items():
                response[name] = value
        return response


def _caller_at_the_door(request: HttpRequest) -> Caller | None:
    if "Authorization" not in request.headers:
        return None
    retailer = retailer_for_host(request.get_host().rsplit(":", 1)[0].lower())
    if retailer is None:
        return None
    try:
        return caller_with(request.headers["Authorization"], schema=retailer.schema)
    except OperationalError:
        raise
    except DatabaseError:
        if retailer.environment is not Environment.STAGING:
            raise
        return None  # a clone that was dropped a moment ago: whoever serves clones says so


def caller_with(authorization: str, *, schema: str) -> Caller | None:
    """The key that a header names, one call of it counted; None where it names none of the retailer's."""
    token = _TOKEN.fullmatch(authorization)
    if token is None:
        return None
    rows = ask_alone(schema, _ASK, [token[1], hashlib.sha256(token[2].encode()).digest()])
    if not rows:
        return None
    (number, name, prefix, role, scopes, may_write, networks, expires_at, revoked_at, rate, burst, channel_ids,
     channels, location_ids, known, admitted, tokens) = rows[0]  # fmt: skip
    key = ApiKey(
        id=number, name=name, prefix=prefix, role=role, scopes=scopes, may_write=may_write, networks=networks,
        expires_at=expires_at, revoked_at=revoked_at, rate_per_minute=rate, burst=burst,
    )  # fmt: skip
    return Caller(
        key, known, key.rights, tuple(channel_ids), tuple(channels), tuple(location_ids), bool(admitted), tokens or 0.0
    )


def address_of(request: HttpRequest) -> str:
    """Network address of the caller: the connection's, or what trusted proxies say (``OMS_TRUSTED_PROXIES``)."""
    trusted = [ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES]
    hops = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR", "")]
    address = ""
    for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
        address = hop
        if not _within(hop, trusted):
            break
    return address


def may_call_from(caller: Caller, address: str) -> bool:
    """Whether the key may be used from an address."""
    return not caller.key.networks or _within(address, [ipaddress.ip_network(text) for text in caller.key.networks])


def _within(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
    return any(found in network for network in networks)
