"""The money of a change: more is authorised anew, less is given back, never more than the change is worth."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from orders.domain.change import Money
from orders.domain.gateway import Operation
from orders.models import Order, OrderChange, Payment, PaymentTransaction, TransactionStatus
from orders.services.payments import (
    authorisations_void,
    captures_request,
    left,
    order_refund,
    payments_lock,
    refundable,
    shares_of,
)
from orders.services.payments.locked import call, wake

#: The gateway of money that others move: a platform keeps those books, ours follow.
ELSEWHERE = "elsewhere"


class MoneyMoving(ValueError):
    """Money that would have to be given back is being taken at this moment; ask again once the gateway has answered."""


def money_settle(
    order: Order, before: Decimal, *, name: str, reason: str, actor: str, channel_gives_back: bool = False
) -> Money:
    """Bring the payments of a locked order in line with what it costs now; ``before`` is what it cost.

    ``name`` is the change's, for the keys of its calls. An order of which no payment is known has none to settle.
    ``channel_gives_back``: what was taken elsewhere is given back there, and the channel tells of it by itself.
    Raises :class:`MoneyMoving`.
    """
    after = shares_of(order).payable
    payments = payments_lock([order.pk]).get(order.pk, [])
    if not payments:
        return Money(before, after)
    captures_request(order_ids=[order.pk], actor=actor, reason=reason)
    payments = payments_lock([order.pk])[order.pk]
    earlier = OrderChange.objects.filter(order=order).aggregate(sum=Sum("given_back"))["sum"] or Decimal(0)
    taken = sum((each.captured + each.capturing for each in payments), Decimal(0)) - earlier
    if after > before:
        promised = sum((left(each) for each in payments), Decimal(0)) + _asked_for(order)
        more = min(after - before, max(Decimal(0), after - taken - promised))
        return _ask_for(payments, Money(before, after), more, reason=reason, actor=actor)
    promised = sum((left(each) for each in payments), Decimal(0))
    authorisations_void(order_id=order.pk, actor=actor, reason=reason)
    payments = payments_lock([order.pk])[order.pk]
    released = promised - sum((left(each) for each in payments), Decimal(0))
    back = max(Decimal(0), taken - after) - max(Decimal(0), taken - before)
    if channel_gives_back and all(each.gateway == ELSEWHERE for each in payments):
        back = Decimal(0)
    if back > 0:
        _give_back(order, payments, back, name=name, reason=reason, actor=actor)
    return Money(before, after, release=released, give_back=max(back, Decimal(0)))


def outstanding(order: Order, payments: list[Payment]) -> Decimal:
    """What the customer still has to pay because no tender of the order covers it; nothing where none is known."""
    if not payments:
        return Decimal(0)
    earlier = OrderChange.objects.filter(order=order).aggregate(sum=Sum("given_back"))["sum"] or Decimal(0)
    covered = sum((left(each) + each.captured + each.capturing for each in payments), Decimal(0)) - earlier
    return max(Decimal(0), shares_of(order).payable - covered - _asked_for(order))


def _asked_for(order: Order) -> Decimal:
    """What gateways have been asked to authorise and have not answered, beyond what it takes the place of."""
    asked = PaymentTransaction.objects.filter(
        payment__order=order, operation=Operation.AUTHORISE.value, status=TransactionStatus.PENDING
    ).select_related("payment")
    return sum((max(Decimal(0), each.amount - left(each.payment)) for each in asked), Decimal(0))


def _ask_for(payments: list[Payment], money: Money, more: Decimal, *, reason: str, actor: str) -> Money:
    """A tender of its own for what is more, at the same gateway with the same token: the earlier ones stay whole."""
    if more <= 0:
        return money
    again = next((each for each in reversed(payments) if each.token), None)
    if again is None:
        return Money(money.before, money.after, outstanding=more)
    tender = Payment.objects.create(
        order_id=again.order_id, position=payments[-1].position + 1, kind=again.kind, gateway=again.gateway,
        token=again.token, label=again.label, currency=again.currency, amount=more,
    )  # fmt: skip
    tender.order = again.order
    call(tender, Operation.AUTHORISE, more, actor=actor, reason=reason)
    wake()
    return Money(money.before, money.after, authorise=more)


def _give_back(
    order: Order, payments: list[Payment], amount: Decimal, *, name: str, reason: str, actor: str
) -> None:  # fmt: skip
    can = sum((refundable(each) for each in payments), Decimal(0))
    if amount > can:
        message = (
            f"{amount} {order.currency} would have to be given back, and {can} can be at this moment: "
            "money is being taken or given back; ask again in a moment"
        )
        raise MoneyMoving(message)
    order_refund(order_number=order.number, amount=amount, reason=reason[:120], key=name, actor=actor)
