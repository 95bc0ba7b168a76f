"""From counts to measures, each with its definition in words, and whether the difference tells anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from modules.models import ModuleUpgrade
from oms.infra.backoffice.display import money
from oms.web.kpis.selectors import Counted, counted
from oms.web.kpis.windows import Windows, windows_around

#: With fewer orders on either side, a difference is as likely chance as not: none is shown as good or bad.
ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Side:
    """A measure in one window: its value in words, and the number of orders that it is taken of."""

    words: str
    orders: int


@dataclass(frozen=True, slots=True)
class Kpi:
    """A measure before and after. ``better`` is None where it is the same, or nobody can tell.

    ``unmeasured`` says why there is no value at all.
    """

    name: str
    definition: str
    before: Side | None = None
    after: Side | None = None
    difference: str = ""
    better: bool | None = None
    too_few: bool = False
    unmeasured: str = ""


@dataclass(frozen=True, slots=True)
class Kpis:
    """All measures around a promotion, as of a moment."""

    windows: Windows
    before: Counted
    after: Counted
    measures: tuple[Kpi, ...]
    as_of: datetime

    @property
    def too_few(self) -> bool:
        """Whether either window has too few orders to tell anything."""
        return min(self.before.orders, self.after.orders) < ENOUGH

    @property
    def drawn(self) -> bool:
        """Whether not all orders were counted, but so many that were drawn by chance."""
        return (self.before.looked_at, self.after.looked_at) != (self.before.orders, self.after.orders)


@dataclass(frozen=True, slots=True)
class _Measure:
    name: str
    definition: str
    value: Callable[[Counted], Decimal | None]
    orders: Callable[[Counted], int]
    unit: str  #: of :data:`_PERCENT`, :data:`_TIMES`, :data:`_HOURS`, or a currency
    more_is_better: bool


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None


_PERCENT, _TIMES, _HOURS = "%", "", "h"

_MEASURES = (
    _Measure(
        "Promise kept",
        "Of the orders whose promises were decided, those of which everything arrived by the promised day",
        lambda it: _share(it.kept, it.promised), lambda it: it.promised, _PERCENT, more_is_better=True,
    ),
    _Measure(
        "Fill rate", "Of the units ordered and not cancelled, those that a location was asked to send",
        lambda it: _share(min(it.given, it.ordered - it.cancelled), it.ordered - it.cancelled),
        lambda it: it.looked_at, _PERCENT, more_is_better=True,
    ),
    _Measure(
        "Split rate", "Of the orders that have a location, those that have more than one",
        lambda it: _share(it.split, it.placed), lambda it: it.placed, _PERCENT, more_is_better=False,
    ),
    _Measure(
        "Cancel rate", "Of the units ordered, those that were cancelled before they left",
        lambda it: _share(it.cancelled, it.ordered), lambda it: it.looked_at, _PERCENT, more_is_better=False,
    ),
    _Measure(
        "Parcels per order", "Requests that left, for each order of which something has left",
        lambda it: Decimal(it.parcels) / it.shipped if it.shipped else None, lambda it: it.shipped, _TIMES,
        more_is_better=False,
    ),
    _Measure(
        "Touches per order", "Times that somebody had to do something by hand, beside picking, packing and sending",
        lambda it: Decimal(it.touches) / it.looked_at if it.looked_at else None, lambda it: it.looked_at, _TIMES,
        more_is_better=False,
    ),
    _Measure(
        "Time to a location", "From the order’s arrival here until a location was asked, the middle one of all",
        lambda it: it.hours_to_location, lambda it: it.placed, _HOURS, more_is_better=False,
    ),
    _Measure(
        "Time to leave", "From the order’s arrival here until its first parcel left, the middle one of all",
        lambda it: it.hours_to_leave, lambda it: it.shipped, _HOURS, more_is_better=False,
    ),
    _Measure(
        "Time to the customer",
        "From the order’s arrival here until the last of what left was reported delivered, the middle one of all",
        lambda it: it.hours_to_arrive, lambda it: it.arrived, _HOURS, more_is_better=False,
    ),
    _Measure(
        "Pick accuracy",
        "Of the units that left or could not be picked, those that were found as the stock said",
        lambda it: _share(it.picked, it.picked + it.missed), lambda it: it.shipped, _PERCENT, more_is_better=True,
    ),
)  # fmt: skip

_COST = "What the parcels of an order cost as booked, of the orders all of whose parcels that left have a price"
_NO_COST = Kpi(
    "Cost per order", _COST, unmeasured="nothing of these orders left in a parcel that was booked with a price"
)


def _costs(before: Counted, after: Counted) -> tuple[_Measure, ...]:
    """One measure for each currency: there are no exchange rates here, so currencies are never added up."""
    return tuple(_cost(currency) for currency in sorted({*before.costs, *after.costs}))


def _cost(currency: str) -> _Measure:
    def value(it: Counted) -> Decimal | None:
        known = it.costs.get(currency)
        return known.amount / known.orders if known else None

    def orders(it: Counted) -> int:
        known = it.costs.get(currency)
        return known.orders if known else 0

    return _Measure(f"Cost per order, {currency}", _COST, value, orders, currency, more_is_better=False)


def kpis_around(upgrade: ModuleUpgrade, now: datetime) -> Kpis | None:
    """The measures around the promotion of an upgrade; None where it never was promoted."""
    if upgrade.promoted_revision is None:
        return None
    windows = windows_around(upgrade, now)
    before, after = counted(windows.before, windows.after)
    measures = [_kpi(each, before, after) for each in (*_MEASURES, *_costs(before, after))]
    if not before.costs and not after.costs:
        measures.append(_NO_COST)
    return Kpis(windows, before, after, tuple(measures), now)


def _kpi(measure: _Measure, before: Counted, after: Counted) -> Kpi:
    old, new = measure.value(before), measure.value(after)
    first, second = _side(measure, old, before), _side(measure, new, after)
    too_few = min(first.orders, second.orders) < ENOUGH
    words, better = "", None
    if old is not None and new is not None:
        words = _difference(new - old, measure.unit)
        better = None if too_few or words[0] not in "+−" else (new > old) == measure.more_is_better
    return Kpi(measure.name, measure.definition, first, second, words, better, too_few)


def _side(measure: _Measure, value: Decimal | None, of: Counted) -> Side:
    return Side("–" if value is None else _in_words(value, measure.unit), measure.orders(of))


def _in_words(value: Decimal, unit: str) -> str:
    if unit == _HOURS:
        return f"{value * 60:.0f} min" if abs(value) < 2 else f"{value:,.1f} h"
    if unit == _PERCENT:
        return f"{value:.1f} %"
    return f"{value:.2f}" if unit == _TIMES else money(value, unit)


def _difference(value: Decimal, unit: str) -> str:
    words = _in_words(abs(value), unit).replace("%", "points")
    sign = "+" if value > 0 else "−"
    return f"{sign}{words}" if any(digit in "123456789" for digit in words) else words
