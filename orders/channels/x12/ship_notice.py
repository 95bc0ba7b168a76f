"""The ship notice (856): what left, in which carton, of which order; levels of HL shipment, order, pack, item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.channels.reading import Unreadable, clean
from orders.channels.x12.parts import Item, Party, decimal, description, every, first, iso, parties, products
from orders.channels.x12.syntax import Segment, TransactionSet
from orders.channels.x12.writing import Draft, number, plain

#: Levels of HL inside one another at most; more are a circle.
_DEEPEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A carton, or the goods that are in none: its SSCC-18, its tracking number, its items."""

    items: tuple[Item, ...]
    sscc: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOrder:
    """An order of which goods left."""

    number: str
    packs: tuple[Pack, ...]
    release: str = ""
    ordered_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipNotice:
    """A shipment. ``carrier`` is its name or standard code, ``dates`` pairs of DTM01 and ISO dates."""

    number: str
    orders: tuple[NoticeOrder, ...]
    shipped_at: datetime | None = None
    carrier: str = ""
    tracking: str = ""
    parties: tuple[Party, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()

    @property
    def items(self) -> Iterator[tuple[NoticeOrder, Item]]:
        """All items with their orders."""
        return ((order, item) for order in self.orders for pack in order.packs for item in pack.items)


def sscc_18(company_prefix: str, serial: int, *, extension: int = 0) -> str:
    """The GS1 serial shipping container code: extension digit, company prefix, serial, check digit.

    Raises ValueError where prefix (7 to 10 digits) and serial do not fit into it.
    """
    room = 16 - len(company_prefix)
    fits = company_prefix.isascii() and company_prefix.isdigit() and 7 <= len(company_prefix) <= 10
    if not fits or not 0 <= serial < 10**room or not 0 <= extension <= 9:
        message = f"prefix {company_prefix!r}, serial {serial} and extension {extension} make no SSCC"
        raise ValueError(message)
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return f"{body}{check_digit(body)}"


def check_digit(body: str) -> int:
    """GS1: weights 3 and 1 from the right, up to the next ten (GS1 General Specifications, 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def write(each: ShipNotice, at: datetime) -> Draft:
    """An 856."""
    draft = Draft("856", "SH")
    shipped = each.shipped_at or at
    day, clock = shipped.strftime("%Y%m%d"), shipped.strftime("%H%M")
    draft.add("BSN", "00", plain(each.number, 30).rjust(2, "0"), day, clock, "0001")
    draft.add("DTM", "011", day, clock)
    levels = _Levels(draft)
    shipment = levels.open("", "S")
    draft.add("TD5", "B", *(("2", each.carrier) if _is_code(each.carrier) else ("", "")), "", plain(each.carrier, 35))
    if each.tracking:
        draft.add("REF", "CN", plain(each.tracking, 30))
    for party in each.parties:
        add_party(draft, party)
    for order in each.orders:
        level = levels.open(shipment, "O")
        draft.add("PRF", plain(order.number, 22), plain(order.release, 30), "", order.ordered_on.replace("-", ""))
        for pack in order.packs:
            inside = levels.open(level, "P")
            draft.add(*(("MAN", "GM", pack.sscc) if pack.sscc else ("MAN",)))
            draft.add(*(("MAN", "CP", plain(pack.tracking, 48)) if pack.tracking else ("MAN",)))
            for item in pack.items:
                levels.open(inside, "I")
                _add_item(draft, item)
    draft.add("CTT", str(levels.count))
    return draft


class _Levels:
    """Numbers the levels as they are opened."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.count = draft, 0

    def open(self, parent: str, code: str) -> str:
        self.count += 1
        self.draft.add("HL", str(self.count), parent, code)
        return str(self.count)


def _add_item(draft: Draft, item: Item) -> None:
    pairs = [part for qualifier, value in item.products[:10] for part in (plain(qualifier, 2), plain(value, 48))]
    draft.add("LIN", plain(item.number, 20), *pairs)
    draft.add("SN1", plain(item.number, 20), number(item.quantity or Decimal(0)), plain(item.unit, 2) or "EA")
    if item.description:
        draft.add("PID", "F", "", "", "", plain(item.description, 80))


def _is_code(carrier: str) -> bool:
    """Whether it can be a standard carrier alpha code."""
    return 2 <= len(carrier) <= 4 and carrier.isascii() and carrier.isalnum() and carrier.isupper()


def add_party(draft: Draft, party: Party) -> None:
    """A loop N1."""
    number_given = party.qualifier and len(party.number) >= 2
    draft.add(
        "N1", party.role, plain(party.name, 60),
        *((plain(party.qualifier, 2), plain(party.number, 80)) if number_given else ()),
    )  # fmt: skip
    lines = [plain(line, 55) for line in party.address]
    for at in range(0, len(lines), 2):
        draft.add("N3", *lines[at : at + 2])
    draft.add("N4", plain(party.city, 30), plain(party.state, 2), plain(party.postal_code, 15), party.country)


def read(each: TransactionSet) -> ShipNotice:
    """What an 856 says. Raises :class:`~orders.channels.reading.Unreadable` where its levels do not fit together."""
    loops = _loops(each.segments)
    head = first(each.segments, "BSN")
    above = {loop[0][1]: loop for loop in loops}
    stated = decimal(first(each.segments, "CTT"), 1)
    if stated is not None and stated != len(loops):
        message = f"CTT01 states {stated:f} levels (HL), there are {len(loops)}: a part may be missing"
        raise Unreadable(message)
    if len(above) != len(loops):
        message = "two levels (HL01) have the same number"
        raise Unreadable(message)
    shipment = next((loop for loop in loops if loop[0][3] == "S"), [])
    packs: dict[tuple[str, str, str], dict[tuple[str, str], list[Item]]] = {}
    for loop in loops:
        if first(loop, "LIN").position and first(loop, "SN1").position:
            _put(loop, above, packs)
    outside = each.segments[: each.segments.index(loops[0][0])] if loops else each.segments
    dates = [(found[1], iso(found[2])) for found in [*every(outside, "DTM"), *every(shipment, "DTM")] if iso(found[2])]
    return ShipNotice(
        number=head[2], carrier=first(shipment, "TD5")[3] or first(shipment, "TD5")[5],
        tracking=next((found[2] for found in every(shipment, "REF") if found[1] in ("CN", "BM")), ""),
        parties=parties(shipment), dates=tuple(dates),
        orders=tuple(
            NoticeOrder(
                number=number_, release=release, ordered_on=ordered,
                packs=tuple(
                    Pack(items=tuple(items), sscc=sscc, tracking=tracking)
                    for (sscc, tracking), items in inside.items()
                ),
            )
            for (number_, release, ordered), inside in packs.items()
        ),
    )  # fmt: skip


def _loops(segments: Sequence[Segment]) -> list[list[Segment]]:
    loops: list[list[Segment]] = []
    for segment in segments:
        if segment.name == "HL":
            loops.append([segment])
        elif loops and segment.name not in ("CTT", "SE"):
            loops[-1].append(segment)
    return loops


def _put(
    loop: Sequence[Segment],
    above: dict[str, list[Segment]],
    packs: dict[tuple[str, str, str], dict[tuple[str, str], list[Item]]],
) -> None:
    """Put an item into its carton of its order, found among the levels above it."""
    line, count = first(loop, "LIN"), first(loop, "SN1")
    path = _path(loop, above)
    prf = next((found for each in path if (found := first(each, "PRF")).position), Segment("PRF", (), 0))
    pairs = products(line, 2)
    # Where there is no level of orders, the item names its order itself.
    order = prf[1] or next((value for qualifier, value in pairs if qualifier in ("PO", "ON")), "")
    marks = [mark for each in path for mark in every(each, "MAN")]
    sscc = next((clean(mark[2], 48) for mark in marks if mark[1] in ("GM", "AA", "AI")), "")
    tracking = next((clean(mark[2], 48) for mark in marks if mark[1] in ("CP", "SM")), "")
    item = Item(
        number=line[1] or count[1], quantity=decimal(count, 2), unit=count[3], products=pairs,
        description=description(loop),
    )  # fmt: skip
    packs.setdefault((order, prf[2], iso(prf[4])), {}).setdefault((sscc, tracking), []).append(item)


def _path(loop: Sequence[Segment], above: dict[str, list[Segment]]) -> list[Sequence[Segment]]:
    """The level itself and those above it, up to the shipment. Raises :class:`Unreadable`."""
    path = [loop]
    while parent := path[-1][0][2]:
        if parent not in above:
            message = f"level {path[-1][0][1]} (HL02) lies under level {parent}, which there is not"
            raise Unreadable(message)
        if len(path) > _DEEPEST:
            message = f"the levels (HL) above {loop[0][1]} lead in a circle"
            raise Unreadable(message)
        path.append(above[parent])
    return path
