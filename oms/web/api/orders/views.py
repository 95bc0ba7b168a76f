"""``/api/v1/orders``."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from django.utils import timezone
from pydantic import BeforeValidator, Field
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import key_of
from oms.web.api.cursor import read_cursor, write_cursor
from oms.web.api.fields import Parameters
from oms.web.api.orders.body import OrderBody
from oms.web.api.orders.difference import differences
from oms.web.api.orders.document import COLLECTION, order_document, summary_document
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from orders.api.selectors import Place, order_detail, orders_newest
from orders.models import OrderStatus
from orders.services import InactiveChannel, UnknownChannel, UnknownProducts, orders_capture


class PageParameters(Parameters):
    """Which orders, and how many at once."""

    status: OrderStatus | None = None
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[Place, BeforeValidator(read_cursor)] | None = None


class OrdersView(ApiView):
    """All orders of the retailer: a page of them, or one more."""

    def get(self, request: Request) -> Response:
        """A page, the newest first. ``next`` is null on the last one."""
        asked = self.parameters(request, PageParameters)
        found = orders_newest(status=asked.status, channel=asked.channel, after=asked.cursor, limit=asked.limit + 1)
        page = found[: asked.limit]
        cursor = write_cursor(Place(page[-1].placed_at, page[-1].id)) if len(found) > len(page) else None
        parameters = {**request.query_params.dict(), "cursor": cursor}
        following = f"{COLLECTION}?{urlencode(parameters)}" if cursor else None
        return Response(
            {
                "orders": [summary_document(order) for order in page],
                "next_cursor": cursor,
                "links": {"self": request.get_full_path(), "next": following},
            }
        )

    def post(self, request: Request) -> Response:
        """Capture an order: 201 when it is new, 200 when the channel has placed just this order before."""
        body = self.body(request, OrderBody)
        return self.answer_once(request, lambda: _capture(body, actor=str(key_of(request))))


class OrderView(ApiView):
    """One order."""

    def get(self, request: Request, number: str) -> Response:
        """The order as it stands now."""
        order = order_detail(number)
        if order is None:
            raise Problem(Kind.NOT_FOUND, f"There is no order {number}.")
        return Response(order_document(order))


def _capture(body: OrderBody, *, actor: str) -> Answer:
    try:
        [captured] = orders_capture(channel=body.channel, orders=[body.new_order(timezone.now())], actor=actor)
    except UnknownChannel as fault:
        raise invalid([Fault("/channel", "unknown_channel", f"There is no channel {body.channel}.")]) from fault
    except InactiveChannel as fault:
        raise invalid([Fault("/channel", "inactive_channel", f"{body.channel} takes no orders now.")]) from fault
    except UnknownProducts as fault:
        raise invalid(
            [Fault(f"/lines/{line}/sku", "unknown_sku", f"There is no product {sku}.") for _, line, sku in fault.lines]
        ) from fault
    order = order_detail(captured.number)
    if order is None:
        message = f"order {captured.number} was captured and is not there"
        raise LookupError(message)
    if captured.created:
        return Answer(201, order_document(order))
    different = differences(body, order)
    if different:
        raise Problem(
            Kind.ORDER_ALREADY_CAPTURED_DIFFERENTLY,
            f"{captured.number} was captured before, with other content: {', '.join(f.at for f in different[:5])}.",
            faults=different,
        )
    return Answer(200, order_document(order))
