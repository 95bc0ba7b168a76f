"""What documents are made of: parties with their addresses, products with their numbers, amounts and dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orders.channels.reading import Unreadable, clean, money
from orders.channels.x12.checking import day
from orders.channels.x12.syntax import Segment, TransactionSet

#: Qualifiers of product numbers: the seller's own first, then GTINs, then the buyer's own.
SKU_QUALIFIERS = ("VN", "SK", "VP", "VC", "VA", "UP", "EN", "UK", "UA", "UI", "EO", "IB", "IN", "BP", "CB", "PI", "MG")
#: Units of measure that are one unit of ours.
EACH = ("", "EA", "UN", "PC", "PCE", "PE")
_COUNTRIES = {"USA": "US", "CAN": "CA", "MEX": "MX", "GBR": "GB", "DEU": "DE", "FRA": "FR", "BRA": "BR", "IRL": "IE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A loop N1: who (``role``: ST ship to, BT bill to, BY buyer, SF ship from …), its number, its address."""

    role: str
    name: str = ""
    qualifier: str = ""
    number: str = ""
    more_names: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line: ``products`` are pairs of qualifier and number, ``price`` is that of one ``unit`` by its ``basis``."""

    number: str
    quantity: Decimal | None
    unit: str = ""
    price: Decimal | None = None
    basis: str = ""
    products: tuple[tuple[str, str], ...] = ()
    description: str = ""

    def sku(self, preferred: Sequence[str]) -> str:
        """The product number of the first qualifier that the line has; else the first number of all."""
        known = dict(reversed(self.products))
        named = next((known[each] for each in preferred if each in known), "")
        return named or (self.products[0][1] if self.products else "")


@dataclass(frozen=True, slots=True)
class Parted:
    """A document cut into its heading, its lines (each with what follows it) and its summary."""

    heading: tuple[Segment, ...]
    lines: tuple[tuple[Segment, ...], ...]
    summary: tuple[Segment, ...]


def part(each: TransactionSet, opens: str, summary: Iterable[str] = ("CTT",)) -> Parted:
    """Cut a document where ``opens`` begins a line and one of ``summary`` ends the lines."""
    heading: list[Segment] = []
    lines: list[list[Segment]] = []
    tail: list[Segment] = []
    ends = frozenset(summary)
    for segment in each.segments:
        if segment.name in ("ST", "SE"):
            continue
        if tail or segment.name in ends:
            tail.append(segment)
        elif segment.name == opens:
            lines.append([segment])
        else:
            (lines[-1] if lines else heading).append(segment)
    return Parted(tuple(heading), tuple(tuple(line) for line in lines), tuple(tail))


def first(segments: Iterable[Segment], name: str) -> Segment:
    """The first segment of a name, an empty one where there is none."""
    return next((each for each in segments if each.name == name), Segment(name, (), 0))


def every(segments: Iterable[Segment], name: str) -> list[Segment]:
    """All segments of a name."""
    return [each for each in segments if each.name == name]


_OF_PARTY = frozenset(("N2", "N3", "N4", "NX2", "REF", "PER", "G61", "SI", "FOB", "TD1", "TD5", "TD4", "PKG", "MSG"))


def parties(segments: Iterable[Segment]) -> tuple[Party, ...]:
    """The loops N1 among the segments."""
    loops: list[list[Segment]] = []
    inside = False
    for each in segments:
        if each.name == "N1":
            loops.append([each])
            inside = True
        elif inside and each.name in _OF_PARTY:
            loops[-1].append(each)
        else:
            inside = False
    return tuple(_party(loop) for loop in loops)


def _party(loop: Sequence[Segment]) -> Party:
    head, place = loop[0], first(loop, "N4")
    contacts = [
        (each[at], clean(each[at + 1]))
        for each in every(loop, "PER") + every(loop, "G61")
        for at in (3, 5, 7)
    ]  # fmt: skip
    country = place[4].upper()
    return Party(
        role=head[1], name=clean(head[2]), qualifier=head[3], number=clean(head[4], 80),
        more_names=tuple(clean(each[at]) for each in every(loop, "N2") for at in (1, 2) if each[at]),
        address=tuple(clean(each[at]) for each in every(loop, "N3") for at in (1, 2) if each[at]),
        city=clean(place[1]), state=clean(place[2]), postal_code=clean(place[3]),
        country=_COUNTRIES.get(country, country),
        email=next((value for kind, value in contacts if kind == "EM"), ""),
        phone=next((value for kind, value in contacts if kind in ("TE", "CP", "WP")), ""),
    )  # fmt: skip


def products(segment: Segment, start: int) -> tuple[tuple[str, str], ...]:
    """Pairs of qualifier and number from the element ``start`` on; halves of pairs are left out."""
    pairs = ((segment[at], clean(segment[at + 1], 80)) for at in range(start, len(segment.elements), 2))
    return tuple((qualifier, value) for qualifier, value in pairs if qualifier and value)


def description(loop: Iterable[Segment]) -> str:
    """Free text about a product (PID of type F, or any with text)."""
    return clean(" ".join(each[5] for each in every(loop, "PID") if each[5]))


def decimal(segment: Segment, element: int, *, implied: int = 0) -> Decimal | None:
    """A number, None where the element is empty; ``implied`` decimals of N types. Raises :class:`Unreadable`."""
    text = segment[element]
    if text.startswith("."):
        text = f"0{text}"
    elif text.startswith("-."):
        text = f"-0{text[1:]}"
    found = money(text.removesuffix(".") if text else "", f"{segment.name}{element:02d}")
    return None if found is None else found.scaleb(-implied)


def whole(value: Decimal | None, named: str) -> int:
    """A number of units. Raises :class:`Unreadable`."""
    if value is None or value != value.to_integral_value() or abs(value) >= 2**31:
        message = f"{named} is {'missing' if value is None else f'{value:f}, not a whole number of units'}"
        raise Unreadable(message)
    return int(value)


def moment(text: str, zone: str, named: str, clock: str = "") -> datetime:
    """A day, at its beginning or at a time HHMM, in the partner's time zone. Raises :class:`Unreadable`."""
    found = day(text)
    if found is None:
        message = f"{named} is {clean(text, 20)!r}, not a date"
        raise Unreadable(message)
    hour = time(int(clock[:2]), int(clock[2:4])) if len(clock) >= 4 and clock.isdigit() and _clock(clock) else time(0)
    return datetime.combine(found, hour, _zone(zone)).astimezone(UTC)


def _clock(text: str) -> bool:
    return text.isascii() and text[:2] < "24" and text[2:4] < "60"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        message = f"the channel's option time_zone names {clean(name, 40)!r}, which is no time zone"
        raise Unreadable(message) from fault


def iso(text: str) -> str:
    """A date as YYYY-MM-DD, empty where it is none."""
    found: date | None = day(text)
    return found.isoformat() if found else ""
