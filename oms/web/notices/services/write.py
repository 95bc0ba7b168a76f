"""Writing notices: after the event, in the words of the template that holds for the order's channel."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from oms.infra.models import Event
from oms.infra.queue import enqueue
from oms.web.notices.facts import concerns_customer, values_of, what_it_tells_of
from oms.web.notices.kinds import KINDS_BY_EVENT
from oms.web.notices.models import Notice, NoticeStatus, NoticeTemplate
from oms.web.notices.wording import fill, one_line
from orders.models import Order

SEND = "oms.web.notices.jobs.send"
#: What had happened longer ago than this when we heard of it is no news to the customer.
NEWS = timedelta(days=3)
NO_ADDRESS = "The customer has no e-mail address."
_SUBJECT_LENGTH = 500


def notices_write(*, events: Sequence[Event]) -> None:
    """Write the notices of events of one name, and have them sent. What has its notice gets no second one."""
    kind = KINDS_BY_EVENT[events[0].name]
    templates = {row.channel_id: row for row in NoticeTemplate.objects.filter(kind=kind)}
    news = [event for event in events if event.recorded_at - event.occurred_at <= NEWS]
    if not news or not any(row.active for row in templates.values()):
        return
    found = Order.objects.filter(number__in={event.subject for event in news}).select_related("customer", "channel")
    orders = {order.number: order for order in found}
    notices = []
    for event in news:
        order = orders[event.subject]
        template = templates.get(order.channel_id) or templates.get(None)
        if template is not None and template.active and concerns_customer(kind, event, order):
            notices.append(_notice(template, event, order))
    if notices:
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        enqueue(SEND, queueing_lock=SEND)


def address_of(order: Order) -> str:
    """The address that the customer has now, or none."""
    return order.customer.email if order.customer else ""


def message_id_make() -> str:
    """A Message-ID (RFC 5322, 3.6.4): the same in every try, so that a receiver can drop a second copy."""
    return f"<{secrets.token_hex(16)}@notices.oms>"


def _notice(template: NoticeTemplate, event: Event, order: Order) -> Notice:
    kind = KINDS_BY_EVENT[event.name]
    values = values_of(kind, event, order)
    recipient = address_of(order)
    return Notice(
        event=event, order=order, kind=kind, once=what_it_tells_of(kind, event), recipient=recipient,
        reply_to=template.reply_to, subject=one_line(fill(template.subject, values))[:_SUBJECT_LENGTH],
        body=fill(template.body, values), message_id=message_id_make(),
        status=NoticeStatus.WAITING if recipient else NoticeStatus.FAILED, reason="" if recipient else NO_ADDRESS,
    )  # fmt: skip
