"""``/api/v1/orders/<number>/notes``: what partners and the retailer write to each other about an order."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.describing import describes
from oms.web.api.documents import Document, Links, instant_text
from oms.web.api.fields import Body, text
from oms.web.api.orders.changes import order_named
from oms.web.api.orders.document import address
from oms.web.api.problems import Fault, Kind, invalid
from oms.web.api.views import ApiView
from orders.models import Order, OrderNote
from orders.services import NoteRefused, note_write


class NoteBody(Body):
    """A note. Partners see it, as they see all that the API writes."""

    text: Annotated[str, text(4000, shortest=1)]


class NoteDocument(Document):
    """A note, and whose it is."""

    text: str
    author: str
    written_at: AwareDatetime
    links: Links


class NoteList(Document):
    """Notes on an order, the oldest first."""

    notes: list[NoteDocument]


class NotesView(ApiView):
    """Notes on one order that partners may see; the retailer's own are never among them."""

    @describes("List notes", answers={200: NoteList}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """All of them, the oldest first."""
        order = order_named(request, number)
        rows = OrderNote.objects.filter(order=order, for_partners=True).order_by("id")
        return Response({"notes": [_document(note, order) for note in rows]})

    @describes("Write a note", body=NoteBody, answers={201: NoteDocument}, once=True, problems=[Kind.NOT_FOUND],
               examples={"To the retailer": {"text": "Please ring at the side door."}})  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Write one."""
        body = self.body(request, NoteBody)
        order = order_named(request, number)
        return self.answer_once(request, lambda: _write(order, body, str(key_of(request))))


def _write(order: Order, body: NoteBody, author: str) -> Answer:
    try:
        note = note_write(order_number=order.number, text=body.text, author=author, for_partners=True)
    except NoteRefused as refused:
        raise invalid([Fault("/text", "blank", "It must say something.")]) from refused
    return Answer(201, _document(note, order))


def _document(note: OrderNote, order: Order) -> dict[str, object]:
    return {
        "text": note.text,
        "author": note.author,
        "written_at": instant_text(note.written_at),
        "links": {"self": f"{address(order.number)}/notes"},
    }
