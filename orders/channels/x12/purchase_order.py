"""The purchase order (850) and its change (860): what a partner orders from the retailer.

Reading has two steps: :func:`purchase_order` gives what the document says, :func:`order_placed` what we make of it.
Money is exact or refused: a total that is stated (AMT TT) has to be met to the cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.channels.draft import Draft, destination
from orders.channels.reading import Unreadable, address_lines, clean, country_code, currency_code, email
from orders.channels.x12.charges import Adjustment, adjustments
from orders.channels.x12.options import Partner
from orders.channels.x12.parts import (
    EACH,
    Item,
    Party,
    decimal,
    description,
    every,
    first,
    iso,
    moment,
    part,
    parties,
    products,
    whole,
)
from orders.channels.x12.syntax import Segment, TransactionSet
from orders.channels.x12.writing import number as written
from orders.domain.capture import Destination
from orders.domain.channel import Json, OrderCancelled, OrderPlaced

_ZERO = Decimal(0)
#: Units that one price is for, by the basis of the price (PO105).
_PER = {"HP": 100, "HU": 100, "HN": 100, "TP": 1000, "TH": 1000}
_NO_CHARGE = "NC"
#: Bases of the price of one piece, also where cases are ordered: each, wholesale, list and contract price per each.
_PER_PIECE = frozenset(("PE", "WE", "LE", "TE"))
#: Prices that consumers pay (CTP02): resale, suggested and maximum retail, promotional and advertised prices.
_FOR_CONSUMERS = frozenset(("RES", "RTL", "MSR", "SRP", "MAX", "PRP", "ALT", "AWP", "ICL", "SPE"))
#: Why a test is not worked on.
COMES_AS_TEST = "it comes as a test (ISA15 T): set the channel's option take_tests to take it"
#: BEG01: the whole order is cancelled.
CANCELS = "01"
#: How much of a document's free text is kept with the order.
_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem(Item):
    """A line of an order with its own charges and parties. ``amount`` is what the partner says that it comes to."""

    adjustments: tuple[Adjustment, ...] = ()
    parties: tuple[Party, ...] = ()
    amount: Decimal | None = None
    scattered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """What an 850 says. Amounts are in ``currency``, empty where it names none."""

    purpose: str
    kind: str
    number: str
    release: str
    ordered_on: str
    currency: str
    items: tuple[OrderItem, ...]
    parties: tuple[Party, ...]
    adjustments: tuple[Adjustment, ...] = ()
    total: Decimal | None = None
    stated_lines: Decimal | None = None
    stated_units: Decimal | None = None
    method: str = ""
    methods: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()

    @property
    def external_number(self) -> str:
        """The partner's number; a release of a blanket order has a number of its own."""
        return order_number(self.number, self.release)

    def party(self, role: str) -> Party | None:
        """The party of a role."""
        return next((each for each in self.parties if each.role == role), None)


def order_number(number: str, release: str) -> str:
    """How an order is named, whichever document speaks of it. Raises :class:`Unreadable`."""
    found = clean(f"{number}/{release}" if release and release != number else number, 200)
    if not found or len(found) > 64:
        message = "the order has no number" if not found else f"the number {found[:40]}… is longer than 64 characters"
        raise Unreadable(message)
    return found


def line_name(number: str) -> str:
    """A line's number as documents share it: 001 and 1 are the same."""
    return number.lstrip("0") if number.isascii() and number.isdigit() else number


def purchase_order(each: TransactionSet) -> PurchaseOrder:
    """Read an 850. Raises :class:`~orders.channels.reading.Unreadable`."""
    parted = part(each, "PO1")
    head, counts = first(parted.heading, "BEG"), first(parted.summary, "CTT")
    outside = (*parted.heading, *parted.summary)
    route = first(parted.heading, "TD5")
    return PurchaseOrder(
        purpose=head[1], kind=head[2], number=head[3], release=head[4], ordered_on=head[5],
        currency=first(parted.heading, "CUR")[2],
        items=tuple(_item(loop, place) for place, loop in enumerate(parted.lines, 1)),
        parties=parties(parted.heading), adjustments=adjustments(parted.heading),
        total=_total(outside), stated_lines=decimal(counts, 1), stated_units=decimal(counts, 2),
        method=clean(route[12] or route[3] or route[5], 64),
        methods=tuple(dict.fromkeys(filter(None, (clean(route[place], 64) for place in (12, 5, 3))))),
        references=tuple((found[1], clean(found[2] or found[3])) for found in every(parted.heading, "REF")),
        dates=tuple((found[1], iso(found[2])) for found in every(outside, "DTM") if iso(found[2])),
        messages=_messages(parted.heading),
    )  # fmt: skip


def _item(loop: Sequence[Segment], place: int) -> OrderItem:
    head = loop[0]
    price = decimal(head, 4)
    if price is None:
        price = _catalogue_price(loop, head[1] or str(place))
    amounts = [decimal(found, 2) for found in every(loop, "AMT") if found[1] == "1"]
    return OrderItem(
        number=head[1], quantity=decimal(head, 2), unit=head[3].upper(), price=price, basis=head[5].upper(),
        products=products(head, 6) or products(first(loop, "LIN"), 2), description=description(loop),
        adjustments=adjustments(loop), parties=parties(loop), amount=next(iter(amounts), None),
        scattered=any(found.name == "SDQ" for found in loop),
    )  # fmt: skip


def _catalogue_price(loop: Sequence[Segment], named: str) -> Decimal | None:
    """What the partner pays for one (CTP03), where PO1 has no price. Raises :class:`Unreadable` where it is unclear."""
    rows = [(found[2].upper(), decimal(found, 3)) for found in every(loop, "CTP")]
    paid = {price for code, price in rows if price is not None and code not in _FOR_CONSUMERS}
    if len(paid) > 1:
        message = f"line {named} states different prices (CTP03) and none in PO104"
        raise Unreadable(message)
    if not paid and any(price is not None for _, price in rows):
        message = f"line {named} states the price for consumers alone (CTP02), not what the partner pays"
        raise Unreadable(message)
    return next(iter(paid), None)


def _total(segments: Sequence[Segment]) -> Decimal | None:
    totals = {decimal(found, 2) for found in every(segments, "AMT") if found[1] == "TT"}
    if len(totals) > 1:
        message = "the order states different totals (AMT TT)"
        raise Unreadable(message)
    return next(iter(totals), None)


def _messages(segments: Sequence[Segment]) -> tuple[str, ...]:
    texts = [clean(each[2] if each.name == "NTE" else each[1]) for each in segments if each.name in ("MSG", "NTE")]
    kept: list[str] = []
    for text in filter(None, texts):
        if sum(map(len, kept)) + len(text) > _MOST_TEXT:
            break
        kept.append(text)
    return tuple(kept)


# -- what we make of it --------------------------------------------------------------------------------


def order_placed(order: PurchaseOrder, partner: Partner, *, test: bool = False) -> OrderPlaced:
    """The order as the retailer captures it. Raises :class:`Unreadable` where anything is not certain."""
    setup = partner.setup
    _check_counts(order)
    draft = Draft(
        external_number=order.external_number, placed_at=moment(order.ordered_on, partner.time_zone, "BEG05"),
        currency=currency_code(order.currency or setup.currency, "CUR02"),
    )  # fmt: skip
    certain = order.total is not None
    names = [line_name(item.number) or str(place) for place, item in enumerate(order.items, 1)]
    count = Counter(names)
    per_line = [
        _take_line(draft, item, place, partner, certain=certain, name=name if count[name] == 1 else "")
        for place, (item, name) in enumerate(zip(order.items, names, strict=True), 1)
    ]
    goods = sum((line.quantity * line.unit_price for line in draft.lines), _ZERO)
    for each in order.adjustments:
        draft.charge(each.kind, each.amount_of(goods, certain=certain), each.description)
    stated = draft.total if order.total is None else order.total
    buyer = order.party("BY") or order.party("BT")
    to = _ship_to(order)
    new = draft.close(
        stated, customer_reference=_customer(buyer, setup.code), customer_name=clean(buyer.name if buyer else ""),
        customer_email=email(to.email if to else ""), destination=_destination(to, partner),
    )  # fmt: skip
    return OrderPlaced(
        order=new, stated_total=draft.total, label="", method=order.method,
        references={"lines": dict(draft.line_references), "x12": _kept(order, per_line)}, ways=(order.methods,),
        doubt=COMES_AS_TEST if test and not partner.take_tests else _doubt(order),
    )  # fmt: skip


def cancellation(order: PurchaseOrder, zone: str) -> OrderCancelled:
    """The 850 that takes the whole order back (BEG01 01). Raises :class:`Unreadable`."""
    return OrderCancelled(
        external_number=order.external_number, cancelled_at=moment(order.ordered_on, zone, "BEG05"),
        reason="cancelled by the partner (850)",
    )  # fmt: skip


def _doubt(order: PurchaseOrder) -> str:
    if order.purpose in ("04", "05"):
        return "it changes or replaces an order (BEG01); change the order by hand, or cancel it and try again"
    if order.kind in ("BK", "BL", "BY") and not order.release:
        return f"it is a blanket order (BEG02 {order.kind}): what is to be sent follows in releases of it"
    if order.purpose not in ("", "00", "06", "07", "22"):
        return f"its purpose (BEG01) is {order.purpose}, which is no order"
    return ""


def _check_counts(order: PurchaseOrder) -> None:
    lines = len(order.items)
    if order.stated_lines is not None and order.stated_lines != lines:
        message = f"CTT01 states {order.stated_lines:f} lines, there are {lines}: a part of the order may be missing"
        raise Unreadable(message)
    units = sum((item.quantity or _ZERO for item in order.items), _ZERO)
    if order.stated_units and order.stated_units != units:
        message = f"CTT02 states {order.stated_units:f} units, the lines come to {units:f}"
        raise Unreadable(message)


def _take_line(
    draft: Draft, item: OrderItem, place: int, partner: Partner, *, certain: bool, name: str
) -> dict[str, Json]:
    """Add a line to the draft; what of it is told back later."""
    named = f"line {item.number or place}"
    if item.scattered:
        message = f"{named} is to be sent to several stores (SDQ): ask the partner for an order for each of them"
        raise Unreadable(message)
    factor = 1 if item.unit in EACH else partner.units.get(item.unit, 0)
    if not factor:
        message = (
            f"{named} is ordered in {clean(item.unit, 10)!r}, and the channel does not say how many units that is: "
            f'set its option units to {{"{clean(item.unit, 10)}": …}}'
        )
        raise Unreadable(message)
    quantity = whole(item.quantity, f"the quantity of {named}")
    amount = _amount(item, quantity, factor, named)
    before = len(draft.lines)
    draft.line(
        sku=item.sku(partner.sku_qualifiers)[:65], quantity=quantity * factor, amount=amount,
        description=item.description, reference=name,
    )  # fmt: skip
    if len(draft.lines) > before:
        for each in item.adjustments:
            value = each.amount_of(amount, certain=certain)
            draft.charge(each.kind, value, each.description, len(draft.lines))
    return {
        "number": item.number, "quantity": quantity, "unit": item.unit or "EA", "units": factor,
        "price": written(item.price or _ZERO), "basis": item.basis,
        "products": [[qualifier, value] for qualifier, value in item.products], "text": item.description[:80],
    }  # fmt: skip


def _amount(item: OrderItem, quantity: int, factor: int, named: str) -> Decimal:
    """What a line comes to: the price is that of a unit of measure, or of what its basis says."""
    if item.price is None and item.basis != _NO_CHARGE:
        message = f"{named} has no price"
        raise Unreadable(message)
    price = _ZERO if item.basis == _NO_CHARGE else item.price or _ZERO
    pieces = factor if item.basis in _PER_PIECE and item.unit not in EACH else 1
    amount = price * quantity * pieces / _PER.get(item.basis, 1)
    if item.amount is not None and item.amount != amount.quantize(Decimal("0.01")) and item.amount != amount:
        message = f"{named} comes to {amount:f}, its AMT says {item.amount:f}"
        raise Unreadable(message)
    return amount


def _ship_to(order: PurchaseOrder) -> Party | None:
    """Where all of it goes. Raises :class:`Unreadable` where lines go to different places."""
    header = order.party("ST")
    places = {each for item in order.items for each in item.parties if each.role == "ST"}
    if header:
        places.add(header)
    if len({(each.number, each.address, each.postal_code) for each in places}) > 1:
        message = "its lines go to different places (N1 ST): ask the partner for an order for each of them"
        raise Unreadable(message)
    return next(iter(places), None)


def _destination(to: Party | None, partner: Partner) -> Destination:
    if to is None:
        return Destination()
    if not to.address and to.number in partner.places:
        place = partner.places[to.number]
        texts = {name: clean(place.get(name)) for name in ("name", "address", "city", "postal_code", "country")}
        country = country_code(texts["country"], partner.setup.country)
        recipient = texts.pop("name") or to.name
        return destination({**place, **texts, "recipient": recipient, "country": country})
    return destination(
        {
            "recipient": " ".join(filter(None, [to.name, *to.more_names])) or to.number,
            "address": address_lines(*to.address), "city": address_lines(to.city, to.state),
            "postal_code": to.postal_code,
            "country": country_code(to.country, partner.setup.country if to.address or to.city else ""),
        }
    )  # fmt: skip


def _customer(buyer: Party | None, code: str) -> str:
    found = (buyer.number or buyer.name) if buyer else ""
    return f"{code}:{found}"[:64] if found else ""


def _kept(order: PurchaseOrder, lines: Sequence[dict[str, Json]]) -> dict[str, Json]:
    """What the partner is told back with its acknowledgement, notice and invoice, or what people may look up."""
    people: dict[str, Json] = {
        each.role: {
            "name": each.name, "qualifier": each.qualifier, "number": each.number, "address": list(each.address),
            "city": each.city, "state": each.state, "postal_code": each.postal_code, "country": each.country,
        }
        for each in order.parties
    }  # fmt: skip
    return {
        "number": order.number, "release": order.release, "ordered_on": iso(order.ordered_on), "kind": order.kind,
        "items": {str(place): line for place, line in enumerate((each for each in lines if each["quantity"]), 1)},
        "parties": people, "dates": [list(each) for each in order.dates],
        "references": [list(each) for each in order.references], "messages": list(order.messages),
    }  # fmt: skip
