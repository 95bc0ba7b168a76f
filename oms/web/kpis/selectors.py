"""What is counted of the orders of two windows, in one statement over indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from oms.web.kpis.windows import Window

#: Orders of a window of which everything is counted; of more, so many that were drawn by chance.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Carriage:
    """What the parcels of orders cost together, in one currency."""

    orders: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of the orders placed in one window, as it stood when the window ended.

    ``orders`` were placed; ``looked_at`` of them were counted. Of these, ``ordered`` units, of which ``cancelled``
    before they left, ``given`` to a location; ``placed`` orders have a location, ``split`` of them more than one;
    ``shipped`` have left, in part at least; people had to act ``touches`` times. Of ``promised`` orders it was known
    whether their promises were kept, and of ``kept`` all were. ``arrived`` orders were reported to have arrived with
    everything that had left. ``picked`` units left, ``missed`` ones were not found as the stock said. Hours are
    medians. ``costs`` holds by currency the orders whose carriage is known, and what it was in all.
    """

    orders: int
    looked_at: int
    ordered: int
    cancelled: int
    given: int
    placed: int
    split: int
    shipped: int
    parcels: int
    touches: int
    hours_to_location: Decimal | None
    hours_to_leave: Decimal | None
    promised: int
    kept: int
    arrived: int
    hours_to_arrive: Decimal | None
    picked: int
    missed: int
    costs: Mapping[str, Carriage]


# One pass for both windows (side 0 and 1). Each order is looked at until its window ends, so that orders of the
# earlier window have no more time than those of the later one. By chance, but always the same: the draw hashes the
# order's own number.
_COUNTED = """
WITH windows (side, start, until) AS (
    VALUES (0, %(before)s::timestamptz, %(since)s::timestamptz), (1, %(since)s, %(end)s)
), drawn AS MATERIALIZED (
    SELECT w.side, w.until, o.id
    FROM windows w JOIN orders_order o ON o.placed_at >= w.start AND o.placed_at < w.until
    WHERE (hashint8(o.id) & 2147483647) %% (%(every)s::int[])[w.side + 1] = 0
), cohort AS MATERIALIZED (
    SELECT d.side, d.until, o.id, o.number, o.captured_at FROM drawn d JOIN orders_order o ON o.id = d.id
), lines AS MATERIALIZED (
    SELECT c.side, c.until, c.id AS order_id, l.id, l.ordered, l.cancelled
    FROM cohort c JOIN orders_orderline l ON l.order_id = c.id
), ordered AS (
    SELECT side, sum(ordered) AS ordered FROM lines GROUP BY side
), cancelled AS (
    SELECT l.side, sum(x.quantity - x.of_which_returned) AS cancelled
    FROM lines l JOIN orders_linecancellation x ON x.line_id = l.id
    WHERE l.cancelled > 0 AND x.recorded_at < l.until GROUP BY l.side
), requests AS MATERIALIZED (
    SELECT c.side, c.until, c.id AS order_id, c.captured_at, r.id, r.location_id, r.status, r.created_at, r.shipped_at
    FROM cohort c JOIN requests_fulfilmentrequest r ON r.order_id = c.id AND r.created_at < c.until
), given AS (
    SELECT r.side, sum(q.quantity - q.released) AS given
    FROM requests r JOIN requests_fulfilmentrequestline q ON q.request_id = r.id GROUP BY r.side
), orders AS (
    SELECT side, order_id, min(captured_at) AS captured_at, min(created_at) AS given_at,
        min(shipped_at) FILTER (WHERE shipped_at < until) AS shipped_at,
        count(*) FILTER (WHERE shipped_at < until) AS parcels,
        count(DISTINCT location_id) FILTER (WHERE status <> 'cancelled') AS places
    FROM requests GROUP BY side, order_id
), ways AS (
    SELECT side, count(*) FILTER (WHERE places > 0) AS placed, count(*) FILTER (WHERE places > 1) AS split,
        count(shipped_at) AS shipped, sum(parcels) AS parcels,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM given_at - captured_at)) AS to_location,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM shipped_at - captured_at)) AS to_leave
    FROM orders GROUP BY side
), touches AS (
    SELECT c.side, count(*) AS touches
    FROM cohort c JOIN infra_event e ON e.subject_kind = 'order' AND e.subject = c.number
    WHERE e.actor LIKE 'user %%' AND e.recorded_at < c.until
        AND e.name NOT IN ('fulfilment.advanced.v1', 'fulfilment.shipped.v1') GROUP BY c.side
), promises AS (
    SELECT l.side, bool_or(p.outcome = 'broken' AND p.settled_at < l.until) AS broken,
        bool_and(coalesce(p.settled_at < l.until, false)) AS settled
    FROM lines l JOIN orders_linepromise p ON p.line_id = l.id AND p.outcome NOT IN ('replaced', 'void')
    GROUP BY l.side, l.order_id
), kept AS (
    SELECT side, count(*) FILTER (WHERE broken OR settled) AS promised,
        count(*) FILTER (WHERE settled AND NOT broken) AS kept
    FROM promises GROUP BY side
), arrivals AS (
    SELECT r.side, min(r.captured_at) AS captured_at, max(s.delivered_at) AS arrived_at
    FROM requests r JOIN requests_shipment s ON s.request_id = r.id AND s.shipped_at < r.until
    GROUP BY r.side, r.order_id HAVING bool_and(coalesce(s.delivered_at < r.until AND NOT s.presumed, false))
), arrived AS (
    SELECT side, count(*) AS arrived,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM arrived_at - captured_at)) AS to_arrive
    FROM arrivals GROUP BY side
), picked AS (
    SELECT r.side, sum(q.shipped) AS picked
    FROM requests r JOIN requests_fulfilmentrequestline q ON q.request_id = r.id
    WHERE r.shipped_at < r.until GROUP BY r.side
), missed AS (
    SELECT r.side, sum(x.units) AS missed FROM requests r JOIN requests_exclusion x ON x.request_id = r.id
    WHERE x.reason IN ('not_found', 'mismatch', 'damaged') AND x.excluded_at < r.until GROUP BY r.side
), carried AS (
    SELECT r.side, r.order_id, p.currency, p.amount
    FROM requests r CROSS JOIN LATERAL (
        SELECT min(currency) AS currency, CASE WHEN count(DISTINCT currency) = 1 THEN sum(amount) END AS amount
        FROM carriers_parcel WHERE request_id = r.id AND shipped_at < r.until
    ) p WHERE r.shipped_at < r.until
), carriage AS (
    SELECT side, min(currency) AS currency, sum(amount) AS amount FROM carried GROUP BY side, order_id
    HAVING bool_and(amount IS NOT NULL) AND count(DISTINCT currency) = 1
), cost AS (
    SELECT side, jsonb_object_agg(currency, jsonb_build_array(orders, amount::text)) AS costs FROM (
        SELECT side, currency, count(*) AS orders, sum(amount) AS amount FROM carriage GROUP BY side, currency
    ) c GROUP BY side
)
SELECT w.side, (SELECT count(*) FROM cohort c WHERE c.side = w.side), coalesce(ordered, 0), coalesce(cancelled, 0),
    coalesce(given, 0), coalesce(placed, 0), coalesce(split, 0), coalesce(shipped, 0), coalesce(parcels, 0),
    coalesce(touches, 0), to_location / 3600, to_leave / 3600, coalesce(promised, 0), coalesce(kept, 0),
    coalesce(arrived, 0), to_arrive / 3600, coalesce(picked, 0), coalesce(missed, 0), coalesce(costs, '{}')::text
FROM windows w LEFT JOIN ordered USING (side) LEFT JOIN cancelled USING (side) LEFT JOIN given USING (side)
    LEFT JOIN ways USING (side) LEFT JOIN touches USING (side) LEFT JOIN kept USING (side)
    LEFT JOIN arrived USING (side) LEFT JOIN picked USING (side) LEFT JOIN missed USING (side)
    LEFT JOIN cost USING (side)
ORDER BY w.side
"""


def counted(before: Window, after: Window, *, most: int = MOST) -> tuple[Counted, Counted]:
    """Count two windows, the second of which begins where the first ends."""
    moments = {"before": before.start, "since": after.start, "end": after.end}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE placed_at < %(since)s), count(*) FILTER (WHERE placed_at >= %(since)s)"
            " FROM orders_order WHERE placed_at >= %(before)s AND placed_at < %(end)s",
            moments,
        )
        orders = cursor.fetchone()
        cursor.execute(_COUNTED, {**moments, "every": [-(-number // most) or 1 for number in orders]})
        first, second = (_counted(int(orders[row[0]]), row[1:]) for row in cursor.fetchall())
    return first, second


def _counted(orders: int, row: tuple[Any, ...]) -> Counted:
    looked_at, ordered, cancelled, given, placed, split, shipped, parcels, touches = map(int, row[:9])
    to_location, to_leave, promised, kept, arrived, to_arrive, picked, missed, costs = row[9:]
    return Counted(
        orders, looked_at, ordered, cancelled, given, placed, split, shipped, parcels, touches,
        hours_to_location=_hours(to_location), hours_to_leave=_hours(to_leave), promised=promised, kept=kept,
        arrived=arrived, hours_to_arrive=_hours(to_arrive), picked=int(picked), missed=int(missed),
        costs={currency: Carriage(of, Decimal(amount)) for currency, (of, amount) in json.loads(costs).items()},
    )  # fmt: skip


def _hours(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 4)))
