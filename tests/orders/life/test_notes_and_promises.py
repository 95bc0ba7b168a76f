"""Notes, files and promises on orders."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.services import requests_deliver
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import Event
from orders.domain.attachments import MOST_BYTES
from orders.domain.change import AddLine
from orders.models import LinePromise, Order, OrderAttachment, OrderLine, OrderNote
from orders.promise_figures import PromiseState, orders_by_promise, promise_figures
from orders.services import (
    FileRefused,
    NoteRefused,
    file_attach,
    file_remove,
    note_write,
    order_cancel,
    order_change_request,
)
from orders.services.promises import (
    NOBODY_SAID_DAYS,
    Expected,
    promises_break,
    promises_deliver,
    promises_expect,
    promises_make,
)
from tests.factories.requests import request_brought_to
from tests.orders.life.conftest import Shop

PDF = b"%PDF-1.7 hello"


def test_a_note_is_written_and_never_changed(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        note = note_write(order_number=order.number, text="  Ring twice.  ", author="user ada", for_partners=True)
        assert (note.text, note.for_partners) == ("Ring twice.", True)
        told = Event.objects.get(name="order.note_written.v1")
        assert "Ring" not in str(told.payload)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            OrderNote.objects.update(text="other")
        for text in ("   ", "x" * 4001):
            with pytest.raises(NoteRefused):
                note_write(order_number=order.number, text=text, author="user ada")


def test_a_file_is_kept_once_under_its_own_name(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        first = file_attach(order_number=order.number, name="C:\\x\\../slip.PDF", content=PDF, author="user ada")
        again = file_attach(order_number=order.number, name="other.pdf", content=PDF, author="user ada")
        assert first.pk == again.pk
        assert (first.name, first.content_type, first.size) == ("slip.PDF", "application/pdf", len(PDF))
        assert bytes(OrderAttachment.objects.get().content) == PDF


def test_the_database_keeps_the_retailers_own_files_and_lets_none_be_changed(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        for for_partners in (False, True):
            file_attach(order_number=order.number, name="a.pdf", content=PDF, author="ada", for_partners=for_partners)
        for attack in (
            lambda: OrderAttachment.objects.update(author="eve"),
            lambda: OrderAttachment.objects.filter(for_partners=False).delete(),
            lambda: OrderAttachment.objects.update(for_partners=True),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                attack()
        file_remove(order_number=order.number, sha256=OrderAttachment.objects.all()[0].sha256, author="ada")
        assert OrderAttachment.objects.get().for_partners is False


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.html", b"<script>", "files with these endings are taken"),
        ("a.pdf", b"<script>", "does not hold what its ending says"),
        ("a.png", PDF, "does not hold what its ending says"),
        ("a.txt", b"a\x00b", "does not hold what its ending says"),
        ("a.pdf", b"", "is empty"),
        ("a.pdf", PDF + b"x" * MOST_BYTES, "at most 5,242,880 are taken"),
    ],
)
def test_what_is_not_taken_says_why(shop: Shop, name: str, content: bytes, why: str) -> None:
    with retailer_context("acme"):
        order = shop.order()
        with pytest.raises(FileRefused, match=why):
            file_attach(order_number=order.number, name=name, content=content, author="user ada")


def promised(order: Order, day: date) -> None:
    Order.objects.filter(pk=order.pk).update(promise_by=day)
    promises_make(order_id=order.pk)


def outcomes(order: Order) -> list[str]:
    return list(LinePromise.objects.filter(line__order=order).order_by("id").values_list("outcome", flat=True))


def delivered(order: Order, day: date) -> None:
    at = timezone.make_aware(datetime.combine(day, time(23, 30)))
    requests_deliver(request_ids=order.requests.values_list("id", flat=True), delivered_at=at, actor="driver")


def test_promises_are_kept_broken_late_or_void(shop: Shop) -> None:
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    with retailer_context("acme"):
        kept, late, gone, waiting = (shop.order(a=1, b=0) for _ in range(4))
        for order, day in ((kept, today), (late, yesterday), (gone, today), (waiting, yesterday)):
            promised(order, day)
            promises_make(order_id=order.pk)
        for order in (kept, late):
            request_brought_to(order, RequestStatus.SHIPPED)
        order_cancel(order_number=gone.number, reason="x", asked_by="staff", key="k", actor="u")
        # what has left has not arrived yet
        assert [outcomes(order) for order in (kept, late, gone, waiting)] == [["open"], ["open"], ["void"], ["open"]]
        for order in (kept, late, late):
            delivered(order, today)
        assert [outcomes(order) for order in (kept, late, gone, waiting)] == [["kept"], ["broken"], ["void"], ["open"]]
        assert promises_break() == 1
        assert promises_break() == 0
        assert outcomes(waiting) == ["broken"]
        told = Event.objects.filter(name="order.promise_broken.v1").order_by("id")
        assert [(each.subject, each.payload["promised_on"]) for each in told] == [
            (late.number, yesterday.isoformat()), (waiting.number, yesterday.isoformat()),
        ]  # fmt: skip
        figures = promise_figures(yesterday, today)
        assert (figures.kept, figures.broken, figures.open) == (1, 2, 0)
        assert figures.kept_percent == pytest.approx(100 / 3)


def test_what_has_left_in_time_is_given_days_to_be_told_of(shop: Shop) -> None:
    today = timezone.localdate()
    with retailer_context("acme"):
        left, long_ago = shop.order(a=1, b=0), shop.order(a=1, b=0)
        for order, days in ((left, NOBODY_SAID_DAYS), (long_ago, NOBODY_SAID_DAYS + 1)):
            promised(order, today - timedelta(days=days))
            request_brought_to(order, RequestStatus.SHIPPED)
        assert promises_break() == 1
        assert [outcomes(order) for order in (left, long_ago)] == [["open"], ["broken"]]


def test_a_line_is_kept_with_its_last_unit(shop: Shop) -> None:
    """Of three units one is cancelled and two arrive from two places on two days; the later day counts."""
    today = timezone.localdate()
    with retailer_context("acme"):
        order = shop.order(a=3, b=0)
        promised(order, today)
        line = order.lines.get()
        OrderLine.objects.filter(pk=line.pk).update(fulfilled=2)
        promises_deliver(units={line.pk: 1}, day=today - timedelta(days=1))
        assert outcomes(order) == ["open"]
        OrderLine.objects.filter(pk=line.pk).update(cancelled=1)
        promises_deliver(units={line.pk: 1}, day=today)
        assert outcomes(order) == ["kept"]
        assert LinePromise.objects.get().delivered_on == today


def test_what_is_expected_moves_and_the_promise_stays(shop: Shop) -> None:
    day = timezone.localdate() + timedelta(days=3)
    later = day + timedelta(days=2)
    with retailer_context("acme"):
        order = shop.order(a=1, b=0)
        line = order.lines.get().pk
        assert promises_expect({line: Expected(None, "nobody knows")}) == 0
        assert outcomes(order) == []
        assert promises_expect({line: Expected(day, "NORTH ready today")}) == 1
        assert promises_expect({line: Expected(later, "SOUTH ready tomorrow")}) == 0
        promise = LinePromise.objects.get()
        assert (promise.promised_on, promise.expected_on, promise.why) == (day, later, "NORTH ready today")
        assert promise.at_risk
        assert list(orders_by_promise(Order.objects.all(), PromiseState.AT_RISK, day)) == [order]
        assert not orders_by_promise(Order.objects.all(), PromiseState.BROKEN, day)
        promises_expect({line: Expected(day, "NORTH again")})
        assert not orders_by_promise(Order.objects.all(), PromiseState.AT_RISK, day - timedelta(days=1))
        # on its day, what has not left is at risk whatever is expected
        assert list(orders_by_promise(Order.objects.all(), PromiseState.AT_RISK, day)) == [order]


@pytest.mark.parametrize(
    ("channel_day", "method_day", "promised_in", "why"),
    [
        (5, 4, 5, "as the channel promised"),
        (None, 4, 4, "as the shipping method promises: express"),
        (None, None, 3, "so"),
    ],
)
def test_the_channel_goes_before_the_method_and_that_before_what_is_expected(
    shop: Shop, channel_day: int | None, method_day: int | None, promised_in: int, why: str
) -> None:
    today = timezone.localdate()

    def after(days: int | None) -> date | None:
        return None if days is None else today + timedelta(days=days)

    with retailer_context("acme"):
        order = shop.order(a=1, b=0)
        Order.objects.filter(pk=order.pk).update(promise_by=after(channel_day), method="express")
        promises_expect({order.lines.get().pk: Expected(after(3), "so", after(method_day))})
        promise = LinePromise.objects.get()
        assert (promise.promised_on, promise.expected_on, promise.why) == (after(promised_in), after(3), why)


def test_another_day_replaces_a_promise_and_added_lines_are_promised_too(shop: Shop) -> None:
    day = timezone.localdate() + timedelta(days=3)
    with retailer_context("acme"):
        order = shop.order(a=1, b=0)
        promised(order, day)
        line = order.lines.get()
        promises_make(order_id=order.pk, days={line.pk: day + timedelta(days=1)}, why="the carrier is late")
        assert outcomes(order) == ["replaced", "open"]
        order_change_request(
            order_number=order.number, actions=[AddLine(sku="B", units=1)], asked_by="staff", key="k", actor="u"
        )
    react("acme")
    with retailer_context("acme"):
        assert outcomes(order) == ["replaced", "open", "open"]
