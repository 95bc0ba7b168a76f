"""The queue states of a line that waits to be routed, and what may follow each. One without an entry is final."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "to_route": ("routed", "backorder", "cancelled"),
    "backorder": ("routed", "cancelled"),
    "routed": ("to_route",),
}
