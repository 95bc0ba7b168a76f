"""Which columns and panels this release shows."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, ...]] = {
    "queue.columns": ("order", "line", "product", "units", "reason", "since"),
    "decision.columns": ("rule", "subject", "kept", "why"),
    "order.panels": ("where_it_went", "what_was_passed_over"),
    "preview.columns": ("order", "before", "after", "distance"),
}
