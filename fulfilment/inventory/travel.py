"""Stock travels into a staging clone: in a partial one each level begins its ledger anew.

What a level holds is what production's level holds, less the units reserved for orders that stay behind (see
``fulfilment.requests.travel``). Adjustments that were posted are part of that; those that wait travel.
"""

from collections.abc import Mapping

from oms.kernel.travel import ALL, FULL, Rule, Where

TRAVEL: Mapping[str, Rule] = {
    "inventory_stocklevel": ALL,
    "inventory_stockmovement": FULL,
    "inventory_stockadjustment": Where("posted_at IS NULL"),
}

SETTLE = (
    """
    INSERT INTO inventory_stockmovement (level_id, kind, on_hand_change, reserved_change, reason, reference, actor)
    SELECT id, 'opening', on_hand, reserved, 'as production had it', '', 'staging clone'
    FROM inventory_stocklevel WHERE on_hand <> 0 OR reserved <> 0
    """,
)
