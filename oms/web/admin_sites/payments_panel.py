"""The money of an order: what each tender covers, what was taken and given back, and what may be given back now."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString

from oms.infra.backoffice.display import Tone, badge
from oms.kernel.money import Money
from oms.kernel.verdict import Verdict
from orders.models import Order, Payment, PaymentTransaction, TransactionStatus
from orders.services.payments import refundable

CALLS_AT_MOST = 20

_TONES = {
    TransactionStatus.PENDING: Tone.WAITING,
    TransactionStatus.SUCCEEDED: Tone.DONE,
    TransactionStatus.DECLINED: Tone.WRONG,
    TransactionStatus.REFUSED: Tone.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a gateway, with its status in words."""

    row: PaymentTransaction
    state: SafeString


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment with its newest calls."""

    row: Payment
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class PaymentsPanel:
    """The whole panel. ``key`` names the refund that the form on this page asks for: a double click asks once."""

    tenders: Sequence[Tender]
    may_refund: Verdict
    most: Decimal
    key: str


def payments_panel(order: Order) -> PaymentsPanel | None:
    """Gather the panel in two queries; None where nothing is known of any payment."""
    payments = list(order.payments.prefetch_related("transactions").order_by("position"))
    if not payments:
        return None
    tenders = [
        Tender(
            payment,
            [
                Call(call, badge(call.get_status_display(), _TONES[TransactionStatus(call.status)]))
                for call in list(payment.transactions.all())[-CALLS_AT_MOST:]
            ],
        )
        for payment in payments
    ]
    most = sum((refundable(payment) for payment in payments), Decimal(0))
    may = Verdict.yes() if most > 0 else Verdict.no("Nothing has been taken that could be given back.")
    return PaymentsPanel(tenders, may, Money(most, order.currency).rounded().amount, secrets.token_urlsafe(9))
