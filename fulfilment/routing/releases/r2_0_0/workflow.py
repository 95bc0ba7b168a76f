"""The queue states of a line that waits to be routed, and what may follow each. One without an entry is final."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "to_route": ("routed", "waiting_for_capacity", "waiting_for_fewer_parcels", "backorder", "cancelled"),
    "waiting_for_capacity": ("routed", "waiting_for_fewer_parcels", "backorder", "cancelled"),
    "waiting_for_fewer_parcels": ("routed", "waiting_for_capacity", "backorder", "cancelled"),
    "backorder": ("routed", "waiting_for_capacity", "waiting_for_fewer_parcels", "cancelled"),
    "unfillable": ("to_route", "cancelled"),
    "routed": ("to_route",),
}

#: Where a line goes when the retailer returns to the release before.
STATE_MAP = {"waiting_for_fewer_parcels": "backorder", "unfillable": "backorder"}
