"""How promises stand: of a line, of orders in a list, and added up for dashboards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, F, Q, QuerySet

from orders.models import LinePromise, Order, PromiseOutcome


class PromiseState(StrEnum):
    """How the promises of an order stand, for lists."""

    AT_RISK = "at_risk"
    BROKEN = "broken"
    OPEN = "open"
    KEPT = "kept"

    @property
    def words(self) -> str:
        """For people."""
        return self.value.replace("_", " ").capitalize()


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


def orders_by_promise(orders: QuerySet[Order], state: PromiseState, today: date) -> QuerySet[Order]:
    """Orders that have a promise in this state.

    At risk is an open promise that is expected only after its day, or whose day has come while units have not left.
    """
    found = LinePromise.objects.order_by()
    if state is PromiseState.AT_RISK:
        left = F("line__cancelled") + F("line__fulfilled")
        late = Q(expected_on__gt=F("promised_on")) | Q(promised_on__lte=today, line__ordered__gt=left)
        found = found.filter(late, outcome=PromiseOutcome.OPEN)
    else:
        found = found.filter(outcome=state.value)
    return orders.filter(pk__in=found.values("line__order"))
