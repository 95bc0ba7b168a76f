"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "orders.columns": ("number", "channel", "status", "total", "placed_at"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": ("holds",),
    "preview.columns": ("order", "before", "after"),
}
