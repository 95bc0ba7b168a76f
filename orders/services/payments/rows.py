"""The tenders of new orders as rows, with the calls that they begin with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orders.domain.capture import NewOrder
from orders.domain.gateway import Operation
from orders.models import TransactionStatus

PAYMENT_COLUMNS = [
    "id", "order", "position", "kind", "gateway", "token", "label", "currency", "amount", "authorised", "voided",
    "capturing", "captured", "refunding", "refunded", "authorisation", "expires_at",
]  # fmt: skip
CALL_COLUMNS = [
    "payment", "operation", "status", "amount", "key", "continues", "reference", "reason", "code", "message", "actor",
    "attempts", "finished_at",
]  # fmt: skip
_NOTHING = Decimal(0)


@dataclass(slots=True)
class PaymentRows:
    """Rows of :data:`PAYMENT_COLUMNS` and of :data:`CALL_COLUMNS`; whether a gateway has to be asked."""

    payments: list[tuple[Any, ...]] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    waiting: bool = False


def payment_rows(order_id: int, number: str, order: NewOrder, ids: Iterator[int], actor: str) -> PaymentRows:
    """What the channel had authorised or taken is written down as done; for the rest the gateway will be asked."""
    rows = PaymentRows()
    now = datetime.now(UTC)
    for position, item in enumerate(order.payments, 1):
        key = next(ids)
        done = bool(item.authorisation)
        rows.payments.append((
            key, order_id, position, item.kind, item.gateway, item.token, item.label, order.currency, item.amount,
            item.amount if done else _NOTHING, _NOTHING, _NOTHING, item.amount if item.captured else _NOTHING,
            _NOTHING, _NOTHING, item.authorisation, item.expires_at,
        ))  # fmt: skip
        begun = [(Operation.AUTHORISE, "", item.authorisation)]
        if item.captured:
            begun.append((Operation.CAPTURE, item.authorisation, item.authorisation))
        for operation, continues, reference in begun:
            status = TransactionStatus.SUCCEEDED if done else TransactionStatus.PENDING
            rows.calls.append((
                key, operation.value, status.value, item.amount, f"{number}/{position}/{operation.value}/1",
                continues, reference, "by the channel" if done else "", "", "", actor, 0, now if done else None,
            ))  # fmt: skip
        rows.waiting |= not done
    return rows
