"""After an event one notice is written, in the words of its channel."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestAdvanced, RequestShipped
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.events import DomainEvent, record
from oms.infra.models import Event, PendingReaction
from oms.web.notices.kinds import TELLINGS, NoticeKind
from oms.web.notices.models import Notice, NoticeTemplate
from oms.web.notices.services.templates import TemplateRefused, Words, template_change
from oms.web.notices.services.write import NEWS, notices_write
from orders.events import OrderCaptured, PaymentMoved
from orders.life_events import OrderCancelled, OrderChanged, PromiseBroken
from orders.models import Channel, Order
from tests.factories.accounts import StaffFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.notices import happened, template_made
from tests.factories.orders import CustomerFactory, order_placed
from tests.factories.requests import request_brought_to

pytestmark = pytest.mark.usefixtures("acme")


def ordered(number: str = "7", **more: Any) -> Order:
    """Two lamps, for Ada."""
    if not ProductFactory._meta.model.objects.filter(sku="LAMP").exists():
        stock_received(LocationFactory.create(), ProductFactory.create(sku="LAMP", name="Desk lamp"), 10)
        CustomerFactory.create(reference="ada", name="Ada Clarke", email="ada@example.com")
    return order_placed(("LAMP", 2), number=number, customer="ada", **more)


@pytest.mark.parametrize(
    ("kind", "payload", "subject", "body"),
    [
        (NoticeKind.CONFIRMED, {}, "We have your order 7",
         "Dear Ada Clarke,\n\nthank you for your order 7:\n\n2 × Desk lamp\n\nTotal: 20.00 GBP\n"),
        (NoticeKind.CHANGED, {"actions": ["1 unit added", "new address"], "difference": "-2.50", "currency": "GBP"},
         "Your order 7 was changed",
         "Dear Ada Clarke,\n\nyour order 7 was changed: 1 unit added; new address.\n\nIts total is now 20.00 GBP.\n"),
        (NoticeKind.CANCELLED, {"units": 1, "fee": "0", "currency": "GBP"}, "Cancelled: your order 7",
         "Dear Ada Clarke,\n\nof your order 7 we have cancelled 1 unit.\n"),
        (NoticeKind.REFUNDED, {"operation": "refund", "amount": "12.5", "currency": "GBP", "label": "Visa 4242"},
         "Your refund for order 7", "Dear Ada Clarke,\n\nwe have refunded 12.50 GBP to Visa 4242.\n"),
        (NoticeKind.PROMISE_BROKEN, {"promised_on": "2026-03-05", "position": 1, "why": ""},
         "Your order 7 is late",
         "Dear Ada Clarke,\n\nwe promised your order 7 by 5 Mar 2026 and have not kept it. We are sorry.\n"),
    ],
)  # fmt: skip
def test_the_words_to_begin_with(kind: NoticeKind, payload: dict[str, Any], subject: str, body: str) -> None:
    # given
    template_made(kind, reply_to="care@acme.example")
    order = ordered()
    event = happened(TELLINGS[kind].event, order, **payload)
    # when, twice
    notices_write(events=[event])
    notices_write(events=[event])
    # then
    [notice] = Notice.objects.all()
    assert (notice.subject, notice.body) == (subject, body)
    assert (notice.kind, notice.order, notice.event) == (kind, order, event)
    assert (notice.recipient, notice.reply_to, notice.status) == ("ada@example.com", "care@acme.example", "waiting")


def test_a_shipment_is_told_with_what_is_in_it_and_its_tracking_number() -> None:
    # given
    template_made(NoticeKind.SHIPPED)
    order = ordered()
    request = request_brought_to(order, RequestStatus.SHIPPED)
    event = Event.objects.get(name=RequestShipped.NAME)
    # when
    notices_write(events=[event])
    # then
    [notice] = Notice.objects.all()
    number = request.shipments.get().tracking_number or "–"
    assert notice.subject == "Your order 7 is on its way"
    assert notice.body == f"Dear Ada Clarke,\n\nthis has left us:\n\n2 × Desk lamp\n\nTracking number: {number}\n"


def test_what_is_collected_is_ready_when_packed_and_not_on_its_way_when_handed_over() -> None:
    # given
    template_made(NoticeKind.SHIPPED)
    template_made(NoticeKind.READY_FOR_PICKUP)
    order = ordered()
    request_brought_to(order, RequestStatus.SHIPPED)
    Order.objects.filter(pk=order.pk).update(method="pickup")
    [request] = FulfilmentRequest.objects.select_related("location")
    # when
    notices_write(events=list(Event.objects.filter(name=RequestAdvanced.NAME)))
    notices_write(events=list(Event.objects.filter(name=RequestShipped.NAME)))
    # then
    [notice] = Notice.objects.all()
    assert notice.subject == "Your order 7 is ready"
    assert f"you can collect this at {request.location.name}:\n\n2 × Desk lamp\n" in notice.body


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [(PaymentMoved, {"operation": "capture"}), (RequestAdvanced, {"status": "packed"})],
)
def test_what_is_no_news_of_the_kind_gives_no_notice(
    event_type: type[DomainEvent], payload: dict[str, Any]
) -> None:  # fmt: skip
    template_made(NoticeKind.REFUNDED)
    template_made(NoticeKind.READY_FOR_PICKUP)
    notices_write(events=[happened(event_type, ordered(), **payload)])
    assert not Notice.objects.exists()


@pytest.mark.parametrize(("operation", "waiting"), [("authorise", 0), ("refund", 1)])
def test_a_payment_that_is_nothing_to_the_customer_costs_no_job(operation: str, waiting: int) -> None:
    moved = PaymentMoved(
        subject=ordered().number, occurred_at=datetime.now(UTC), actor="shop", payment=1, operation=operation,
        amount=Decimal(5), currency="GBP", label="Visa 4242", reason="",
    )  # fmt: skip
    record([moved])
    assert PendingReaction.objects.filter(event__name=PaymentMoved.NAME).count() == waiting


def test_without_a_template_or_with_one_that_is_off_nobody_is_told() -> None:
    event = happened(OrderCaptured, ordered())
    notices_write(events=[event])
    template_made(NoticeKind.CONFIRMED, active=False)
    notices_write(events=[event])
    assert not Notice.objects.exists()


def test_a_channels_own_words_hold_for_it_and_off_is_off() -> None:
    # given
    ours, market, silent = ordered("1"), ordered("2", channel="market"), ordered("3", channel="silent")
    template_made(NoticeKind.CONFIRMED)
    template_made(NoticeKind.CONFIRMED, Channel.objects.get(code="market"), subject="From {channel}: {order}")
    template_made(NoticeKind.CONFIRMED, Channel.objects.get(code="silent"), active=False)
    # when
    notices_write(events=[happened(OrderCaptured, order) for order in (ours, market, silent)])
    # then
    told = Notice.objects.order_by("order_id").values_list("order_id", "subject")
    assert list(told) == [(ours.pk, "We have your order 1"), (market.pk, "From Web shop: 2")]


def test_lines_that_were_promised_by_the_same_day_are_told_of_once() -> None:
    template_made(NoticeKind.PROMISE_BROKEN)
    order = ordered()
    for position, day in ((1, "2026-03-05"), (2, "2026-03-05"), (3, "2026-03-09")):
        notices_write(events=[happened(PromiseBroken, order, position=position, promised_on=day, why="")])
    assert sorted(Notice.objects.values_list("once", flat=True)) == [
        f"{order.number} 2026-03-05", f"{order.number} 2026-03-09",
    ]  # fmt: skip


def test_old_news_are_no_news() -> None:
    template_made(NoticeKind.CONFIRMED)
    event = happened(OrderCaptured, ordered())
    event.refresh_from_db()
    event.occurred_at = event.recorded_at - NEWS - (datetime.now(UTC) - event.recorded_at)
    notices_write(events=[event])
    assert not Notice.objects.exists()


def test_a_customer_without_an_address_is_shown_as_not_told() -> None:
    template_made(NoticeKind.CANCELLED)
    CustomerFactory.create(reference="ada", name="Ada", email="")
    ProductFactory.create(sku="LAMP")
    order = order_placed(("LAMP", 1), customer="ada")
    notices_write(events=[happened(OrderCancelled, order, units=1, fee="0", currency="GBP")])
    [notice] = Notice.objects.all()
    assert (notice.status, notice.reason) == ("failed", "The customer has no e-mail address.")


def test_a_subject_stays_one_line_whatever_a_name_holds() -> None:
    template_made(NoticeKind.CHANGED, subject="{customer}: changed")
    CustomerFactory.create(reference="ada", name="Ada\r\nBcc: all@example.com", email="ada@example.com")
    ProductFactory.create(sku="LAMP")
    order = order_placed(("LAMP", 1), customer="ada")
    notices_write(events=[happened(OrderChanged, order, actions=[], difference="0", currency="GBP")])
    assert Notice.objects.get().subject == "Ada Bcc: all@example.com: changed"


def test_an_unknown_field_is_refused_on_saving_and_named() -> None:
    template = template_made(NoticeKind.SHIPPED)
    words = Words(active=True, subject="{promised_on}", body="x")
    with pytest.raises(TemplateRefused, match=r"There is no field \{promised_on\} here") as refused:
        template_change(template_id=template.pk, words=words, user=StaffFactory.create())
    assert refused.value.field == "subject"
    assert NoticeTemplate.objects.get().subject == "Your order {order} is on its way"


def test_one_template_for_each_kind_and_channel() -> None:
    template_made(NoticeKind.SHIPPED)
    with pytest.raises(TemplateRefused, match="There is a template for this already"):
        template_made(NoticeKind.SHIPPED)


def test_every_state_of_a_template_is_kept_with_who_made_it() -> None:
    template = template_made(NoticeKind.SHIPPED)
    user = StaffFactory.create()
    template_change(template_id=template.pk, words=Words(active=False, subject="Gone", body="Gone"), user=user)
    states = NoticeTemplate.history.order_by("history_id")
    assert list(states.values_list("active", "subject")) == [
        (True, "Your order {order} is on its way"),
        (False, "Gone"),
    ]
    assert states.last().history_user == user
