"""Notes, files and promises on orders."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import Event
from orders.domain.attachments import MOST_BYTES
from orders.domain.change import AddLine
from orders.models import LinePromise, Order, OrderAttachment, OrderNote
from orders.promise_figures import promise_figures
from orders.services import (
    FileRefused,
    NoteRefused,
    file_attach,
    file_remove,
    note_write,
    order_cancel,
    order_change_request,
)
from orders.services.promises import promises_break, promises_make
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
        assert [outcomes(order) for order in (kept, late, gone, waiting)] == [["kept"], ["broken"], ["void"], ["open"]]
        assert promises_break() == 1
        assert promises_break() == 0
        assert outcomes(waiting) == ["broken"]
        told = Event.objects.get(name="order.promise_broken.v1")
        assert (told.subject, told.payload["promised_on"]) == (waiting.number, yesterday.isoformat())
        figures = promise_figures(yesterday, today)
        assert (figures.kept, figures.broken, figures.open) == (1, 2, 0)
        assert figures.kept_percent == pytest.approx(100 / 3)


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
