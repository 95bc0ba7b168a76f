"""Work on many rows: settled exactly, done once, told row by row, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from django.db import IntegrityError, OperationalError, transaction

from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.accounts.models import User
from oms.infra.backoffice.bulk import BulkAction, Given, Outcome
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from oms.web.workspace.models import BulkJob, BulkStatus, RowOutcome
from oms.web.workspace.registry import list_of
from oms.web.workspace.services import (
    BulkRefused,
    TooManyRows,
    bulk_confirm,
    bulk_draft,
    bulk_step,
    bulk_stop,
    bulk_undo_draft,
)
from orders.catalogue.models import Product
from orders.models import HoldStatus, Order, OrderChange, OrderHold, OrderStatus
from tests.factories.accounts import StaffFactory
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to, request_offered


@pytest.fixture
def anna(acme: None) -> User:
    for sku in ("LAMP", "VASE"):
        ProductFactory.create(sku=sku)
    return StaffFactory.create(username="anna")


def drafted(user: User, action: str, label: str = "orders.order", **given: str) -> BulkJob:
    return bulk_draft(
        label=label, action=action, rows=list_of(label).model._default_manager.all(), chosen="status=open",
        given=given, user=user, actor="user anna",
    )  # fmt: skip


def worked_off(job: BulkJob, **given: str) -> BulkJob:
    bulk_confirm(job_id=job.pk, given=given)
    while bulk_step(job_id=job.pk):
        pass
    job.refresh_from_db()
    return job


def told(job: BulkJob) -> list[tuple[str, str]]:
    rows = job.rows.exclude(outcome=RowOutcome.DONE).order_by("number")
    return list(rows.values_list("outcome", "said"))


def violated() -> list[str]:
    return [each.name for each in all_invariants() if check(each)]


def test_exactly_the_rows_that_were_counted_are_worked_on(anna: User) -> None:
    # given
    first = order_placed(("LAMP", 1))
    job = drafted(anna, "hold_place")
    later = order_placed(("LAMP", 1))
    # when
    worked_off(job, code="address_check", why="Look at the address")
    # then
    assert (job.total, job.done, job.left, job.refused, job.status) == (1, 1, 0, 0, BulkStatus.DONE)
    first.refresh_from_db()
    later.refresh_from_db()
    assert (first.status, later.status) == (OrderStatus.HELD, OrderStatus.OPEN)
    hold = OrderHold.objects.get()
    assert (hold.code, hold.why, hold.placed_by) == ("address_check", "Look at the address", "user anna")
    assert violated() == []


def test_nothing_happens_before_it_is_confirmed_and_it_begins_once(anna: User) -> None:
    order_placed(("LAMP", 1))
    job = drafted(anna, "hold_place")
    # when
    assert not bulk_step(job_id=job.pk)
    # then
    assert not OrderHold.objects.exists()
    # when
    bulk_confirm(job_id=job.pk, given={"code": "a", "why": "b"})
    bulk_confirm(job_id=job.pk, given={"code": "z", "why": "z"})
    # then
    job.refresh_from_db()
    assert job.given == {"code": "a", "why": "b"}
    assert job.status == BulkStatus.WAITING


def test_a_hold_is_placed_released_and_placed_again_by_undoing(anna: User) -> None:
    # given
    orders = [order_placed(("LAMP", 1)) for _ in range(3)]
    placed = worked_off(drafted(anna, "hold_place"), code="check", why="Because")
    # when
    released = worked_off(bulk_undo_draft(job_id=placed.pk, user=anna, actor="user anna"))
    # then
    assert (released.action, released.total, released.done) == ("hold_release", 3, 3)
    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.OPEN}
    # when: the undoing is undone
    again = worked_off(bulk_undo_draft(job_id=released.pk, user=anna, actor="user anna"))
    # then
    assert again.done == 3
    assert OrderHold.objects.filter(status=HoldStatus.ACTIVE).count() == 3
    assert Event.objects.filter(name="order.held.v1", subject=orders[0].number).count() == 2
    assert violated() == []


def test_what_was_undone_is_not_undone_again(anna: User) -> None:
    order_placed(("LAMP", 1))
    job = worked_off(drafted(anna, "hold_place"), code="check", why="Because")
    one = bulk_undo_draft(job_id=job.pk, user=anna, actor="user anna")
    other = bulk_undo_draft(job_id=job.pk, user=anna, actor="user anna")
    bulk_confirm(job_id=one.pk, given={})
    # then
    with pytest.raises(BulkRefused, match="undone already"):
        bulk_confirm(job_id=other.pk, given={})
    with pytest.raises(BulkRefused, match="undone already"):
        bulk_undo_draft(job_id=job.pk, user=anna, actor="user anna")


def test_rows_that_cannot_be_done_are_told_with_reasons_and_the_others_are_done(anna: User) -> None:
    # given
    stock_received(LocationFactory.create(), Product.objects.get(sku="LAMP"), 10)
    for status in (RequestStatus.SHIPPED, RequestStatus.PICKING, RequestStatus.PACKED):
        request_brought_to(order_placed(("LAMP", 1)), status)
    # when
    job = worked_off(drafted(anna, "pack", "requests.fulfilmentrequest"))
    # then
    assert (job.done, job.left, job.refused) == (1, 1, 1)
    [(refused, why), (left, said)] = told(job)
    assert (refused, left, said) == ("refused", "left", "it is packed already")
    assert "is shipped and cannot become packed" in why
    assert job.rows.get(outcome="refused").label == FulfilmentRequest.objects.order_by("id")[0].number
    statuses = list(FulfilmentRequest.objects.order_by("id").values_list("status", flat=True))
    assert statuses == ["shipped", "packed", "packed"]
    assert violated() == []


def test_orders_are_routed_and_those_without_stock_say_so(anna: User) -> None:
    stock_received(LocationFactory.create(), Product.objects.get(sku="LAMP"), 1)
    order_placed(("LAMP", 1))
    order_placed(("LAMP", 5))
    job = worked_off(drafted(anna, "route"))
    assert (job.done, told(job)) == (1, [("left", "no location has stock: it waits as backorder")])
    # when: stock has come
    stock_received(LocationFactory.create(), Product.objects.get(sku="VASE"), 1)
    job = worked_off(drafted(anna, "retry", "routing.queueentry"))
    # then
    assert (job.done, job.left) == (0, 1)
    assert violated() == []


def test_open_units_are_cancelled_and_credited(anna: User) -> None:
    order = order_placed(("LAMP", 2), ("VASE", 1))
    # when
    job = worked_off(drafted(anna, "cancel"), reason="Discontinued")
    again = worked_off(drafted(anna, "cancel"), reason="Discontinued")
    # then
    order.refresh_from_db()
    assert (job.done, order.status, order.open_quantity) == (1, OrderStatus.CANCELLED, 0)
    assert told(again) == [("left", f"nothing of {order.number} is left that could be cancelled")]
    with pytest.raises(BulkRefused, match="cannot be undone"):
        bulk_undo_draft(job_id=job.pk, user=anna, actor="user anna")
    assert violated() == []


def test_orders_whose_rules_forbid_a_cancellation_are_left_with_the_reason(anna: User) -> None:
    # given
    stock_received(LocationFactory.create(), Product.objects.get(sku="LAMP"), 10)
    packed, offered, free = (order_placed(("LAMP", 1)) for _ in range(3))
    request_brought_to(packed, RequestStatus.PACKED)
    request_offered(offered)
    # when
    job = worked_off(drafted(anna, "cancel"), reason="Recall")
    # then
    assert (job.done, told(job)) == (2, [("left", "line 1 is packed already")])
    for order, status in (
        (packed, OrderStatus.IN_PROGRESS),
        (offered, OrderStatus.CANCELLED),
        (free, OrderStatus.CANCELLED),
    ):
        order.refresh_from_db()
        assert order.status == status
    changes = OrderChange.objects.order_by("order_id").values_list("status", "asked_by", "reason")
    assert list(changes) == [
        ("declined", "staff", "Recall"), ("confirmed", "staff", "Recall"), ("confirmed", "staff", "Recall"),
    ]  # fmt: skip
    assert violated() == []


def test_undoing_a_pause_touches_only_what_it_paused(anna: User) -> None:
    LocationFactory.create(code="A", paused=True)
    LocationFactory.create(code="B")
    job = worked_off(drafted(anna, "pause", "locations.location"))
    assert (job.done, job.left) == (1, 1)
    # when
    worked_off(bulk_undo_draft(job_id=job.pk, user=anna, actor="user anna"))
    # then
    assert dict(Location.objects.values_list("code", "paused")) == {"A": True, "B": False}


def test_a_stopped_job_leaves_the_rest_as_it_was(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        order_placed(("LAMP", 1))
    offer(monkeypatch, at_once=2)
    job = drafted(anna, "mark")
    bulk_confirm(job_id=job.pk, given={})
    assert bulk_step(job_id=job.pk)
    # when
    bulk_stop(job_id=job.pk)
    # then
    assert not bulk_step(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.cursor, job.done) == (BulkStatus.STOPPED, 2, 2)
    with pytest.raises(BulkRefused, match="nothing to stop"):
        bulk_stop(job_id=job.pk)
    assert violated() == []


def test_a_batch_that_fails_for_no_row_is_tried_again_as_a_whole(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order_placed(("LAMP", 1))
    away = [False, True]

    def run(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
        if away.pop():
            raise OperationalError("deadlock detected")
        return {}

    offer(monkeypatch, run=run)
    job = drafted(anna, "mark")
    bulk_confirm(job_id=job.pk, given={})
    with pytest.raises(OperationalError), transaction.atomic():
        bulk_step(job_id=job.pk)
    job.refresh_from_db()
    assert (job.cursor, job.status) == (0, BulkStatus.WAITING)
    # when
    bulk_step(job_id=job.pk)
    # then
    job.refresh_from_db()
    assert (job.done, job.status) == (1, BulkStatus.DONE)


def test_an_error_nobody_foresaw_costs_its_own_row_alone(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [order_placed(("LAMP", 1)) for _ in range(3)]

    def run(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
        Order.objects.filter(pk__in=keys).update(city="Ghent")
        if orders[1].pk in keys:
            raise ZeroDivisionError
        return {}

    offer(monkeypatch, run=run)
    job = worked_off(drafted(anna, "mark"))
    assert (job.done, job.refused) == (2, 1)
    assert "ZeroDivisionError" in told(job)[0][1]
    assert list(Order.objects.order_by("id").values_list("city", flat=True)) == ["Ghent", orders[1].city, "Ghent"]


def test_more_rows_than_a_job_takes_are_refused_and_nothing_is_kept(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.web.workspace.services.bulk_settle.ROWS_AT_MOST", 1)
    order_placed(("LAMP", 1))
    order_placed(("LAMP", 1))
    with pytest.raises(TooManyRows, match="More than 1 rows"):
        drafted(anna, "hold_place")
    assert not BulkJob.objects.exists()


def test_the_database_holds_what_a_job_counts(anna: User) -> None:
    order_placed(("LAMP", 1))
    job = drafted(anna, "hold_place")
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkJob.objects.filter(pk=job.pk).update(done=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkJob.objects.filter(pk=job.pk).update(status="done")


def offer(monkeypatch: pytest.MonkeyPatch, **told: object) -> None:
    """Let the list of orders offer the action ``mark``."""
    usual = {
        "name": "mark", "word": "Mark", "sentence": "Marked.", "right": "orders.change_order",
        "run": lambda keys, given, actor: {},
    }  # fmt: skip
    action = BulkAction(**{**usual, **told})  # type: ignore[arg-type]
    monkeypatch.setattr(type(list_of("orders.order")), "bulk_actions", (action,))
