"""Refunds as Shopify tells them, alone or inside an order."""

from __future__ import annotations

from decimal import Decimal

from orders.channels.reading import Record, Unreadable, currency_code
from orders.domain.channel import LineUnits, RefundTold

#: Units that had not left; ``return`` alone says that they came back.
_RETURNED = "return"


def refund_of(refund: Record, order_number: str, currency: str) -> RefundTold:
    """A refund: the money that has moved, else what its lines are worth. Raises ``Unreadable``."""
    number = order_number or refund.text("order_id", limit=64)
    at = refund.instant("processed_at", "created_at")
    reference = refund.text("id", limit=60)
    if not number or not reference or at is None:
        message = "the refund does not say its id, its order and when it was made"
        raise Unreadable(message)
    moved = [
        each
        for each in refund.records("transactions")
        if each.text("kind") == "refund" and each.text("status") in ("success", "")
    ]
    currency = currency_code((moved[0].text("currency") if moved else "") or currency, "currency of the refund")
    if any((each.text("currency") or currency).upper() != currency for each in moved):
        message = "the refund was made in several currencies"
        raise Unreadable(message)
    amount = sum((each.amount("amount") for each in moved), Decimal(0))
    units = [
        (
            each.text("restock_type"),
            LineUnits(each.count("quantity") or 0, each.text("line_item_id"), sku=each.record("line_item").text("sku")),
        )
        for each in refund.records("refund_line_items")
    ]
    if any(line.quantity < 0 for _, line in units) or amount < 0:
        message = "the refund takes money or units instead of giving them back"
        raise Unreadable(message)
    units = [(kind, line) for kind, line in units if line.quantity]
    return RefundTold(
        external_number=number, reference=reference, amount=amount, currency=currency, refunded_at=at,
        reason=refund.text("note") or "refunded in the shop",
        cancelled=tuple(line for kind, line in units if kind != _RETURNED),
        returned=tuple(line for kind, line in units if kind == _RETURNED),
    )  # fmt: skip
