"""The inventory advice (846): stock of a place, made for partners and read as rows of a stock feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.channels.x12.parts import decimal, every, first, moment, part, parties, products, whole
from orders.channels.x12.syntax import Segment, TransactionSet
from orders.channels.x12.writing import Draft, number, plain

#: QTY01, the one to look for first: on hand, available for sale, available.
QUANTITIES = ("17", "33", "A5")
#: Roles of N1 that name the place of the stock.
_PLACES = ("WH", "SF", "ST", "LC", "SE", "SU", "VN")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """Units of a product at a place. ``products`` are pairs of qualifier and number."""

    location: str
    products: tuple[tuple[str, str], ...]
    quantity: int
    as_of: datetime


def rows(
    each: TransactionSet, zone: str, *, quantities: Sequence[str] = QUANTITIES
) -> tuple[tuple[StockRow, ...], tuple[str, ...]]:
    """The rows of an 846, and words about its lines that give none. Raises
    :class:`~orders.channels.reading.Unreadable` where its date is none."""
    parted = part(each, "LIN")
    head = first(parted.heading, "BIA")
    stated = next((found for found in every(parted.heading, "DTM") if found[1] in ("001", "007", "050", "097")), None)
    as_of = moment(stated[2] if stated else head[4], zone, "BIA04", stated[3] if stated else head[5])
    place = _place(parted.heading)
    found: list[StockRow] = []
    left_out: list[str] = []
    for loop in parted.lines:
        pairs = products(loop[0], 2)
        amounts = list(_amounts(loop, place, quantities))
        if not pairs or not amounts:
            name = loop[0][1] or (pairs[0][1] if pairs else str(loop[0].position))
            left_out.append(f"line {name} has no {'quantity' if pairs else 'product'}")
        found += [
            StockRow(location=where, products=pairs, quantity=whole(units, f"a quantity of {pairs[0][1]}"), as_of=as_of)
            for where, units in amounts
            if pairs
        ]
    return tuple(found), tuple(left_out)


def _amounts(loop: Sequence[Segment], place: str, quantities: Sequence[str]) -> Iterator[tuple[str, Decimal | None]]:
    """Places and quantities of a line: by store (SDQ), else the first quantity of a kind that counts."""
    stores = every(loop, "SDQ")
    for segment in stores:
        for at in range(3, len(segment.elements), 2):
            if segment[at]:
                yield segment[at], decimal(segment, at + 1)
    if stores:
        return
    by_kind = {segment[1]: decimal(segment, 2) for segment in every(loop, "QTY")}
    chosen = next((kind for kind in quantities if by_kind.get(kind) is not None), None)
    if chosen is not None:
        yield _place(loop) or place, by_kind[chosen]


def _place(segments: Sequence[Segment]) -> str:
    named = {party.role: party.number or party.name for party in reversed(parties(segments))}
    return next((named[role] for role in _PLACES if named.get(role)), "")


def write(
    *, reference: str, at: datetime, levels: Sequence[tuple[str, int]], qualifier: str = "SK", location: str = ""
) -> Draft:
    """An 846 of what may be sold now: pairs of product number and units."""
    draft = Draft("846", "IB")
    day, clock = at.strftime("%Y%m%d"), at.strftime("%H%M")
    draft.add("BIA", "00", "SI", plain(reference, 30), day, clock)
    if location:
        draft.add("N1", "WH", plain(location, 60), "92", plain(location, 80).rjust(2, "0"))
    for place, (sku, units) in enumerate(levels, 1):
        draft.add("LIN", str(place), qualifier, plain(sku, 48))
        draft.add("QTY", "33", number(units), "EA")
    draft.add("CTT", str(len(levels)))
    return draft
