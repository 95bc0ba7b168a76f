"""What waits is sent once, tried again when it could not be, and never from a staging clone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import Event, OutboundDeparture, OutboundRefusal, PendingReaction
from oms.infra.verification import all_invariants, check
from oms.web.notices.kinds import NoticeKind
from oms.web.notices.models import Notice
from oms.web.notices.services.deliver import DELAYS, LEASE, notices_send
from oms.web.notices.services.send_again import NoticeRefused, notice_send_again
from orders.domain.capture import NewLine, NewOrder
from orders.models import Customer
from orders.services import orders_capture
from tenants.cloning import staging_clone
from tests.factories.catalogue import ProductFactory
from tests.factories.notices import reacted, template_made
from tests.factories.orders import ChannelFactory

ROOT = Path(__file__).resolve().parents[4]
pytestmark = pytest.mark.usefixtures("fresh")


def confirmed(number: str = "7", schema: str = "acme", email: str = "ada@example.com") -> None:
    """An order is placed, and the reaction writes its notice."""
    with retailer_context(schema):
        ChannelFactory.create()
        product = ProductFactory.create()
        line = NewLine(sku=product.sku, quantity=2, unit_price=10, description="Desk lamp")  # type: ignore[arg-type]
        order = NewOrder(
            external_number=number, placed_at=timezone.now(), currency="GBP", lines=(line,),
            customer_reference="ada", customer_email=email,
        )  # fmt: skip
        orders_capture(channel="web", orders=[order], actor="shop")
    reacted(schema)


@pytest.fixture
def on(fresh: None) -> None:
    """Customers are told that their orders have come in."""
    mail.outbox = []
    with retailer_context("acme"):
        template_made(NoticeKind.CONFIRMED, reply_to="care@acme.example")


def failing(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def send(message: EmailMessage, fail_silently: bool = False) -> int:
        raise fault

    monkeypatch.setattr(EmailMessage, "send", send)


def due() -> None:
    """The time of the next try has come."""
    with retailer_context("acme"):
        Notice.objects.update(next_try_at=timezone.now())


def notice() -> Notice:
    """The only one."""
    with retailer_context("acme"):
        return Notice.objects.get()


def failing_invariants() -> list[str]:
    return [item.name for item in all_invariants() if item.name.startswith("notice") and check(item)]


def test_from_the_order_to_the_mail(on: None) -> None:
    # when
    confirmed()
    done = notices_send(schema="acme")
    again = notices_send(schema="acme")
    # then: exactly this mail, once
    assert (done.sent, done.not_sent, again.sent) == (1, 0, 0)
    [sent] = mail.outbox
    row = notice()
    assert sent.subject == "We have your order 7"
    assert sent.body.endswith("thank you for your order 7:\n\n2 × Desk lamp\n\nTotal: 20.00 GBP\n")
    assert (sent.to, sent.cc, sent.bcc, sent.reply_to) == (["ada@example.com"], [], [], ["care@acme.example"])
    assert sent.from_email.endswith("<notices@oms.example>")
    assert sent.extra_headers == {"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"}
    assert (row.status, row.tries, row.reason) == ("sent", 1, "")
    with retailer_context("acme"):
        assert OutboundDeparture.objects.filter(kind="mail", target="ada@example.com").count() == 1
        [told] = Event.objects.filter(name="order.notice_sent.v1")
        assert (told.subject, told.payload) == ("WEB-7", {"notice": row.pk, "kind": "confirmed"})
        assert not PendingReaction.objects.exists()
        assert failing_invariants() == []


def test_a_server_that_is_away_is_tried_again_later_and_given_up_in_the_end(
    on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    confirmed()
    message_id = notice().message_id
    # when, then: each try is later
    with monkeypatch.context() as away:
        failing(away, SMTPServerDisconnected("gone"))
        for tried, delay in enumerate(DELAYS, start=1):
            before = timezone.now()
            assert notices_send(schema="acme").not_sent == 1
            row = notice()
            assert (row.status, row.tries, row.reason) == ("waiting", tried, "SMTPServerDisconnected: gone")
            assert before + delay <= row.next_try_at <= timezone.now() + delay
            assert notices_send(schema="acme").not_sent == 0
            due()
        notices_send(schema="acme")
    row = notice()
    assert (row.status, row.tries, row.message_id) == ("failed", len(DELAYS) + 1, message_id)
    with retailer_context("acme"):
        assert Event.objects.filter(name="order.notice_failed.v1").count() == 1
        # when somebody sends it again, then it arrives under its identifier
        notice_send_again(notice_id=row.pk)
    notices_send(schema="acme")
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [message_id]


@pytest.mark.parametrize(("code", "status"), [(550, "failed"), (450, "waiting")])
def test_an_address_that_there_is_not_is_not_tried_again(
    on: None, monkeypatch: pytest.MonkeyPatch, code: int, status: str
) -> None:
    confirmed()
    failing(monkeypatch, SMTPRecipientsRefused({"ada@example.com": (code, b"no such mailbox")}))
    notices_send(schema="acme")
    assert (notice().status, notice().reason) == (status, f"{code} no such mailbox")


def test_an_address_that_would_be_a_header_never_leaves(on: None) -> None:
    confirmed()
    with retailer_context("acme"):
        Notice.objects.update(recipient="ada@example.com\nBcc: all@example.com")
    notices_send(schema="acme")
    assert notice().status == "failed"
    assert mail.outbox == []


def test_sent_again_goes_to_the_address_of_now_and_is_another_mail(on: None) -> None:
    # given
    confirmed()
    notices_send(schema="acme")
    first = notice().message_id
    with retailer_context("acme"):
        Customer.objects.update(email="ada@new.example")
        # when
        notice_send_again(notice_id=notice().pk)
        with pytest.raises(NoticeRefused, match="It is waiting to be sent"):
            notice_send_again(notice_id=Notice.objects.get().pk)
    notices_send(schema="acme")
    # then
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"], ["ada@new.example"]]
    assert notice().message_id != first


def test_nothing_leaves_a_staging_clone(on: None) -> None:
    # given: one waits in production
    confirmed("1")
    staging_clone(source="acme")
    clone = "acme__staging"
    with retailer_context(clone):
        assert not Notice.objects.exists()
    # when something happens in the clone
    confirmed("2", clone)
    done = notices_send(schema=clone)
    # then
    assert (done.sent, done.refused, mail.outbox) == (0, 1, [])
    with retailer_context(clone):
        row = Notice.objects.get()
        assert (row.status, row.reason) == ("refused", f"{clone} is a staging clone: no mail leaves it")
        refusal = OutboundRefusal.objects.get()
        assert (refusal.kind, refusal.target) == ("mail", "ada@example.com")
        assert refusal.payload["subject"] == "We have your order 2"
        assert failing_invariants() == []
    assert notice().status == "waiting"


#: Sends, and stops for ever when the mail server has taken the mail, before that is written down.
_PROGRAM = """
import django, time
django.setup()
from oms.web.notices.services import deliver
def stop(*given):
    print("taken", flush=True)
    time.sleep(600)
deliver._write_down = stop
deliver.notices_send(schema="acme")
"""


def test_killed_after_the_mail_was_taken_one_copy_follows_under_the_same_identifier(on: None) -> None:
    # given
    confirmed()
    environment: dict[str, Any] = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "taken\n"
    # when
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)
    worker.stdout.close()
    # then: nobody sends it while the lease lasts, and one does afterwards
    before = notice()
    assert notices_send(schema="acme").sent == 0
    with retailer_context("acme"):
        Notice.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert notices_send(schema="acme").sent == 1
    assert notices_send(schema="acme").sent == 0
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [before.message_id]
    assert before.leased_until is not None
    assert timezone.now() < before.leased_until <= timezone.now() + LEASE
