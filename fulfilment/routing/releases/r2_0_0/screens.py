"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "queue.columns": ("order", "line", "product", "units", "reason", "since"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": ("where_it_went", "landed_cost", "what_lost_and_by_how_much", "capacity_today"),
    "preview.columns": ("order", "before", "after", "cost", "parcels", "distance"),
}
