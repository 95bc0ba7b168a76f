"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "orders.columns": ("number", "channel", "status", "holds", "blocked", "hold_ends", "method", "total", "placed_at"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": (
        "holds", "rules_that_were_looked_at", "attributes", "changes", "cancellation", "payment_terms",
    ),
    "preview.columns": ("order", "before", "after", "blocked", "hold_ends"),
}  # fmt: skip
