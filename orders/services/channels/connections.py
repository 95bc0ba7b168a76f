"""Connections of channels: their settings, and secrets that are sealed and never shown again."""

from __future__ import annotations

from enum import StrEnum

from django.db import connection as database

from modules.contracts.order_terms import ChannelTerms
from modules.profile import NotAdopted, current_profile
from oms.infra.secrets import CannotOpen, seal, unseal
from orders.domain.channel import Setup
from orders.domain.policies import OrderPolicies
from orders.models import ChannelConnection
from orders.services.order_review import MODULE


class Kept(StrEnum):
    """What is kept sealed: the column that holds it."""

    SECRET = "secret"  # noqa: S105 - the name of a column
    EARLIER_SECRET = "earlier_secret"  # noqa: S105
    TOKEN = "token"  # noqa: S105


def connection_setup(connection: ChannelConnection) -> Setup:
    """What an adapter is told of the channel."""
    channel = connection.channel
    options = connection.options if isinstance(connection.options, dict) else {}
    return Setup(code=channel.code, currency=channel.currency, country=connection.country, options=options)


def secret_set(*, connection_id: int, secret: str) -> None:
    """Take another secret; the one so far stays good beside it until :func:`earlier_secret_drop`."""
    row = ChannelConnection.objects.select_for_update().get(pk=connection_id)
    current = _opened(row, Kept.SECRET)
    if current == secret:
        return
    row.earlier_secret = _sealed(row, Kept.EARLIER_SECRET, current)
    row.secret = _sealed(row, Kept.SECRET, secret)
    row.save(update_fields=["secret", "earlier_secret"])


def earlier_secret_drop(*, connection_id: int) -> None:
    """End the exchange of secrets: the earlier one proves nothing any more."""
    ChannelConnection.objects.filter(pk=connection_id).update(earlier_secret=b"")


def token_set(*, connection_id: int, token: str) -> None:
    """Take another token with which the platform knows us; empty for none."""
    row = ChannelConnection.objects.select_for_update().get(pk=connection_id)
    row.token = _sealed(row, Kept.TOKEN, token)
    row.save(update_fields=["token"])


def secrets_of(connection: ChannelConnection) -> list[str]:
    """The secrets that prove who calls, the newest first. One that cannot be opened (in a clone) proves nothing."""
    opened = (_opened(connection, which) for which in (Kept.SECRET, Kept.EARLIER_SECRET))
    return [secret for secret in opened if secret]


def token_of(connection: ChannelConnection) -> str:
    """With what the platform knows us; empty where there is none or it cannot be opened."""
    return _opened(connection, Kept.TOKEN)


def terms_of_channel(code: str) -> ChannelTerms:
    """What the retailer's release of Order Management and its channel settings say of a channel."""
    try:
        profile = current_profile()
        policies: OrderPolicies = profile.release(MODULE).policies
    except NotAdopted:
        return ChannelTerms()
    return policies.channel_terms(code, profile.of_module(MODULE))


def _sealed(row: ChannelConnection, which: Kept, text: str) -> bytes:
    return seal(text, context=_purpose(row, which)).encode() if text else b""


def _opened(row: ChannelConnection, which: Kept) -> str:
    sealed = bytes(getattr(row, which.value))
    if not sealed:
        return ""
    try:
        return unseal(sealed.decode(errors="replace"), context=_purpose(row, which))
    except CannotOpen:
        return ""


def _purpose(row: ChannelConnection, which: Kept) -> str:
    """Bound to the retailer's schema, so that a staging clone cannot open it. Both secrets are of one purpose."""
    kind = "token" if which is Kept.TOKEN else "secret"
    return f"{database.schema_name}/channel/{row.channel_id}/{kind}"  # type: ignore[attr-defined]
