"""``/api/v1/orders``."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from pydantic import BeforeValidator, Field, WithJsonSchema
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.admission import Caller
from oms.web.api.authentication import caller_of, may_see
from oms.web.api.conditional import tagged
from oms.web.api.cursor import read_cursor
from oms.web.api.describing import describes
from oms.web.api.fields import Instant, Parameters
from oms.web.api.orders.authorising import Authorising
from oms.web.api.orders.body import EXAMPLES, OrderBody
from oms.web.api.orders.difference import differences
from oms.web.api.orders.document import COLLECTION, OrderDocument, OrderPage, order_document, summary_document
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from orders.api.selectors import Place, order_detail, orders_newest
from orders.models import OrderStatus
from orders.services import InactiveChannel, UnknownChannel, UnknownProducts, orders_capture


class PageParameters(Parameters):
    """Which orders, and how many at once."""

    status: OrderStatus | None = None
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    updated_since: Annotated[
        Instant | None,
        Field(description="Orders of which something was recorded since then. Ask again from a minute before."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[Place, BeforeValidator(read_cursor), WithJsonSchema({"type": "string"})] | None = None


class OrdersView(ApiView):
    """All orders of the retailer: a page of them, or one more."""

    @describes("List orders, the newest first", parameters=PageParameters, answers={200: OrderPage})
    def get(self, request: Request) -> Response:
        """A page of the orders that the key may see. ``next`` is null on the last one."""
        asked = self.parameters(request, PageParameters)
        found = orders_newest(
            status=asked.status, channel=asked.channel, within=caller_of(request).channel_ids,
            updated_since=asked.updated_since, after=asked.cursor,
            limit=asked.limit + 1,
        )  # fmt: skip
        return self.page(
            request, COLLECTION, "orders", found, asked.limit, summary_document,
            lambda last: Place(last.placed_at, last.id),
        )  # fmt: skip

    @describes("Place an order", body=OrderBody, answers={201: OrderDocument, 200: OrderDocument}, once=True,
               problems=[Kind.ORDER_ALREADY_CAPTURED_DIFFERENTLY], examples=EXAMPLES)  # fmt: skip
    def post(self, request: Request) -> Response:
        """Capture an order: 201 when it is new, 200 when the channel has placed just this order before."""
        body = self.body(request, OrderBody)
        return self.answer_once(request, lambda: _capture(body, caller_of(request), Authorising(request)))


class OrderView(ApiView):
    """One order."""

    @describes("Get an order", answers={200: OrderDocument}, conditional=True, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """The order as it stands now."""
        order = order_detail(number)
        if order is None or not may_see(caller_of(request), order.summary.channel):
            raise Problem(Kind.NOT_FOUND, f"There is no order {number}.")
        return tagged(request, order_document(order))


def _capture(body: OrderBody, caller: Caller, authorising: Authorising) -> Answer:
    if not may_see(caller, body.channel):
        detail = f"With this key orders are placed on {', '.join(caller.channels)}."
        raise invalid([Fault("/channel", "channel_not_allowed", detail)])
    try:
        [captured] = orders_capture(
            channel=body.channel, orders=[body.new_order(timezone.now())], actor=str(caller.key),
            begin=authorising.begin,
        )  # fmt: skip
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
