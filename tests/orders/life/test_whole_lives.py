"""Random lives of orders: whatever is done in whatever order, the quantities and the money add up."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import transaction

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import RequestRefused, requests_advance, requests_ship
from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import PendingReaction
from oms.infra.verification import all_invariants, check
from orders.domain.capture import NewCharge, NewLine, NewOrder, NewPayment
from orders.domain.change import (
    Action,
    AddLine,
    ChangeRefused,
    Discount,
    RemoveLine,
    SetAddress,
    SetMethod,
    SetUnits,
    SplitLine,
)
from orders.models import Order, Payment, PaymentTransaction
from orders.services import order_cancel, order_change_preview, order_change_request, orders_capture
from orders.services.payments import RefundRefused, order_refund, shares_of
from tests.factories.inventory import stock_received
from tests.factories.orders import LONDON, PLACED_AT
from tests.orders.life.conftest import Shop, gateway_answers

LIVES = int(os.environ.get("OMS_LIVES", "12"))
STEPS = 14


def capture(chance: random.Random, number: int) -> Order:
    """Up to three lines with prices that do not share out evenly, carriage, perhaps a discount and taxes."""
    lines = tuple(
        NewLine(sku=sku, quantity=chance.randint(2, 6), unit_price=Decimal(chance.randint(1, 2999)) / 100)
        for sku in chance.sample(["A", "B", "C"], chance.randint(1, 3))
    )
    goods = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    charges = [("carriage", Decimal("4.95"), 0)]
    if chance.random() < 0.6:
        charges.append(("discount", -(goods / 7).quantize(Decimal("0.01")), 0))
    if chance.random() < 0.5:
        charges.append(("tax", Decimal("1.01"), 1))
    total = goods + sum(amount for _, amount, _ in charges)
    new = NewOrder(
        external_number=f"LIFE{number}", placed_at=PLACED_AT, currency="GBP", lines=lines, destination=LONDON,
        charges=tuple(
            NewCharge(kind=kind, quantity=1, unit_price=amount, description="", external_number="",
                      charged_at=PLACED_AT, position=position)
            for kind, amount, position in charges
        ),
        payments=(NewPayment(kind="card", gateway="sandbox", amount=total, token="tok"),),
    )  # fmt: skip
    [captured] = orders_capture(channel="web", orders=[new], actor="shop")
    return Order.objects.get(pk=captured.order_id)


def some_actions(chance: random.Random, order: Order) -> list[Action]:
    positions = list(order.lines.values_list("position", flat=True))
    line = chance.choice(positions)
    makers: list[Callable[[], Action]] = [
        lambda: AddLine(
            sku=chance.choice("ABC"), units=chance.randint(1, 3), unit_price=Decimal(chance.randint(1, 999)) / 100
        ),
        lambda: RemoveLine(line=line),
        lambda: SetUnits(line=line, units=chance.randint(0, 8)),
        lambda: SetUnits(line=line, units=chance.randint(3, 8)),
        lambda: Discount(amount=Decimal(chance.randint(1, 500)) / 100, line=chance.choice([0, line])),
        lambda: SplitLine(line=line, units=chance.randint(1, 2)),
        lambda: SetAddress(destination=LONDON),
        lambda: SetMethod(method=chance.choice(["", "express"])),
    ]  # fmt: skip
    return [chance.choice(makers)() for _ in range(chance.randint(1, 2))]


def change(chance: random.Random, order: Order) -> None:
    actions = some_actions(chance, order)
    seen = order_change_preview(order_number=order.number, actions=actions, asked_by="staff")
    done = order_change_request(
        order_number=order.number, actions=actions, asked_by="staff", key=f"k{chance.random()}", actor="u",
        version=seen.version,
    )  # fmt: skip
    assert seen.allowed == (done.status == "confirmed")
    if seen.allowed:
        assert (seen.money.before, seen.money.after, seen.money.give_back) == (
            done.total_before, done.total_after, done.given_back,
        )  # fmt: skip


def cancel(chance: random.Random, order: Order) -> None:
    left = {row.position: row.ordered - row.cancelled - row.fulfilled for row in order.lines.all()}
    positions = [position for position, units in left.items() if units]
    if not positions or chance.random() < 0.05:
        order_cancel(order_number=order.number, reason="x", asked_by="staff", key=f"c{chance.random()}", actor="u")
        return
    position = chance.choice(positions)
    order_cancel(
        order_number=order.number, reason="x", asked_by="staff", key=f"c{chance.random()}", actor="u",
        parts={position: chance.randint(1, min(2, left[position]))},
    )  # fmt: skip


def work(chance: random.Random, order: Order) -> None:
    for request in FulfilmentRequest.objects.filter(order=order, status__in=["offered", "picking"]).order_by("id"):
        for following in (RequestStatus.PICKING, RequestStatus.PACKED):
            request.refresh_from_db()
            if request.status in ("offered", "picking") and request.status != following and chance.random() < 0.8:
                requests_advance(request_ids=[request.pk], to=following, actor="x")


def ship(chance: random.Random, order: Order) -> None:
    packed = FulfilmentRequest.objects.filter(order=order, status="packed").values_list("pk", flat=True)
    requests_ship(request_ids=list(packed), actor="x")


def refund(chance: random.Random, order: Order) -> None:
    order_refund(
        order_number=order.number, amount=Decimal(chance.randint(1, 300)) / 100, reason="late",
        key=f"r{chance.randint(0, 10**9)}", actor="u",
    )  # fmt: skip


def route(chance: random.Random, order: Order) -> None:
    orders_route(order_ids=[order.pk], actor="routing")


STEPS_POSSIBLE = [change, change, change, cancel, route, route, work, work, ship, ship, refund, refund]


def settle() -> None:
    """Until no call and no reaction waits."""
    for _ in range(20):
        gateway_answers()
        react("acme")
        with retailer_context("acme"):
            if (
                not PaymentTransaction.objects.filter(status="pending").exists()
                and not PendingReaction.objects.exists()
            ):
                return
    pytest.fail("calls and reactions never came to an end")


def test_whatever_is_done_quantities_and_money_add_up(shop: Shop) -> None:
    done: dict[str, int] = {}
    with retailer_context("acme"):
        for place in shop.places:
            for product in shop.products.values():
                stock_received(place, product, 1000)
    for number in range(LIVES):
        chance = random.Random(number)
        with retailer_context("acme"):
            order = capture(chance, number)
        for _ in range(STEPS):
            if chance.random() < 0.5:
                settle()
            step = chance.choice(STEPS_POSSIBLE)
            with retailer_context("acme"):
                order.refresh_from_db()
                try:
                    with transaction.atomic():
                        step(chance, order)
                    done[step.__name__] = done.get(step.__name__, 0) + 1
                except (ChangeRefused, RequestRefused, RefundRefused):
                    pass
        settle()
        with retailer_context("acme"):
            order.refresh_from_db()
            money_adds_up(order, number)
            assert [found for invariant in all_invariants() if (found := check(invariant))] == [], f"life {number}"
    assert set(done) == {step.__name__ for step in STEPS_POSSIBLE}


def money_adds_up(order: Order, life: int) -> None:
    shares = shares_of(order)
    rows = list(Payment.objects.filter(order=order))
    captured = sum((row.captured for row in rows), Decimal(0))
    held = sum((row.authorised - row.voided - row.captured for row in rows), Decimal(0))
    said = f"life {life} of {order.number}, {order.status}"
    assert order.total == order.lines_total + order.charges_total, said
    assert captured == shares.due, f"{said}: captured {captured}, due {shares.due}"
    assert held == shares.still_to_come, f"{said}: held {held}, to come {shares.still_to_come}"
    assert min(order.total, shares.due, shares.still_to_come) >= 0, said
    assert all(row.refunded <= row.captured for row in rows), said
    assert not [line for line in order.lines.all() if line.open < 0 or shares.of_units(line.pk, line.ordered) < 0], said
