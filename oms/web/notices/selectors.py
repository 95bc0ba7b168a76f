"""What is read of notices."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from oms.infra.models import Event
from oms.web.notices.facts import concerns_customer, values_of
from oms.web.notices.kinds import TELLINGS, NoticeKind
from oms.web.notices.models import Notice, NoticeStatus
from oms.web.notices.wording import fill, one_line
from orders.models import Channel, Order

#: Newest orders among which an example is looked for, and events of each.
_ORDERS_LOOKED_AT = 200


def anything_due() -> bool:
    """Whether a notice is to be sent now."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    return Notice.objects.filter(free, status=NoticeStatus.WAITING, next_try_at__lte=now).exists()


@dataclass(frozen=True, slots=True)
class Example:
    """A text, filled in from something that has happened."""

    order: Order
    subject: str
    body: str


def example_of(kind: NoticeKind, channel: Channel | None, subject: str, body: str) -> Example | None:
    """What the customer of a recent order would have been told; None where no recent order has come so far."""
    recent = Order.objects.select_related("customer", "channel").order_by("-placed_at", "-id")
    if channel is not None:
        recent = recent.filter(channel=channel)
    orders = {order.number: order for order in recent[:_ORDERS_LOOKED_AT]}
    events = Event.objects.filter(subject_kind="order", subject__in=list(orders), name=TELLINGS[kind].event.NAME)
    for event in events.order_by("-id"):
        order = orders[event.subject]
        if concerns_customer(kind, event, order):
            values = values_of(kind, event, order)
            return Example(order, one_line(fill(subject, values)), fill(body, values))
    return None
