"""When what locations send is expected at the customer's, told to the lines that were ordered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection

from orders.services.promises import Expected, promises_expect

# A line is expected with the last of its requests; while units have no location, or nobody can say when one of the
# requests arrives, not at all.
_EXPECTED = """
SELECT l.id, l.order_id, CASE WHEN l.open > 0 OR bool_or(r.arrives_on IS NULL) THEN NULL ELSE max(r.arrives_on) END,
    (array_agg(r.arrives_why ORDER BY r.arrives_on DESC NULLS LAST, r.id))[1]
FROM orders_orderline l
JOIN requests_fulfilmentrequestline q ON q.order_line_id = l.id AND q.quantity > q.released
JOIN requests_fulfilmentrequest r ON r.id = q.request_id
WHERE l.order_id = ANY(%s) GROUP BY l.id ORDER BY l.id
"""


def arrivals_tell(order_ids: Collection[int], *, by_method: Mapping[int, date] | None = None) -> int:
    """Tell the lines of orders when they are expected now; return how many were promised by it for the first time.

    ``by_method`` is the day that the shipping method of an order (by primary key) promises. The caller holds the
    orders' row locks.
    """
    methods = by_method or {}
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, [list(order_ids)])
        expected = {line: Expected(day, why, methods.get(order)) for line, order, day, why in cursor.fetchall()}
    return promises_expect(expected) if expected else 0
