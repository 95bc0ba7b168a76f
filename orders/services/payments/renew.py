"""Authorisations are asked for anew before they end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from orders.domain.gateway import Operation
from orders.models import Payment, TransactionStatus
from orders.services.payments.locked import call, left, payment_lock, shares_of, terms_of, wake

#: No retailer renews earlier than that.
_SOONEST = timedelta(hours=24 * 30)


def authorisations_renew(*, actor: str) -> int:
    """Ask anew for authorisations that end soon and are still needed; return how many. Safe to repeat."""
    now = timezone.now()
    ending = Payment.objects.filter(expires_at__lt=now + _SOONEST).order_by("expires_at").values_list("pk", flat=True)
    made = 0
    for payment_id in ending[:1000]:
        payment = payment_lock(payment_id)
        order = payment.order
        terms = terms_of(order, order.channel.code)
        if payment.expires_at is None or payment.expires_at > now + timedelta(hours=terms.reauthorise_hours):
            continue
        shares = shares_of(order)
        others = order.payments.exclude(pk=payment.pk)
        taken = sum((each.captured + each.capturing for each in order.payments.all()), Decimal(0))
        needed = shares.due + shares.still_to_come - taken - sum((left(each) for each in others), Decimal(0))
        needed = min(needed, payment.amount - payment.captured - payment.capturing)
        asked = payment.transactions.filter(operation=Operation.AUTHORISE.value, status=TransactionStatus.PENDING)
        if needed > 0 and not payment.capturing and not asked.exists():
            call(payment, Operation.AUTHORISE, needed, actor=actor, reason="the authorisation ends soon")
            made += 1
        elif needed <= 0:
            payment.expires_at = None
            payment.save(update_fields=["expires_at"])
    if made:
        wake()
    return made
