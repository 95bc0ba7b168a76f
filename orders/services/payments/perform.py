"""Making the calls that wait. No transaction is open while a gateway is asked.

A call is leased before it is made, so that no two workers make it at once. Should the process die at any line, the
lease ends, and the call is made again under the same key: the gateway does it once and tells what became of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.outbound import Accepted, Kind, send
from oms.kernel.money import Money
from orders.domain.gateway import NoAnswer, Operation, Outcome, Question
from orders.models import PaymentTransaction, TransactionStatus
from orders.payments import gateway_connect
from orders.services.payments.rows import LEASE
from orders.services.payments.settle import call_settle

logger = logging.getLogger(__name__)

_LONGEST = timedelta(hours=1)
ACTOR = "payments"


@dataclass(frozen=True, slots=True)
class _Leased:
    gateway: str
    question: Question
    attempts: int


def calls_perform(*, schema: str, at_most: int = 200) -> int:
    """Make the calls that wait and are due, oldest first; return how many were answered."""
    answered = 0
    for _ in range(at_most):
        with retailer_context(schema):
            leased, sent = _lease()
        if leased is None:
            break
        answered += _perform(schema, leased, sent=sent)
    return answered


def _lease() -> tuple[_Leased | None, bool]:
    """Take the next call; whether it may leave the house."""
    waiting = PaymentTransaction.objects.filter(status=TransactionStatus.PENDING, next_try_at__lte=timezone.now())
    transaction = waiting.select_for_update(skip_locked=True).order_by("next_try_at", "id").first()
    if transaction is None:
        return None, False
    payment = transaction.payment
    transaction.attempts += 1
    transaction.next_try_at = timezone.now() + min(LEASE * 2 ** (transaction.attempts - 1), _LONGEST)
    transaction.save(update_fields=["attempts", "next_try_at"])
    question = Question(
        operation=Operation(transaction.operation), key=transaction.key,
        amount=Money(transaction.amount, payment.currency), token=payment.token,
        reference=transaction.continues, order_number=payment.order.number,
    )  # fmt: skip
    answer = send(
        kind=Kind.GATEWAY, target=payment.gateway,
        payload={"operation": transaction.operation, "key": transaction.key, "amount": str(question.amount)},
        perform=lambda: None,  # made below, where its answer can be written down
    )  # fmt: skip
    return _Leased(payment.gateway, question, transaction.attempts), isinstance(answer, Accepted)


def _perform(schema: str, leased: _Leased, *, sent: bool) -> int:
    outcome: Outcome | None = None
    if sent:
        try:
            gateway = gateway_connect(leased.gateway, schema=schema)
            outcome = gateway.look_up(leased.question.key) if leased.attempts > 1 else None
            outcome = outcome or gateway.ask(leased.question)
        except NoAnswer as fault:
            logger.warning("no answer from %s to %s: %s", leased.gateway, leased.question.key, fault)
            return 0
    with retailer_context(schema):
        return int(call_settle(key=leased.question.key, outcome=outcome, actor=ACTOR))
