"""An order while it is read: it is closed only when its lines and charges come to the platform's own total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from oms.kernel.money import minor_units
from orders.channels.reading import Unreadable
from orders.domain.capture import Destination, NewCharge, NewLine, NewOrder, NewPayment

_EXACT = Decimal("0.0001")
_ZERO = Decimal(0)


@dataclass(slots=True)
class Draft:
    """Collects what a platform says of one order, in one currency."""

    external_number: str
    placed_at: datetime
    currency: str
    lines: list[NewLine] = field(default_factory=list)
    charges: list[NewCharge] = field(default_factory=list)
    payments: list[NewPayment] = field(default_factory=list)
    line_references: dict[str, str] = field(default_factory=dict)
    #: Charges that the platform has rounded, each on its own.
    amounts: int = 0
    #: What the platform says that parts of it come to: its name of the part, the sum, our kinds (empty: the lines).
    parts: list[tuple[str, Decimal, tuple[str, ...]]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """Lines and charges so far."""
        lines = sum((line.quantity * line.unit_price for line in self.lines), _ZERO)
        return lines + sum((charge.quantity * charge.unit_price for charge in self.charges), _ZERO)

    def line(
        self, *, sku: str, quantity: int | None, price: Decimal | None = None, amount: Decimal | None = None,
        description: str = "", reference: str = "",
    ) -> int:  # fmt: skip
        """Add a line with the ``price`` of a unit or the ``amount`` of all; return its position, 0 for no units.

        What the price of a unit cannot hold in four decimals becomes a charge of the line. Raises
        :class:`~orders.channels.reading.Unreadable`.
        """
        named = f"line {len(self.lines) + 1} ({sku or description or 'without a SKU'})"
        if quantity == 0 and not amount:
            return 0
        if quantity is None or (price is None and amount is None):
            message = f"{named} has no {'quantity' if quantity is None else 'price'}"
            raise Unreadable(message)
        if quantity < 0:
            message = f"{named} has {quantity} units"
            raise Unreadable(message)
        if quantity == 0:
            message = f"{named} has no units but an amount of {amount:f}"
            raise Unreadable(message)
        whole = amount if amount is not None else (price or _ZERO) * quantity
        if whole < 0:
            message = f"{named} has a negative price ({whole:f})"
            raise Unreadable(message)
        if not sku or len(sku) > 64:
            message = f"{named} has {'a SKU longer than 64 characters' if sku else 'nothing by which to know it'}"
            raise Unreadable(message)
        unit = (whole / quantity).quantize(_EXACT, ROUND_HALF_UP)
        self.lines.append(NewLine(sku=sku, quantity=quantity, unit_price=unit, description=description))
        position = len(self.lines)
        if reference:
            self.line_references[str(position)] = reference
        self.charge("rounding", whole - unit * quantity, "Price of a unit, rounded", position)
        return position

    def charge(self, kind: str, amount: Decimal, description: str = "", position: int = 0) -> None:
        """Add money beside the goods: negative for a discount. Nothing for nothing."""
        exact = amount.quantize(_EXACT, ROUND_HALF_UP)
        if exact:
            self.amounts += kind != "rounding"
            self.charges.append(
                NewCharge(
                    kind=kind[:32], quantity=1, unit_price=exact, description=description[:255],
                    external_number=self.external_number, charged_at=self.placed_at, position=position,
                )
            )  # fmt: skip

    def pay(self, kind: str, amount: Decimal, *, reference: str, captured: bool, label: str = "") -> None:
        """Add a tender that the platform has had authorised or has taken itself."""
        exact = amount.quantize(_EXACT, ROUND_HALF_UP)
        if exact > 0:
            self.payments.append(
                NewPayment(
                    kind=kind[:24] or "card", gateway="elsewhere", amount=exact, label=label[:80],
                    authorisation=reference[:128], captured=captured,
                )
            )  # fmt: skip

    def part(self, name: str, stated: Decimal | None, *kinds: str) -> None:
        """Note what the platform says that charges of these ``kinds`` come to, without ``kinds`` the lines.

        Nothing depends on it but what is said where the total is not met. Discounts count as positive amounts.
        """
        if stated is not None:
            self.parts.append((name, stated, kinds))

    def close(self, stated: Decimal | None, **rest: object) -> NewOrder:
        """The order, when it comes to the platform's total. ``rest``: the other fields of :class:`NewOrder`.

        Platforms round each amount on its own, so a difference of at most half a minor unit for each of them
        is written down as a charge of its own; anything more is refused. Raises
        :class:`~orders.channels.reading.Unreadable`.
        """
        if not self.lines:
            message = "the order has no lines"
            raise Unreadable(message)
        if stated is None:
            message = "the order states no total"
            raise Unreadable(message)
        if stated != stated.quantize(_EXACT):
            message = f"the total {stated:f} has more than four decimals"
            raise Unreadable(message)
        self._explain(stated)
        paid = sum((payment.amount for payment in self.payments), _ZERO)
        if paid - stated > self._tolerance():
            message = f"the payments come to {said(paid, self.currency)}, the order to {said(stated, self.currency)}"
            raise Unreadable(message)
        return NewOrder(
            external_number=self.external_number, placed_at=self.placed_at, currency=self.currency,
            lines=tuple(self.lines), charges=tuple(self.charges), payments=tuple(self.payments),
            **rest,  # type: ignore[arg-type]
        )  # fmt: skip

    def _explain(self, stated: Decimal) -> None:
        missing = stated - self.total
        if abs(missing) > self._tolerance():
            message = (
                f"lines and charges come to {said(self.total, self.currency)}, the platform says "
                f"{said(stated, self.currency)}: {said(abs(missing), self.currency)} cannot be explained"
            )
            message += self._where()
            raise Unreadable(message)
        self.charge("rounding", missing, "Rounded by the platform")

    def _where(self) -> str:
        """Which parts differ, for people; empty where the platform states none."""
        found = []
        for name, stated, kinds in self.parts:
            ours = sum((each.unit_price for each in self.charges if each.kind in kinds), _ZERO)
            if not kinds:
                ours = sum((line.quantity * line.unit_price for line in self.lines), _ZERO)
            ours = abs(ours) if kinds and kinds[0] == "discount" else ours
            if abs(ours - stated) > self._tolerance():
                found.append(f"{name} is {said(stated, self.currency)}, here {said(ours, self.currency)}")
        if found:
            return "; " + ", ".join(found)
        if len(self.parts) < 2:
            return ""
        names = ", ".join(name for name, _, _ in self.parts)
        return f"; {names} agree, so it is beside them (a fee, a gift card)"

    def _tolerance(self) -> Decimal:
        return Decimal("0.5").scaleb(-minor_units(self.currency)) * max(self.amounts, 1)


def said(amount: Decimal, currency: str) -> str:
    """An amount in a sentence, exact: ``20.00 EUR``; more decimals only where it has them."""
    whole = amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP)
    return f"{whole if whole == amount else amount.normalize():f} {currency}"


def destination(fields: Mapping[str, object]) -> Destination:
    """A destination from texts, each cut to what an order can hold."""
    to = Destination(
        recipient=_cut(fields, "recipient", 255), address=_cut(fields, "address", 255), city=_cut(fields, "city", 128),
        postal_code=_cut(fields, "postal_code", 32), country=_cut(fields, "country", 2),
    )  # fmt: skip
    latitude, longitude = fields.get("latitude"), fields.get("longitude")
    if isinstance(latitude, float) and isinstance(longitude, float) and abs(latitude) <= 90 and abs(longitude) <= 180:
        return replace(to, latitude=latitude, longitude=longitude)
    return to


def _cut(fields: Mapping[str, object], name: str, limit: int) -> str:
    return str(fields.get(name) or "")[:limit]
