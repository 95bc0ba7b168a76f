"""Sending what waits. No transaction is open while the mail server is spoken to.

A notice is leased before it is sent, so that no two workers send it. Should the process die between the mail server's
yes and our note of it, the lease ends and the notice is sent once more under the same Message-ID: that one copy is
what a kill can cause, and the receiver can drop it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr
from functools import partial
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.events import record
from oms.infra.outbound import Accepted, Kind, Refused, send
from oms.web.notices.events import NoticeFailed, NoticeSent
from oms.web.notices.models import Notice, NoticeStatus
from tenants.registry import name_of

#: Nobody else sends a leased notice; longer than all time-outs of one mail together.
LEASE = timedelta(minutes=5)
#: After the first try that failed, the second, …; then it is given up.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
#: The seconds after which a job leaves the worker to other retailers.
JOB_SECONDS = 30.0
_ACTOR = "notices"


@dataclass(slots=True)
class Performed:
    """What a job did."""

    sent: int = 0
    not_sent: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Fault:
    reason: str
    #: The server will say the same to every further try.
    final: bool


def notices_send(*, schema: str, seconds: float = JOB_SECONDS) -> Performed:
    """Send the notices that are due until none is, or for ``seconds``."""
    done = Performed()
    ends = time.monotonic() + seconds
    sender = formataddr((name_of(schema), settings.DEFAULT_FROM_EMAIL))
    mail = get_connection()
    try:
        while time.monotonic() < ends:
            leased = _lease(schema)
            if leased is None:
                break
            notice, left = leased
            if not left:
                done.refused += 1
                continue
            fault = _send(mail, notice, sender)
            with retailer_context(schema):
                _write_down(notice, fault)
            done.sent, done.not_sent = done.sent + (fault is None), done.not_sent + (fault is not None)
    finally:
        mail.close()
    return done


_CLAIM = """
UPDATE notices_notice SET leased_until = now() + make_interval(secs => %s), tries = tries + 1
WHERE id = (
    SELECT id FROM notices_notice
    WHERE status = 'waiting' AND next_try_at <= now() AND (leased_until IS NULL OR leased_until <= now())
    ORDER BY next_try_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


def _lease(schema: str) -> tuple[Notice, bool] | None:
    """Take the next notice; whether it may leave the house. None when no notice is due."""
    allowed: list[Notice] = []
    with retailer_context(schema):
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [LEASE.total_seconds()])
            row = cursor.fetchone()
        if row is None:
            return None
        notice = Notice.objects.select_related("order").get(pk=row[0])
        answer = send(
            kind=Kind.MAIL, target=notice.recipient,
            payload={"message-id": notice.message_id, "subject": notice.subject, "body": notice.body},
            perform=partial(allowed.append, notice),  # sent where its outcome can be written down
        )  # fmt: skip
        if not isinstance(answer, Accepted):
            _refuse(notice, answer)
    return notice, bool(allowed)


def _refuse(notice: Notice, answer: Refused) -> None:
    Notice.objects.filter(pk=notice.pk).update(
        status=NoticeStatus.REFUSED, leased_until=None, reason=answer.reason[:255]
    )


def _send(mail: BaseEmailBackend, notice: Notice, sender: str) -> _Fault | None:
    """Hand it to the mail server; what went wrong, if anything did."""
    message = EmailMessage(
        subject=notice.subject, body=notice.body, from_email=sender, to=[notice.recipient],
        reply_to=[notice.reply_to] if notice.reply_to else None, connection=mail,
        # RFC 3834: no answering machine answers, and none of our mails starts a loop.
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        mail.open()
        message.send()
    except SMTPRecipientsRefused as fault:
        code, said = next(iter(fault.recipients.values()))
        return _Fault(f"{code} {said.decode(errors='replace')}", code >= 500)
    except SMTPResponseException as fault:
        said_text = (
            fault.smtp_error.decode(errors="replace") if isinstance(fault.smtp_error, bytes) else fault.smtp_error
        )
        _forget(mail)
        return _Fault(f"{fault.smtp_code} {said_text}", False)
    except OSError as fault:  # of the network, and every other one of smtplib
        _forget(mail)
        return _Fault(f"{type(fault).__name__}: {fault}", False)
    except ValueError as fault:  # an address or header that no mail can have
        return _Fault(str(fault), True)
    return None


def _forget(mail: BaseEmailBackend) -> None:
    """Let the next mail begin with a connection of its own."""
    try:
        mail.close()
    except OSError:
        return


def _write_down(sent: Notice, fault: _Fault | None) -> None:
    """What became of the try. Where the lease has ended and another worker tries, its outcome counts, save success."""
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).select_related("order").get(pk=sent.pk)
    if notice.message_id != sent.message_id or notice.status != NoticeStatus.WAITING:
        return
    now = timezone.now()
    if fault is None:
        notice.status, notice.sent_at, notice.reason, notice.leased_until = NoticeStatus.SENT, now, "", None
        record([NoticeSent(subject=notice.order.number, occurred_at=now, actor=_ACTOR, notice=notice.pk,
                           kind=notice.kind)])  # fmt: skip
    elif notice.tries != sent.tries:
        return
    else:
        notice.reason, notice.leased_until = (" ".join(fault.reason.split()) or "It could not be sent.")[:255], None
        if fault.final or notice.tries > len(DELAYS):
            notice.status = NoticeStatus.FAILED
            record([NoticeFailed(subject=notice.order.number, occurred_at=now, actor=_ACTOR, notice=notice.pk,
                                 kind=notice.kind, reason=notice.reason)])  # fmt: skip
        else:
            notice.next_try_at = now + DELAYS[notice.tries - 1]
    notice.save()
