"""What each unit of an order costs, to the last cent: how discounts, taxes and charges are shared out.

1. What belongs to one line (its discount, its tax) is shared over that line's units.
2. A discount or tax on the order as a whole is shared over the lines by their amounts. Shares are rounded down to
   whole minor units, and what is left over goes, one minor unit each, to the lines that lost most by rounding (the
   earlier one of two that lost the same).
3. The first ``k`` of ``n`` units of a line cost ``round(total × k / n)``. So parts always add up to the whole, in
   whatever portions units are shipped, cancelled or returned.
4. A fee for a cancellation is due at once, whatever becomes of the goods.
5. Any other charge of the order (carriage, a fee) is due once, with the first unit that is fulfilled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from oms.kernel.money import minor_units

#: Kinds of charges that belong to the goods.
SHARED_KINDS = ("discount", "tax")
#: Kinds of charges that are due as soon as they are made; all others are due once for the order.
AT_ONCE_KINDS = ("cancellation_fee",)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line: its units, the amount of all of them, and what became of them."""

    line_id: int
    ordered: int
    amount: Decimal
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class PricedCharge:
    """Money beside the goods; ``line_id`` None where it is the order's as a whole."""

    kind: str
    amount: Decimal
    line_id: int | None = None


class Shares:
    """The lines and charges of one order in one currency, shared out."""

    def __init__(self, currency: str, lines: Sequence[PricedLine], charges: Sequence[PricedCharge]) -> None:
        self._step = Decimal(1).scaleb(-minor_units(currency))
        self._lines = {line.line_id: line for line in lines}
        self._totals = {line.line_id: line.amount for line in lines}
        self.once = Decimal(0)
        self.at_once = Decimal(0)
        whole = Decimal(0)
        for charge in charges:
            if charge.line_id is not None:
                self._totals[charge.line_id] += charge.amount
            elif charge.kind in SHARED_KINDS:
                whole += charge.amount
            elif charge.kind in AT_ONCE_KINDS:
                self.at_once += charge.amount
            else:
                self.once += charge.amount
        for line_id, share in shared_out(whole, {line.line_id: line.amount for line in lines}, self._step).items():
            self._totals[line_id] += share

    def of_units(self, line_id: int, units: int) -> Decimal:
        """What the first ``units`` units of a line cost, in whole minor units of the currency."""
        line = self._lines[line_id]
        return (self._totals[line_id] * units / line.ordered).quantize(self._step, ROUND_HALF_UP)

    @property
    def total(self) -> Decimal:
        """What the whole order costs, were all of it fulfilled."""
        charges = self._once_rounded + self._at_once_rounded
        return sum((self.of_units(line.line_id, line.ordered) for line in self._lines.values()), charges)

    @property
    def due(self) -> Decimal:
        """What the units that have left so far cost, with the charges that are due once and those due at once."""
        fulfilled = sum(
            (self.of_units(line.line_id, line.fulfilled) for line in self._lines.values()), self._at_once_rounded
        )
        return fulfilled + (self._once_rounded if any(line.fulfilled for line in self._lines.values()) else 0)

    @property
    def still_to_come(self) -> Decimal:
        """What may yet fall due: the units that are neither cancelled nor fulfilled, and charges not due yet."""
        open_units = Decimal(0)
        for line in self._lines.values():
            open_units += self.of_units(line.line_id, line.ordered - line.cancelled)
            open_units -= self.of_units(line.line_id, line.fulfilled)
        waiting = any(line.cancelled + line.fulfilled < line.ordered for line in self._lines.values())
        begun = any(line.fulfilled for line in self._lines.values())
        return open_units + (self._once_rounded if waiting and not begun else 0)

    @property
    def payable(self) -> Decimal:
        """What the customer pays in the end, unless more is cancelled or changed."""
        return self.due + self.still_to_come

    def refund_of(self, line_id: int, units: int) -> Decimal:
        """What ``units`` more units of a line are worth that come back: never more than was paid for them.

        Raises :class:`ValueError` where so many are not with the customer.
        """
        line = self._lines[line_id]
        kept = line.fulfilled - line.returned
        if not 0 <= units <= kept:
            message = f"{units} units cannot come back: {kept} are with the customer"
            raise ValueError(message)
        return self.of_units(line_id, kept) - self.of_units(line_id, kept - units)

    @property
    def _once_rounded(self) -> Decimal:
        return self.once.quantize(self._step, ROUND_HALF_UP)

    @property
    def _at_once_rounded(self) -> Decimal:
        return self.at_once.quantize(self._step, ROUND_HALF_UP)


def shared_out(amount: Decimal, weights: Mapping[int, Decimal], step: Decimal) -> dict[int, Decimal]:
    """Share an amount out by weights, in whole steps, by the largest remainder; the shares add up to the amount.

    The amount is first rounded to whole steps. Weights that are all zero share evenly.
    """
    if not weights or not amount:
        return {}
    steps = int((amount / step).to_integral_value(ROUND_HALF_UP))
    sign, steps = (-1, -steps) if steps < 0 else (1, steps)
    total = sum(weights.values(), Decimal(0))
    if not total:
        weights, total = dict.fromkeys(weights, Decimal(1)), Decimal(len(weights))
    exact = {key: steps * weight / total for key, weight in weights.items()}
    shares = {key: int(share.to_integral_value(ROUND_DOWN)) for key, share in exact.items()}
    left = steps - sum(shares.values())
    for key in sorted(weights, key=lambda key: shares[key] - exact[key])[:left]:
        shares[key] += 1
    return {key: sign * share * step for key, share in shares.items()}
