"""From a decision to a promise, from the promise to the choice of a carrier, and what moves it afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.carriers.services import parcel_void, parcels_book
from fulfilment.locations.models import Location, OpeningException, OpeningHours
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, RejectReason
from fulfilment.requests.services import RejectedLine, request_reject, requests_advance
from fulfilment.routing.services import orders_route
from modules.services import revise
from orders.models import LinePromise, Order
from tests.factories.carriers import contract_signed, soho
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed

#: A Monday, ten in the morning in London.
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Clock:
    """What time it is."""

    def __init__(self) -> None:
        self.now = MONDAY

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """A day of March 2026."""
        self.now = datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    return found


def opens(place: Location, closes: time = time(17)) -> Location:
    """From Monday to Friday, from nine."""
    for weekday in range(5):
        OpeningHours.objects.create(location=place, weekday=weekday, opens=time(9), closes=closes)
    return place


def service(code: str, price: str, days: int | None, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code.title(), "rates": [{"per_parcel": price, "transit_days": days}], **more}


@pytest.fixture
def place(acme: None, clock: Clock) -> Location:
    """Soho has lamps; the post takes three days for 3.00 or one for 9.00."""
    contract_signed("POST", services=[service("eco", "3.00", 3), service("next", "9.00", 1)])
    found = opens(soho())
    stock_received(found, ProductFactory.create(sku="LAMP", weight_grams=500), 10)
    return found


def routed(units: int = 1, **facts: Any) -> Order:
    found = order_placed(("LAMP", units))
    Order.objects.filter(pk=found.pk).update(**facts)
    orders_route(order_ids=[found.pk], actor="routing")
    return found


def promise(order: Order) -> LinePromise:
    return LinePromise.objects.get(line__order=order)


def day(of_march: int) -> date:
    return date(2026, 3, of_march)


@pytest.mark.parametrize(
    ("when", "arrives", "why"),
    [
        ((2, 10), 5, "SOHO ready 2026-03-02; POST eco arrives 2026-03-05"),
        ((2, 16, 59), 5, "SOHO ready 2026-03-02; POST eco arrives 2026-03-05"),
        ((2, 17), 6, "SOHO ready 2026-03-03, came after closing at 17:00; POST eco arrives 2026-03-06"),
        ((3, 10), 6, "SOHO ready 2026-03-03; POST eco arrives 2026-03-06"),
        # Friday evening: collected on Monday
        ((6, 18), 12, "SOHO ready 2026-03-09, came after closing at 17:00; POST eco arrives 2026-03-12"),
        ((7, 12), 12, "SOHO ready 2026-03-09, closed on the day; POST eco arrives 2026-03-12"),
    ],
)
def test_a_line_is_promised_by_what_was_decided(
    place: Location, clock: Clock, when: tuple[int, ...], arrives: int, why: str
) -> None:
    clock.at(*when)
    made = promise(routed())
    assert (made.promised_on, made.expected_on, made.why, made.outcome) == (day(arrives), day(arrives), why, "open")
    request = FulfilmentRequest.objects.get()
    assert (request.contract, request.service, request.arrives_on) == ("POST", "eco", day(arrives))


def test_closing_is_by_the_clock_of_the_location(place: Location, clock: Clock) -> None:
    """Half past nine in the evening in UTC is half past four in New York."""
    Location.objects.filter(pk=place.pk).update(time_zone="America/New_York")
    clock.at(2, 21, 30)
    assert promise(routed()).promised_on == day(5)
    clock.at(2, 22, 30)
    assert promise(routed()).promised_on == day(6)


def test_days_on_which_nobody_works_are_passed_over(place: Location, clock: Clock) -> None:
    OpeningException.objects.create(location=place, day=day(3), note="Stocktaking")
    clock.at(2, 18)
    # ready on Wednesday; Thursday, Friday, Monday
    assert promise(routed()).promised_on == day(9)
    contract_signed("POST", services=[service("eco", "3.00", 3)], holidays=["2026-03-05"])
    assert promise(routed()).promised_on == day(10)


def test_the_carriers_own_cut_off_counts(place: Location, clock: Clock) -> None:
    contract_signed("POST", services=[service("eco", "3.00", 3, cut_off="12:00")])
    assert promise(routed()).promised_on == day(5)
    clock.at(2, 14)
    assert promise(routed()).promised_on == day(6)


def test_what_is_beyond_the_capacity_of_the_day_is_done_on_the_next(place: Location, clock: Clock) -> None:
    """Two orders that are decided together take more than a day of Soho's."""
    with revise(author="maria", reason="three units a day") as revision:
        revision.put("order_routing", "location_policy", "SOHO", {"capacity_per_day": 3})
    first, second = order_placed(("LAMP", 2)), order_placed(("LAMP", 2))
    orders_route(order_ids=[first.pk, second.pk], actor="routing")
    assert promise(first).promised_on == day(5)
    late = promise(second)
    assert (late.promised_on, late.why) == (
        day(6),
        "SOHO ready 2026-03-03, the day is full; POST eco arrives 2026-03-06",
    )


def test_a_service_that_promises_no_day_promises_none(place: Location, clock: Clock) -> None:
    contract_signed("POST", services=[service("eco", "3.00", None)])
    order = routed()
    assert not LinePromise.objects.filter(line__order=order)
    assert FulfilmentRequest.objects.get().arrives_why == "SOHO sends by POST eco, which promises no day"


def test_a_method_promises_before_the_decision_does(place: Location, clock: Clock) -> None:
    with revise(author="maria", reason="express") as revision:
        revision.put("order_routing", "shipping_method", "express", {"title": "Express", "promise_days": 1})
    made = promise(routed(method="express"))
    # by the method the cheap service is late, which the release weighs
    assert made.promised_on == day(3)
    assert made.why == "as the shipping method promises: express"


def test_what_the_channel_promised_stays(place: Location, clock: Clock) -> None:
    made = promise(routed(promise_by=day(20)))
    assert (made.promised_on, made.expected_on) == (day(20), day(5))


def test_routing_again_moves_what_is_expected_and_never_the_promise(place: Location, clock: Clock) -> None:
    # given
    order = routed()
    york = opens(LocationFactory.create(code="YORK", latitude=53.96, longitude=-1.08))
    stock_received(york, order.lines.get().product, 5)
    request = order.requests.get()
    clock.at(4, 18)
    # when: two days later Soho cannot find it
    line = request.lines.get()
    request_reject(request_id=request.pk, lines={line.pk: RejectedLine(RejectReason.NOT_FOUND, 1)}, actor="store")
    lost = promise(order)
    orders_route(order_ids=[order.pk], actor="routing")
    # then: nobody could tell, then York can
    assert (lost.promised_on, lost.expected_on, lost.outcome) == (day(5), None, "open")
    moved = promise(order)
    # the order named no day, so the release weighs no promise: eco again, from Thursday on
    assert (moved.promised_on, moved.expected_on, moved.outcome) == (day(5), day(10), "open")
    assert moved.at_risk
    assert moved.why == "SOHO ready 2026-03-02; POST eco arrives 2026-03-05"


# -- the promise and the carrier --------------------------------------------------------------------


def packed(order: Order) -> FulfilmentRequest:
    request = order.requests.get()
    for status in (RequestStatus.PICKING, RequestStatus.PACKED):
        requests_advance(request_ids=[request.pk], to=status, actor="store")
    return request


@pytest.mark.parametrize(
    ("booked_on", "chosen", "why"),
    [
        (2, "eco", "the lowest price that arrives by 2026-03-05"),
        # a day later the cheap service arrives on Friday: too late by a day
        (3, "next", "the lowest price that arrives by 2026-03-05"),
        (4, "next", "the lowest price that arrives by 2026-03-05"),
        # nobody makes it any more: the cheapest, which says so
        (5, "eco", "nobody arrives by 2026-03-05; the best of the rest: arrives 2026-03-10"),
    ],
)
def test_the_cheapest_service_that_keeps_the_promise_is_booked(
    place: Location, clock: Clock, booked_on: int, chosen: str, why: str
) -> None:
    request = packed(routed())
    clock.at(booked_on, 11)
    [parcel] = parcels_book(request_id=request.pk, actor="dock")
    assert parcel.service == chosen
    assert [item["reason"] for item in parcel.compared if item["booked"]] == [why]


def test_what_is_booked_is_expected(place: Location, clock: Clock) -> None:
    order = routed()
    request = packed(order)
    clock.at(4, 11)
    [parcel] = parcels_book(request_id=request.pk, actor="dock", offer=("POST", "eco"))
    late = promise(order)
    assert (late.promised_on, late.expected_on, late.at_risk) == (day(5), day(9), True)
    parcel_void(parcel_id=parcel.pk, actor="dock", reason="too late")
    parcels_book(request_id=request.pk, actor="dock")
    saved = promise(order)
    assert (saved.promised_on, saved.expected_on, saved.at_risk) == (day(5), day(5), False)
    assert FulfilmentRequest.objects.get().arrives_why == "SOHO booked POST Next; arrives 2026-03-05"
