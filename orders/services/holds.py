"""Placing, releasing and rejecting holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from modules.contracts.review import HoldDecision, ReviewFacts, facts_to_json
from modules.journal import Journaled
from oms.infra.events import record
from orders.events import OrderHeld, OrderHoldReleased
from orders.models import HoldStatus, Order, OrderHold, OrderLine
from orders.services.headers import headers_refresh
from orders.services.order_decider import decider_of

#: What a hold can keep from being done.
BLOCKABLE = ("allocate", "ship", "edit", "capture")


class NoSuchHold(LookupError):
    """The order has no active hold of that name."""


class BadHold(ValueError):
    """A hold as it was asked for cannot be placed; the message says why."""


def holds_place(*, holds: Sequence[tuple[int, str, HoldDecision]], actor: str) -> None:
    """Place holds on orders: (primary key, number, hold). The caller holds the orders' row locks or made them."""
    if not holds:
        return
    now = timezone.now()
    OrderHold.objects.bulk_create(
        OrderHold(
            order_id=order_id, code=hold.code, blocks=list(hold.blocks), why=hold.why, placed_by=actor,
            instructions=hold.instructions, at_expiry=hold.at_expiry,
            expires_at=now + timedelta(hours=hold.expires_hours) if hold.expires_hours else None,
        )
        for order_id, _, hold in holds
    )  # fmt: skip
    headers_refresh({order_id for order_id, _, _ in holds})
    record([
        OrderHeld(
            subject=number, occurred_at=now, actor=actor, code=hold.code, blocks=hold.blocks, reason=hold.why
        )
        for _, number, hold in holds
    ])  # fmt: skip


def hold_place(*, order_number: str, name: str, blocks: Sequence[str], why: str, key: str, actor: str) -> OrderHold:
    """Place a hold by hand; a name that the order has had before gets a number behind it.

    ``key`` names the placing: asked for again, the same hold comes back. Raises :class:`BadHold`.
    """
    order = Order.objects.select_for_update().get(number=order_number)
    unknown = sorted(set(blocks) - set(BLOCKABLE))
    if unknown or not blocks:
        message = f"say what it blocks, of: {', '.join(BLOCKABLE)}"
        raise BadHold(message)
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not base or not why.strip():
        message = "a hold has a name and a reason"
        raise BadHold(message)
    earlier = OrderHold.objects.filter(order=order, key=key).first() if key else None
    if earlier:
        return earlier
    if order.status in ("complete", "cancelled"):
        message = f"{order_number} is {order.status}: nothing is left to hold"
        raise BadHold(message)
    decision = HoldDecision(_free_code(order, base), tuple(each for each in BLOCKABLE if each in blocks), why[:255])
    holds_place(holds=[(order.pk, order_number, decision)], actor=actor)
    hold = OrderHold.objects.get(order=order, code=decision.code)
    hold.key = key
    hold.save(update_fields=["key"])
    return hold


def hold_release(*, order_number: str, code: str, actor: str) -> None:
    """Release an active hold; the order goes on, unless its release places another one. Raises :class:`NoSuchHold`."""
    order, hold = active_hold(order_number, code)
    now = timezone.now()
    hold.status, hold.released_by, hold.released_at = HoldStatus.RELEASED, actor, now
    hold.save()
    headers_refresh([order.pk])
    _place_what_follows(order, code)
    record([OrderHoldReleased(subject=order_number, occurred_at=now, actor=actor, code=code)])


def active_hold(order_number: str, code: str) -> tuple[Order, OrderHold]:
    """An active hold and its locked order. Raises :class:`NoSuchHold`."""
    order = Order.objects.select_for_update(of=("self",)).select_related("channel", "customer").get(number=order_number)
    hold = OrderHold.objects.filter(order=order, code=code, status=HoldStatus.ACTIVE).first()
    if hold is None:
        message = f"{order_number} has no active hold {code!r}"
        raise NoSuchHold(message)
    return order, hold


def _place_what_follows(order: Order, code: str) -> None:
    """Ask the order's release which holds follow from the release of one, and write its decision down."""
    decider = decider_of(order)
    facts = _facts(order)
    decision = decider.policies.released(facts, code, decider.documents)
    if not decision.holds:
        return
    written = {**facts_to_json(facts), "released": code}
    decider.journal("released", [Journaled(order.number, written, decision)])
    placed = [replace(hold, code=_free_code(order, hold.code)) for hold in decision.holds]
    holds_place(holds=[(order.pk, order.number, hold) for hold in placed], actor="order management")


def _free_code(order: Order, base: str) -> str:
    """Each hold of an order has a name of its own."""
    taken = set(OrderHold.objects.filter(order=order, code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(code for number in range(2, len(taken) + 3) if (code := f"{base}_{number}") not in taken)


def _facts(order: Order) -> ReviewFacts:
    lines = list(OrderLine.objects.filter(order=order))
    earlier = Order.objects.filter(customer=order.customer_id, placed_at__lt=order.placed_at)[:100].count()
    return ReviewFacts(
        order_number=order.number, channel=order.channel.code, currency=order.currency,
        total=order.lines_total, lines=len(lines), units=sum(line.ordered for line in lines), country=order.country,
        customer=order.customer.reference if order.customer else "",
        earlier_orders=earlier if order.customer_id else 0,
        largest_line_units=max(line.ordered for line in lines), placed_at=order.placed_at.isoformat(),
        postal_code=order.postal_code, method=order.method, priority=order.priority,
        attributes=dict(order.attributes),
        payment_kinds=tuple(dict.fromkeys(order.payments.order_by("position").values_list("kind", flat=True))),
    )  # fmt: skip
