"""From what we tell of an order to the documents that a partner gets, in the words of its own order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from orders.channels.x12.acknowledgement import answer_envelope
from orders.channels.x12.invoice import Charge, Invoice
from orders.channels.x12.options import Partner
from orders.channels.x12.order_acknowledgement import AnsweredLine, OrderAcknowledgement, accepted, kind_of
from orders.channels.x12.parts import Item, Party, iso
from orders.channels.x12.purchase_order import PurchaseOrder
from orders.channels.x12.ship_notice import NoticeOrder, Pack, ShipNotice
from orders.channels.x12.syntax import Interchange
from orders.channels.x12.writing import Envelope
from orders.domain.channel import Bill, CannotTell, Json, ShipmentTold, StatusTold

_ZERO = Decimal(0)
#: Parties that are named again to the partner.
_ON_NOTICE, _ON_INVOICE = ("ST", "BY"), ("ST", "BT", "BY")


def reply_envelope(each: Interchange, partner: Partner) -> Envelope:
    """Back to whom it came from."""
    return replace(answer_envelope(each), test=each.header[15] == "T" or partner.test)


def acceptance_of(order: PurchaseOrder, placed_at: datetime) -> OrderAcknowledgement:
    """That all of an order was taken as it was ordered."""
    day = iso(order.ordered_on)
    return OrderAcknowledgement(
        order=order.number, release=order.release, kind="AD", lines=accepted(order.items),
        ordered_on=date.fromisoformat(day) if day else None, answered_on=placed_at.date(),
    )  # fmt: skip


def standing_of(
    external_number: str, references: Mapping[str, Json], lines: Sequence[tuple[int, str, int, int]], on: date
) -> OrderAcknowledgement:
    """What of an order will still come; ``lines`` are position, SKU, units ordered and units cancelled."""
    kept = _kept(references)
    answered = []
    for position, sku, ordered, cancelled in lines:
        # In single pieces where what is left does not fill the partner's units.
        item, left = (_item(kept, position, sku, units) for units in (ordered, ordered - cancelled))
        status = "IR" if cancelled == ordered else "IQ" if cancelled else "IA"
        if left.unit != item.unit:
            item = replace(left, quantity=Decimal(ordered), price=None)
        units = left.quantity if status != "IR" else item.quantity
        answered.append(AnsweredLine(item=item, answers=((status, units),)))
    return OrderAcknowledgement(
        order=_number(kept, external_number), release=_text(kept, "release"), kind=kind_of(answered),
        ordered_on=_day(kept), answered_on=on, lines=tuple(answered),
    )  # fmt: skip


def refusal_of(told: StatusTold) -> OrderAcknowledgement:
    """That nothing of an order will come any more."""
    kept = _kept(told.references)
    return OrderAcknowledgement(
        order=_number(kept, told.external_number), release=_text(kept, "release"), kind="RJ",
        ordered_on=_day(kept), answered_on=told.changed_at.date(),
    )  # fmt: skip


def notice_of(told: ShipmentTold) -> ShipNotice:
    """What left in one parcel."""
    kept = _kept(told.references)
    items = tuple(_item(kept, line.position, line.sku, line.quantity) for line in told.lines)
    order = NoticeOrder(
        number=_number(kept, told.external_number), release=_text(kept, "release"),
        ordered_on=_text(kept, "ordered_on"), packs=(Pack(items=items, tracking=told.tracking_number),),
    )  # fmt: skip
    place = (Party(role="SF", name=told.location, qualifier="92", number=told.location),) if told.location else ()
    return ShipNotice(
        number=told.shipment, orders=(order,), shipped_at=told.shipped_at, carrier=told.carrier,
        tracking=told.tracking_number, parties=(*place, *_parties(kept, _ON_NOTICE)),
    )  # fmt: skip


def in_carton(notice: ShipNotice, sscc: str) -> ShipNotice:
    """The same notice with the number of its one carton."""
    orders = (replace(each, packs=tuple(replace(pack, sscc=sscc) for pack in each.packs)) for each in notice.orders)
    return replace(notice, orders=tuple(orders))


def invoice_of(bill: Bill) -> Invoice:
    """What is owed for an order once nothing more will leave."""
    kept = _kept(bill.references)
    lines = tuple(
        _priced(_item(kept, line.position, line.sku, line.quantity), line.quantity, line.unit_price)
        for line in bill.lines
    )
    charges = tuple(Charge(kind=kind, amount=amount, description=text) for kind, amount, text in bill.charges)
    return Invoice(
        number=bill.number, invoiced_on=bill.billed_at.date(), order=_number(kept, bill.external_number),
        release=_text(kept, "release"), ordered_on=_text(kept, "ordered_on"), currency=bill.currency, lines=lines,
        charges=charges, total=bill.total, parties=_parties(kept, _ON_INVOICE),
    )  # fmt: skip


def _priced(item: Item, quantity: int, price: Decimal) -> Item:
    """With our price: that of the partner's unit where whole ones left and it is exact."""
    units = Decimal(quantity) / (item.quantity or 1)
    return replace(item, price=price * units, basis="")


def _item(kept: Mapping[str, Json], position: int, sku: str, quantity: int) -> Item:
    """A line in the partner's own words: in its units where whole ones left, else in single pieces."""
    items = kept.get("items")
    found = items.get(str(position)) if isinstance(items, dict) else None
    line: Mapping[str, Json] = found if isinstance(found, dict) else {}
    factor = line.get("units")
    per = factor if isinstance(factor, int) and factor > 0 else 1
    whole = quantity % per == 0
    named = line.get("products")
    pairs = tuple(
        (str(each[0]), str(each[1]))
        for each in (named if isinstance(named, list) else [])
        if isinstance(each, list) and len(each) == 2
    )
    return Item(
        number=_text(line, "number") or str(position), quantity=Decimal(quantity // per if whole else quantity),
        unit=(_text(line, "unit") or "EA") if whole else "EA", price=_decimal(_text(line, "price")),
        basis=_text(line, "basis"), products=pairs or (("SK", sku),), description=_text(line, "text"),
    )  # fmt: skip


def _parties(kept: Mapping[str, Json], roles: tuple[str, ...]) -> tuple[Party, ...]:
    known = kept.get("parties")
    people = known if isinstance(known, dict) else {}
    return tuple(_party(role, people[role]) for role in roles if isinstance(people.get(role), dict))


def _party(role: str, person: Json) -> Party:
    told: Mapping[str, Json] = person if isinstance(person, dict) else {}
    address = told.get("address")
    return Party(
        role=role, name=_text(told, "name"), qualifier=_text(told, "qualifier"), number=_text(told, "number"),
        address=tuple(str(line) for line in address) if isinstance(address, list) else (),
        city=_text(told, "city"), state=_text(told, "state"), postal_code=_text(told, "postal_code"),
        country=_text(told, "country"),
    )  # fmt: skip


def _kept(references: Mapping[str, Json]) -> Mapping[str, Json]:
    kept = references.get("x12")
    return kept if isinstance(kept, dict) else {}


def _number(kept: Mapping[str, Json], fallback: str) -> str:
    number = _text(kept, "number") or fallback
    if not number:
        message = "the order has no number of the partner's"
        raise CannotTell(message)
    return number


def _text(record: Mapping[str, Json], name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


def _day(kept: Mapping[str, Json]) -> date | None:
    text = _text(kept, "ordered_on")
    return date.fromisoformat(text) if text else None


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
