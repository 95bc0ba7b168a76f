"""Writing a change: units taken back, lines, charges, header and money, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Max, Sum
from django.utils import timezone

from oms.kernel.money import minor_units
from orders.domain.change import ChangeRefused, Fault, Money
from orders.domain.shares import SHARED_KINDS, shared_out
from orders.models import Order, OrderCharge, OrderLine
from orders.progress import units_take_back
from orders.services.headers import headers_refresh
from orders.services.lines_cancel import LineToCancel, lines_cancel
from orders.services.order_change_money import money_settle
from orders.services.order_change_plan import NewPart, Plan
from orders.services.order_state import LineState, OrderState
from orders.services.payments import shares_of

_FOUR_PLACES = Decimal("0.0001")


def change_apply(state: OrderState, plan: Plan, *, name: str, reason: str, actor: str) -> Money:
    """Do what was planned with a locked order.

    Raises :class:`~orders.domain.change.ChangeRefused`, :class:`~orders.services.order_change_money.MoneyMoving`.
    """
    before = state.payable
    units_take_back(_to_take_back(state, plan), reason=reason, actor=actor)
    if plan.new or plan.grow:
        _fix_shared_charges(state)
    units_cancel(state, plan.take, reason=reason, actor=actor)
    _grow(state, plan.grow)
    for part in plan.new:
        _write_part(state, part)
    for line_id, amount, words in plan.discounts:
        _charge(state.order, "discount", -amount, words, line_id)
    order_restate(state.order, plan.header)
    shares = shares_of(state.order)
    if any(shares.of_units(line.pk, line.ordered) < 0 for line in OrderLine.objects.filter(order=state.order)):
        raise ChangeRefused([Fault(0, "more would be taken off a line than it costs")])
    return money_settle(state.order, before, name=name, reason=reason or "changed", actor=actor)


def units_cancel(state: OrderState, units: dict[int, int], *, reason: str, actor: str) -> None:
    """Cancel open units of lines (by primary key), each credited with its share of what was to be paid."""
    by_id = {line.row.pk: line for line in state.lines.values()}
    now = timezone.now()
    lines_cancel(
        cancellations=[
            LineToCancel(
                line_id=line_id, quantity=some, unit_price=_credit(state, by_id[line_id], some), external_number="",
                reason=reason[:120], happened_at=now,
            )
            for line_id, some in units.items()
        ],
        actor=actor,
    )  # fmt: skip


def order_restate(order: Order, header: dict[str, object]) -> None:
    """Write the header of a changed order, its totals and status, and count its version up."""
    for name, value in header.items():
        setattr(order, name, value)
    lines = OrderLine.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"]
    charges = OrderCharge.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"]
    order.lines_total, order.charges_total = lines, charges or Decimal(0)
    order.version += 1
    order.save(update_fields=[*header, "lines_total", "charges_total", "version"])
    headers_refresh([order.pk])


def _credit(state: OrderState, line: LineState, units: int) -> Decimal:
    shares, key = state.shares, line.row.pk
    worth = shares.of_units(key, line.kept) - shares.of_units(key, line.kept - units)
    return max(Decimal(0), worth / units).quantize(_FOUR_PLACES, ROUND_HALF_UP)


def _to_take_back(state: OrderState, plan: Plan) -> dict[int, int]:
    """Allocated units that have to be open again."""
    if plan.reroute:
        return {line.row.pk: line.row.allocated for line in state.lines.values() if line.row.allocated}
    wanted = dict(plan.take)
    for part in plan.new:
        if part.split and part.of:
            wanted[part.of.row.pk] = wanted.get(part.of.row.pk, 0) + part.units
    opened = {line.row.pk: line.row.open for line in state.lines.values()}
    return {line_id: units - opened[line_id] for line_id, units in wanted.items() if units > opened[line_id]}


def _fix_shared_charges(state: OrderState) -> None:
    """Once a part has left, a discount or tax on the whole order is written on its lines as it was shared.

    Otherwise a new line would take some of it away from goods that have been paid for.
    """
    if not any(line.row.fulfilled for line in state.lines.values()):
        return
    step = Decimal(1).scaleb(-minor_units(state.order.currency))
    weights = {line.row.pk: line.row.amount for line in state.lines.values()}
    shared = [charge for charge in state.charges if charge.line_id is None and charge.kind in SHARED_KINDS]
    if not shared:
        return
    shares = shared_out(sum((charge.amount for charge in shared), Decimal(0)), weights, step)
    model = shared[0]
    for charge in shared:  # what was charged stays to be read; its counterpart is on the lines
        _charge(state.order, charge.kind, -charge.amount, f"{charge.description or charge.kind}: to its lines", None)
    for line_id, amount in shares.items():
        if amount:
            _charge(state.order, model.kind, amount, model.description, line_id)


def _grow(state: OrderState, units: dict[int, int]) -> None:
    by_id = {line.row.pk: line.row for line in state.lines.values()}
    for line_id, more in units.items():
        row = by_id[line_id]
        _prorate(state, row, line_id, Decimal(more) / row.ordered, kinds=("tax",))
        OrderLine.objects.filter(pk=line_id).update(ordered=F("ordered") + more)


def _write_part(state: OrderState, part: NewPart) -> None:
    last = OrderLine.objects.filter(order=state.order).aggregate(last=Max("position"))["last"] or 0
    row = OrderLine.objects.create(
        order=state.order, position=last + 1, product_id=part.product_id, description=part.description,
        unit_price=part.unit_price, ordered=part.units, ship_from=part.ship_from,
    )  # fmt: skip
    if part.of is None:
        return
    source = part.of.row
    share = Decimal(part.units) / source.ordered
    if part.split:
        _prorate(state, source, row.pk, share, take=True)
        OrderLine.objects.filter(pk=source.pk).update(ordered=F("ordered") - part.units)
    else:
        _prorate(state, source, row.pk, share, kinds=("tax",))


def _prorate(
    state: OrderState, source: OrderLine, line_id: int, share: Decimal, *, kinds: Sequence[str] = (), take: bool = False
) -> None:
    """Charge a line with its share of what another is charged; ``take``: the other then has so much less of it."""
    step = Decimal(1).scaleb(-minor_units(state.order.currency))
    for charge in state.charges:
        if charge.line_id != source.pk or (kinds and charge.kind not in kinds):
            continue
        amount = (charge.amount * share).quantize(step, ROUND_HALF_UP)
        if amount:
            _charge(state.order, charge.kind, amount, charge.description, line_id)
            if take:
                _charge(state.order, charge.kind, -amount, charge.description, source.pk)


def _charge(order: Order, kind: str, amount: Decimal, words: str, line_id: int | None) -> None:
    OrderCharge.objects.create(
        channel_id=order.channel_id, order=order, line_id=line_id, external_number="", kind=kind,
        description=words[:255], quantity=1, unit_price=amount, charged_at=timezone.now(),
    )  # fmt: skip


def fee_charge(order: Order, amount: Decimal) -> None:
    """Charge a cancellation."""
    _charge(order, "cancellation_fee", amount, "Cancellation", None)
