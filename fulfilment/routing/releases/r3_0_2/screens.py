"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "queue.columns": ("order", "line", "product", "units", "queue", "reason", "since", "expected", "cancel_on"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": (
        "where_it_went",
        "how_it_travels",
        "landed_cost",
        "which_rules_applied",
        "what_lost_and_by_how_much",
    ),
    "strategy.panels": ("rules", "try_an_order"),
    "run.columns": ("orders", "cost", "bound", "gap", "exact", "notes"),
    "preview.columns": ("order", "before", "after", "cost", "parcels", "service", "arrives", "queue", "distance"),
}
