"""Keys for partners."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from fulfilment.locations.models import Location
from oms.web.models import USUAL_BURST, USUAL_RATE, ApiKey, ApiKeyChannel, ApiKeyLocation
from oms.web.rights import Role, Scope
from orders.models import Channel

#: Hours for which the secret before a rotation is taken at most.
LONGEST_OVERLAP_HOURS = 720


class BadKey(ValueError):
    """A key cannot be as it was asked for; ``field`` says what of it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class BadKeyName(BadKey):
    """A key must say who uses it."""


class UnknownApiKey(LookupError):
    """No key has this prefix."""


def api_key_issue(
    *,
    name: str,
    may_write: bool = True,
    expires_at: datetime | None = None,
    role: Role | None = None,
    scopes: Collection[Scope] | None = None,
    channels: Collection[str] = (),
    locations: Collection[str] = (),
    networks: Collection[str] = (),
    rate_per_minute: int = USUAL_RATE,
    burst: int = USUAL_BURST,
) -> tuple[ApiKey, str]:
    """Make a key for the partner ``name``; return it with the token, which is kept nowhere and shown only now.

    ``expires_at`` None: it holds until it is revoked. ``role`` None: a channel's, or read-only where it may not
    write. ``scopes`` None: what is usual for the role. Channels and locations are named by their codes; a vendor's
    or warehouse's key needs a location. ``networks`` are CIDR. Raises :class:`BadKey`.
    """
    name = name.strip()
    if not 1 <= len(name) <= 120 or not name.isprintable():
        field, message = "name", "the name of a key says who uses it: 1 to 120 printable characters"
        raise BadKeyName(field, message)
    role = role or (Role.CHANNEL if may_write else Role.READ_ONLY)
    _refuse_misfits(role, scopes, channels, locations, rate_per_minute, burst)
    bound_channels = _named(Channel, channels, "channels", "channel")
    bound_locations = _named(Location, locations, "locations", "location")
    prefix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_digest=_digest(secret),
        role=role,
        scopes=None if scopes is None else sorted(scopes),
        may_write=may_write and role is not Role.READ_ONLY,
        networks=_networks(networks),
        rate_per_minute=rate_per_minute,
        burst=burst,
        expires_at=expires_at,
    )
    ApiKeyChannel.objects.bulk_create(ApiKeyChannel(key=key, channel_id=number) for number in bound_channels)
    ApiKeyLocation.objects.bulk_create(ApiKeyLocation(key=key, location_id=number) for number in bound_locations)
    return key, f"{prefix}.{secret}"


def api_key_rotate(*, prefix: str, overlap: timedelta) -> tuple[ApiKey, str]:
    """Give a key a new secret; return it with the token, shown only now. The old secret is taken for ``overlap`` more.

    Rights, limits and the answers kept for retried writes stay: it is the same key. A secret that was still taken
    from an earlier rotation is not any more. Raises :class:`UnknownApiKey` and :class:`BadKey`.
    """
    if not timedelta(0) <= overlap <= timedelta(hours=LONGEST_OVERLAP_HOURS):
        field, message = "hours", f"the old secret is taken for 0 to {LONGEST_OVERLAP_HOURS} hours more"
        raise BadKey(field, message)
    key = ApiKey.objects.select_for_update(no_key=True).filter(prefix=prefix, revoked_at=None).first()
    if key is None:
        message = f"there is no live key with the prefix {prefix!r}"
        raise UnknownApiKey(message)
    secret = secrets.token_urlsafe(32)
    key.previous_digest, key.previous_until = key.secret_digest, timezone.now() + overlap
    key.secret_digest = _digest(secret)
    key.save(update_fields=["previous_digest", "previous_until", "secret_digest"])
    return key, f"{prefix}.{secret}"


def api_key_revoke(*, prefix: str) -> ApiKey:
    """Refuse a key from now on; one that was revoked before stays so since then. Raises :class:`UnknownApiKey`."""
    ApiKey.objects.filter(prefix=prefix, revoked_at=None).update(revoked_at=timezone.now())
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        message = f"there is no key with the prefix {prefix!r}"
        raise UnknownApiKey(message)
    return key


def _refuse_misfits(
    role: Role,
    scopes: Collection[Scope] | None,
    channels: Collection[str],
    locations: Collection[str],
    rate_per_minute: int,
    burst: int,
) -> None:
    too_much = sorted(set(scopes or ()) - role.allows)
    if too_much:
        field, message = "scopes", f"a key of the role {role} cannot have {', '.join(too_much)}"
        raise BadKey(field, message)
    if role.bound_to_locations and not locations:
        field, message = "locations", f"a key of the role {role} names the locations whose requests it sees"
        raise BadKey(field, message)
    if locations and not role.bound_to_locations:
        field, message = "locations", f"a key of the role {role} is bound to no locations"
        raise BadKey(field, message)
    if channels and role.bound_to_locations:
        field, message = "channels", f"a key of the role {role} is bound to no channels"
        raise BadKey(field, message)
    if not 1 <= rate_per_minute <= 1_000_000:
        field, message = "rate_per_minute", "a key may call 1 to 1,000,000 times a minute"
        raise BadKey(field, message)
    if not 1 <= burst <= 100_000:
        field, message = "burst", "a key may call 1 to 100,000 times at once"
        raise BadKey(field, message)


def _named(model: type[Channel] | type[Location], codes: Collection[str], field: str, word: str) -> list[int]:
    found = dict(model._default_manager.filter(code__in=list(codes)).values_list("code", "id"))
    unknown = sorted(set(codes) - set(found))
    if unknown:
        message = f"there is no {word} {', '.join(unknown)}"
        raise BadKey(field, message)
    return sorted(found.values())


def _networks(networks: Collection[str]) -> list[str]:
    written = []
    for network in networks:
        try:
            written.append(str(ipaddress.ip_network(network.strip())))
        except ValueError as fault:
            field, message = "networks", f"{network.strip()!r} is not a network such as 203.0.113.0/24"
            raise BadKey(field, message) from fault
    return written


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
