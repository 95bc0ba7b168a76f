"""What the tests of routing have in common."""

from __future__ import annotations

from oms.infra.verification import all_invariants, check
from orders.models import Order, OrderLine


def violations() -> list[str]:
    """Names of the invariants that do not hold."""
    return [invariant.name for invariant in all_invariants() if check(invariant)]


def units(order: Order) -> tuple[int, int, int]:
    """Open, allocated and cancelled units of an order."""
    lines = OrderLine.objects.filter(order=order)
    return (sum(x.open for x in lines), sum(x.allocated for x in lines), sum(x.cancelled for x in lines))
