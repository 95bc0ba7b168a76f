"""What must always hold for orders."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "order_totals_equal_lines",
        "the totals of an order are those of its lines and charges",
        """
        SELECT o.number, o.lines_total, coalesce(l.amount, 0), o.charges_total, coalesce(c.amount, 0)
        FROM orders_order o
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_orderline GROUP BY order_id) l
            ON l.order_id = o.id
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM orders_ordercharge GROUP BY order_id) c
            ON c.order_id = o.id
        WHERE o.lines_total <> coalesce(l.amount, 0) OR o.charges_total <> coalesce(c.amount, 0)
        """,
    ),
    Invariant(
        "order_header_follows_lines",
        "status and open quantity of an order follow from the quantities of its lines",
        """
        SELECT o.number, o.status, d.status, o.open_quantity, d.open
        FROM orders_order o JOIN (
            SELECT order_id, sum(open) AS open, CASE
                WHEN sum(cancelled) = sum(ordered) THEN 'cancelled'
                WHEN sum(cancelled) + sum(fulfilled) = sum(ordered) THEN 'complete'
                WHEN sum(open) > 0 AND EXISTS (
                    SELECT FROM orders_orderhold h WHERE h.order_id = orders_orderline.order_id
                    AND h.status = 'active' AND 'allocate' = ANY(h.blocks)) THEN 'held'
                WHEN sum(allocated) + sum(fulfilled) > 0 THEN 'in_progress' ELSE 'open' END AS status
            FROM orders_orderline GROUP BY order_id
        ) d ON d.order_id = o.id
        WHERE o.status <> d.status OR o.open_quantity <> d.open
        """,
    ),
    Invariant(
        "order_has_lines",
        "every order has at least one line",
        """
        SELECT o.number FROM orders_order o
        WHERE NOT EXISTS (SELECT FROM orders_orderline l WHERE l.order_id = o.id)
        """,
    ),
    Invariant(
        "order_line_quantities_add_up",
        "cancelled, allocated and fulfilled units of a line are no more than were ordered",
        """
        SELECT order_id, position, ordered, cancelled, allocated, fulfilled, returned FROM orders_orderline
        WHERE cancelled + allocated + fulfilled > ordered OR returned > fulfilled
        """,
    ),
    Invariant(
        "line_cancellations_add_up",
        "what was taken back of a line is what its cancellations say",
        """
        SELECT l.order_id, l.position, l.cancelled, l.returned, sum(c.quantity - c.of_which_returned)
        FROM orders_orderline l LEFT JOIN orders_linecancellation c ON c.line_id = l.id
        WHERE l.cancelled > 0 OR l.returned > 0 OR c.id IS NOT NULL
        GROUP BY l.id
        HAVING l.cancelled <> coalesce(sum(c.quantity - c.of_which_returned), 0)
            OR l.returned <> coalesce(sum(c.of_which_returned), 0)
        """,
    ),
    Invariant(
        "order_has_its_event",
        "no order without the event of its capture, and no such event without its order",
        """
        SELECT coalesce(o.number, e.subject), o.id, e.events FROM orders_order o
        FULL JOIN (SELECT subject, count(*) AS events FROM infra_event
                   WHERE name = 'order.captured.v1' GROUP BY subject) e ON e.subject = o.number
        WHERE o.id IS NULL OR e.events IS DISTINCT FROM 1
        """,
    ),
    Invariant(
        "payment_amounts_follow_calls",
        "what a payment has authorised, taken, given back and asked for is what its calls to the gateway say",
        """
        SELECT o.number, p.position, p.authorised, c.authorised, p.captured, c.captured, p.capturing, c.capturing,
               p.refunded, c.refunded, p.refunding, c.refunding
        FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(amount) FILTER (WHERE operation = 'authorise' AND status = 'succeeded'), 0)
                       AS authorised,
                   coalesce(sum(amount) FILTER (WHERE operation = 'capture' AND status = 'succeeded'), 0) AS captured,
                   coalesce(sum(amount) FILTER (WHERE operation = 'capture' AND status = 'pending'), 0) AS capturing,
                   coalesce(sum(amount) FILTER (WHERE operation = 'refund' AND status = 'succeeded'), 0) AS refunded,
                   coalesce(sum(amount) FILTER (WHERE operation = 'refund' AND status = 'pending'), 0) AS refunding,
                   coalesce(sum(amount) FILTER (WHERE operation = 'void' AND status IN ('pending', 'succeeded')), 0)
                       AS voided
            FROM orders_paymenttransaction t WHERE t.payment_id = p.id
        ) c ON true
        WHERE (p.authorised, p.captured, p.capturing, p.refunded, p.refunding)
                  IS DISTINCT FROM (c.authorised, c.captured, c.capturing, c.refunded, c.refunding)
            OR p.voided < c.voided
        """,
    ),
    Invariant(
        "capture_follows_fulfilment",
        "an order has been charged no more than it costs, beside what its changes have given back",
        """
        SELECT o.number, o.total, sum(p.captured + p.capturing), max(b.back) FROM orders_order o
        JOIN orders_payment p ON p.order_id = o.id
        LEFT JOIN (SELECT order_id, sum(given_back) AS back FROM orders_orderchange
                   WHERE kind = 'change' AND status = 'confirmed' GROUP BY order_id) b ON b.order_id = o.id
        GROUP BY o.id HAVING sum(p.captured + p.capturing) > o.total + coalesce(max(b.back), 0)
        """,
    ),
    Invariant(
        "changes_are_counted",
        "an order's version counts its confirmed changes",
        """
        SELECT o.number, o.version, count(c.id) FROM orders_order o
        LEFT JOIN orders_orderchange c ON c.order_id = o.id AND c.status = 'confirmed'
        WHERE o.version > 1 OR c.id IS NOT NULL
        GROUP BY o.id HAVING o.version <> 1 + count(c.id)
        """,
    ),
    Invariant(
        "changed_orders_have_their_event",
        "every confirmed change or cancellation has its event",
        """
        SELECT o.number, count(c.id), max(e.events) FROM orders_orderchange c JOIN orders_order o ON o.id = c.order_id
        LEFT JOIN (SELECT subject, count(*) AS events FROM infra_event
                   WHERE name IN ('order.changed.v1', 'order.cancelled.v1') GROUP BY subject) e ON e.subject = o.number
        WHERE c.status = 'confirmed' GROUP BY o.id HAVING count(c.id) IS DISTINCT FROM max(e.events)
        """,
    ),
    Invariant(
        "given_back_by_changes_was_asked_for",
        "what changes gave back was asked of gateways as refunds",
        """
        SELECT o.number, c.number, c.given_back, coalesce(r.amount, 0) FROM orders_orderchange c
        JOIN orders_order o ON o.id = c.order_id
        LEFT JOIN LATERAL (SELECT sum(t.amount) AS amount FROM orders_paymenttransaction t
                           JOIN orders_payment p ON p.id = t.payment_id WHERE p.order_id = o.id
                           AND t.operation = 'refund'
                           AND t.key LIKE o.number || '/refund/change-' || c.number || '/%') r ON true
        WHERE c.given_back > 0 AND c.given_back IS DISTINCT FROM coalesce(r.amount, 0)
        """,
    ),
    Invariant(
        "promises_follow_lines",
        "no promise is open on a line of which nothing is on its way, and none counts more units than have left",
        """
        SELECT l.order_id, l.position, p.promised_on, p.delivered FROM orders_linepromise p
        JOIN orders_orderline l ON l.id = p.line_id
        WHERE p.delivered > l.fulfilled
           OR (p.outcome = 'open' AND l.ordered = l.cancelled + l.fulfilled AND p.delivered = l.fulfilled)
        """,
    ),
    Invariant(
        "promises_were_kept_or_not",
        "a promise that was kept had everything delivered by its day",
        """
        SELECT p.line_id, p.promised_on, p.delivered, p.delivered_on FROM orders_linepromise p
        WHERE p.outcome = 'kept' AND p.delivered > 0 AND p.delivered_on > p.promised_on
        """,
    ),
]
