"""Endpoints: made, changed, paused, given another secret, removed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from fulfilment.locations.models import Location
from oms.infra.database.context import served_schema
from oms.infra.events import record
from oms.kernel.verdict import Verdict
from oms.web.webhooks.addresses import BadAddress, address_check
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.events import EndpointStateChanged
from oms.web.webhooks.models import (
    Delivery,
    DeliveryStatus,
    Endpoint,
    EndpointSecret,
    EndpointState,
    Subscription,
)
from oms.web.webhooks.services.fan_out import newest, position_begin
from oms.web.webhooks.services.sealing import secret_make
from orders.models import Channel

#: How long the secret before keeps signing beside the new one, unless somebody says otherwise.
ROTATION = timedelta(hours=24)
_LONGEST_ROTATION = timedelta(days=30)
MOST_ENDPOINTS = 100


class EndpointRefused(ValueError):
    """An endpoint cannot be as it was asked for. ``field`` names what is wrong, the message says it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an endpoint is to be."""

    name: str
    url: str
    events: Sequence[str]
    channels: Sequence[str] = ()
    locations: Sequence[str] = ()
    rate: int = 50
    concurrency: int = 4


def endpoint_create(*, wish: Wish, actor: str) -> tuple[Endpoint, str]:
    """Make an endpoint; return it with its secret, which is shown only now. Raises :class:`EndpointRefused`.

    It is told what is recorded from now on.
    """
    _check(wish)
    position_begin()
    if Endpoint.objects.exclude(state=EndpointState.REMOVED).count() >= MOST_ENDPOINTS:
        message = f"There are {MOST_ENDPOINTS} endpoints already; remove one that nobody needs."
        raise EndpointRefused("", message)
    endpoint = Endpoint.objects.create(
        reference=f"we_{secrets.token_hex(10)}", name=wish.name.strip(), url=wish.url, created_by=actor,
        channels=sorted(set(wish.channels)), locations=sorted(set(wish.locations)), rate=wish.rate,
        concurrency=wish.concurrency,
    )  # fmt: skip
    secret, sealed = secret_make(endpoint.reference)
    EndpointSecret.objects.create(endpoint=endpoint, sealed=sealed)
    _subscribe(endpoint, set(wish.events))
    return endpoint, secret


def endpoint_change(*, reference: str, wish: Wish) -> Endpoint:
    """Make an endpoint as ``wish`` says. A type that is new to it is told from now on.

    Filters hold for whatever has not been told yet. Raises :class:`EndpointRefused` and
    ``Endpoint.DoesNotExist``.
    """
    endpoint = endpoint_lock(reference)
    _check(wish)
    filters = (sorted(set(wish.channels)), sorted(set(wish.locations)))
    if filters != (endpoint.channels, endpoint.locations):
        endpoint.filters_since = newest()[0]
    endpoint.channels, endpoint.locations = filters
    endpoint.name, endpoint.url = wish.name.strip(), wish.url
    endpoint.rate, endpoint.concurrency = wish.rate, wish.concurrency
    endpoint.version = F("version") + 1
    endpoint.save(update_fields=_WISHED)
    endpoint.refresh_from_db()
    held = set(endpoint.subscriptions.values_list("event", flat=True))
    endpoint.subscriptions.exclude(event__in=set(wish.events)).delete()
    _subscribe(endpoint, set(wish.events) - held)
    return endpoint


_WISHED = ["name", "url", "channels", "locations", "filters_since", "rate", "concurrency", "version"]


def may_change_state(endpoint: Endpoint, state: EndpointState) -> Verdict:
    """Whether an endpoint can be paused, made active again or removed."""
    if endpoint.state == EndpointState.REMOVED:
        return Verdict.no("The endpoint has been removed.")
    if state == EndpointState.ACTIVE and endpoint.state == EndpointState.ACTIVE:
        return Verdict.no("The endpoint is active already.")
    if state == EndpointState.PAUSED and endpoint.state != EndpointState.ACTIVE:
        return Verdict.no("Only an active endpoint is paused.")
    return Verdict.yes()


def endpoint_set_state(*, reference: str, state: EndpointState, actor: str, reason: str = "") -> Endpoint:
    """Pause, activate or remove an endpoint. What waits is told once it is active again.

    Asked for what is so already, it does nothing. Raises :class:`EndpointRefused` and ``Endpoint.DoesNotExist``.
    """
    endpoint = endpoint_lock(reference)
    if endpoint.state == state:
        return endpoint
    verdict = may_change_state(endpoint, state)
    if not verdict.allowed:
        raise EndpointRefused("state", verdict.reason)
    endpoint.state, endpoint.state_reason = state, reason[:255]
    endpoint.failures, endpoint.failing_since, endpoint.warned_at, endpoint.not_before = 0, None, None, None
    endpoint.version += 1
    endpoint.save()
    if state == EndpointState.REMOVED:
        endpoint.subscriptions.all().delete()
        endpoint.secrets.all().delete()
        waiting = Delivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.WAITING)
        waiting.update(status=DeliveryStatus.PARKED, last_answer="The endpoint was removed.")
    record([
        EndpointStateChanged(
            subject=endpoint.reference, occurred_at=timezone.now(), actor=actor, name=endpoint.name, reason=reason,
            state=state.value,
        )
    ])  # fmt: skip
    return endpoint


def secret_rotate(*, reference: str, keep: timedelta = ROTATION) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret, shown only now; the one before keeps signing beside it for ``keep``.

    An older one, still in rotation, ends at once: never do more than two sign. Raises :class:`EndpointRefused` and
    ``Endpoint.DoesNotExist``.
    """
    endpoint = endpoint_lock(reference)
    if not timedelta(0) <= keep <= _LONGEST_ROTATION:
        message = f"The secret before signs for 0 to {_LONGEST_ROTATION.days} days more."
        raise EndpointRefused("keep_hours", message)
    now = timezone.now()
    endpoint.secrets.filter(expires_at__isnull=False).delete()
    endpoint.secrets.update(expires_at=now + keep)
    endpoint.secrets.filter(expires_at__lte=now).delete()
    secret, sealed = secret_make(endpoint.reference)
    EndpointSecret.objects.create(endpoint=endpoint, sealed=sealed)
    return endpoint, secret


def endpoint_named(reference: str) -> Endpoint:
    """The endpoint with this reference. Raises ``Endpoint.DoesNotExist``, also where it was removed."""
    return Endpoint.objects.exclude(state=EndpointState.REMOVED).get(reference=reference)


def endpoint_lock(reference: str) -> Endpoint:
    """The endpoint, held until the transaction ends. Raises ``Endpoint.DoesNotExist``."""
    rows = Endpoint.objects.select_for_update(no_key=True)
    return rows.exclude(state=EndpointState.REMOVED).get(reference=reference)


def _subscribe(endpoint: Endpoint, events: Collection[str]) -> None:
    event, movement = newest()
    Subscription.objects.bulk_create(
        Subscription(endpoint=endpoint, event=name, after_event=event, after_movement=movement)
        for name in sorted(events)
    )


def _check(wish: Wish) -> None:
    name = wish.name.strip()
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise EndpointRefused("name", "Say who listens, in 1 to 120 printable characters.")
    try:
        address_check(wish.url, schema=served_schema())
    except BadAddress as fault:
        raise EndpointRefused("url", str(fault)) from fault
    unknown = sorted(set(wish.events) - set(CATALOGUE))
    if unknown or not wish.events:
        message = f"There is no event {unknown[0]}." if unknown else "Choose at least one event."
        raise EndpointRefused("events", message)
    if not 1 <= wish.rate <= 1000:
        raise EndpointRefused("rate", "At least 1 call a second, at most 1000.")
    if not 1 <= wish.concurrency <= 16:
        raise EndpointRefused("concurrency", "At least 1 call at once, at most 16.")
    _check_codes("channels", wish.channels, set(Channel.objects.values_list("code", flat=True)))
    given = set(wish.locations)
    _check_codes(
        "locations", wish.locations, set(Location.objects.filter(code__in=given).values_list("code", flat=True))
    )  # fmt: skip


def _check_codes(field: str, given: Sequence[str], known: Collection[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        message = f"There is no {field.removesuffix('s')} {unknown[0]}."
        raise EndpointRefused(field, message)
