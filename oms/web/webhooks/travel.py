"""Endpoints stand in a staging clone, so that it can list what would have been sent; what was sent stays behind.

A clone has neither production's secrets nor its position: it looks through its own history from when it begins.
"""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, Rule

TRAVEL: Mapping[str, Rule] = {
    "webhooks_endpoint": ALL,
    "webhooks_subscription": ALL,
    "webhooks_endpointsecret": NONE,
    "webhooks_position": NONE,
    "webhooks_message": NONE,
    "webhooks_delivery": NONE,
    "webhooks_attempt": NONE,
    "webhooks_replay": NONE,
}
