"""The queue states of a line that waits to be routed, and what may follow each. One without an entry is final."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "to_route": ("routed", "backorder", "pre_order", "unfillable", "hold", "cancelled"),
    "backorder": ("routed", "to_route", "pre_order", "unfillable", "hold", "cancelled"),
    "pre_order": ("routed", "to_route", "backorder", "unfillable", "hold", "cancelled"),
    "unfillable": ("to_route", "routed", "backorder", "cancelled"),
    "hold": ("to_route", "cancelled"),
    "routed": ("to_route", "joined"),
    "joined": ("to_route", "routed"),
}

#: Where a line goes when the retailer returns to the release before.
STATE_MAP = {"joined": "routed"}
