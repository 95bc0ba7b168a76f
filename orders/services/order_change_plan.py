"""What a change comes to, line by line, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from modules.contracts.order_terms import ChangeAction
from oms.kernel.money import minor_units
from orders.catalogue.models import Product
from orders.domain import change as act
from orders.domain.change import Action, ChangeRefused, Fault
from orders.progress import furthest
from orders.services.order_state import LineState, OrderState

_FOUR_PLACES = Decimal("0.0001")
_MOST_UNITS = 1_000_000
_MOST_ATTRIBUTES = 50


@dataclass(slots=True)
class NewPart:
    """A line to add. ``of`` is the line that it continues, ``split`` whether it takes its units from there."""

    product_id: int
    units: int
    unit_price: Decimal
    description: str
    ship_from: str = ""
    of: LineState | None = None
    split: bool = False


@dataclass(slots=True)
class Plan:
    """What is to be written; units by the primary key of their line."""

    take: dict[int, int] = field(default_factory=dict)
    grow: dict[int, int] = field(default_factory=dict)
    new: list[NewPart] = field(default_factory=list)
    discounts: list[tuple[int | None, Decimal, str]] = field(default_factory=list)
    header: dict[str, Any] = field(default_factory=dict)
    #: Everything that locations work on is taken back and routed anew.
    reroute: bool = False
    facts: list[ChangeAction] = field(default_factory=list)


def plan_of(state: OrderState, actions: Sequence[Action]) -> Plan:
    """Work out what actions come to. Raises :class:`~orders.domain.change.ChangeRefused` with every fault."""
    plan, faults = Plan(), []
    if not actions:
        raise ChangeRefused([Fault(0, "say what is to be changed")])
    if not state.to_leave:
        raise ChangeRefused([Fault(0, "nothing of this order is left that could be changed")])
    for at, action in enumerate(actions):
        if action in actions[:at] or _same_line(actions[:at], action):
            faults.append(Fault(at, f"{action.in_words()}: this is changed twice"))
            continue
        refusal = _PLANNERS[type(action)](state, plan, action)
        if refusal:
            faults.append(Fault(at, refusal))
    for at, action in enumerate(actions):  # last, since what a line then has depends on the other actions
        refusal = _discount(state, plan, action) if isinstance(action, act.Discount) else ""
        if refusal:
            faults.append(Fault(at, refusal))
    if faults:
        raise ChangeRefused(faults)
    return plan


def _same_line(before: Sequence[Action], action: Action) -> bool:
    units = (act.RemoveLine, act.SetUnits, act.SplitLine)
    if not isinstance(action, units):
        return not isinstance(action, act.AddLine | act.Discount | act.SetAttribute) and any(
            isinstance(each, type(action)) for each in before
        )
    return any(isinstance(each, units) and each.line == action.line for each in before)


def _add(state: OrderState, plan: Plan, action: act.AddLine) -> str:
    product = Product.objects.filter(sku=action.sku).first()
    if product is None:
        return f"there is no product {action.sku}"
    if not 0 < action.units <= _MOST_UNITS:
        return f"add between 1 and {_MOST_UNITS:,} units of {action.sku}"
    price = action.unit_price
    if price is None:
        price = next((line.row.unit_price for line in state.lines.values() if line.row.product_id == product.pk), None)
    if price is None and product.currency == state.order.currency:
        price = product.price
    if price is None:
        return f"say what one unit of {action.sku} costs: it has no price in {state.order.currency}"
    if price < 0 or price != price.quantize(_FOUR_PLACES):
        return f"a price is not negative and has four decimals at most: {price}"
    plan.new.append(NewPart(product.pk, action.units, price, action.description or product.name))
    plan.facts.append(ChangeAction("add", 0, action.units, price * action.units))
    return ""


def _line(state: OrderState, position: int) -> LineState | str:
    line = state.lines.get(position)
    return line or f"this order has no line {position}"


def _remove(state: OrderState, plan: Plan, action: act.RemoveLine) -> str:
    line = _line(state, action.line)
    if isinstance(line, str):
        return line
    if line.row.fulfilled:
        return f"{line.row.fulfilled} units of line {action.line} have left already: set its quantity to that instead"
    if not line.kept:
        return f"line {action.line} is cancelled already"
    return _take(state, plan, line, line.kept, "remove")


def _set_units(state: OrderState, plan: Plan, action: act.SetUnits) -> str:
    line = _line(state, action.line)
    if isinstance(line, str):
        return line
    if not 0 <= action.units <= _MOST_UNITS:
        return f"a line has between 0 and {_MOST_UNITS:,} units"
    if action.units < line.row.fulfilled:
        return f"{line.row.fulfilled} units of line {action.line} have left already: what has shipped cannot change"
    growth = action.units - line.kept
    if not growth:
        return f"line {action.line} has {line.kept} units already"
    if growth < 0:
        return _take(state, plan, line, -growth, "quantity")
    row = line.row
    discounted = any(charge.line_id == row.pk and charge.kind != "tax" for charge in state.charges)
    if row.fulfilled or row.cancelled or discounted:  # what its earlier units cost must not move
        plan.new.append(NewPart(row.product_id, growth, row.unit_price, row.description, row.ship_from, of=line))
    else:
        plan.grow[row.pk] = growth
    plan.facts.append(ChangeAction("quantity", action.line, growth, row.unit_price * growth))
    return ""


def _take(state: OrderState, plan: Plan, line: LineState, units: int, kind: str) -> str:
    plan.take[line.row.pk] = units
    stage = furthest([stage for stage, _ in line.taken(units)])
    shares = state.shares
    less = shares.of_units(line.row.pk, line.kept - units) - shares.of_units(line.row.pk, line.kept)
    plan.facts.append(ChangeAction(kind, line.row.position, -units, less, stage))
    return ""


def _split(state: OrderState, plan: Plan, action: act.SplitLine) -> str:
    line = _line(state, action.line)
    if isinstance(line, str):
        return line
    if not 0 < action.units < line.kept or action.units > line.to_leave:
        return f"of line {action.line}, between 1 and {min(line.to_leave, line.kept - 1)} units can be put apart"
    row = line.row
    plan.new.append(
        NewPart(row.product_id, action.units, row.unit_price, row.description, action.ship_from or row.ship_from,
                of=line, split=True)
    )  # fmt: skip
    stage = furthest([stage for stage, _ in line.taken(action.units)])
    plan.facts.append(ChangeAction("quantity", action.line, 0, Decimal(0), stage))
    return ""


def _unshipped(state: OrderState) -> str:
    """How far what has not left has come."""
    begun = [stage for line in state.lines.values() for stage, units in line.stages.items() if units]
    return furthest([stage for stage in begun if stage != "shipped"]) if state.to_leave else "shipped"


def _address(state: OrderState, plan: Plan, action: act.SetAddress) -> str:
    to = action.destination
    if not (to.address or to.city or to.postal_code):
        return "say at least the street, the town or the postal code of the new address"
    plan.header |= {
        "recipient": to.recipient, "address": to.address, "city": to.city, "postal_code": to.postal_code,
        "country": to.country, "latitude": to.latitude, "longitude": to.longitude,
    }  # fmt: skip
    plan.reroute = True
    plan.facts.append(ChangeAction("address", progress=_unshipped(state)))
    return ""


def _method(state: OrderState, plan: Plan, action: act.SetMethod) -> str:
    if action.method == state.order.method:
        return f"it goes by {action.method or 'any method'} already"
    plan.header["method"] = action.method
    plan.reroute = True
    plan.facts.append(ChangeAction("method", progress=_unshipped(state)))
    return ""


def _discount_asked(state: OrderState, plan: Plan, action: act.Discount) -> str:
    plan.facts.append(ChangeAction("discount", action.line, 0, -action.amount))
    return ""


def _discount(state: OrderState, plan: Plan, action: act.Discount) -> str:
    """What is taken off is shared over units that may still change, grown so that cancelled ones take none of it."""
    step = Decimal(1).scaleb(-minor_units(state.order.currency))
    if action.amount <= 0 or action.amount != action.amount.quantize(step):
        return f"a discount is more than nothing, in whole steps of {step} {state.order.currency}"
    units = {line.row.pk: _units_then(plan, line) for line in state.lines.values()}
    lines = [line for line in state.lines.values() if not line.row.fulfilled and units[line.row.pk][1]]
    if action.line:
        lines = [line for line in lines if line.row.position == action.line]
    if not lines:
        what = f"line {action.line}" if action.line else "this order"
        return f"a part of {what} has left or nothing is left of it: give the money back instead"
    costs = {line.row.pk: _cost_then(state, plan, line, units[line.row.pk][1]) for line in lines}
    if action.amount > sum(costs.values()):
        return f"at most {sum(costs.values())} can be taken off"
    words = action.description or "Discount"
    untouched = all(not line.row.cancelled and not line.row.fulfilled for line in state.lines.values())
    if not action.line and untouched and not plan.take:
        plan.discounts.append((None, action.amount, words))
        return ""
    for line, part in _shared(lines, costs, action.amount, step):
        ordered, kept = units[line.row.pk]
        plan.discounts.append((line.row.pk, (part * ordered / kept).quantize(step, ROUND_HALF_UP), words))
    return ""


def _units_then(plan: Plan, line: LineState) -> tuple[int, int]:
    """Units that a line will have once the other actions are done: all, and those that are not cancelled."""
    key = line.row.pk
    apart = sum(part.units for part in plan.new if part.split and part.of is line)
    more = plan.grow.get(key, 0) - apart
    return line.row.ordered + more, line.kept + more - plan.take.get(key, 0)


def _cost_then(state: OrderState, plan: Plan, line: LineState, kept: int) -> Decimal:
    """What is left to be taken off a line that keeps so many units."""
    given = sum((-amount for line_id, amount, _ in plan.discounts if line_id == line.row.pk), Decimal(0))
    more = max(0, kept - line.kept)
    cost = state.shares.of_units(line.row.pk, kept - more)
    return cost + (line.row.unit_price * more + given).quantize(cost, ROUND_HALF_UP)


def _shared(
    lines: Sequence[LineState], costs: dict[int, Decimal], amount: Decimal, step: Decimal
) -> list[tuple[LineState, Decimal]]:
    """Shares of an amount by what lines cost; the last one takes what rounding leaves over."""
    total, left, shares = sum(costs.values()), amount, []
    for line in lines[:-1]:
        part = (amount * costs[line.row.pk] / total).quantize(step, ROUND_HALF_UP)
        shares.append((line, part))
        left -= part
    return [*[(line, part) for line, part in shares if part], (lines[-1], left)]


def _attribute(state: OrderState, plan: Plan, action: act.SetAttribute) -> str:
    attributes = dict(plan.header.get("attributes", state.order.attributes))
    if not 0 < len(action.name) <= 40 or len(action.value) > 255:
        return "a field's name has between 1 and 40 characters, its value at most 255"
    if not (action.name + action.value).isprintable():
        return "a field's name and value are plain text on one line"
    attributes |= {action.name: action.value}
    if not action.value:
        del attributes[action.name]
    if len(attributes) > _MOST_ATTRIBUTES:
        return f"an order has at most {_MOST_ATTRIBUTES} fields of the retailer's own"
    plan.header["attributes"] = attributes
    plan.facts.append(ChangeAction("attribute"))
    return ""


def _priority(state: OrderState, plan: Plan, action: act.SetPriority) -> str:
    if not 0 <= action.priority <= 32_767:
        return "a priority is between 0 and 32,767"
    plan.header["priority"] = action.priority
    plan.facts.append(ChangeAction("priority"))
    return ""


_PLANNERS: dict[type[Action], Callable[[OrderState, Plan, Any], str]] = {
    act.AddLine: _add,
    act.RemoveLine: _remove,
    act.SetUnits: _set_units,
    act.SetAddress: _address,
    act.SetMethod: _method,
    act.Discount: _discount_asked,
    act.SetAttribute: _attribute,
    act.SetPriority: _priority,
    act.SplitLine: _split,
}
