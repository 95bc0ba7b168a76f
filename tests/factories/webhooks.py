"""Endpoints of partners, through their service."""

from __future__ import annotations

import time
from datetime import timedelta

from oms.infra.database.context import retailer_context
from oms.web.webhooks.models import Delivery, Endpoint, Position
from oms.web.webhooks.services.deliver import Performed, deliveries_perform
from oms.web.webhooks.services.endpoints import Wish, endpoint_create
from oms.web.webhooks.services.fan_out import Told, fan_out, newest

AT_ONCE = timedelta(0)


def endpoint_made(
    url: str = "https://partner.example/hooks",
    *events: str,
    channels: tuple[str, ...] = (),
    locations: tuple[str, ...] = (),
    rate: int = 1000,
    concurrency: int = 4,
    name: str = "Partner",
) -> tuple[Endpoint, str]:
    """An endpoint that is told of captured orders, unless other events are named; and its secret."""
    wish = Wish(
        name=name, url=url, events=events or ("order.captured",), channels=channels, locations=locations, rate=rate,
        concurrency=concurrency,
    )  # fmt: skip
    return endpoint_create(wish=wish, actor="suite")


def looked(schema: str = "acme") -> Told:
    """One run over what is new; a mark need not rest."""
    with retailer_context(schema):
        return fan_out(settling=AT_ONCE)


def looked_through(schema: str = "acme") -> None:
    """Runs until the floor has reached everything recorded: writers in other databases may keep it waiting."""
    deadline = time.monotonic() + 60
    while True:
        looked(schema)
        with retailer_context(schema):
            position = Position.objects.get()
            if (position.event_floor, position.movement_floor) == newest():
                return
        assert time.monotonic() < deadline, "the floor stays where it is"


def told_everything(schema: str = "acme") -> Performed:
    """What is new is written and what is due is called."""
    looked(schema)
    return deliveries_perform(schema=schema)


def make_due(schema: str = "acme") -> int:
    """Everything that waits may be tried now, whatever worker had leased it: the clock's hand moved on."""
    from django.utils import timezone

    with retailer_context(schema):
        Endpoint.objects.update(not_before=None)
        return Delivery.objects.filter(status="waiting").update(next_try_at=timezone.now(), leased_until=None)
