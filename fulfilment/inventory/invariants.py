"""What must always hold for stock."""

from oms.infra.verification import Invariant

INVARIANTS = [
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
        "no level has more units reserved than on hand, or less than none",
        """
        SELECT id, on_hand, reserved FROM inventory_stocklevel
        WHERE reserved < 0 OR on_hand < reserved
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
]
