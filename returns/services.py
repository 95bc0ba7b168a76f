"""Changes to returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from oms.infra.database.bulk import insert_rows
from returns.models import BlindReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBlindReturn:
    """Goods that came back, with the credit for each unit."""

    channel_id: int
    customer_id: int | None
    product_id: int
    description: str
    quantity: int
    unit_price: Decimal
    currency: str
    external_number: str
    returned_at: datetime


def blind_returns_record(*, returns: Sequence[NewBlindReturn]) -> None:
    """Record returns for which no order is known."""
    fields = [
        "channel", "customer", "product", "description", "quantity", "unit_price", "currency",
        "external_number", "returned_at",
    ]  # fmt: skip
    rows = [
        (
            item.channel_id, item.customer_id, item.product_id, item.description, item.quantity,
            item.unit_price, item.currency, item.external_number, item.returned_at,
        )
        for item in returns
    ]  # fmt: skip
    insert_rows(BlindReturn, fields, rows)
