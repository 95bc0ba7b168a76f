"""The purchase order acknowledgement (855): what becomes of each line, made for partners and read of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from orders.channels.x12.parts import Item, decimal, description, every, first, iso, part, products
from orders.channels.x12.syntax import Segment, TransactionSet
from orders.channels.x12.writing import Draft, number, plain


class LineStatus(StrEnum):
    """What becomes of a line (ACK01)."""

    ACCEPTED = "IA"
    CHANGED = "IC"
    QUANTITY = "IQ"
    PRICE = "IP"
    DATE = "DR"
    SUBSTITUTE = "IS"
    BACKORDERED = "IB"
    REJECTED = "IR"
    DELETED = "ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredLine:
    """A line with its answers: pairs of status and the quantity that it holds for, None where it names none."""

    item: Item
    answers: tuple[tuple[str, Decimal | None], ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether nothing of it will come."""
        return bool(self.answers) and all(status in ("IR", "ID", "R1", "R2", "R3", "R4") for status, _ in self.answers)

    @property
    def changed(self) -> bool:
        """Whether it will not come as it was ordered."""
        return any(status not in ("IA", "AC", "IR", "ID") for status, _ in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAcknowledgement:
    """``kind`` is BAK02: AD or AT accepted, AC accepted with changes, RD or RJ rejected."""

    order: str
    ordered_on: date | None
    kind: str
    release: str = ""
    our_number: str = ""
    lines: tuple[AnsweredLine, ...] = ()
    answered_on: date | None = None

    @property
    def rejected(self) -> bool:
        """Whether the whole order is."""
        return self.kind in ("RD", "RJ", "RF", "RO") or (bool(self.lines) and all(line.rejected for line in self.lines))

    @property
    def summary(self) -> str:
        """What it says, in a sentence."""
        if self.rejected:
            return f"order {self.order} is rejected"
        refused = sum(line.rejected for line in self.lines)
        changed = sum(line.changed for line in self.lines)
        told = [f"{refused} lines rejected" if refused else "", f"{changed} lines changed" if changed else ""]
        return f"order {self.order} is accepted" + "".join(f", {each}" for each in told if each)


def kind_of(lines: Sequence[AnsweredLine]) -> str:
    """BAK02 for lines that are answered one by one."""
    if lines and all(line.rejected for line in lines):
        return "RD"
    return "AC" if any(line.rejected or line.changed for line in lines) else "AD"


def write(each: OrderAcknowledgement) -> Draft:
    """An 855."""
    draft = Draft("855", "PR")
    ordered = (each.ordered_on or each.answered_on or date(1970, 1, 1)).strftime("%Y%m%d")
    answered = each.answered_on.strftime("%Y%m%d") if each.answered_on else ""
    draft.add(
        "BAK", "00", each.kind, plain(each.order, 30), ordered, plain(each.release, 30), "", "",
        plain(each.our_number, 30), answered,
    )  # fmt: skip
    for line in each.lines:
        item = line.item
        add_line(draft, "PO1", item, item.quantity or Decimal(0))
        if item.description:
            draft.add("PID", "F", "", "", "", plain(item.description, 80))
        for status, quantity in line.answers:
            unit = item.unit or "EA"
            draft.add("ACK", status, *(() if quantity is None else (number(quantity), unit)))
    draft.add("CTT", str(len(each.lines)))
    return draft


def add_line(draft: Draft, name: str, item: Item, quantity: Decimal) -> None:
    """A PO1 or IT1: number, quantity, unit, price, basis, pairs of product numbers."""
    price = "" if item.price is None else number(item.price)
    pairs = [part for qualifier, value in item.products[:10] for part in (plain(qualifier, 2), plain(value, 48))]
    draft.add(
        name, plain(item.number, 20), number(quantity), plain(item.unit, 2) or "EA", price, plain(item.basis, 2), *pairs
    )


def read(each: TransactionSet) -> OrderAcknowledgement:
    """What an 855 says. Raises :class:`~orders.channels.reading.Unreadable`."""
    parted = part(each, "PO1")
    head = first(parted.heading, "BAK")
    ordered, answered = iso(head[4]), iso(head[9])
    return OrderAcknowledgement(
        order=head[3], ordered_on=date.fromisoformat(ordered) if ordered else None, kind=head[2], release=head[5],
        our_number=head[8], lines=tuple(_line(loop) for loop in parted.lines),
        answered_on=date.fromisoformat(answered) if answered else None,
    )  # fmt: skip


def _line(loop: Sequence[Segment]) -> AnsweredLine:
    return AnsweredLine(
        item=item_of(loop), answers=tuple((found[1], decimal(found, 2)) for found in every(loop, "ACK"))
    )


def item_of(loop: Sequence[Segment]) -> Item:
    """The line that a PO1 or IT1 begins. Raises :class:`~orders.channels.reading.Unreadable`."""
    head = loop[0]
    return Item(
        number=head[1], quantity=decimal(head, 2), unit=head[3], price=decimal(head, 4), basis=head[5],
        products=products(head, 6), description=description(loop),
    )  # fmt: skip


def accepted(items: Sequence[Item]) -> tuple[AnsweredLine, ...]:
    """Lines that will come as they were ordered."""
    return tuple(
        AnsweredLine(item=replace(item), answers=((LineStatus.ACCEPTED.value, item.quantity),)) for item in items
    )
