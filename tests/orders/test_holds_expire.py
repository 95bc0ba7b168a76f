"""Holds that nobody has decided in time end by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from modules.contracts.review import HoldDecision
from orders.models import Order, OrderHold
from orders.services import holds_place
from orders.services.holds_expire import holds_expire
from tests.factories.orders import order_placed

pytestmark = pytest.mark.usefixtures("acme")


def held(at_expiry: str, hours: int = 2) -> Order:
    order = order_placed()
    hold = HoldDecision("fraud", ("allocate",), "looks odd", hours, at_expiry, "call the customer")
    holds_place(holds=[(order.pk, order.number, hold)], actor="rule")
    return order


def pass_time(hours: int) -> None:
    for hold in OrderHold.objects.all():
        if hold.expires_at:
            OrderHold.objects.filter(pk=hold.pk).update(expires_at=hold.expires_at - timedelta(hours=hours))


def test_a_hold_keeps_its_instructions_and_its_end() -> None:
    held("cancel")
    hold = OrderHold.objects.get()
    assert (hold.instructions, hold.at_expiry) == ("call the customer", "cancel")
    assert hold.expires_at
    assert timedelta(minutes=119) < hold.expires_at - timezone.now() <= timedelta(hours=2)


def test_nothing_ends_before_its_time() -> None:
    held("release")
    assert holds_expire() == 0
    assert OrderHold.objects.get().status == "active"


def test_a_released_one_lets_the_order_go_on_once() -> None:
    order = held("release")
    pass_time(3)
    assert (holds_expire(), holds_expire()) == (1, 0)
    order.refresh_from_db()
    hold = OrderHold.objects.get()
    assert (order.status, hold.status, hold.released_by) == ("open", "released", "order management")


def test_a_rejected_one_cancels_what_has_not_left() -> None:
    order = held("cancel")
    pass_time(3)
    assert holds_expire() == 1
    order.refresh_from_db()
    assert (order.status, OrderHold.objects.get().status) == ("cancelled", "rejected")


def test_a_hold_without_an_end_stays() -> None:
    held("release", hours=0)
    pass_time(1000)
    assert holds_expire() == 0
