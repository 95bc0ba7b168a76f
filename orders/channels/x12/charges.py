"""Allowances, charges and taxes (SAC, ITA, TXI): money beside the goods, exactly as it is stated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orders.channels.reading import Unreadable, clean
from orders.channels.x12.parts import decimal
from orders.channels.x12.syntax import Segment

_ALLOWANCES = frozenset("AP")
_CHARGES = frozenset("CQ")
#: SAC12: how it is settled. Anything else is settled elsewhere or said for information alone.
_SETTLED_HERE = frozenset(("", "02", "06"))
_CARRIAGE = frozenset(("D240", "D500", "G821", "G830", "C000", "D270", "H507", "G822", "I530", "D980"))
_TAXES = frozenset(("H740", "H750", "H770", "H780", "H790", "H800", "H810", "H840", "H850", "B950", "D360", "G740"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """An allowance (negative) or a charge. Either ``amount`` is known, or ``percent`` of the goods."""

    kind: str
    description: str
    amount: Decimal | None
    percent: Decimal | None = None

    def amount_of(self, goods: Decimal, *, certain: bool) -> Decimal:
        """What it comes to. A percentage counts only where a total confirms it (``certain``).

        Raises :class:`~orders.channels.reading.Unreadable`.
        """
        if self.amount is not None:
            return self.amount
        if self.percent is None or not certain:
            message = f"{self.description!r} states no amount, and no total says what it comes to"
            raise Unreadable(message)
        return (goods * self.percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def adjustments(segments: Iterable[Segment]) -> tuple[Adjustment, ...]:
    """Those of a heading or of a line. Raises :class:`~orders.channels.reading.Unreadable`."""
    readers = {"SAC": _of_sac, "ITA": _of_ita, "TXI": _of_txi}
    found = [readers[each.name](each) for each in segments if each.name in readers]
    return tuple(each for each in found if each is not None)


def _of_sac(segment: Segment) -> Adjustment | None:
    return _adjustment(
        segment, code=segment[2].upper(), settled=segment[12], amount=decimal(segment, 5, implied=2),
        percent=decimal(segment, 7), rate=decimal(segment, 8), count=decimal(segment, 10), text=clean(segment[15]),
    )  # fmt: skip


def _of_ita(segment: Segment) -> Adjustment | None:
    """The allowance or charge of versions before 003050, which partners still send."""
    return _adjustment(
        segment, code=segment[3].upper(), settled=segment[4], amount=decimal(segment, 7, implied=2),
        percent=decimal(segment, 9), rate=decimal(segment, 6), count=decimal(segment, 12) or decimal(segment, 10),
        text=clean(segment[13]),
    )  # fmt: skip


def _adjustment(
    segment: Segment, *, code: str, settled: str, amount: Decimal | None, percent: Decimal | None,
    rate: Decimal | None, count: Decimal | None, text: str,
) -> Adjustment | None:  # fmt: skip
    sort = segment[1].upper()
    if sort == "N" or settled not in _SETTLED_HERE:
        return None
    if sort not in _ALLOWANCES | _CHARGES:
        message = f"{segment.name}01 is {clean(sort, 5)!r}, neither an allowance nor a charge"
        raise Unreadable(message)
    sign = -1 if sort in _ALLOWANCES else 1
    if amount is None and rate is not None and count is not None:
        amount = rate * count
    kind = "discount" if sign < 0 else "tax" if code in _TAXES else "shipping" if code in _CARRIAGE else "fee"
    return Adjustment(
        kind=kind, description=text or f"{'Allowance' if sign < 0 else 'Charge'} {code}".strip(),
        amount=None if amount is None else sign * amount, percent=None if percent is None else sign * percent,
    )  # fmt: skip


def _of_txi(segment: Segment) -> Adjustment | None:
    # TXI07 O: said for information; TXI06 1 and 0: exempt.
    if segment[7] == "O" or segment[6] in ("0", "1"):
        return None
    amount, percent = decimal(segment, 2), decimal(segment, 3)
    if amount is None and percent is None:
        return None
    return Adjustment(kind="tax", description=f"Tax {segment[1]}", amount=amount, percent=percent)
