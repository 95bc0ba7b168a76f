"""Credits for goods: the cancellation of an earlier order's line, or a return without a matched order.

A credit that carries the number of an order cancels a line of that order. Most carry a number of their own:
then it cancels a line of the same customer and SKU, placed before it and standing before it in the file, that
still has enough units; among several the one at the same price, then the one with just that many units, then
the latest. See docs/algorithms/credit-matching.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from fulfilment.requests.services import allocations_release
from oms.importing.lines import LineOutcome
from oms.infra.database.bulk import insert_rows
from orders.catalogue.selectors import product_ids
from orders.models import Customer
from orders.services import LineToCancel, lines_cancel
from returns.services import NewBlindReturn, blind_returns_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A credit for ``quantity`` units (positive) at ``unit_price`` each."""

    place: int
    sku: str
    customer: str
    quantity: int
    unit_price: Decimal
    external_number: str
    description: str
    happened_at: datetime


@dataclass(slots=True)
class _Candidate:
    customer: str
    order_number: str
    line_id: int
    remaining: int
    open: int
    allocated: int
    unit_price: Decimal
    placed_at: datetime


def reversals_settle(
    *,
    channel_id: int,
    currency: str,
    reversals: Sequence[Reversal],
    place_of_line: Mapping[int, int],
    actor: str,
) -> list[LineOutcome]:
    """Settle credits in the order given. ``place_of_line`` tells the places of lines of the same batch."""
    if not reversals:
        return []
    candidates = _candidates(channel_id, reversals)
    cancellations: list[LineToCancel] = []
    releases: dict[int, int] = {}
    returns: list[Reversal] = []
    outcomes: list[LineOutcome] = []
    for reversal in reversals:
        line = _choose(reversal, candidates.get(reversal.sku, []), place_of_line)
        if line is None:
            returns.append(reversal)
            outcomes.append(LineOutcome.UNMATCHED_RETURN)
            continue
        needed = max(0, min(reversal.quantity - line.open, line.allocated))
        if needed:
            releases[line.line_id] = releases.get(line.line_id, 0) + needed
            line.allocated -= needed
            line.open += needed
        line.open -= min(line.open, reversal.quantity)
        line.remaining -= reversal.quantity
        cancellations.append(_cancellation(reversal, line.line_id))
        outcomes.append(LineOutcome.CANCELLATION)
    allocations_release(units_of_line=releases, reason="cancelled by the channel", actor=actor)
    lines_cancel(cancellations=cancellations, actor=actor, react=False)
    _record_returns(channel_id, currency, returns)
    return outcomes


def _choose(
    reversal: Reversal, candidates: Sequence[_Candidate], place_of_line: Mapping[int, int]
) -> _Candidate | None:
    fitting = [
        line
        for line in candidates
        if line.remaining >= reversal.quantity
        and (line.order_number == reversal.external_number or line.customer == reversal.customer != "")
        and line.placed_at <= reversal.happened_at
        and place_of_line.get(line.line_id, -1) < reversal.place
    ]
    return max(
        fitting,
        key=lambda line: (
            line.order_number == reversal.external_number,
            line.unit_price == reversal.unit_price,
            line.remaining == reversal.quantity,
            line.placed_at,
            line.line_id,
        ),
        default=None,
    )


def _candidates(channel_id: int, reversals: Sequence[Reversal]) -> dict[str, list[_Candidate]]:
    """Lines that could be meant, by SKU: of the customers and of the order numbers that the credits carry."""
    found: dict[str, list[_Candidate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            [
                [item.sku for item in reversals],
                [item.customer for item in reversals],
                [item.external_number for item in reversals],
                channel_id,
                channel_id,
            ],
        )
        for sku, *rest in cursor.fetchall():
            found.setdefault(sku, []).append(_Candidate(*rest))
    return found


_CANDIDATES = """
WITH credit AS (
    SELECT p.id AS product_id, w.sku, w.customer, w.number
    FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[]) AS w(sku, customer, number)
    JOIN catalogue_product p ON p.sku = w.sku
), meant AS (
    SELECT o.id AS order_id, credit.product_id, credit.sku FROM credit
    JOIN orders_customer c ON c.reference = credit.customer
    JOIN orders_order o ON o.customer_id = c.id AND o.channel_id = %s
    UNION
    SELECT o.id, credit.product_id, credit.sku FROM credit
    JOIN orders_order o ON o.external_number = credit.number AND o.channel_id = %s
)
SELECT m.sku, coalesce(c.reference, ''), o.external_number, l.id, l.ordered - l.cancelled - l.returned, l.open,
       l.allocated, l.unit_price, o.placed_at
FROM meant m
JOIN orders_order o ON o.id = m.order_id
JOIN orders_orderline l ON l.order_id = m.order_id AND l.product_id = m.product_id
LEFT JOIN orders_customer c ON c.id = o.customer_id
WHERE l.ordered > l.cancelled + l.returned
ORDER BY o.id, l.id FOR UPDATE OF o
"""


def _cancellation(reversal: Reversal, line_id: int) -> LineToCancel:
    return LineToCancel(
        line_id=line_id, quantity=reversal.quantity, unit_price=reversal.unit_price,
        external_number=reversal.external_number, reason="cancelled by the channel",
        happened_at=reversal.happened_at,
    )  # fmt: skip


def _record_returns(channel_id: int, currency: str, returns: Sequence[Reversal]) -> None:
    if not returns:
        return
    references = sorted({item.customer for item in returns if item.customer})
    insert_rows(
        Customer,
        ["reference", "name", "email", "phone"],
        [(reference, "", "", "") for reference in references],
        skip_existing=True,
    )
    customers = dict(Customer.objects.filter(reference__in=references).values_list("reference", "id"))
    products = product_ids({item.sku for item in returns})
    blind_returns_record(
        returns=[
            NewBlindReturn(
                channel_id=channel_id, customer_id=customers.get(item.customer),
                product_id=products[item.sku], description=item.description, quantity=item.quantity,
                unit_price=item.unit_price, currency=currency, external_number=item.external_number,
                returned_at=item.happened_at,
            )
            for item in returns
        ]
    )  # fmt: skip
