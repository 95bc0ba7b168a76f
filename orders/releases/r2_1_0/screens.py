"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "orders.columns": ("number", "channel", "status", "holds", "blocked", "method", "total", "placed_at"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": ("holds", "rules_that_were_looked_at", "attributes", "changes", "cancellation"),
    "preview.columns": ("order", "before", "after", "blocked"),
}
