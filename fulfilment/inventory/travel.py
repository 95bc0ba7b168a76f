"""Stock travels into a staging clone: in a partial one each level begins its ledger anew.

What a level holds is what production's level holds, less the units reserved for orders that stay behind (see
``fulfilment.requests.travel``). Adjustments that were posted are part of that; those that wait travel. Carts that
hold stock, expected supply, open transfers and counts travel, and what was learned. Feeds stay behind: their results
are in the levels.
"""

from collections.abc import Mapping

from oms.kernel.travel import ALL, FULL, Rule, Where

TRAVEL: Mapping[str, Rule] = {
    "inventory_stocklevel": ALL,
    "inventory_stockmovement": FULL,
    "inventory_stockadjustment": Where("posted_at IS NULL"),
    "inventory_stockcount": ALL,
    "inventory_stockcountline": ALL,
    "inventory_softreservation": ALL,
    "inventory_softpart": ALL,
    "inventory_incomingsupply": ALL,
    "inventory_transfer": ALL,
    "inventory_transferline": ALL,
    "inventory_stockconfidence": ALL,
    "inventory_dailysales": ALL,
    "inventory_stockfeed": FULL,
    "inventory_stockfeedrow": FULL,
    "inventory_feedmark": ALL,
}

SETTLE = (
    """
    INSERT INTO inventory_stockmovement (level_id, kind, on_hand_change, reserved_change, reason, reference, actor)
    SELECT id, 'opening', on_hand, reserved, 'as production had it', '', 'staging clone'
    FROM inventory_stocklevel WHERE on_hand <> 0 OR reserved <> 0
    """,
)
