"""What waits: in which queue, when it is tried again, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockLevel
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.locations.models import Location
from fulfilment.routing import jobs
from fulfilment.routing.jobs import wake_retailer
from fulfilment.routing.models import FreedStock, QueueEntry
from fulfilment.routing.services import (
    orders_begin,
    orders_route,
    queue_cancel,
    queue_due,
    queue_expire,
    queue_move_unfillable,
    queue_retry,
    queue_try_now,
    runs_given_up,
)
from modules.contracts.review import HoldDecision
from modules.models import Decision
from modules.services import revise
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from orders.models import Order, OrderHold
from orders.services import hold_release, holds_place
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.fulfilment.routing.releases import Told, adopt
from tests.fulfilment.routing.scene import units, violations


def waiting(sku: str = "LAMP", *, number: str | None = None, count: int = 1) -> Order:
    """An order that routing could not place."""
    ProductFactory._meta.model.objects.get_or_create(sku=sku)
    order = order_placed((sku, count), number=number)
    orders_route(order_ids=[order.pk], actor="routing")
    order.refresh_from_db()
    return order


def decisions() -> int:
    return Decision.objects.filter(module="order_routing").count()


def test_a_line_without_stock_waits_with_its_reason_and_the_next_day(acme: None) -> None:
    LocationFactory.create(code="SOHO")
    order = waiting()
    entry = QueueEntry.objects.get()
    assert (entry.queue, entry.retries, entry.product.sku) == ("backorder", 0, "LAMP")
    assert entry.reason == "not enough stock at any location that takes work"
    assert entry.next_try is not None
    assert timezone.now() < entry.next_try <= timezone.now() + timedelta(days=1)
    assert units(order) == (1, 0, 0)
    assert violations() == []


def test_stock_that_comes_in_makes_what_waits_for_it_due_and_nothing_else(fresh: None) -> None:
    # given: two orders wait, each for a product of its own
    with retailer_context("acme"):
        store = LocationFactory.create(code="SOHO")
        lamp, vase = waiting("LAMP"), waiting("VASE")
        assert not queue_due()
    # when: lamps come in
    with retailer_context("acme"):
        stock_received(store, lamp.lines.get().product, 5)
    with retailer_context("acme"):
        assert queue_due()
        before = decisions()
        retried = queue_retry(actor="routing")
    # then: the lamp is on its way; nothing was decided about the vase
    with retailer_context("acme"):
        assert (retried.orders, retried.allocated_units, retried.more) == (1, 1, False)
        assert decisions() == before + 1
        assert units(lamp) == (0, 1, 0)
        assert units(vase) == (1, 0, 0)
        assert not queue_due()
        assert violations() == []


def test_stock_that_comes_in_while_a_decision_is_made_is_not_missed(fresh: None) -> None:
    """The receipt commits after the stock was read, and before the line is seen to wait."""
    import threading

    from django.db import connections

    with retailer_context("acme"):
        store = LocationFactory.create(code="SOHO")
        product = ProductFactory.create(sku="LAMP")
        order = order_placed(("LAMP", 1))

    def receive() -> None:
        with retailer_context("acme"):
            stock_received(store, product, 3)
        connections.close_all()

    with retailer_context("acme"):
        orders_route(order_ids=[order.pk], actor="routing")  # reads, decides, has not committed
        receipt = threading.Thread(target=receive)
        receipt.start()
        receipt.join()
    with retailer_context("acme"):
        assert queue_due()
        assert queue_retry(actor="routing").allocated_units == 1
        assert units(order) == (0, 1, 0)


def test_a_thousand_do_not_run_for_one_unit(fresh: None) -> None:
    # given: five orders wait for lamps
    with retailer_context("acme"):
        store = LocationFactory.create(code="SOHO")
        orders = [waiting("LAMP") for _ in range(5)]
        Order.objects.filter(pk=orders[3].pk).update(priority=9)
    # when: one lamp comes in, and batches of one order are made until nothing is due
    with retailer_context("acme"):
        stock_received(store, orders[0].lines.get().product, 1)
    with retailer_context("acme"):
        before = decisions()
        first, second = (queue_retry(actor="routing", limit=1) for _ in range(2))
    # then: the urgent one has it, the others were settled without a decision
    with retailer_context("acme"):
        assert units(orders[3]) == (0, 1, 0)
        assert (first.orders, first.more) == (1, True)
        assert (second.orders, second.settled_lines, second.more) == (0, 4, False)
        assert decisions() == before + 1
        assert not queue_due()
        assert violations() == []


def test_the_oldest_comes_first(acme: None) -> None:
    store = LocationFactory.create(code="SOHO")
    young, old = waiting("LAMP"), waiting("LAMP")
    QueueEntry.objects.filter(line__order=old).update(since=timezone.now() - timedelta(days=3))
    stock_received(store, old.lines.get().product, 1)
    queue_retry(actor="routing", limit=1)
    assert (units(old), units(young)) == ((0, 1, 0), (1, 0, 0))


@pytest.mark.parametrize("change", ["unpaused", "ships again"])
def test_a_location_that_takes_work_again_makes_everything_due(fresh: None, change: str) -> None:
    with retailer_context("acme"):
        store = LocationFactory.create(code="SOHO", paused=change == "unpaused", ships=change == "unpaused")
        stock_received(store, ProductFactory.create(sku="LAMP"), 5)
    with retailer_context("acme"):
        order = waiting("LAMP")
    with retailer_context("acme"):
        assert not queue_due()
        Location.objects.filter(pk=store.pk).update(city="Leeds")
        assert not queue_due()
        Location.objects.filter(pk=store.pk).update(paused=False, ships=True)
    with retailer_context("acme"):
        assert queue_due()
        queue_retry(actor="routing")
        assert units(order) == (0, 1, 0)
        assert not queue_due()


def test_new_rules_make_everything_due_once(fresh: None) -> None:
    with retailer_context("acme"):
        LocationFactory.create(code="SOHO")
        order = waiting("LAMP")
    with retailer_context("acme"):
        with revise(author="maria", reason="another way") as revision:
            revision.put("order_routing", "routing_strategy", "default", {"split_lines": False})
    with retailer_context("acme"):
        assert queue_due()
        assert queue_retry(actor="routing").orders == 1
        assert not queue_due()
        assert QueueEntry.objects.get().retries == 1
        assert units(order) == (1, 0, 0)


def test_the_next_day_makes_it_due(acme: None) -> None:
    LocationFactory.create(code="SOHO")
    waiting("LAMP")
    QueueEntry.objects.update(next_try=timezone.now() - timedelta(hours=1))
    assert queue_due()
    assert queue_retry(actor="routing").orders == 1
    assert not queue_due()


def test_a_reservation_or_a_shipment_frees_nothing(acme: None) -> None:
    store, product = LocationFactory.create(code="SOHO"), ProductFactory.create(sku="LAMP")
    level = stock_received(store, product, 5)
    FreedStock.objects.all().delete()
    for kind, change in (
        (MovementKind.RESERVE, StockChange(level.pk, 0, 3, "")),
        (MovementKind.SHIPMENT, StockChange(level.pk, -2, -2, "")),
    ):
        stock_move(kind=kind, changes=[change], actor="x", moved_at=timezone.now())
    assert not FreedStock.objects.exists()
    stock_move(
        kind=MovementKind.RELEASE, changes=[StockChange(level.pk, 0, -1, "")], actor="x", moved_at=timezone.now()
    )
    assert list(FreedStock.objects.values_list("product", flat=True)) == [product.pk]
    assert StockLevel.objects.get().reserved == 0


def test_what_waits_on_its_last_day_is_cancelled_with_notice(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    adopt(monkeypatch, Told(cancel_on=timezone.localdate().isoformat()))
    LocationFactory.create(code="SOHO")
    order = waiting("LAMP", count=2)
    later = waiting("VASE")
    QueueEntry.objects.filter(line__order=later).update(cancel_on=timezone.localdate() + timedelta(days=1))
    # when
    cancelled = queue_expire(actor="routing")
    # then
    assert cancelled == 2
    assert (units(order), units(later)) == ((0, 0, 2), (1, 0, 0))
    notice = Event.objects.get(name="routing.given_up.v1")
    assert (notice.subject, notice.payload["units"]) == (order.number, 2)
    assert queue_expire(actor="routing") == 0
    assert violations() == []


def test_a_release_may_give_units_up_at_once(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(monkeypatch, Told(queue="cancel"))
    order = waiting("LAMP", count=2)
    assert units(order) == (0, 0, 2)
    assert order.status == "cancelled"
    assert Event.objects.filter(name="routing.given_up.v1").count() == 1
    assert not QueueEntry.objects.exists()


def test_a_release_may_hold_an_order_for_a_person_again_and_again(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(monkeypatch, Told(queue="hold"))
    order = waiting("LAMP")
    assert order.status == "held"
    hold = OrderHold.objects.get()
    assert (hold.code, hold.blocks, hold.why) == ("routing", ["allocate"], "nobody has it")
    hold_release(order_number=order.number, code="routing", actor="user maria")
    orders_route(order_ids=[order.pk], actor="routing")
    assert list(OrderHold.objects.values_list("code", "status")) == [("routing", "released"), ("routing_2", "active")]
    assert not QueueEntry.objects.exists()
    assert violations() == []


def test_a_pre_order_waits_for_its_day(acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
    day = timezone.localdate() + timedelta(days=40)
    adopt(monkeypatch, Told(queue="pre_order", expected_on=day.isoformat()))
    waiting("LAMP")
    entry = QueueEntry.objects.get()
    assert (entry.queue, entry.expected_on) == ("pre_order", day)
    assert timezone.localtime(entry.next_try).date() == day


def test_staff_try_set_aside_and_cancel(acme: None) -> None:
    # given
    store = LocationFactory.create(code="SOHO")
    order = waiting("LAMP", count=2)
    line = order.lines.get()
    # when: it is set aside
    assert queue_move_unfillable(line_ids=[line.pk], actor="user maria") == 1
    # then: time alone does not bring it back
    entry = QueueEntry.objects.get()
    assert (entry.queue, entry.reason, entry.next_try) == ("unfillable", "set aside by maria", None)
    assert queue_move_unfillable(line_ids=[line.pk], actor="user maria") == 0
    # when: stock is there and somebody tries
    stock_received(store, line.product, 1)
    assert queue_try_now(line_ids=[line.pk], actor="user maria").allocated_units == 1
    # when: the rest is cancelled, twice
    assert queue_cancel(line_ids=[line.pk], reason="the customer was called", actor="user maria") == 1
    assert queue_cancel(line_ids=[line.pk], reason="the customer was called", actor="user maria") == 0
    # then
    assert units(order) == (0, 1, 1)
    assert violations() == []


def test_the_line_of_a_held_order_goes_on_waiting_when_it_is_to_be_cancelled(acme: None) -> None:
    order = waiting()
    line = order.lines.get()
    hold = HoldDecision("fraud", ("allocate",), "looks odd")
    holds_place(holds=[(order.pk, order.number, hold)], actor="rule")
    # when
    assert queue_cancel(line_ids=[line.pk], reason="the customer was called", actor="user maria") == 0
    # then
    assert QueueEntry.objects.get().line_id == line.pk
    assert violations() == []


def test_new_orders_wait_for_a_run_only_while_the_release_decides_runs(
    acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = Told(runs=True)
    adopt(monkeypatch, policies)
    store = LocationFactory.create(code="SOHO")
    stock_received(store, ProductFactory.create(sku="LAMP"), 5)
    order = order_placed(("LAMP", 1))
    routed = orders_begin(order_ids=[order.pk], actor="routing")
    assert (routed.awaiting_run_units, routed.allocated_units) == (1, 0)
    assert QueueEntry.objects.get().queue == "to_route"
    assert not queue_due()
    assert runs_given_up() == 0
    policies.runs = False
    assert runs_given_up() == 1
    assert queue_retry(actor="routing").allocated_units == 1
    assert not QueueEntry.objects.exists()


def test_one_job_is_asked_for_however_much_is_due(fresh: None, admin_url: str) -> None:
    import psycopg

    def asked_for() -> int:
        with psycopg.connect(admin_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'fulfilment.routing.jobs.retry'"
            ).fetchone()
        assert row
        return int(row[0])

    with retailer_context("acme"):
        store = LocationFactory.create(code="SOHO")
        order = waiting("LAMP")
    with retailer_context("acme"):
        wake_retailer(runs=True)
    assert asked_for() == 0
    for _ in range(3):
        with retailer_context("acme"):
            stock_received(store, order.lines.get().product, 1)
        with retailer_context("acme"):
            wake_retailer(runs=True)
    assert asked_for() == 1


def test_what_a_held_order_waits_for_is_left_alone(acme: None) -> None:
    LocationFactory.create(code="SOHO")
    order = waiting("LAMP")
    Order.objects.filter(pk=order.pk).update(status="held")
    QueueEntry.objects.update(next_try=timezone.now() - timedelta(hours=1))
    assert not queue_due()
    with transaction.atomic():
        assert queue_retry(actor="routing").orders == 0


def test_the_jobs_do_what_they_are_there_for(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: one order waits for stock that is there now, one for a run, one to be given up today
    policies = Told(runs=True)
    with retailer_context("acme"):
        adopt(monkeypatch, policies)
        store, product = LocationFactory.create(code="SOHO"), ProductFactory.create(sku="LAMP")
        stocked, given_up = waiting("LAMP"), waiting("VASE")
        QueueEntry.objects.filter(line__order=given_up).update(cancel_on=timezone.localdate())
    with retailer_context("acme"):
        stock_received(store, product, 2)
        together = order_placed(("LAMP", 1))
        orders_begin(order_ids=[together.pk], actor="routing")
    # when
    jobs.wake("acme")
    jobs.wake_runs("acme")
    jobs.retry("acme")
    jobs.run("acme")
    # then
    with retailer_context("acme"):
        assert [units(order) for order in (stocked, given_up, together)] == [(0, 1, 0), (0, 0, 1), (0, 1, 0)]
        assert violations() == []
        assert not QueueEntry.objects.exists()
