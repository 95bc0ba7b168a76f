"""How promises were kept, for dashboards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from orders.models import LinePromise, PromiseOutcome


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """Promises by what became of them; ``open`` ones are still running."""

    kept: int
    broken: int
    open: int

    @property
    def kept_percent(self) -> float | None:
        """Of those that are settled; None while none is."""
        settled = self.kept + self.broken
        return 100 * self.kept / settled if settled else None


def promise_figures(since: date, until: date) -> PromiseFigures:
    """Promises of the days from ``since`` to ``until``, both included."""
    rows = LinePromise.objects.filter(promised_on__range=(since, until)).order_by()
    found = dict(rows.values_list("outcome").annotate(Count("id")))
    return PromiseFigures(*(found.get(each, 0) for each in (
        PromiseOutcome.KEPT, PromiseOutcome.BROKEN, PromiseOutcome.OPEN,
    )))  # fmt: skip
