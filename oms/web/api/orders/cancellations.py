"""``/api/v1/orders/<number>/cancellations``: cancelling what has not left."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.describing import describes
from oms.web.api.documents import Document
from oms.web.api.fields import Body, Quantity, text
from oms.web.api.orders.changes import (
    ChangeDocument,
    Line,
    PreviewDocument,
    answered,
    cannot,
    change_document,
    order_named,
    preview_document,
    service_key,
)
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from orders.domain.change import ChangeRefused
from orders.models import ChangeKind, Order, OrderChange
from orders.services import KeyOfAnother, MoneyMoving, order_cancel, order_cancel_preview


class CancelledLine(Body):
    """Units of a line."""

    line: Line
    quantity: Quantity


class CancellationBody(Body):
    """What is to be cancelled: ``lines``, or without them everything that has not left. Done as a whole or not."""

    reason: Annotated[str, text(120, shortest=1)]
    lines: Annotated[tuple[CancelledLine, ...], Field(max_length=1000, strict=False)] = ()
    asked_by: Literal["customer", "channel"] = "channel"
    preview: bool = False

    def parts(self) -> dict[int, int] | None:
        """Units by line. Raises ``Problem`` where a line is named twice."""
        parts = {each.line: each.quantity for each in self.lines}
        if len(parts) < len(self.lines):
            raise invalid([Fault("/lines", "repeated", "A line is named more than once.")])
        return parts or None


class CancellationList(Document):
    """Cancellations of an order, the oldest first, and the order's version."""

    version: int
    cancellations: list[ChangeDocument]


class CancellationsView(ApiView):
    """Cancellations of one order."""

    @describes("List cancellations", answers={200: CancellationList}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """All of them, the oldest first."""
        order = order_named(request, number)
        rows = OrderChange.objects.filter(order=order, kind=ChangeKind.CANCELLATION).order_by("number")
        return Response({"version": order.version, "cancellations": [change_document(row, order) for row in rows]})

    @describes("Cancel", body=CancellationBody, answers={201: ChangeDocument, 200: PreviewDocument}, once=True,
               problems=[Kind.NOT_FOUND], examples={"All of it": {"reason": "Changed their mind"}})  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Cancel: 201, and its status says whether it is done or declined, and why."""
        body = self.body(request, CancellationBody)
        order, parts = order_named(request, number), body.parts()
        if body.preview:
            try:
                seen = order_cancel_preview(
                    order_number=order.number, asked_by=body.asked_by, reason=body.reason, parts=parts
                )
            except ChangeRefused as refused:
                raise cannot(refused, "/lines") from refused
            return Response(preview_document(seen, order))
        return self.answer_once(request, lambda: _cancel(request, order, body, parts))


def _cancel(request: Request, order: Order, body: CancellationBody, parts: dict[int, int] | None) -> Answer:
    try:
        change = order_cancel(
            order_number=order.number, reason=body.reason, asked_by=body.asked_by, key=service_key(request),
            actor=str(key_of(request)), parts=parts,
        )  # fmt: skip
    except ChangeRefused as refused:
        raise cannot(refused, "/lines") from refused
    except KeyOfAnother as other:
        raise Problem(Kind.IDEMPOTENCY_KEY_REUSED, f"{other}.") from other
    except MoneyMoving as moving:
        raise Problem(Kind.TRY_AGAIN, f"{moving}.") from moving
    return answered(change, order)
