"""The tenders of new orders as rows, with the calls that they begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from oms.kernel.money import Money
from orders.domain.capture import NewOrder, NewPayment
from orders.domain.gateway import Begun, Operation, Question
from orders.models import TransactionStatus

PAYMENT_COLUMNS = [
    "id", "order", "position", "kind", "gateway", "token", "label", "currency", "amount", "authorised", "voided",
    "capturing", "captured", "refunding", "refunded", "authorisation", "expires_at",
]  # fmt: skip
CALL_COLUMNS = [
    "payment", "operation", "status", "amount", "key", "continues", "reference", "reason", "code", "message", "actor",
    "attempts", "finished_at", "next_try_at",
]  # fmt: skip
#: For so long nobody else makes a call that has been begun; it grows with each attempt.
LEASE = timedelta(seconds=30)
_NOTHING = Decimal(0)


@dataclass(slots=True)
class PaymentRows:
    """Rows of :data:`PAYMENT_COLUMNS` and of :data:`CALL_COLUMNS`; whether a gateway has to be asked."""

    payments: list[tuple[Any, ...]] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)
    waiting: bool = False


def payment_rows(
    order_id: int, number: str, order: NewOrder, ids: Iterator[int], actor: str, at_once: Collection[str] = ()
) -> PaymentRows:
    """What the channel had authorised or taken is written down as done; for the rest the gateway will be asked.

    Calls to the gateways ``at_once`` are begun by this: nobody else makes them before their lease has ended.
    """
    rows = PaymentRows()
    now = datetime.now(UTC)
    for position, item in enumerate(order.payments, 1):
        key = next(ids)
        done = bool(item.authorisation)
        begins = not done and item.gateway in at_once
        rows.payments.append((
            key, order_id, position, item.kind, item.gateway, item.token, item.label, order.currency, item.amount,
            item.amount if done else _NOTHING, _NOTHING, _NOTHING, item.amount if item.captured else _NOTHING,
            _NOTHING, _NOTHING, item.authorisation, item.expires_at,
        ))  # fmt: skip
        calls = [(Operation.AUTHORISE, "", item.authorisation)]
        if item.captured:
            calls.append((Operation.CAPTURE, item.authorisation, item.authorisation))
        for operation, continues, reference in calls:
            status = TransactionStatus.SUCCEEDED if done else TransactionStatus.PENDING
            rows.calls.append((
                key, operation.value, status.value, item.amount, f"{number}/{position}/{operation.value}/1",
                continues, reference, "by the channel" if done else "", "", "", actor, int(begins),
                now if done else None, now + LEASE if begins else now,
            ))  # fmt: skip
        if begins:
            rows.begun.append(_begun(number, order.currency, item, rows.calls[-1][4]))
        rows.waiting |= not done and not begins
    return rows


def _begun(number: str, currency: str, item: NewPayment, key: str) -> Begun:
    question = Question(
        operation=Operation.AUTHORISE, key=key, amount=Money(item.amount, currency), token=item.token, reference="",
        order_number=number,
    )  # fmt: skip
    return Begun(item.gateway, question)
