"""``/api/v1/orders/<number>/changes``: asking for changes to an order, and what became of them."""

from __future__ import annotations

import hashlib
import secrets
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import caller_of, key_of, may_see
from oms.web.api.fields import Amount, Body, Price, Quantity, not_empty, text
from oms.web.api.orders.body import AttributeName, AttributeValue, DestinationBody
from oms.web.api.orders.document import address, amount_text, instant_text
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from orders.domain import change as act
from orders.domain.capture import Destination
from orders.domain.change import Action, ChangeRefused, Preview, StaleOrder
from orders.models import ChangeKind, ChangeStatus, Order, OrderChange
from orders.services import (
    KeyOfAnother,
    MoneyMoving,
    NotWaiting,
    order_change_cancel,
    order_change_preview,
    order_change_request,
)

Line = Annotated[int, Field(ge=1, le=2_147_483_647)]


class _Add(Body):
    action: Literal["add"]
    sku: Annotated[str, text(64, shortest=1)]
    quantity: Quantity
    unit_price: Price | None = None
    description: Annotated[str, text(255)] = ""

    def made(self) -> Action:
        return act.AddLine(
            sku=self.sku, units=self.quantity, unit_price=self.unit_price, description=self.description
        )  # fmt: skip


class _Remove(Body):
    action: Literal["remove"]
    line: Line

    def made(self) -> Action:
        return act.RemoveLine(line=self.line)


class _Units(Body):
    action: Literal["quantity"]
    line: Line
    quantity: Annotated[int, Field(ge=0, le=2_147_483_647)]

    def made(self) -> Action:
        return act.SetUnits(line=self.line, units=self.quantity)


class _Address(Body):
    action: Literal["address"]
    destination: DestinationBody

    def made(self) -> Action:
        return act.SetAddress(destination=Destination(**self.destination.model_dump()))


class _Method(Body):
    action: Literal["method"]
    method: Annotated[str, text(40)]

    def made(self) -> Action:
        return act.SetMethod(method=self.method)


class _Discount(Body):
    action: Literal["discount"]
    amount: Amount
    line: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    description: Annotated[str, text(200)] = ""

    def made(self) -> Action:
        return act.Discount(amount=self.amount, line=self.line, description=self.description)


class _Attribute(Body):
    action: Literal["attribute"]
    name: AttributeName
    value: AttributeValue

    def made(self) -> Action:
        return act.SetAttribute(name=self.name, value=self.value)


class _Priority(Body):
    action: Literal["priority"]
    priority: Annotated[int, Field(ge=0, le=32_767)]

    def made(self) -> Action:
        return act.SetPriority(priority=self.priority)


ActionBody = Annotated[
    _Add | _Remove | _Units | _Address | _Method | _Discount | _Attribute | _Priority, Field(discriminator="action")
]


class ChangeBody(Body):
    """A change: all of its actions are done, or none.

    ``version`` is the order's as it was looked at; ``preview`` asks what would follow, and changes nothing.
    """

    actions: Annotated[tuple[ActionBody, ...], Field(max_length=100, strict=False), AfterValidator(not_empty)]
    asked_by: Literal["customer", "channel"] = "channel"
    reason: Annotated[str, text(255)] = ""
    version: Annotated[int, Field(ge=1)] | None = None
    preview: bool = False


class ChangesView(ApiView):
    """Changes of one order."""

    def get(self, request: Request, number: str) -> Response:
        """All of them, the oldest first."""
        order = order_named(request, number)
        rows = OrderChange.objects.filter(order=order, kind=ChangeKind.CHANGE).order_by("number")
        return Response({"version": order.version, "changes": [change_document(row, order) for row in rows]})

    def post(self, request: Request, number: str) -> Response:
        """Ask for one: 201, and its status says whether it is done, waits to be confirmed or is declined, and why."""
        body = self.body(request, ChangeBody)
        order = order_named(request, number)
        actions = [each.made() for each in body.actions]
        if body.preview:
            try:
                seen = order_change_preview(order_number=order.number, actions=actions, asked_by=body.asked_by)
            except ChangeRefused as refused:
                raise cannot(refused, "/actions") from refused
            return Response(preview_document(seen, order))
        return self.answer_once(request, lambda: _ask(request, order, body, actions))


class ChangeCancelView(ApiView):
    """Taking a change back that has not been decided yet."""

    def post(self, request: Request, number: str, change: int) -> Response:
        """Take it back. Once it has been decided: 409."""
        order = order_named(request, number)
        try:
            row = order_change_cancel(order_number=order.number, number=change, actor=str(key_of(request)))
        except NotWaiting as fault:
            raise Problem(Kind.CHANGE_DECIDED, f"{fault}.") from fault
        return Response(change_document(row, order))


def order_named(request: Request, number: str) -> Order:
    """The order that an address names, for a key that may see it. Raises ``Problem``."""
    order = None if "\x00" in number else Order.objects.select_related("channel").filter(number=number).first()
    if order is None or not may_see(caller_of(request), order.channel.code):
        raise Problem(Kind.NOT_FOUND, f"There is no order {number}.")
    return order


def service_key(request: Request) -> str:
    """What names a write for the service: the caller's own key, if it gives one."""
    given = request.headers.get("Idempotency-Key")
    if not given:
        return f"api-{secrets.token_urlsafe(16)}"
    return "api-" + hashlib.sha256(f"{key_of(request).prefix}\n{given}".encode()).hexdigest()


def cannot(refused: ChangeRefused, at: str) -> Problem:
    """The problem of actions that cannot be done."""
    return invalid([Fault(f"{at}/{fault.action}", "not_possible", f"{_said(fault.why)}.") for fault in refused.faults])


def change_document(change: OrderChange, order: Order) -> dict[str, object]:
    """A change or cancellation as a partner gets it."""
    done = change.status == ChangeStatus.CONFIRMED
    return {
        "number": change.number,
        "status": change.status,
        "asked_by": change.asked_by,
        "reason": change.reason,
        "actions": change.actions,
        "why": change.why,
        "requested_at": instant_text(change.requested_at),
        "finished_at": instant_text(change.finished_at) if change.finished_at else None,
        "totals": {
            "currency": order.currency,
            "before": amount_text(change.total_before, order.currency),
            "after": amount_text(change.total_after, order.currency),
            "fee": amount_text(change.fee, order.currency),
            "given_back": amount_text(change.given_back, order.currency),
        }
        if done
        else None,
        "links": {"self": f"{address(order.number)}/{_collection(change)}", "order": address(order.number)},
    }


def preview_document(seen: Preview, order: Order) -> dict[str, object]:
    """What would follow, as a partner gets it."""

    def shown(amount: Decimal) -> str:
        return amount_text(amount, order.currency)

    return {
        "preview": True,
        "version": seen.version,
        "allowed": seen.allowed,
        "needs_confirmation": seen.needs_confirmation,
        "why": seen.why,
        "actions": [{"action": words, "allowed": allowed, "why": why} for words, allowed, why in seen.verdicts],
        "touches": list(seen.touches),
        "totals": {
            "currency": order.currency,
            "before": shown(seen.money.before), "after": shown(seen.money.after), "fee": shown(seen.fee),
            "to_authorise": shown(seen.money.authorise), "to_pay": shown(seen.money.outstanding),
            "to_release": shown(seen.money.release), "to_give_back": shown(seen.money.give_back),
        },
    }  # fmt: skip


def answered(change: OrderChange, order: Order) -> Answer:
    """The answer to a change that was asked for; one that is declined is kept as well, with the reason."""
    return Answer(201, change_document(change, order))


def _ask(request: Request, order: Order, body: ChangeBody, actions: list[Action]) -> Answer:
    try:
        change = order_change_request(
            order_number=order.number, actions=actions, asked_by=body.asked_by, reason=body.reason,
            key=service_key(request), actor=str(key_of(request)), version=body.version,
        )  # fmt: skip
    except ChangeRefused as refused:
        raise cannot(refused, "/actions") from refused
    except StaleOrder as stale:
        raise Problem(Kind.ORDER_CHANGED_MEANWHILE, f"{stale}.") from stale
    except KeyOfAnother as other:
        raise Problem(Kind.IDEMPOTENCY_KEY_REUSED, f"{_said(str(other))}.") from other
    except MoneyMoving as moving:
        raise Problem(Kind.TRY_AGAIN, f"{_said(str(moving))}.") from moving
    return answered(change, order)


def _collection(change: OrderChange) -> str:
    return "cancellations" if change.kind == ChangeKind.CANCELLATION else "changes"


def _said(words: str) -> str:
    return words[:1].upper() + words[1:]
