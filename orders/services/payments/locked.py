"""Payments under their row locks: first their orders in the order of their keys, then the payments."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from modules.contracts.order_terms import PaymentTerms
from modules.profile import NotAdopted, Profile, current_profile, profile_for_release
from oms.infra.queue import enqueue
from orders.domain.gateway import Operation
from orders.domain.policies import OrderPolicies
from orders.domain.shares import PricedCharge, PricedLine, Shares
from orders.models import Order, OrderCharge, OrderLine, Payment, PaymentTransaction
from orders.services.order_review import MODULE

PERFORM = "orders.jobs.payments_perform"


def payments_lock(order_ids: Collection[int]) -> dict[int, list[Payment]]:
    """Lock orders and their payments; the payments by order, in the order of their positions."""
    found: dict[int, list[Payment]] = {}
    orders = {order.pk: order for order in Order.objects.filter(pk__in=order_ids).order_by("pk").select_for_update()}
    for payment in Payment.objects.filter(order__in=orders).order_by("pk").select_for_update():
        payment.order = orders[payment.order_id]
        found.setdefault(payment.order_id, []).append(payment)
    for payments in found.values():
        payments.sort(key=lambda payment: payment.position)
    return found


def payment_lock(payment_id: int) -> Payment:
    """Lock one payment, behind its order."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    return next(payment for payment in payments_lock([order_id])[order_id] if payment.pk == payment_id)


def shares_of(order: Order) -> Shares:
    """The lines and charges of an order, shared out."""
    return Shares(
        order.currency,
        [
            PricedLine(line.pk, line.ordered, line.amount, line.cancelled, line.fulfilled, line.returned)
            for line in OrderLine.objects.filter(order=order).order_by("position")
        ],
        [
            PricedCharge(charge.kind, charge.amount, charge.line_id)
            for charge in OrderCharge.objects.filter(order=order)
        ],
    )


def terms_of(order: Order, channel: str) -> PaymentTerms:
    """How money is taken for an order, by the release of Order Management that it finishes on."""
    return terms_at(current_profile(), order.release, channel)


def terms_at(profile: Profile, release: str, channel: str) -> PaymentTerms:
    """The same, for an order of this release, where the newest profile is known."""
    try:
        if release and profile.adopted.get(MODULE) != release:
            profile = profile_for_release(MODULE, release)
        policies: OrderPolicies = profile.release(MODULE).policies
    except NotAdopted:
        return PaymentTerms()
    return policies.payment_terms(channel, profile.of_module(MODULE))


def left(payment: Payment) -> Decimal:
    """What can still be captured of the authorisation."""
    return payment.authorised - payment.voided - payment.captured - payment.capturing


def refundable(payment: Payment) -> Decimal:
    """What can still be given back."""
    return payment.captured - payment.refunded - payment.refunding


def call(
    payment: Payment, operation: Operation, amount: Decimal, *, actor: str, reason: str = "", continues: str = "",
    key: str = "",
) -> PaymentTransaction:  # fmt: skip
    """Write a call to the gateway down as pending. Its key counts the calls of its kind, unless one is given."""
    if not key:
        number = payment.transactions.filter(operation=operation.value).count() + 1
        key = f"{payment.order.number}/{payment.position}/{operation.value}/{number}"
    return PaymentTransaction.objects.create(
        payment=payment, operation=operation.value, amount=amount, key=key, continues=continues,
        reason=reason[:120], actor=actor,
    )  # fmt: skip


def wake() -> None:
    """Let a worker make the calls that wait, once this transaction has committed."""
    enqueue(PERFORM, queueing_lock="payments")
