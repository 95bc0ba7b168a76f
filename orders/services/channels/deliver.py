"""Telling channels. No transaction is open while a platform is talked to.

A delivery is leased before it is tried. Should the process die at any line, the lease ends and it begins anew; the
adapters see to it that the platform counts it once.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

from oms.infra.addresses import is_public
from oms.infra.database.context import retailer_context
from oms.infra.outbound import Kind, Refused, send
from orders.channels import UnknownAdapter, adapter_named
from orders.domain.channel import CannotRead, CannotTell, ChannelAdapter, Outbound, Setup, Told
from orders.domain.told import ANSWER, outbound_from, told_from
from orders.models import ChannelConnection, ChannelDelivery, DeliveryState
from orders.services.channels.connections import connection_setup, token_of
from orders.services.channels.numbers import ControlNumbersUsedUp, Stamp, control_number_draw
from orders.services.channels.tell import wake

logger = logging.getLogger(__name__)

_LEASE = timedelta(seconds=60)
_LONGEST = timedelta(hours=1)
#: Tries before it is given up: about eight hours.
MOST_ATTEMPTS = 15
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
#: The platform understood and will not do it: trying again by itself would change nothing.
_FINAL = frozenset({400, 403, 404, 405, 409, 410, 413, 415, 422})
_STEPS = 5
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class _Leased:
    delivery_id: int
    adapter: ChannelAdapter
    setup: Setup
    base_url: str
    token: str
    told: Told | None
    answer: Outbound | None
    attempts: int
    #: Number and time of each thing that is sent, where the platform counts.
    stamps: tuple[Stamp, ...] = ()


@dataclass(slots=True)
class _Tried:
    """How a try went: delivered, to be tried again (``after``), or given up."""

    state: DeliveryState
    answer: str
    target: str = ""
    payload: str = ""
    after: timedelta | None = None


class _Failed(Exception):
    """A try failed; ``final`` when trying again by itself is of no use."""

    def __init__(self, text: str, *, final: bool = False, after: timedelta | None = None) -> None:
        super().__init__(text)
        self.final = final
        self.after = after


def deliveries_perform(*, schema: str, at_most: int = 200, transport: httpx.BaseTransport | None = None) -> int:
    """Deliver what is due, oldest first; return how many were tried."""
    tried = 0
    with httpx.Client(timeout=_TIMEOUT, transport=transport, trust_env=False) as client:
        for _ in range(at_most):
            with retailer_context(schema):
                found, leased = _lease()
            if not found:
                break
            if leased:
                outcome = _try(client, leased)
                with retailer_context(schema):
                    _write_down(leased, outcome)
            tried += 1
    return tried


def deliveries_retry(*, delivery_ids: Collection[int] | None = None) -> int:
    """Try again what was given up, all of it or these; return how many."""
    failed = ChannelDelivery.objects.filter(state=DeliveryState.FAILED)
    chosen = failed if delivery_ids is None else failed.filter(id__in=delivery_ids)
    count = chosen.update(state=DeliveryState.PENDING, attempts=0, next_try_at=timezone.now(), finished_at=None)
    if count:
        wake()
    return count


def _lease() -> tuple[bool, _Leased | None]:
    """Take the next delivery that is due: whether there was one, and what to try of it."""
    due = ChannelDelivery.objects.filter(state=DeliveryState.PENDING, next_try_at__lte=timezone.now())
    row = due.select_for_update(skip_locked=True).order_by("next_try_at", "id").first()
    if row is None:
        return False, None
    row.attempts += 1
    row.next_try_at = timezone.now() + _pause(row.attempts)
    if _outdated(row):
        _finish(row, DeliveryState.DELIVERED, "not sent: a newer quantity is told instead")
        return True, None
    connection = ChannelConnection.objects.select_related("channel").filter(channel=row.channel_id).first()
    try:
        if connection is None or not connection.base_url:
            message = "the channel has no address to be told at"
            raise _Failed(message, final=True)
        adapter = adapter_named(connection.adapter)
        told = None if row.kind == ANSWER else told_from(row.kind, row.content)
        answer = outbound_from(row.content) if row.kind == ANSWER else None
        leased = _Leased(
            row.pk, adapter, connection_setup(connection), connection.base_url, token_of(connection), told, answer,
            row.attempts,
        )  # fmt: skip
        sent = _first(leased)
        first = next(iter(sent), None)
        target = _address(connection.base_url, first) if first else connection.base_url
        door = send(
            kind=Kind.CONNECTOR, target=target, payload={"kind": row.kind, "subject": row.subject, "told": row.content},
            perform=lambda: None,  # sent below, where its answer can be written down
        )  # fmt: skip
        if isinstance(door, Refused):
            row.target = target[:500]
            _finish(row, DeliveryState.REFUSED, door.reason)
            return True, None
        if adapter.numbered:
            stamps = [
                control_number_draw(channel_id=row.channel_id, purpose=f"{row.key}/{n}") for n in range(len(sent))
            ]
            leased = replace(leased, stamps=tuple(stamps))
    except (_Failed, UnknownAdapter, CannotTell, ControlNumbersUsedUp) as fault:
        _finish(row, DeliveryState.FAILED, str(fault))
        return True, None
    row.save(update_fields=["attempts", "next_try_at"])
    return True, leased


def _outdated(row: ChannelDelivery) -> bool:
    """A quantity that was told later counts: an older one that is tried again must not take its place."""
    newer = ChannelDelivery.objects.filter(channel=row.channel_id, kind="stock", subject=row.subject, id__gt=row.pk)
    return row.kind == "stock" and newer.exists()


def _try(client: httpx.Client, leased: _Leased) -> _Tried:
    """Have the conversation from its beginning."""
    tried = _Tried(DeliveryState.DELIVERED, "the platform needs not be told")
    try:
        answers: list[bytes] = []
        for place, outbound in enumerate(_first(leased)):
            answers.append(_send(client, leased, _stamped(leased, outbound, place), tried))
        for _ in range(_STEPS if leased.told else 0):
            following = leased.adapter.follow(leased.told, answers, leased.setup) if leased.told else None
            if following is None:
                break
            answers.append(_send(client, leased, following, tried))
    except _Failed as fault:
        final = fault.final or leased.attempts >= MOST_ATTEMPTS
        tried.state = DeliveryState.FAILED if final else DeliveryState.PENDING
        tried.answer, tried.after = str(fault), fault.after
    except (CannotTell, CannotRead) as fault:
        tried.state, tried.answer = DeliveryState.FAILED, str(fault)
    return tried


def _first(leased: _Leased) -> tuple[Outbound, ...]:
    if leased.answer:
        return (leased.answer,)
    return leased.adapter.tell(leased.told, leased.setup) if leased.told else ()


def _stamped(leased: _Leased, outbound: Outbound, place: int) -> Outbound:
    if not leased.stamps:
        return outbound
    stamp = leased.stamps[place]
    return leased.adapter.stamp(outbound, number=stamp.number, at=stamp.at)


def _send(client: httpx.Client, leased: _Leased, outbound: Outbound, tried: _Tried) -> bytes:
    address = _address(leased.base_url, outbound)
    tried.target = f"{outbound.method} {address}"
    tried.payload = outbound.payload.decode(errors="replace")[:_KEPT].replace("\x00", "")
    url, pinned, extensions = _pinned(address)
    headers = {"Content-Type": outbound.content_type, **outbound.headers, **leased.adapter.authorise(leased.token)}
    try:
        answer = client.request(
            outbound.method, url, content=outbound.payload or None, headers=headers | pinned, extensions=extensions
        )
    except httpx.HTTPError as fault:
        text = f"no answer: {type(fault).__name__}"
        raise _Failed(text) from fault
    text = f"{answer.status_code}: {answer.text[:400]}".replace("\x00", "")
    if not (answer.is_success or answer.status_code in outbound.accepted_also):
        raise _Failed(text, final=answer.status_code in _FINAL, after=_asked_pause(answer))
    tried.answer = text
    return answer.content


def _address(base_url: str, outbound: Outbound) -> str:
    return f"{base_url.rstrip('/')}/{outbound.path.lstrip('/')}"


def _pinned(address: str) -> tuple[httpx.URL, dict[str, str], dict[str, str]]:
    """Where to connect, and the header and TLS name that say who is meant.

    A retailer's setting must not make this server talk to what stands beside it. So what is connected to is the address
    that was looked at, not what the name leads to a moment later.
    """
    url = httpx.URL(address)
    if settings.CHANNELS_REACH_INNER_ADDRESSES:
        return url, {}, {}
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        message = "the channel's address must begin with https://"
        raise _Failed(message, final=True)
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(parts.hostname, parts.port or 443)]
    except (OSError, UnicodeError) as fault:
        message = f"the host {parts.hostname} is not known"
        raise _Failed(message) from fault
    if not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in found):
        message = f"the host {parts.hostname} is not on the public internet"
        raise _Failed(message, final=True)
    return url.copy_with(host=found[0]), {"Host": url.netloc.decode()}, {"sni_hostname": parts.hostname}


def _pause(attempts: int) -> timedelta:
    return min(_LEASE * (1 << min(attempts - 1, 10)), _LONGEST)


def _asked_pause(answer: httpx.Response) -> timedelta | None:
    asked = str(answer.headers.get("Retry-After", ""))
    whole = asked.isascii() and asked.isdigit() and len(asked) < 9
    return min(timedelta(seconds=int(asked)), _LONGEST) if whole else None


def _write_down(leased: _Leased, tried: _Tried) -> None:
    row = ChannelDelivery.objects.select_for_update().get(pk=leased.delivery_id)
    if row.state != DeliveryState.PENDING or row.attempts != leased.attempts:
        return  # the lease had ended, and another try has begun
    row.target, row.payload = tried.target[:500], tried.payload
    if tried.state == DeliveryState.PENDING:
        row.answer = tried.answer[:500]
        if tried.after:
            row.next_try_at = timezone.now() + tried.after
        row.save()
    else:
        _finish(row, tried.state, tried.answer)


def _finish(row: ChannelDelivery, state: DeliveryState, answer: str) -> None:
    row.state, row.answer, row.finished_at = state, answer[:500], timezone.now()
    row.save()
