"""An authorisation that a gateway gave, written down: every paid order comes this way, so it is few statements."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from modules.profile import profile_at
from oms.infra.database.prepared import prepared
from oms.infra.events import record
from orders.domain.gateway import Done, Operation
from orders.domain.shares import AT_ONCE_KINDS
from orders.events import PaymentMoved
from orders.models import PaymentTransaction
from orders.services.payments.ask import authorisations_void, captures_request
from orders.services.payments.locked import terms_at


@dataclass(frozen=True, slots=True)
class Locked:
    """The order of a call, locked, and what is asked by the call."""

    order_id: int
    number: str
    version: int
    release: str
    channel: str
    operation: str


def order_lock(key: str) -> Locked:
    """Lock the order that a call belongs to: before anything else of it is locked.

    Raises :class:`~orders.models.PaymentTransaction.DoesNotExist`.
    """
    row = prepared(_LOCK, [key]).fetchone()
    if row is None:
        message = f"there is no call {key!r}"
        raise PaymentTransaction.DoesNotExist(message)
    return Locked(*row)


def authorised(order: Locked, *, key: str, outcome: Done, actor: str) -> bool:
    """Write it down with what follows; False where that has been done before. The order is locked."""
    row = prepared(
        _AUTHORISED,
        [
            outcome.reference,
            key,
            outcome.reference,
            outcome.expires_at,
            order.order_id,
            order.order_id,
            [*AT_ONCE_KINDS],
        ],
    ).fetchone()
    if row is None:
        return False
    position, currency, label, amount, reason, may_be_due, revision = row
    record([
        PaymentMoved(
            subject=order.number, occurred_at=timezone.now(), actor=actor, payment=position,
            operation=Operation.AUTHORISE.value, amount=amount, currency=currency, label=label, reason=reason,
        )
    ])  # fmt: skip
    if may_be_due or terms_at(profile_at(revision), order.release, order.channel).capture != "on_shipment":
        captures_request(order_ids=[order.order_id], actor=actor, reason="authorised")
    if order.version > 1:  # it may have been changed since this was asked for
        authorisations_void(order_id=order.order_id, actor=actor, reason="no longer needed")
    return True


_LOCK = """
SELECT o.id, o.number, o.version, o.release, c.code, t.operation
FROM orders_paymenttransaction t JOIN orders_payment p ON p.id = t.payment_id
JOIN orders_order o ON o.id = p.order_id JOIN orders_channel c ON c.id = o.channel_id
WHERE t.key = %s FOR UPDATE OF o
"""

# A new authorisation takes the place of what is left of the one before. Whether something may have fallen due is
# asked here, behind the order's lock: what left while we waited for it is seen.
_AUTHORISED = """
WITH answered AS (
    UPDATE orders_paymenttransaction SET status = 'succeeded', reference = %s, finished_at = now()
    WHERE key = %s AND status = 'pending' RETURNING payment_id, amount, reason
), moved AS (
    UPDATE orders_payment p SET voided = p.authorised - p.captured - p.capturing, authorised = p.authorised + a.amount,
        authorisation = %s, expires_at = %s
    FROM answered a WHERE p.id = a.payment_id
    RETURNING p.position, p.currency, coalesce(nullif(p.label, ''), p.kind), a.amount, a.reason
)
SELECT moved.*, f.due, r.revision
FROM moved,
    (SELECT EXISTS (SELECT FROM orders_orderline WHERE order_id = %s AND fulfilled > 0)
        OR EXISTS (SELECT FROM orders_ordercharge WHERE order_id = %s AND kind = ANY(%s)) AS due) f,
    (SELECT coalesce(max(number), 0) AS revision FROM modules_profilerevision) r
"""
