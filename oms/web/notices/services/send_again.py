"""Sending a notice again, because somebody asks for it."""

from __future__ import annotations

from django.utils import timezone

from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict
from oms.web.notices.models import Notice, NoticeStatus
from oms.web.notices.services.write import NO_ADDRESS, SEND, address_of, message_id_make


class NoticeRefused(ValueError):
    """A notice is not sent again; the message says why."""


def may_send_again(notice: Notice) -> Verdict:
    """Whether a notice can be sent again, or for the first time. It comes with its order's customer."""
    if notice.status == NoticeStatus.WAITING:
        return Verdict.no("It is waiting to be sent.")
    if not address_of(notice.order):
        return Verdict.no(NO_ADDRESS)
    return Verdict.yes()


def notice_send_again(*, notice_id: int) -> Notice:
    """Send a notice in the words that it has, to the address that the customer has now.

    One that has left leaves under a new Message-ID: with the earlier one, receivers could drop it as a copy.
    Raises :class:`NoticeRefused` and ``Notice.DoesNotExist``.
    """
    rows = Notice.objects.select_for_update(no_key=True, of=("self",)).select_related("order__customer")
    notice = rows.get(pk=notice_id)
    verdict = may_send_again(notice)
    if not verdict.allowed:
        raise NoticeRefused(verdict.reason)
    if notice.status == NoticeStatus.SENT:
        notice.message_id = message_id_make()
    notice.recipient = address_of(notice.order)
    notice.status, notice.reason, notice.sent_at = NoticeStatus.WAITING, "", None
    notice.tries, notice.next_try_at = 0, timezone.now()
    notice.save()
    enqueue(SEND, queueing_lock=SEND)
    return notice
