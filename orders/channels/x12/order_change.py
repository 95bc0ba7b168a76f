"""The purchase order change (860). What takes lines or the whole order back is done; all else waits for people.

A change of a quantity, price or address is not done by itself: the standard lets partners state the new quantity or the
difference, and guessing would send goods that nobody ordered.
"""

from __future__ import annotations

from orders.channels.reading import Unreadable, clean
from orders.channels.x12.parts import decimal, first, moment, part, products
from orders.channels.x12.purchase_order import line_name, order_number
from orders.channels.x12.syntax import Segment, TransactionSet
from orders.domain.channel import Intake, LineUnits, OrderCancelled, Unclear

#: More than any line has: all that is left of it is cancelled.
_ALL = 2**31 - 1
_CHANGES = {
    "AI": "is added", "CA": "is changed", "CF": "is cancelled in part", "PC": "has another price",
    "PQ": "has another price and quantity", "PR": "has another price", "QD": "is reduced", "QI": "is raised",
    "RZ": "is replaced", "RQ": "has another date", "RS": "has another date", "CB": "has another unit",
    "CE": "has another price", "CG": "has another quantity", "MU": "is changed",
}  # fmt: skip


def order_change(each: TransactionSet, zone: str) -> Intake:
    """What an 860 asks for. Raises :class:`~orders.channels.reading.Unreadable`."""
    parted = part(each, "POC")
    head, counts = first(parted.heading, "BCH"), first(parted.summary, "CTT")
    number = order_number(head[3], head[4])
    at = moment(head[11] or head[10] or head[6], zone, "BCH06")
    stated = decimal(counts, 1)
    if stated is not None and stated != len(parted.lines):
        message = f"CTT01 states {stated:f} lines, there are {len(parted.lines)}: a part may be missing"
        raise Unreadable(message)
    changed = [loop[0] for loop in parted.lines if loop[0][2] not in ("NC", "NS")]
    if head[1] == "01":
        return OrderCancelled(external_number=number, cancelled_at=at, reason="cancelled by the partner (860)")
    others = [segment for segment in changed if segment[2] != "DI"]
    if others or not changed:
        what = "; ".join(_words(segment) for segment in others[:20]) or "no line is named"
        return Unclear(number, f"the partner changes its order, which is done by hand: {what}")
    return OrderCancelled(
        external_number=number, cancelled_at=at, reason="taken back by the partner (860)",
        lines=tuple(_all_of(segment, place) for place, segment in enumerate(changed, 1)),
    )  # fmt: skip


def _all_of(segment: Segment, place: int) -> LineUnits:
    if not segment[1]:
        message = f"change {place} does not name its line (POC01)"
        raise Unreadable(message)
    named = products(segment, 8)
    return LineUnits(quantity=_ALL, reference=line_name(segment[1]), sku=named[0][1] if named else "")


def _words(segment: Segment) -> str:
    what = _CHANGES.get(segment[2], f"is changed ({clean(segment[2], 5)})")
    details = [
        f"quantity {segment[3]}" if segment[3] else "", f"{segment[4]} left to receive" if segment[4] else "",
        f"price {segment[6]}" if segment[6] else "",
    ]  # fmt: skip
    told = ", ".join(filter(None, details))
    return f"line {clean(segment[1], 20) or '?'} {what}{f' ({clean(told, 80)})' if told else ''}"
