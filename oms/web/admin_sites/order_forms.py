"""The forms of a change and of a cancellation: what was typed, as actions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.http import QueryDict

from oms.web.places import refuse_unknown_places
from orders.domain.capture import Destination
from orders.domain.change import (
    Action,
    AddLine,
    ChangeRefused,
    Discount,
    Fault,
    SetAddress,
    SetAttribute,
    SetMethod,
    SetPriority,
    SetUnits,
    SplitLine,
)
from orders.models import Order, OrderLine

_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")
_ADDRESS = ("recipient", "address", "city", "postal_code", "country")
#: Lines that can be added at once.
_NEW_LINES = 3
#: Fields of the retailer's own that can be added at once.
_NEW_FIELDS = 2


@dataclass(frozen=True, slots=True)
class FormLine:
    """A line of the order with what was typed for it."""

    row: OrderLine
    units: str
    split: str
    split_from: str
    off: str
    off_words: str
    cancel: str

    @property
    def kept(self) -> int:
        """Units that are not cancelled."""
        return self.row.ordered - self.row.cancelled

    @property
    def to_leave(self) -> int:
        """Units that may still change."""
        return self.kept - self.row.fulfilled

    @property
    def most_apart(self) -> int:
        """Units that can be put on a line of their own at most."""
        return min(self.to_leave, self.kept - 1)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to add, as typed."""

    number: int
    sku: str
    units: str
    price: str


@dataclass(frozen=True, slots=True)
class OwnField:
    """One of the retailer's own fields: as it stands, and as typed. ``number`` 0: it is there already."""

    number: int
    name: str
    held: str
    value: str


@dataclass(slots=True)
class ChangeForm:
    """Everything that can be changed, as it stands or as it was typed."""

    lines: list[FormLine]
    new: list[NewLine]
    header: dict[str, str] = field(default_factory=dict)
    fields: list[OwnField] = field(default_factory=list)

    @property
    def splits(self) -> bool:
        """Whether units are to be sent separately."""
        return any(line.split.strip() for line in self.lines)

    @property
    def discounts(self) -> bool:
        """Whether a line gets a discount."""
        return any(line.off.strip() for line in self.lines)

    @property
    def sets_fields(self) -> bool:
        """Whether a field of the retailer's own is to be another."""
        changed = (
            each.value.strip() != each.held or (each.number > 0 and each.name.strip() != "") for each in self.fields
        )
        return any(changed)


def change_form(order: Order, given: QueryDict) -> ChangeForm:
    """The form, with what was typed before."""
    rows = OrderLine.objects.filter(order=order).select_related("product").order_by("position")
    lines = [
        FormLine(
            row, given.get(f"units-{row.position}", str(row.ordered - row.cancelled)),
            given.get(f"split-{row.position}", ""), given.get(f"split-from-{row.position}", ""),
            given.get(f"off-{row.position}", ""), given.get(f"off-words-{row.position}", ""),
            given.get(f"cancel-{row.position}", str(row.ordered - row.cancelled - row.fulfilled)),
        )
        for row in rows
        if row.ordered > row.cancelled
    ]  # fmt: skip
    new = [
        NewLine(number, *(given.get(f"{name}-new-{number}", "") for name in ("sku", "units", "price")))
        for number in range(1, _NEW_LINES + 1)
    ]
    names = (*_ADDRESS, "method", "priority")
    header = {name: given.get(name, str(getattr(order, name))) for name in names}
    header |= {name: given.get(name, "") for name in ("discount", "discount_words", "reason")}
    return ChangeForm(lines, new, header, _own_fields(order, given))


def _own_fields(order: Order, given: QueryDict) -> list[OwnField]:
    """Those that are there, named by their places among the sorted names, and rows for new ones."""
    held = sorted(order.attributes.items())
    there = [OwnField(0, name, value, given.get(f"field-{at}", value)) for at, (name, value) in enumerate(held, 1)]
    new = [
        OwnField(at, given.get(f"field-name-new-{at}", ""), "", given.get(f"field-new-{at}", ""))
        for at in range(1, _NEW_FIELDS + 1)
    ]
    return [*there, *new]


def change_actions(order: Order, given: QueryDict) -> list[Action]:
    """What was typed, as actions; what stands as it was is none. Raises ``ChangeRefused``."""
    form = change_form(order, given)
    actions: list[Action] = []
    for line in form.lines:
        position = line.row.position
        units, split = _number(line.units, f"units of line {position}"), _number(line.split or "0", "units apart")
        if units != line.kept:
            actions.append(SetUnits(line=position, units=units))
        if split:
            actions.append(SplitLine(line=position, units=split, ship_from=line.split_from.strip()))
    actions += _added(form.new)
    actions += _header(order, form.header)
    actions += _taken_off(form.lines)
    actions += _set_fields(form.fields)
    refuse_unknown_places(actions)
    return actions


def _taken_off(lines: Sequence[FormLine]) -> Iterator[Action]:
    for line in lines:
        if line.off.strip():
            amount = _amount(line.off, f"discount of line {line.row.position}")
            yield Discount(amount=amount, line=line.row.position, description=line.off_words.strip()[:200])


def _set_fields(fields: Sequence[OwnField]) -> Iterator[Action]:
    for each in fields:
        name, value = each.name.strip(), each.value.strip()
        if value and not name:
            raise ChangeRefused([Fault(0, f"say which field is “{value[:60]}”")])
        if name and value != each.held:
            yield SetAttribute(name=name, value=value)


def _added(new: Sequence[NewLine]) -> Iterator[Action]:
    for line in new:
        if line.sku.strip():
            price = _amount(line.price, f"price of {line.sku}") if line.price.strip() else None
            yield AddLine(sku=line.sku.strip(), units=_number(line.units or "1", f"units of {line.sku}"),
                          unit_price=price)  # fmt: skip


def _header(order: Order, typed: dict[str, str]) -> Iterator[Action]:
    address = {name: typed[name].strip() for name in _ADDRESS}
    address["country"] = address["country"].upper()
    if any(address[name] != getattr(order, name) for name in _ADDRESS):
        if not re.fullmatch(r"([A-Z]{2})?", address["country"]):
            raise ChangeRefused([Fault(0, "a country is two letters of ISO 3166-1, such as GB")])
        yield SetAddress(
            destination=Destination(
                recipient=address["recipient"], address=address["address"], city=address["city"],
                postal_code=address["postal_code"], country=address["country"],
            )
        )  # fmt: skip
    if typed["method"].strip() != order.method:
        yield SetMethod(method=typed["method"].strip()[:40])
    if _number(typed["priority"] or "0", "priority") != order.priority:
        yield SetPriority(priority=_number(typed["priority"] or "0", "priority"))
    if typed["discount"].strip():
        yield Discount(amount=_amount(typed["discount"], "discount"), description=typed["discount_words"][:200])


def cancel_parts(given: QueryDict) -> dict[int, int] | None:
    """Units to cancel by position; None for all, before anything was typed. Raises ``ChangeRefused``."""
    typed = {name.partition("-")[2]: value for name, value in given.items() if name.startswith("cancel-")}
    if not typed:
        return None
    units = {int(name): _number(str(value) or "0", f"units of line {name}") for name, value in typed.items()
             if name.isdecimal()}  # fmt: skip
    return {position: some for position, some in units.items() if some}


def key_of(given: QueryDict) -> str:
    """The key of a form. Raises ``ChangeRefused`` where it has none of ours."""
    key = given.get("key", "")
    if not _KEY.fullmatch(key):
        raise ChangeRefused([Fault(0, "load the page again: this form has no key")])
    return key


def _number(typed: str, what: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", typed):
        raise ChangeRefused([Fault(0, f"{what}: give a whole number, not “{typed}”")])
    return int(typed)


def _amount(typed: str, what: str) -> Decimal:
    try:
        amount = Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 10:
        raise ChangeRefused([Fault(0, f"{what}: give an amount such as 12.50, not “{typed}”")])
    return amount
