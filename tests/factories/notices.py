"""Templates of notices, and events that they tell of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oms.infra.events import DomainEvent
from oms.infra.jobs import react
from oms.infra.models import Event
from oms.web.notices.kinds import TELLINGS, NoticeKind
from oms.web.notices.models import NoticeTemplate
from oms.web.notices.services.templates import Words, template_make
from orders.models import Channel, Order
from tests.factories.accounts import StaffFactory


def template_made(kind: NoticeKind, channel: Channel | None = None, **changed: Any) -> NoticeTemplate:
    """A template that is on, in the words to begin with."""
    telling = TELLINGS[kind]
    words = {"active": True, "subject": telling.subject, "body": telling.body, **changed}
    return template_make(kind=kind, channel=channel, words=Words(**words), user=StaffFactory.create())


def happened(event_type: type[DomainEvent], order: Order, **payload: Any) -> Event:
    """An event of an order, as it is stored."""
    return Event.objects.create(
        name=event_type.NAME, subject_kind="order", subject=order.number, payload=payload, actor="shop",
        occurred_at=datetime.now(UTC),
    )  # fmt: skip


def reacted(schema: str = "acme") -> None:
    """Let the handlers react, as a worker would. Not inside a retailer's context."""
    react(schema)
