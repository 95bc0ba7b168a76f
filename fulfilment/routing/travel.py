"""What waits for stock travels into a staging clone with its order line."""

from collections.abc import Mapping

from oms.kernel.travel import Rule, With

TRAVEL: Mapping[str, Rule] = {"routing_backorder": With("line_id", "orders_orderline")}
