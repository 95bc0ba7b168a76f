"""What must always hold for fulfilment requests."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "reserved_equals_open_allocations",
        "units reserved at a level are those that open requests wait to send from it",
        """
        SELECT s.id, s.reserved, coalesce(q.waiting, 0) FROM inventory_stocklevel s
        LEFT JOIN (SELECT level_id, sum(quantity - released - shipped) AS waiting
                   FROM requests_fulfilmentrequestline GROUP BY level_id) q ON q.level_id = s.id
        WHERE s.reserved <> coalesce(q.waiting, 0)
        """,
    ),
    Invariant(
        "line_progress_equals_requests",
        "allocated and fulfilled units of an order line are those of its request lines",
        """
        SELECT l.order_id, l.position, l.allocated, coalesce(q.waiting, 0), l.fulfilled, coalesce(q.shipped, 0)
        FROM orders_orderline l
        LEFT JOIN (SELECT order_line_id, sum(quantity - released - shipped) AS waiting, sum(shipped) AS shipped
                   FROM requests_fulfilmentrequestline GROUP BY order_line_id) q ON q.order_line_id = l.id
        WHERE l.allocated <> coalesce(q.waiting, 0) OR l.fulfilled <> coalesce(q.shipped, 0)
        """,
    ),
    Invariant(
        "shipped_equals_shipment_lines",
        "shipped units of a request line are those of its shipments",
        """
        SELECT q.id, q.shipped, coalesce(s.quantity, 0) FROM requests_fulfilmentrequestline q
        LEFT JOIN (SELECT request_line_id, sum(quantity) AS quantity FROM requests_shipmentline
                   GROUP BY request_line_id) s ON s.request_line_id = q.id
        WHERE q.shipped <> coalesce(s.quantity, 0)
        """,
    ),
    Invariant(
        "finished_requests_hold_nothing",
        "a shipped or cancelled request waits for nothing",
        """
        SELECT r.number, r.status, sum(q.quantity - q.released - q.shipped)
        FROM requests_fulfilmentrequest r JOIN requests_fulfilmentrequestline q ON q.request_id = r.id
        WHERE r.status IN ('shipped', 'cancelled')
        GROUP BY r.id HAVING sum(q.quantity - q.released - q.shipped) <> 0
        """,
    ),
    Invariant(
        "parcels_have_one_sender_and_one_customer",
        "requests that share a parcel are of its location and its customer",
        """
        SELECT g.id, r.number FROM requests_parcelgroup g
        JOIN requests_fulfilmentrequest r ON r.parcel_id = g.id JOIN orders_order o ON o.id = r.order_id
        WHERE r.location_id <> g.location_id OR o.customer_id IS DISTINCT FROM g.customer_id OR r.status = 'cancelled'
        """,
    ),
    Invariant(
        "parcels_leave_together",
        "of the requests that share a parcel all have left, or none",
        """
        SELECT parcel_id FROM requests_fulfilmentrequest WHERE parcel_id IS NOT NULL
        GROUP BY parcel_id HAVING count(*) FILTER (WHERE status = 'shipped') NOT IN (0, count(*))
        """,
    ),
]
