"""Asking for money to move. Each verb writes the call down in the transaction of what made it due; a job makes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db import connection

from oms.kernel.money import Money
from oms.kernel.verdict import Verdict
from orders.domain.gateway import Operation
from orders.models import HoldStatus, Order, Payment, PaymentTransaction, TransactionStatus
from orders.services.payments.locked import call, left, payments_lock, refundable, shares_of, terms_of, wake


class RefundRefused(ValueError):
    """The money cannot be given back; the message says why."""


def captures_request(*, order_ids: Collection[int], actor: str, reason: str = "") -> int:
    """Ask for what has fallen due on orders and is neither taken nor asked for; return how many calls that makes.

    The caller may hold the orders' row locks. Safe to repeat: what is being captured is not asked for again. An order
    that a hold keeps from being charged waits for the hold's release.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT p.order_id FROM orders_payment p WHERE p.order_id = ANY(%s)"
            " AND p.authorised > p.voided + p.captured + p.capturing AND NOT EXISTS (SELECT FROM orders_orderhold h"
            " WHERE h.order_id = p.order_id AND h.status = %s AND 'capture' = ANY(h.blocks))",
            [list(order_ids), HoldStatus.ACTIVE],
        )
        waiting = [row[0] for row in cursor.fetchall()]
    calls = [item for order in payments_lock(waiting).values() for item in _captures(order, actor, reason)]
    if calls:
        wake()
    return len(calls)


def _captures(payments: Sequence[Payment], actor: str, reason: str) -> list[PaymentTransaction]:
    order = payments[0].order
    terms = terms_of(order, order.channel.code)
    shares = shares_of(order)
    due = shares.due if terms.capture == "on_shipment" else shares.due + shares.still_to_come
    due -= sum((payment.captured + payment.capturing for payment in payments), Decimal(0))
    rank = {kind: at for at, kind in enumerate(terms.tenders)}
    calls = []
    for payment in sorted(payments, key=lambda each: (rank.get(each.kind, len(rank)), each.position)):
        amount = min(due, left(payment))
        if amount > 0:
            payment.capturing += amount
            payment.save(update_fields=["capturing"])
            due -= amount
            calls.append(
                call(payment, Operation.CAPTURE, amount, actor=actor, reason=reason, continues=payment.authorisation)
            )
    return calls


def refund_verdict(payments: Sequence[Payment], amount: Decimal) -> Verdict:
    """Whether so much can be given back."""
    can = sum((refundable(payment) for payment in payments), Decimal(0))
    if amount <= 0:
        return Verdict.no("the amount of a refund is more than nothing")
    if amount > can:
        currency = payments[0].currency if payments else ""
        return Verdict.no(f"at most {Money(can, currency)} can be given back: no more was taken, or it is on its way")
    return Verdict.yes()


def order_refund(*, order_number: str, amount: Decimal, reason: str, key: str, actor: str) -> list[PaymentTransaction]:
    """Give money back, the tender that was charged last first; return the calls.

    ``key`` names this refund: asked for twice, it is made once, and the same calls come back. Raises
    :class:`RefundRefused`, :class:`~orders.models.Order.DoesNotExist`.
    """
    order = Order.objects.select_related("channel").get(number=order_number)
    payments = payments_lock([order.pk]).get(order.pk, [])
    prefix = f"{order_number}/refund/{key}/"
    earlier = list(PaymentTransaction.objects.filter(payment__order=order, key__startswith=prefix))
    if earlier:
        if sum((each.amount for each in earlier), Decimal(0)) != amount:
            message = f"{key!r} has named a refund of another amount before; give each refund a key of its own"
            raise RefundRefused(message)
        return earlier
    verdict = refund_verdict(payments, amount)
    if not verdict:
        raise RefundRefused(verdict.reason)
    rank = {kind: at for at, kind in enumerate(terms_of(order, order.channel.code).tenders)}
    calls = []
    for payment in sorted(payments, key=lambda each: (-rank.get(each.kind, len(rank)), -each.position)):
        calls += _refunds(payment, min(amount, refundable(payment)), prefix, reason, actor)
        amount -= sum((each.amount for each in calls if each.payment_id == payment.pk), Decimal(0))
    wake()
    return calls


def _refunds(payment: Payment, amount: Decimal, prefix: str, reason: str, actor: str) -> list[PaymentTransaction]:
    """A refund names the capture that it gives back, the newest first: each gives back what is left of it."""
    calls: list[PaymentTransaction] = []
    captures = payment.transactions.filter(operation=Operation.CAPTURE.value, status=TransactionStatus.SUCCEEDED)
    for capture in captures.order_by("-id"):
        given = payment.transactions.filter(
            operation=Operation.REFUND.value, continues=capture.reference,
            status__in=[TransactionStatus.PENDING, TransactionStatus.SUCCEEDED],
        )  # fmt: skip
        part = min(amount, capture.amount - sum((each.amount for each in given), Decimal(0)))
        if part > 0:
            key = f"{prefix}{payment.position}-{len(calls) + 1}"
            calls.append(
                call(payment, Operation.REFUND, part, actor=actor, reason=reason, continues=capture.reference, key=key)
            )
            payment.refunding += part
            amount -= part
    payment.save(update_fields=["refunding"])
    return calls


def authorisations_void(*, order_id: int, actor: str, reason: str) -> int:
    """Give back what is authorised and will never fall due; return how many calls that makes. Safe to repeat."""
    payments = payments_lock([order_id]).get(order_id, [])
    if not payments:
        return 0
    shares = shares_of(payments[0].order)
    asked = sum((each.captured + each.capturing for each in payments), Decimal(0))
    needed = max(Decimal(0), shares.due + shares.still_to_come - asked)
    made = 0
    for payment in payments:
        keep = min(needed, left(payment))
        needed -= keep
        spare = left(payment) - keep
        if spare > 0:  # from now on it can no longer be captured
            payment.voided += spare
            payment.save(update_fields=["voided"])
            call(payment, Operation.VOID, spare, actor=actor, reason=reason, continues=payment.authorisation)
            made += 1
    if made:
        wake()
    return made
