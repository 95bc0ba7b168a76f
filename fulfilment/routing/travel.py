"""What waits travels into a staging clone with its order line; runs travel as they are.

What the triggers noted does not travel: a line is tried again in the clone when something changes there.
"""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, Rule, With

TRAVEL: Mapping[str, Rule] = {
    "routing_backorder": With("line_id", "orders_orderline"),
    "routing_freedstock": NONE,
    "routing_routingrun": ALL,
    "routing_bidprice": ALL,
}

# The clone's levels are written anew, which the triggers took for stock that came in.
SETTLE = ("DELETE FROM routing_freedstock",)
