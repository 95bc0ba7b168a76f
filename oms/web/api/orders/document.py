"""An order as a partner gets it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

from oms.kernel.money import minor_units
from orders.api.selectors import LineDetail, OrderDetail, OrderSummary

COLLECTION = "/api/v1/orders"
PAYMENT_AMOUNTS = ("amount", "authorised", "voided", "captured", "refunded")


def summary_document(order: OrderSummary) -> dict[str, object]:
    """An order in a list."""
    return {
        "number": order.number,
        "channel": order.channel,
        "external_number": order.external_number,
        "status": order.status,
        "placed_at": _instant(order.placed_at),
        "captured_at": _instant(order.captured_at),
        "totals": {
            "currency": order.currency,
            "lines": _amount(order.lines_total, order.currency),
            "charges": _amount(order.charges_total, order.currency),
            "total": _amount(order.total, order.currency),
        },
        "links": {"self": address(order.number)},
    }


def order_document(order: OrderDetail) -> dict[str, object]:
    """An order with everything in it."""
    currency = order.summary.currency
    return {
        **summary_document(order.summary),
        "customer": asdict(order.customer) if order.customer else None,
        "destination": asdict(order.destination),
        "method": order.method,
        "priority": order.priority,
        "promise_by": order.promise_by.isoformat() if order.promise_by else None,
        "attributes": order.attributes,
        "lines": [_line(line, currency) for line in order.lines],
        "charges": [
            {
                "kind": charge.kind,
                "description": charge.description,
                "amount": _amount(charge.amount, currency),
                "line": charge.line,
            }
            for charge in order.charges
        ],
        "payments": [
            {
                "position": payment.position,
                "kind": payment.kind,
                "gateway": payment.gateway,
                "label": payment.label,
                **{name: _amount(getattr(payment, name), currency) for name in PAYMENT_AMOUNTS},
            }
            for payment in order.payments
        ],
    }


def address(number: str) -> str:
    """Where the order with this number is; whatever is in the number stays one step of the path."""
    return f"{COLLECTION}/{quote(number, safe='')}"


def _line(line: LineDetail, currency: str) -> dict[str, object]:
    return {
        "position": line.position,
        "sku": line.sku,
        "description": line.description,
        "unit_price": _amount(line.unit_price, currency),
        "amount": _amount(line.amount, currency),
        "quantity": {
            "ordered": line.ordered,
            "open": line.open,
            "allocated": line.allocated,
            "fulfilled": line.fulfilled,
            "cancelled": line.cancelled,
            "returned": line.returned,
        },
    }


def _amount(amount: Decimal, currency: str) -> str:
    """Exact: as many decimals as the amount needs, and at least those of the currency's smallest unit."""
    smallest = Decimal(1).scaleb(-minor_units(currency))
    in_units = amount.quantize(smallest)
    return f"{in_units if in_units == amount else amount.normalize():f}"


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
