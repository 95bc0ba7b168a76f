"""``/api/v1/orders/<number>/changes``: asking for changes to an order, and what became of them."""

from __future__ import annotations

import hashlib
import secrets
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field
from rest_framework.request import Request
from rest_framework.response import Response

from oms.infra.idempotency import Answer
from oms.web.api.authentication import caller_of, key_of, may_see
from oms.web.api.describing import describes
from oms.web.api.documents import Document, Links, Money, amount_text, instant_text
from oms.web.api.fields import Amount, Body, Price, Quantity, not_empty, text
from oms.web.api.orders.body import AttributeName, AttributeValue, DestinationBody
from oms.web.api.orders.document import address
from oms.web.api.problems import Fault, Kind, Problem, invalid
from oms.web.api.views import ApiView
from oms.web.places import refuse_unknown_places
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


class AddAction(Body):
    """Another line."""

    action: Literal["add"]
    sku: Annotated[str, text(64, shortest=1)]
    quantity: Quantity
    unit_price: Price | None = None
    description: Annotated[str, text(255)] = ""

    def made(self) -> Action:
        return act.AddLine(
            sku=self.sku, units=self.quantity, unit_price=self.unit_price, description=self.description
        )  # fmt: skip


class RemoveAction(Body):
    """A line is taken out."""

    action: Literal["remove"]
    line: Line

    def made(self) -> Action:
        return act.RemoveLine(line=self.line)


class QuantityAction(Body):
    """A line has another quantity."""

    action: Literal["quantity"]
    line: Line
    quantity: Annotated[int, Field(ge=0, le=2_147_483_647)]

    def made(self) -> Action:
        return act.SetUnits(line=self.line, units=self.quantity)


class AddressAction(Body):
    """The order goes elsewhere."""

    action: Literal["address"]
    destination: DestinationBody

    def made(self) -> Action:
        return act.SetAddress(destination=Destination(**self.destination.model_dump()))


class MethodAction(Body):
    """It is shipped by another method, named by its code."""

    action: Literal["method"]
    method: Annotated[str, text(40)]

    def made(self) -> Action:
        return act.SetMethod(method=self.method)


class DiscountAction(Body):
    """Money off (more than nothing) a line or, with line 0, the order."""

    action: Literal["discount"]
    amount: Amount
    line: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    description: Annotated[str, text(200)] = ""

    def made(self) -> Action:
        return act.Discount(amount=self.amount, line=self.line, description=self.description)


class AttributeAction(Body):
    """One of the retailer's own fields."""

    action: Literal["attribute"]
    name: AttributeName
    value: AttributeValue

    def made(self) -> Action:
        return act.SetAttribute(name=self.name, value=self.value)


class PriorityAction(Body):
    """Higher is more urgent."""

    action: Literal["priority"]
    priority: Annotated[int, Field(ge=0, le=32_767)]

    def made(self) -> Action:
        return act.SetPriority(priority=self.priority)


class SplitAction(Body):
    """Units of a line are put on a line of their own, to leave on their own; ``ship_from`` names a location alone."""

    action: Literal["split"]
    line: Line
    quantity: Quantity
    ship_from: Annotated[str, text(60)] = ""

    def made(self) -> Action:
        return act.SplitLine(line=self.line, units=self.quantity, ship_from=self.ship_from)


ActionBody = Annotated[
    AddAction
    | RemoveAction
    | QuantityAction
    | AddressAction
    | MethodAction
    | DiscountAction
    | AttributeAction
    | PriorityAction
    | SplitAction,
    Field(discriminator="action"),
]


class ChangeBody(Body):
    """A change: all of its actions are done, or none.

    ``version`` is the order's as it was looked at; ``preview`` asks what would follow, and changes nothing.
    """

    actions: Annotated[
        tuple[ActionBody, ...],
        Field(max_length=100, strict=False, json_schema_extra={"minItems": 1}),
        AfterValidator(not_empty),
    ]
    asked_by: Literal["customer", "channel"] = "channel"
    reason: Annotated[str, text(255)] = ""
    version: Annotated[int, Field(ge=1)] | None = None
    preview: bool = False


class ChangeTotals(Document):
    """What the customer owed and owes; what the change costs and what goes back."""

    currency: str
    before: Money
    after: Money
    fee: Money
    given_back: Money


class ChangeLinks(Links):
    """Where the change is among the others, and its order."""

    order: str


class ChangeDocument(Document):
    """A change or cancellation. ``why``: why it was decided so; ``totals``: once it is done."""

    number: int
    status: str = Field(description="requested, confirmed, declined or canceled; more may come.")
    asked_by: str
    reason: str
    actions: list[dict[str, Any]]
    why: str
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None
    totals: ChangeTotals | None
    links: ChangeLinks


class ChangeList(Document):
    """Changes of an order, the oldest first, and the order's version."""

    version: int
    changes: list[ChangeDocument]


class PreviewTotals(Document):
    """What the customer would owe, and which money would move."""

    currency: str
    before: Money
    after: Money
    fee: Money
    to_authorise: Money
    to_pay: Money
    to_release: Money
    to_give_back: Money


class PreviewedAction(Document):
    """An action in words, whether it may be done, and why."""

    action: str
    allowed: bool
    why: str


class PreviewDocument(Document):
    """What would follow. Nothing was changed."""

    preview: bool
    version: int
    allowed: bool
    needs_confirmation: bool
    why: str
    actions: list[PreviewedAction]
    touches: list[str]
    totals: PreviewTotals


class ChangesView(ApiView):
    """Changes of one order."""

    @describes("List changes", answers={200: ChangeList}, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """All of them, the oldest first."""
        order = order_named(request, number)
        rows = OrderChange.objects.filter(order=order, kind=ChangeKind.CHANGE).order_by("number")
        return Response({"version": order.version, "changes": [change_document(row, order) for row in rows]})

    @describes("Ask for a change", body=ChangeBody, answers={201: ChangeDocument, 200: PreviewDocument}, once=True,
               problems=[Kind.NOT_FOUND, Kind.ORDER_CHANGED_MEANWHILE],
               examples={
                   "One unit less": {"actions": [{"action": "quantity", "line": 1, "quantity": 1}]},
                   "One unit apart": {"actions": [{"action": "split", "line": 1, "quantity": 1}]},
               })  # fmt: skip
    def post(self, request: Request, number: str) -> Response:
        """Ask for one: 201, and its status says whether it is done, waits to be confirmed or is declined, and why."""
        body = self.body(request, ChangeBody)
        order = order_named(request, number)
        actions = [each.made() for each in body.actions]
        try:
            refuse_unknown_places(actions)
        except ChangeRefused as refused:
            raise cannot(refused, "/actions") from refused
        if body.preview:
            try:
                seen = order_change_preview(order_number=order.number, actions=actions, asked_by=body.asked_by)
            except ChangeRefused as refused:
                raise cannot(refused, "/actions") from refused
            return Response(preview_document(seen, order))
        return self.answer_once(request, lambda: _ask(request, order, body, actions))


class ChangeCancelView(ApiView):
    """Taking a change back that has not been decided yet."""

    @describes("Take a change back", answers={200: ChangeDocument}, problems=[Kind.NOT_FOUND, Kind.CHANGE_DECIDED])
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
        "finished_at": instant_text(change.finished_at),
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
