"""What must always hold for routing."""

from oms.infra.verification import Invariant

INVARIANTS = [
    Invariant(
        "open_units_wait_somewhere",
        "open units of an order that routing knows and no hold keeps back are in a queue or about to be routed",
        """
        SELECT o.number, l.position, l.open FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        WHERE l.open > 0 AND o.status <> 'held' AND o.routing_release <> ''
        AND NOT EXISTS (SELECT FROM routing_backorder q WHERE q.line_id = l.id)
        AND NOT EXISTS (SELECT FROM infra_pendingreaction p JOIN infra_event e ON e.id = p.event_id
                        WHERE e.subject_kind = 'order' AND e.subject = o.number)
        """,
    ),
    Invariant(
        "excluded_locations_are_not_asked_again",
        "a location that has refused a line has no work on it that was given to it later",
        """
        SELECT x.id, r.number FROM requests_exclusion x
        JOIN requests_fulfilmentrequestline q ON q.order_line_id = x.line_id
        JOIN requests_fulfilmentrequest r ON r.id = q.request_id AND r.location_id = x.location_id
        WHERE x.lifted_at IS NULL AND r.created_at > x.excluded_at
        """,
    ),
    Invariant(
        "runs_add_up",
        "every order of a run was placed, decided again or left out",
        """
        SELECT r.number, r.orders, r.placed_orders, r.decided_again, r.left_out FROM routing_routingrun r
        WHERE r.orders <> r.placed_orders + r.decided_again + r.left_out OR r.bound > r.cost
        """,
    ),
    Invariant(
        "bid_prices_are_of_the_last_run",
        "bid prices are kept of the last run of each currency alone",
        """
        SELECT b.id, r.number FROM routing_bidprice b JOIN routing_routingrun r ON r.id = b.run_id
        WHERE EXISTS (SELECT FROM routing_routingrun later
                      WHERE later.currency = r.currency AND later.number > r.number)
        """,
    ),
]
