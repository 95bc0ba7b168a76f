"""The statuses of an order, and what may follow each. One without an entry is final."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "held": ("open", "in_progress", "cancelled"),
    "open": ("held", "in_progress", "cancelled"),
    "in_progress": ("held", "open", "complete", "cancelled"),
}
