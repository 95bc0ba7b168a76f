"""Soft reservations: what a cart holds is nobody else's, until its time runs out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, SoftPart, SoftReservation, SoftState, StockLevel
from fulfilment.inventory.selectors import availability
from fulfilment.inventory.services import (
    CannotPromise,
    CartEnded,
    CartKeyReused,
    NotEnoughStock,
    StockChange,
    UnknownName,
    cart_extend,
    cart_release,
    cart_reserve,
    carts_convert,
    carts_expire,
    stock_move,
)
from oms.infra.verification import all_invariants, check
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory

pytestmark = pytest.mark.usefixtures("acme")


def take(key="cart", quantity=1, minutes=15, **more):
    return cart_reserve(
        key=key, sku="A", quantity=quantity, expires_at=timezone.now() + timedelta(minutes=minutes), actor="shop",
        **more,
    )  # fmt: skip


def reserve(level, units):
    stock_move(
        kind=MovementKind.RESERVE, changes=[StockChange(level.pk, 0, units, "A-1/1")], actor="x",
        moved_at=timezone.now(),
    )  # fmt: skip


def run_out(*keys):
    """As if the time of these carts were over, and the job had not come yet."""
    past = timezone.now() - timedelta(seconds=1)
    SoftReservation.objects.filter(key__in=keys).update(expires_at=past)
    SoftPart.objects.filter(reservation__key__in=keys).update(expires_at=past)


@pytest.fixture
def level():
    return stock_received(LocationFactory(code="S1"), ProductFactory(sku="A"), 10)


def violated():
    names = {"stock_soft_is_its_parts", "stock_level_is_sum_of_movements", "stock_reserved_is_on_hand"}
    return [item.name for item in all_invariants() if item.name in names and check(item)]


def test_a_cart_holds_units_once(level):
    first, again = take(quantity=3), take(quantity=3)

    level.refresh_from_db()
    assert first.pk == again.pk
    assert (level.on_hand, level.reserved, level.soft_reserved) == (10, 0, 3)
    assert availability(["A"])[0].total == 7
    assert violated() == []


def test_the_key_of_another_reservation_is_refused(level):
    take(quantity=3)

    with pytest.raises(CartKeyReused):
        take(quantity=4)

    level.refresh_from_db()
    assert level.soft_reserved == 3


def test_soft_and_hard_together_never_exceed_what_is_there(level):
    reserve(level, 6)
    take("one", 3)

    with pytest.raises(CannotPromise) as refused:
        take("two", 2)
    with pytest.raises(NotEnoughStock):
        reserve(level, 2)
    take("two", 1)

    assert refused.value.available == 1
    level.refresh_from_db()
    assert (level.reserved, level.soft_reserved) == (6, 4)
    assert not SoftReservation.objects.filter(quantity=2).exists()


def test_without_a_location_units_come_from_several(level):
    stock_received(LocationFactory(code="S2"), level.product, 4)

    take(quantity=12)

    held = dict(StockLevel.objects.values_list("location__code", "soft_reserved"))
    assert held == {"S1": 10, "S2": 2}
    assert violated() == []


def test_at_a_location_only_its_own_count(level):
    stock_received(LocationFactory(code="S2"), level.product, 4)

    with pytest.raises(CannotPromise):
        take(quantity=5, location="S2")
    with pytest.raises(UnknownName):
        take(quantity=1, location="S9")


def test_what_has_run_out_does_not_count_though_no_job_has_come(level):
    take(quantity=10)
    run_out("cart")

    assert availability(["A"])[0].total == 10
    take("other", 4)
    reserve(level, 6)

    level.refresh_from_db()
    assert (level.reserved, level.soft_reserved) == (6, 14)
    assert carts_expire() == 1
    level.refresh_from_db()
    assert level.soft_reserved == 4
    assert SoftReservation.objects.get(key="cart").state == SoftState.EXPIRED
    assert violated() == []


def test_a_cart_that_ran_out_cannot_be_extended_or_converted(level):
    take(quantity=2)
    run_out("cart")

    with pytest.raises(CartEnded):
        cart_extend(key="cart", expires_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(CartEnded):
        carts_convert(keys=["cart"])


def test_a_live_cart_can_be_extended(level):
    take(quantity=2, minutes=1)
    later = timezone.now() + timedelta(hours=1)

    cart_extend(key="cart", expires_at=later)

    assert SoftPart.objects.get().expires_at == SoftReservation.objects.get().expires_at == later


def test_released_units_are_free_and_releasing_twice_releases_once(level):
    take(quantity=2)

    assert cart_release(key="cart").state == SoftState.RELEASED
    assert cart_release(key="cart").state == SoftState.RELEASED

    level.refresh_from_db()
    assert level.soft_reserved == 0
    assert availability(["A"])[0].total == 10
    with pytest.raises(UnknownName):
        cart_release(key="nothing")


def test_a_cart_becomes_the_reservation_of_an_order(level):
    take(quantity=10)

    held = carts_convert(keys=["cart"])
    reserve(level, 10)

    level.refresh_from_db()
    assert held == [(level.pk, 10)]
    assert (level.reserved, level.soft_reserved) == (10, 0)
    assert SoftReservation.objects.get().state == SoftState.CONVERTED
    assert not SoftPart.objects.exists()


def test_the_database_refuses_more_reserved_than_there_is(level):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="stock_reserved_is_there"), transaction.atomic():
        connection.cursor().execute("UPDATE inventory_stocklevel SET reserved = 11")


def test_a_location_may_allow_backorder_and_its_levels_follow(level):
    from django.db import IntegrityError, transaction

    location = level.location
    location.allows_backorder = True
    location.save()

    reserve(level, 12)

    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.backorder) == (10, 12, True)
    # then: it cannot be taken back while more is reserved than there is
    location.allows_backorder = False
    with pytest.raises(IntegrityError, match="stock_reserved_is_there"), transaction.atomic():
        location.save()
