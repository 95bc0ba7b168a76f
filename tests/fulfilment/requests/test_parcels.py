"""Orders of one customer that go in one parcel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, RejectReason, Shipment
from fulfilment.requests.services import (
    RejectedLine,
    RequestRefused,
    allocations_release,
    request_reject,
    requests_advance,
    requests_ship,
)
from modules.contracts.routing_runs import ConsolidationRule
from oms.infra.models import Event
from orders.models import Order
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_offered
from tests.fulfilment.routing.releases import Told, adopt
from tests.fulfilment.routing.scene import violations

JOINABLE = frozenset({"joinable"})


@pytest.fixture
def policies(acme: None, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Orders of a customer join for four hours; Soho has lamps."""
    told = Told(needs=JOINABLE, rule=ConsolidationRule(hours=4))
    adopt(monkeypatch, told)
    stock_received(LocationFactory.create(code="SOHO"), ProductFactory.create(sku="LAMP"), 50)
    return told


def offered(customer: str = "C-1", **change: object) -> FulfilmentRequest:
    order = order_placed(("LAMP", 1), customer=customer)
    if change:
        Order.objects.filter(pk=order.pk).update(**change)
    return request_offered(order)


def together(*requests: FulfilmentRequest) -> bool:
    parcels = set()
    for request in requests:
        request.refresh_from_db()
        parcels.add(request.parcel_id)
    return len(parcels) == 1 and None not in parcels


def test_the_second_order_joins_the_first_and_a_third_both(policies: Told) -> None:
    first = offered()
    assert policies.asked[-1].joinable == ()
    second, third = offered(), offered()
    assert policies.asked[-1].joinable == (first.location_id,)
    assert together(first, second, third)
    told = Event.objects.filter(name="fulfilment.parcel_joined.v1", subject=first.order.number).last()
    assert told is not None
    assert told.payload["others"] == [second.number, third.number]
    assert violations() == []


@pytest.mark.parametrize(
    "change",
    [{"address": "2 High Street"}, {"method": "express"}, {"country": "FR"}, {"currency": "EUR"}],
)
def test_another_address_method_or_currency_is_another_parcel(policies: Told, change: dict[str, str]) -> None:
    first = offered()
    assert not together(first, offered(**change))


def test_another_customer_or_none_is_another_parcel(policies: Told) -> None:
    first, nobody = offered(), offered(customer="")
    assert not together(first, offered(customer="C-2"))
    assert not together(nobody, offered(customer=""))


def test_what_is_picked_or_too_old_is_not_joined(policies: Told) -> None:
    picked = offered()
    requests_advance(request_ids=[picked.pk], to=RequestStatus.PICKING, actor="ben")
    old = offered()
    assert not together(picked, old)
    FulfilmentRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=5))
    assert not together(old, offered())


def test_the_rule_names_methods_and_channels(policies: Told) -> None:
    policies.rule = ConsolidationRule(hours=4, methods=("express",))
    assert not together(offered(), offered())
    assert together(offered(method="express"), offered(method="express"))


def test_without_a_rule_nothing_joins(policies: Told) -> None:
    policies.rule = None
    assert not together(offered(), offered())


def pack(*requests: FulfilmentRequest) -> None:
    for status in (RequestStatus.PICKING, RequestStatus.PACKED):
        requests_advance(request_ids=[item.pk for item in requests], to=status, actor="ben")


def test_they_leave_together_under_one_tracking_number(policies: Told) -> None:
    first, second = offered(), offered()
    # when: only one is packed
    pack(first)
    with pytest.raises(RequestRefused, match=second.number):
        requests_ship(request_ids=[first.pk], actor="ben", tracking_number="T-1")
    # when: both are
    pack(second)
    assert requests_ship(request_ids=[first.pk], actor="ben", carrier="Post", tracking_number="T-1") == 2
    # then
    assert list(Shipment.objects.order_by("id").values_list("request", "tracking_number")) == [
        (first.pk, "T-1"), (second.pk, "T-1"),
    ]  # fmt: skip
    assert together(first, second)
    assert violations() == []


def test_what_is_cancelled_leaves_the_parcel(policies: Told) -> None:
    first, second = offered(), offered()
    allocations_release(units_of_line={second.order.lines.get().pk: 1}, reason="cancelled", actor="user maria")
    for request in (first, second):
        request.refresh_from_db()
        assert request.parcel_id is None
    pack(first)
    assert requests_ship(request_ids=[first.pk], actor="ben") == 1
    assert Event.objects.filter(name="fulfilment.parcel_left.v1").count() == 2


def test_what_is_rejected_leaves_the_parcel_and_the_others_stay(policies: Told) -> None:
    first, second, third = offered(), offered(), offered()
    line = second.lines.get()
    request_reject(
        request_id=second.pk, lines={line.pk: RejectedLine(RejectReason.CANNOT_SEND, 1)}, actor="user ben"
    )  # fmt: skip
    assert together(first, third)
    second.refresh_from_db()
    assert (second.parcel_id, second.status) == (None, "cancelled")
