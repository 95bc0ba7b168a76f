"""Money in and out of orders. Every call to a gateway is written down before it is made."""

from orders.services.payments.ask import (
    RefundRefused,
    authorisations_void,
    captures_request,
    order_refund,
    refund_verdict,
)
from orders.services.payments.locked import left, payments_lock, refundable, shares_of
from orders.services.payments.perform import calls_perform
from orders.services.payments.renew import authorisations_renew
from orders.services.payments.settle import call_settle

__all__ = [
    "RefundRefused",
    "authorisations_renew",
    "authorisations_void",
    "call_settle",
    "calls_perform",
    "captures_request",
    "left",
    "order_refund",
    "payments_lock",
    "refund_verdict",
    "refundable",
    "shares_of",
]
