"""Refunds as Shopify tells them, alone or inside an order."""

from __future__ import annotations

from decimal import Decimal

from orders.channels.reading import Record, Unreadable, currency_code
from orders.domain.channel import LineUnits, RefundTold

#: Units that had not left; ``return`` alone says that they came back.
_RETURNED = "return"


def _in_other_money(refund: Record, moved: Decimal, paid_in: str, wanted: str) -> Decimal | None:
    """What moved in the customer's currency, in the shop's: only where its parts come to exactly what moved."""
    lines, adjustments = refund.records("refund_line_items"), refund.records("order_adjustments")
    for with_tax in (True, False):  # where prices hold their taxes, these are not given back once more
        sums = {}
        for currency in (paid_in, wanted):
            sums[currency] = sum(
                (_part(line, "subtotal", currency) + (_part(line, "total_tax", currency) if with_tax else 0))
                for line in lines
            ) - sum(_part(each, "amount", currency) + _part(each, "tax_amount", currency) for each in adjustments)
        if moved and sums[paid_in] == moved:
            return Decimal(sums[wanted])
    return None


def _part(record: Record, name: str, currency: str) -> Decimal:
    pair = record.record(f"{name}_set")
    found = [pair.record(which) for which in ("shop_money", "presentment_money")]
    return next((each.amount("amount") for each in found if each.text("currency_code") == currency), Decimal(0))


def refund_of(refund: Record, order_number: str, currency: str, *, usual: str = "") -> RefundTold:
    """A refund: the money that has moved, in ``currency`` where that is certain.

    Without a ``currency`` it is the one in which it moved, else the ``usual`` one. Raises ``Unreadable``.
    """
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
    paid_in = currency_code((moved[0].text("currency") if moved else "") or currency or usual, "currency of the refund")
    currency = currency or paid_in
    if any((each.text("currency") or paid_in).upper() != paid_in for each in moved):
        message = "the refund was made in several currencies"
        raise Unreadable(message)
    amount = sum((each.amount("amount") for each in moved), Decimal(0))
    if paid_in == currency:
        exact: Decimal | None = amount
    else:
        exact = _in_other_money(refund, amount, paid_in, currency)
    amount, currency = (amount, paid_in) if exact is None else (exact, currency)
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
