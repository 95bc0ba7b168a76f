"""The invoice (810): made of what has left, with a total exact to the cent; read, and its total checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from orders.channels.reading import Unreadable
from orders.channels.x12.charges import adjustments
from orders.channels.x12.order_acknowledgement import add_line, item_of
from orders.channels.x12.parts import Item, Party, decimal, first, iso, part, parties
from orders.channels.x12.ship_notice import add_party
from orders.channels.x12.syntax import TransactionSet
from orders.channels.x12.writing import Draft, cents, plain

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
#: Codes of what is charged beside the goods (SAC02).
_CODES = {"shipping": "D240", "discount": "C310", "fee": "G740", "rounding": "ZZZZ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money beside the goods, negative for an allowance. ``kind``: shipping, discount, tax, fee, rounding …"""

    kind: str
    amount: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """``total`` is what is owed; the lines and charges come to it."""

    number: str
    invoiced_on: date
    order: str
    currency: str
    lines: tuple[Item, ...]
    total: Decimal
    charges: tuple[Charge, ...] = ()
    release: str = ""
    ordered_on: str = ""
    parties: tuple[Party, ...] = ()

    @property
    def sum(self) -> Decimal:
        """What lines and charges come to, exactly."""
        lines = sum(((line.quantity or _ZERO) * (line.price or _ZERO) for line in self.lines), _ZERO)
        return lines + sum((charge.amount for charge in self.charges), _ZERO)

    @property
    def rounded(self) -> Decimal:
        """How far rounding may have moved the total: half a cent for each amount that is not whole cents."""
        amounts = [(line.quantity or _ZERO) * (line.price or _ZERO) for line in self.lines]
        amounts += [charge.amount for charge in self.charges]
        return _CENT / 2 * sum(amount % _CENT != 0 for amount in amounts)


def write(each: Invoice) -> Draft:
    """An 810. What the exact sum has beyond whole cents is written down as a charge, so that all of it adds up.

    Raises :class:`Unreadable` where lines and charges do not come to the total.
    """
    if abs(each.sum - each.total) > each.rounded:
        message = f"lines and charges come to {each.sum:f} {each.currency}, the invoice to {each.total:f}"
        raise Unreadable(message)
    draft = Draft("810", "IN")
    draft.add(
        "BIG", each.invoiced_on.strftime("%Y%m%d"), plain(each.number, 22), each.ordered_on.replace("-", ""),
        plain(each.order, 22), plain(each.release, 30),
    )  # fmt: skip
    draft.add("CUR", "SE", each.currency)
    for party in each.parties:
        add_party(draft, party)
    for line in each.lines:
        add_line(draft, "IT1", line, line.quantity or _ZERO)
        if line.description:
            draft.add("PID", "F", "", "", "", plain(line.description, 80))
    total = each.total.quantize(_CENT, ROUND_HALF_UP)
    draft.add("TDS", cents(total))
    tax = sum((charge.amount for charge in each.charges if charge.kind == "tax"), _ZERO).quantize(_CENT, ROUND_HALF_UP)
    if tax:
        draft.add("TXI", "TX", f"{tax:f}")
    for charge in each.charges:
        if charge.kind != "tax":
            _add_charge(draft, charge)
    draft.add("CTT", str(len(each.lines)))
    return draft


def _add_charge(draft: Draft, charge: Charge) -> None:
    amount = charge.amount.quantize(_CENT, ROUND_HALF_UP)
    if amount:
        code = _CODES.get(charge.kind, "G740")
        code = "G740" if code == "ZZZZ" or (code == "C310" and amount > 0) else code
        sort, settled = ("A", "02") if amount < 0 else ("C", "06")
        draft.add(
            "SAC", sort, code, "", "", cents(abs(amount)), *[""] * 6, settled, "", "",
            plain(charge.description or charge.kind, 80),
        )  # fmt: skip


def read(each: TransactionSet) -> Invoice:
    """What an 810 says. Raises :class:`Unreadable` where its lines and charges do not come to its total."""
    parted = part(each, "IT1", ("TDS",))
    head, total = first(parted.heading, "BIG"), decimal(first(parted.summary, "TDS"), 1, implied=2)
    lines = tuple(item_of(loop) for loop in parted.lines)
    outside = [*parted.heading, *parted.summary, *(segment for loop in parted.lines for segment in loop)]
    charges = tuple(
        Charge(kind=found.kind, amount=found.amount_of(_ZERO, certain=False), description=found.description)
        for found in adjustments(outside)
    )
    stated = decimal(first(parted.summary, "CTT"), 1)
    if stated is not None and stated != len(lines):
        message = f"CTT01 states {stated:f} lines, there are {len(lines)}"
        raise Unreadable(message)
    day = iso(head[1])
    if total is None or not day:
        message = "it states no total (TDS01)" if day else "it states no date (BIG01)"
        raise Unreadable(message)
    invoice = Invoice(
        number=head[2], invoiced_on=date.fromisoformat(day), order=head[4], ordered_on=iso(head[3]), release=head[5],
        currency=first(parted.heading, "CUR")[2], lines=lines, charges=charges, total=total,
        parties=parties(parted.heading),
    )  # fmt: skip
    if abs(invoice.sum - invoice.total) > invoice.rounded:
        message = f"lines and charges come to {invoice.sum:f}, TDS01 says {invoice.total:f}"
        raise Unreadable(message)
    return invoice
