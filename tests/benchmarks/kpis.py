"""The measures around a promotion, of a retailer with half a million orders."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.web.kpis import Window, counted
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.setting import administrator, bare_retailer_make

_SCHEMA = "measured"
_ORDERS = 500_000
_DAYS = 365

# Written past the services and their checks: what is measured is the reading. Two lines an order, one order in eight
# split, three events each, every twentieth with one of a person; evenly through the year.
_ROWS = """
SET search_path = measured, public;
SET session_replication_role = replica;
INSERT INTO orders_channel (id, code, name, kind, currency, active) VALUES (1, 'web', 'Web', 'shop', 'GBP', true);
INSERT INTO orders_order (id, channel_id, external_number, number, status, open_quantity, release, routing_release,
    currency, lines_total, charges_total, placed_at, captured_at, recipient, address, city, postal_code, country)
SELECT n, 1, n::text, 'WEB-' || n, 'complete', 0, '1.0.0', '1.0.0', 'GBP', 20, 0,
    %(now)s::timestamptz - (%(orders)s - n) * %(gap)s::interval,
    %(now)s::timestamptz - (%(orders)s - n) * %(gap)s::interval, '', '', '', '', 'GB'
FROM generate_series(1, %(orders)s) n;
INSERT INTO orders_orderline (id, order_id, position, product_id, description, unit_price, ordered, cancelled,
    allocated, fulfilled, returned, ship_from)
SELECT 2 * n + p, n, p + 1, 1 + (n + p) %% 500, '', 10, 2, (n %% 50 = 0)::int, 0, 2 - (n %% 50 = 0)::int, 0, ''
FROM generate_series(1, %(orders)s) n, generate_series(0, 1) p;
INSERT INTO orders_linecancellation (line_id, quantity, of_which_returned, unit_price, external_number, reason, actor,
    happened_at, recorded_at)
SELECT 2 * o.id + p, 1, 0, 10, '', '', 'partner', o.placed_at + interval '1 hour', o.placed_at + interval '1 hour'
FROM orders_order o, generate_series(0, 1) p WHERE o.id %% 50 = 0;
INSERT INTO requests_fulfilmentrequest (id, number, order_id, location_id, status, units, created_at, shipped_at)
SELECT 2 * o.id + p, o.number || '/' || p + 1, o.id, 1 + (o.id + p) %% 12, 'shipped', 4,
    o.placed_at + interval '5 minutes', o.placed_at + interval '20 hours'
FROM orders_order o, generate_series(0, 1) p WHERE p = 0 OR o.id %% 8 = 0;
INSERT INTO requests_fulfilmentrequestline (request_id, order_line_id, level_id, quantity, released, shipped)
SELECT 2 * o.id + CASE WHEN o.id %% 8 = 0 THEN p ELSE 0 END, 2 * o.id + p, 1, 2, (o.id %% 50 = 0)::int,
    2 - (o.id %% 50 = 0)::int
FROM orders_order o, generate_series(0, 1) p;
INSERT INTO infra_event (name, subject_kind, subject, payload, actor, occurred_at, recorded_at)
SELECT (ARRAY['order.captured.v1', 'fulfilment.offered.v1', 'fulfilment.shipped.v1'])[e], 'order', o.number, '{}',
    CASE WHEN e = 2 AND o.id %% 20 = 0 THEN 'user anna' ELSE 'routing' END, o.placed_at, o.placed_at
FROM orders_order o, generate_series(1, 3) e;
"""


def kpis() -> Iterator[Figure]:
    """Both windows of a week around a promotion in the middle of the year, and of a quarter, where orders are drawn."""
    bare_retailer_make(_SCHEMA)
    now = timezone.now()
    with retailer_context(_SCHEMA):
        profile_begin(author="benchmark")
    _fill(now)
    middle = now - timedelta(days=_DAYS / 2)
    for words, length in (("a week", timedelta(days=7)), ("a quarter", timedelta(days=90))):
        times = []
        for _ in range(12):
            with retailer_context(_SCHEMA):
                started = time.perf_counter()
                before, after = counted(Window(middle - length, middle), Window(middle, middle + length))
                times.append(time.perf_counter() - started)
        note = f"{before.orders + after.orders:,} orders, {before.looked_at + after.looked_at:,} counted; target 200 ms"
        yield Figure(f"measures of {words} on either side, p95", percentile(times, 0.95) * 1e3, "ms", note)


def _fill(now: datetime) -> None:
    gap = timedelta(days=_DAYS) / _ORDERS
    filled = ("orders_order", "orders_orderline", "orders_linecancellation", "requests_fulfilmentrequest",
              "requests_fulfilmentrequestline", "infra_event")  # fmt: skip
    with administrator() as server:
        for statement in filter(str.strip, _ROWS.split(";\n")):
            server.execute(statement.encode(), {"now": now, "orders": _ORDERS, "gap": gap})
        for table in filled:
            server.execute(f"VACUUM ANALYZE {_SCHEMA}.{table}".encode())
