"""What a change to a confirmed order may do: one type for each action, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from modules.domain.canonical import Body
from orders.domain.capture import Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLine:
    """Add units of a product. ``unit_price`` is exact, four decimals at most; None: as the order has it already."""

    ACTION: ClassVar[str] = "add"

    sku: str
    units: int
    unit_price: Decimal | None = None
    description: str = ""

    def in_words(self) -> str:
        """For people."""
        return f"add {self.units} × {self.sku}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveLine:
    """Take a line (by its position) out of the order."""

    ACTION: ClassVar[str] = "remove"

    line: int

    def in_words(self) -> str:
        """For people."""
        return f"remove line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUnits:
    """Let a line have so many units; what has left counts among them."""

    ACTION: ClassVar[str] = "quantity"

    line: int
    units: int

    def in_words(self) -> str:
        """For people."""
        return f"line {self.line}: {units_in_words(self.units)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAddress:
    """Send what has not left somewhere else."""

    ACTION: ClassVar[str] = "address"

    destination: Destination

    def in_words(self) -> str:
        """For people."""
        to = self.destination
        return "send to " + ", ".join(part for part in (to.recipient, to.address, to.city, to.country) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMethod:
    """Send what has not left in another way; ``method`` is the code of a shipping method."""

    ACTION: ClassVar[str] = "method"

    method: str

    def in_words(self) -> str:
        """For people."""
        return f"send by {self.method or 'any method'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """Take so much (more than nothing) off what has not left: of a line, or of the order where ``line`` is 0."""

    ACTION: ClassVar[str] = "discount"

    amount: Decimal
    line: int = 0
    description: str = ""

    def in_words(self) -> str:
        """For people."""
        return f"{self.amount} off " + (f"line {self.line}" if self.line else "the order")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAttribute:
    """Set one of the retailer's own fields; an empty value takes it away."""

    ACTION: ClassVar[str] = "attribute"

    name: str
    value: str

    def in_words(self) -> str:
        """For people."""
        return f"{self.name}: {self.value or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority:
    """Make it more or less urgent: 0 or more, higher is more urgent."""

    ACTION: ClassVar[str] = "priority"

    priority: int

    def in_words(self) -> str:
        """For people."""
        return f"priority {self.priority}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitLine:
    """Put units of a line that have not left on a line of their own, so that they can leave on their own.

    ``ship_from`` is the code of the only location that may send them, if any.
    """

    ACTION: ClassVar[str] = "split"

    line: int
    units: int
    ship_from: str = ""

    def in_words(self) -> str:
        """For people."""
        return f"line {self.line}: {units_in_words(self.units)} apart" + (
            f", from {self.ship_from}" if self.ship_from else ""
        )


Action = AddLine | RemoveLine | SetUnits | SetAddress | SetMethod | Discount | SetAttribute | SetPriority | SplitLine
_TYPES: Mapping[str, type[Action]] = {
    kind.ACTION: kind
    for kind in (AddLine, RemoveLine, SetUnits, SetAddress, SetMethod, Discount, SetAttribute, SetPriority, SplitLine)
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an action (by its place in the change, from 0) cannot be done."""

    action: int
    why: str


class ChangeRefused(ValueError):
    """The change cannot be done as it is; ``faults`` name each action that stands in the way."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(dict.fromkeys(fault.why for fault in faults)))


class StaleOrder(ValueError):
    """The order has been changed since it was looked at."""


@dataclass(frozen=True, slots=True)
class Money:
    """What a change does to the money, in the order's currency. Every amount is 0 or more but ``difference``.

    ``authorise`` is asked of a tender of the order anew; ``outstanding`` is for the customer to pay, since no tender
    can be asked; ``release`` is authorised and given back untaken; ``give_back`` had been taken.
    """

    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    authorise: Decimal = Decimal(0)
    outstanding: Decimal = Decimal(0)
    release: Decimal = Decimal(0)
    give_back: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """By how much more (less, where negative) the customer pays."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a change. ``verdicts`` hold each action in words, whether it may be done, and why."""

    allowed: bool
    needs_confirmation: bool
    why: str
    verdicts: tuple[tuple[str, bool, str], ...]
    money: Money
    touches: tuple[str, ...]
    version: int
    fee: Decimal = Decimal(0)
    units: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)


def units_in_words(units: int) -> str:
    """``1 unit``, ``1,200 units``."""
    return f"{units:,} unit" if units == 1 else f"{units:,} units"


def actions_to_json(actions: Sequence[Action]) -> list[Body]:
    """Write actions down."""
    return [{"action": action.ACTION, **_plain(asdict(action))} for action in actions]


def actions_from_json(written: Sequence[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Read actions back as they were."""
    return tuple(_read(dict(item)) for item in written)


def _read(item: dict[str, Any]) -> Action:
    kind = _TYPES[item.pop("action")]
    for name in ("amount", "unit_price"):
        if item.get(name) is not None:
            item[name] = Decimal(item[name])
    if "destination" in item:
        item["destination"] = Destination(**item["destination"])
    return kind(**item)


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(item) if isinstance(item, Decimal) else _plain(item) if isinstance(item, dict) else item
        for name, item in value.items()
    }
