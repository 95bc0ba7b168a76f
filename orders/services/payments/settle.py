"""What a gateway answered, written down once, however often it is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from modules.contracts.review import HoldDecision
from oms.infra.events import record
from orders.domain.gateway import Declined, Done, Operation, Outcome
from orders.events import PaymentDeclined, PaymentMoved
from orders.models import Payment, PaymentTransaction, TransactionStatus
from orders.services.holds import holds_place
from orders.services.payments.authorised import authorised, order_lock
from orders.services.payments.locked import call, left, payment_lock, terms_of, wake


def call_settle(*, key: str, outcome: Outcome | None, actor: str) -> bool:
    """Write the answer to a call down, and what follows from it; False where that has been done before.

    ``outcome`` None: it was not sent, because nothing leaves a staging clone.
    Raises :class:`~orders.models.PaymentTransaction.DoesNotExist`.
    """
    order = order_lock(key)
    if isinstance(outcome, Done) and order.operation == Operation.AUTHORISE:
        return authorised(order, key=key, outcome=outcome, actor=actor)
    found = PaymentTransaction.objects.get(key=key)
    payment = payment_lock(found.payment_id)
    transaction = PaymentTransaction.objects.select_for_update().get(pk=found.pk)
    if transaction.status != TransactionStatus.PENDING:
        return False
    transaction.finished_at = timezone.now()
    if isinstance(outcome, Done):
        transaction.status, transaction.reference = TransactionStatus.SUCCEEDED, outcome.reference
    elif isinstance(outcome, Declined):
        transaction.status, transaction.code = TransactionStatus.DECLINED, outcome.code[:60]
        transaction.message = outcome.message[:255]
    else:
        transaction.status, transaction.message = TransactionStatus.REFUSED, "Nothing leaves a staging clone."
    transaction.save()
    _move(payment, transaction, outcome)
    if isinstance(outcome, Done):
        _tell_moved(payment, transaction, actor)
    else:
        _after_refusal(payment, transaction, outcome, actor)
    return True


def _move(payment: Payment, transaction: PaymentTransaction, outcome: Outcome | None) -> None:
    """Keep the payment's amounts those of its calls."""
    amount, done = transaction.amount, isinstance(outcome, Done)
    if transaction.operation == Operation.CAPTURE:
        payment.capturing -= amount
        payment.captured += amount if done else 0
    elif transaction.operation == Operation.REFUND:
        payment.refunding -= amount
        payment.refunded += amount if done else 0
    elif transaction.operation == Operation.VOID:
        payment.voided -= 0 if done else amount
    payment.save()


def _tell_moved(payment: Payment, transaction: PaymentTransaction, actor: str) -> None:
    record([
        PaymentMoved(
            subject=payment.order.number, occurred_at=timezone.now(), actor=actor, payment=payment.position,
            operation=transaction.operation, amount=transaction.amount, currency=payment.currency,
            label=str(payment), reason=transaction.reason,
        )
    ])  # fmt: skip


def _after_refusal(payment: Payment, transaction: PaymentTransaction, outcome: Outcome | None, actor: str) -> None:
    order = payment.order
    why = transaction.message or transaction.code
    record([
        PaymentDeclined(
            subject=order.number, occurred_at=timezone.now(), actor=actor, payment=payment.position,
            operation=transaction.operation, amount=transaction.amount, currency=payment.currency,
            label=str(payment), reason=why,
        )
    ])  # fmt: skip
    if outcome is None or transaction.operation not in (Operation.AUTHORISE, Operation.CAPTURE):
        return
    if transaction.operation == Operation.CAPTURE and isinstance(outcome, Declined) and outcome.code == "expired":
        _authorise_again(payment, transaction, actor)
        return
    terms = terms_of(order, order.channel.code)
    declined = payment.transactions.filter(operation=transaction.operation, status=TransactionStatus.DECLINED).count()
    if transaction.operation == Operation.CAPTURE and declined <= len(terms.retry_hours):
        _capture_later(payment, transaction, timedelta(hours=terms.retry_hours[declined - 1]), actor)
        return
    blocks = ("capture", "ship", "allocate") if transaction.operation == Operation.AUTHORISE else ("capture",)
    if not order.holds.filter(code=terms.hold_code).exists():
        said = f"{payment} was declined: {why}"[:255]
        holds_place(holds=[(order.pk, order.number, HoldDecision(terms.hold_code, blocks, said))], actor=actor)


def _authorise_again(payment: Payment, transaction: PaymentTransaction, actor: str) -> None:
    """The authorisation has ended before its day: once there is a new one, what is due is captured by itself."""
    payment.voided += left(payment)
    payment.save(update_fields=["voided"])
    call(payment, Operation.AUTHORISE, transaction.amount, actor=actor, reason="the authorisation had ended")
    wake()


def _capture_later(payment: Payment, transaction: PaymentTransaction, wait: timedelta, actor: str) -> None:
    """Ask again later: the amount stays set aside meanwhile."""
    if left(payment) < transaction.amount or transaction.amount <= Decimal(0):
        return
    payment.capturing += transaction.amount
    payment.save(update_fields=["capturing"])
    again = call(
        payment, Operation.CAPTURE, transaction.amount, actor=actor, reason=transaction.reason,
        continues=payment.authorisation,
    )  # fmt: skip
    again.next_try_at = timezone.now() + wait
    again.save(update_fields=["next_try_at"])
    wake()
