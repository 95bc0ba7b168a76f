"""What a policy's decisions cost by the published function, worked out apart from the solvers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .instance import PARCEL, UNFILLED, UNIT, UNIT_MILE, Instance, miles

#: For each order: the facility of each SKU; a SKU that is not there is left unfilled.
Shipped = Sequence[Mapping[str, str]]


class Infeasible(ValueError):
    """Decisions that cannot be carried out."""

    @classmethod
    def order(cls, line: int, what: str) -> Infeasible:
        """Say what an order cannot have."""
        return cls(f"order {line} {what}")


def cost_of(instance: Instance, shipped: Shipped) -> float:
    """Return the dollars that the decisions cost; raise :class:`Infeasible` where one uses stock that is not there."""
    if len(shipped) != len(instance.arrivals):
        raise Infeasible(len(shipped), len(instance.arrivals))
    left = dict(instance.stock)
    total = 0.0
    for arrival, choice in zip(instance.arrivals, shipped, strict=True):
        distances = {name: miles(arrival.city, point) for name, point in instance.facilities.items()}
        for sku, facility in choice.items():
            if sku not in arrival.items:
                raise Infeasible.order(arrival.line, f"does not ask for {sku}")
            if left.get((facility, sku), 0) < 1:
                raise Infeasible.order(arrival.line, f"takes {sku} from {facility}, where none is left")
            left[facility, sku] -= 1
            total += UNIT + UNIT_MILE * distances[facility]
        total += PARCEL * len(set(choice.values()))
        unfilled = len(arrival.items) - len(choice)
        if unfilled:
            total += UNFILLED * (PARCEL + unfilled * (UNIT + UNIT_MILE * max(distances.values())))
    return total
