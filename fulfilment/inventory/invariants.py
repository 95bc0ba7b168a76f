"""What must always hold for stock."""

from oms.infra.verification import Invariant


def _number(packed: str) -> str:
    """SQL for the 32-bit integer that begins at byte ``n``, its least byte first."""
    return "(" + " | ".join(f"(get_byte({packed}, n + {byte}) << {8 * byte})" for byte in range(4)) + ")"


INVARIANTS = [
    Invariant(
        "stock_movements_have_levels",
        "each movement is one of a level",
        """
        SELECT m.level_id, count(*) FROM inventory_stockmovement m
        LEFT JOIN inventory_stocklevel s ON s.id = m.level_id WHERE s.id IS NULL GROUP BY m.level_id
        """,
    ),
    Invariant(
        "stock_levels_have_products_and_locations",
        "each level is one of a product and of a location, and allows backorder as that does",
        """
        SELECT l.id, l.product_id, l.location_id, l.backorder FROM inventory_stocklevel l
        LEFT JOIN catalogue_product p ON p.id = l.product_id
        LEFT JOIN locations_location c ON c.id = l.location_id AND c.allows_backorder = l.backorder
        WHERE p.id IS NULL OR c.id IS NULL
        """,
    ),
    Invariant(
        "stock_feed_rows_have_feeds",
        "each row of a feed is one of a feed",
        """
        SELECT r.feed_id, count(*) FROM inventory_stockfeedrow r
        LEFT JOIN inventory_stockfeed f ON f.id = r.feed_id WHERE f.id IS NULL GROUP BY r.feed_id
        """,
    ),
    Invariant(
        "stock_level_is_sum_of_movements",
        "a level is the sum of its movements",
        """
        SELECT s.id, s.on_hand, m.on_hand, s.reserved, m.reserved
        FROM inventory_stocklevel s LEFT JOIN (
            SELECT level_id, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
            FROM inventory_stockmovement GROUP BY level_id
        ) m ON m.level_id = s.id
        WHERE s.on_hand <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0)
        """,
    ),
    Invariant(
        "stock_reserved_is_on_hand",
        "no level has more units reserved than on hand (unless its location allows backorder), or less than none",
        """
        SELECT l.id, l.on_hand, l.reserved, l.soft_reserved FROM inventory_stocklevel l
        JOIN locations_location c ON c.id = l.location_id
        WHERE l.reserved < 0 OR l.on_hand < 0 OR l.soft_reserved < 0 OR l.backorder <> c.allows_backorder
            OR l.on_hand < l.reserved AND NOT c.allows_backorder
        """,
    ),
    Invariant(
        "stock_soft_is_its_parts",
        "units that a level holds for carts are those of the carts, whole, live and with the same end",
        """
        SELECT l.id, l.soft_reserved, coalesce(p.units, 0) FROM inventory_stocklevel l
        LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_softpart GROUP BY level_id) p
            ON p.level_id = l.id
        WHERE l.soft_reserved <> coalesce(p.units, 0)
        UNION ALL
        SELECT r.id, r.quantity, coalesce(sum(p.quantity), 0) FROM inventory_softreservation r
        LEFT JOIN inventory_softpart p ON p.reservation_id = r.id
        GROUP BY r.id
        HAVING coalesce(sum(p.quantity), 0) <> CASE WHEN r.state = 'live' THEN r.quantity ELSE 0 END
            OR bool_or(p.expires_at <> r.expires_at)
        """,
    ),
    Invariant(
        "closed_transfers_are_whole",
        "what left with a closed transfer arrived, or was written off; one under way has sent what it says",
        """
        SELECT t.number, l.product_id, l.quantity, l.received, l.lost FROM inventory_transfer t
        JOIN inventory_transferline l ON l.transfer_id = t.id
        WHERE t.status = 'closed' AND l.quantity <> l.received + l.lost OR t.status <> 'closed' AND l.lost <> 0
            OR t.status IN ('draft', 'cancelled') AND l.received <> 0
        """,
    ),
    Invariant(
        "sales_are_in_the_ledger",
        "units sold on each of the last days are at least those that the ledger shows",
        """
        SELECT m.product_id, m.location_id, m.day, m.units, s.units FROM (
            SELECT l.product_id, l.location_id, (v.moved_at AT TIME ZONE 'UTC')::date AS day,
                -sum(v.on_hand_change) AS units
            FROM inventory_stockmovement v JOIN inventory_stocklevel l ON l.id = v.level_id
            WHERE v.on_hand_change <> 0 AND v.moved_at >= now() - interval '27 days' AND v.kind = 'shipment'
            GROUP BY 1, 2, 3
        ) m LEFT JOIN inventory_dailysales s USING (product_id, location_id, day)
        WHERE m.day > (now() - interval '27 days')::date AND m.units > coalesce(s.units, 0)
        """,
    ),
    Invariant(
        "posted_adjustments_are_movements",
        "units of posted adjustments are in the ledger",
        """
        SELECT a.units, m.units FROM
            (SELECT coalesce(sum(quantity), 0) AS units FROM inventory_stockadjustment
             WHERE posted_at IS NOT NULL) a,
            (SELECT coalesce(sum(on_hand_change), 0) AS units FROM inventory_stockmovement
             WHERE kind = 'adjustment') m
        WHERE a.units <> m.units
        """,
    ),
    Invariant(
        "boards_are_their_levels",
        "a board says what the levels say, wherever nothing has been noted beside it",
        f"""
        WITH board AS MATERIALIZED (
            SELECT product_id, places, free, snapshot::pg_snapshot AS seen FROM inventory_stockboard
            WHERE pg_snapshot_xmax(snapshot::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
        ), told AS (
            SELECT b.product_id, {_number("b.places")} AS location_id, {_number("b.free")} AS free
            FROM board b CROSS JOIN LATERAL generate_series(0, length(b.places) - 1, 4) AS n
        ), held AS (
            SELECT product_id, location_id, on_hand - reserved AS free FROM inventory_stocklevel
            WHERE product_id IN (SELECT product_id FROM board)
        )
        SELECT product_id, location_id, t.free, h.free FROM told t FULL JOIN held h USING (product_id, location_id)
        WHERE coalesce(t.free, 0) <> coalesce(h.free, 0) AND NOT EXISTS (
            SELECT FROM inventory_levelnote o JOIN board b ON b.product_id = o.product_id
            WHERE o.product_id = coalesce(t.product_id, h.product_id)
                AND coalesce(o.location_id = coalesce(t.location_id, h.location_id), true)
                AND NOT pg_visible_in_snapshot(o.xid::text::xid8, b.seen)
        )
        """,
    ),
    Invariant(
        "confidence_is_in_thousandths",
        "what is known of stock is trusted by 0 to 1000 thousandths, and says what it was learned from",
        "SELECT id, value, outcome FROM inventory_stockconfidence WHERE value NOT BETWEEN 0 AND 1000 OR outcome = ''",
    ),
    Invariant(
        "posted_counts_are_movements",
        "what a posted count has changed is in the ledger under its number",
        """
        SELECT l.count_id, l.level_id, l.posted, m.units FROM inventory_stockcountline l
        JOIN inventory_stockcount c ON c.id = l.count_id AND c.status = 'posted'
        LEFT JOIN (
            SELECT level_id, reference, sum(on_hand_change) AS units FROM inventory_stockmovement
            WHERE kind = 'count' GROUP BY level_id, reference
        ) m ON m.level_id = l.level_id AND m.reference = 'COUNT-' || c.id
        WHERE coalesce(l.posted, 0) <> coalesce(m.units, 0) AND NOT EXISTS (
            SELECT FROM inventory_stockmovement o -- the ledger of a staging clone begins later
            WHERE o.level_id = l.level_id AND o.kind = 'opening' AND o.actor = 'staging clone'
        )
        """,
    ),
]
