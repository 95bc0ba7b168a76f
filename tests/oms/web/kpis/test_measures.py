"""Measures around a promotion: counted exactly, of equal stretches, and silent where nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfilment.carriers.models import Manifest, Parcel
from fulfilment.locations.models import Location
from fulfilment.requests.models import Exclusion, FulfilmentRequest, FulfilmentRequestLine, Shipment
from fulfilment.routing.services import orders_route
from modules.models import ModuleUpgrade, ProfileRevision
from modules.services import revise
from oms.infra.models import Event
from oms.web.kpis import Kpi, Window, counted, kpis_around, windows_around
from oms.web.kpis.measures import Side
from oms.web.kpis.selectors import Carriage
from orders.models import LinePromise, Order, OrderLine
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed

T = datetime(2026, 11, 2, 12, tzinfo=UTC)
BEFORE, AFTER = Window(T - timedelta(days=2), T), Window(T, T + timedelta(days=2))


def at(row: Order | FulfilmentRequest, **moments: datetime | str) -> None:
    """Set moments that the database or the clock wrote."""
    type(row).objects.filter(pk=row.pk).update(**moments)


@pytest.fixture
def shop(acme: None) -> None:
    """Soho has lamps, York vases; so an order of both is split."""
    soho, york = LocationFactory.create(code="SOHO"), LocationFactory.create(code="YORK", latitude=53.9, longitude=-1)
    lamp, vase = ProductFactory.create(sku="LAMP"), ProductFactory.create(sku="VASE")
    stock_received(soho, lamp, 100)
    stock_received(york, vase, 100)


def placed(moment: datetime, *lines: tuple[str, int], number: str) -> Order:
    order = order_placed(*lines, number=number, placed_at=moment)
    at(order, captured_at=moment)
    return order


def routed(order: Order, moment: datetime) -> list[FulfilmentRequest]:
    orders_route(order_ids=[order.pk], actor="routing")
    requests = list(order.requests.order_by("id"))
    for request in requests:
        at(request, created_at=moment)
    return requests


def shipped(request: FulfilmentRequest, moment: datetime) -> None:
    at(request, status="shipped", shipped_at=moment)


def test_everything_is_counted_as_it_stood_when_its_window_ended(shop: None) -> None:
    # given: before, an order of four units is split, leaves in part, and the rest leaves after the window
    hour = timedelta(hours=1)
    one = placed(T - 10 * hour, ("LAMP", 3), ("VASE", 1), number="1")
    first, second = routed(one, T - 9 * hour)
    shipped(first, T - 4 * hour)
    shipped(second, T + hour)
    # given: an order at the very end, given to a location only after the promotion
    late = placed(T - hour, ("LAMP", 2), number="2")
    routed(late, T + hour)
    # given: after, an order that somebody routed by hand; and one too late for either window
    three = placed(T + hour, ("VASE", 2), number="3")
    [whole] = routed(three, T + 3 * hour)
    shipped(whole, T + 6 * hour)
    Event.objects.create(
        name="fulfilment.offered.v1", subject_kind="order", subject=three.number, actor="user anna", occurred_at=T,
        recorded_at=T + 3 * hour,
    )  # fmt: skip
    Event.objects.create(
        name="fulfilment.advanced.v1", subject_kind="order", subject=three.number, actor="user anna", occurred_at=T,
        recorded_at=T + 4 * hour,
    )  # fmt: skip
    placed(T + timedelta(days=2), ("LAMP", 50), number="4")
    # when
    before, after = counted(BEFORE, AFTER)
    # then
    assert (before.orders, before.looked_at, before.ordered, before.cancelled) == (2, 2, 6, 0)
    assert (before.given, before.placed, before.split, before.shipped, before.parcels) == (4, 1, 1, 1, 1)
    assert (before.hours_to_location, before.hours_to_leave, before.touches) == (Decimal("1.0"), Decimal("6.0"), 0)
    assert (after.orders, after.ordered, after.given, after.placed, after.split) == (1, 2, 2, 1, 0)
    assert (after.shipped, after.parcels, after.touches) == (1, 1, 1)
    assert (after.hours_to_location, after.hours_to_leave) == (Decimal("2.0"), Decimal("5.0"))


def test_units_taken_back_later_count_for_neither_window(shop: None) -> None:
    order = placed(T - timedelta(hours=5), ("LAMP", 4), number="1")
    line = OrderLine.objects.get(order=order)
    line.cancelled = 3
    line.save()
    for quantity, moment in ((1, T - timedelta(hours=1)), (2, T + timedelta(hours=1))):
        line.cancellations.create(quantity=quantity, unit_price=1, actor="x", happened_at=moment)
        line.cancellations.filter(happened_at=moment).update(recorded_at=moment)
    before, after = counted(BEFORE, AFTER)
    assert (before.cancelled, before.ordered, after.cancelled) == (1, 4, 0)


def test_released_units_were_not_given(shop: None) -> None:
    order = placed(T + timedelta(hours=5), ("LAMP", 4), number="1")
    [request] = routed(order, T + timedelta(hours=6))
    FulfilmentRequestLine.objects.filter(request=request).update(released=3)
    _, after = counted(BEFORE, AFTER)
    assert (after.given, after.ordered) == (1, 4)


def test_of_very_many_orders_a_part_is_drawn_always_the_same(shop: None) -> None:
    for number in range(40):
        placed(T + timedelta(minutes=number), ("LAMP", 1), number=str(number))
    all_of_them = counted(BEFORE, AFTER)[1]
    drawn, again = counted(BEFORE, AFTER, most=20)[1], counted(BEFORE, AFTER, most=20)[1]
    assert (all_of_them.orders, all_of_them.looked_at) == (40, 40)
    assert drawn == again
    assert drawn.orders == 40
    assert 0 < drawn.looked_at < 40


def promoted(*, hours_ago: float, rolled_back_after: float | None = None) -> ModuleUpgrade:
    """An upgrade whose promotion, and going back, are so many hours old."""
    with revise(author="maria", reason="promoted") as revision:
        pass
    upgrade = ModuleUpgrade.objects.create(
        module="order_routing", from_release="1.0.0", to_release="2.0.0", status="promoted", started_by="maria",
        promoted_revision=revision.number,
    )  # fmt: skip
    if rolled_back_after is not None:
        with revise(author="maria", reason="back") as back:
            pass
        upgrade.rolled_back_revision = back.number
    now = ProfileRevision.objects.get(number=revision.number).created_at + timedelta(hours=hours_ago)
    upgrade.now = now
    return upgrade


def test_windows_are_of_equal_length_a_week_at_most(acme: None) -> None:
    upgrade = promoted(hours_ago=30)
    young = windows_around(upgrade, upgrade.now)
    assert (young.length, young.complete) == (timedelta(hours=30), False)
    assert young.before.end - young.before.start == young.length
    assert young.before.end == young.after.start
    old = windows_around(upgrade, upgrade.now + timedelta(days=30))
    assert (old.length, old.complete) == (timedelta(days=7), True)


def test_a_promotion_taken_back_is_measured_until_then(acme: None) -> None:
    upgrade = promoted(hours_ago=30, rolled_back_after=0)
    moments = dict(ProfileRevision.objects.values_list("number", "created_at"))
    found = windows_around(upgrade, upgrade.now)
    assert found.after.end == moments[upgrade.rolled_back_revision or 0]
    assert found.complete


def test_other_changes_of_the_profile_are_told(acme: None) -> None:
    upgrade = promoted(hours_ago=1)
    with revise(author="omar", reason="meanwhile"):
        pass
    # the profile began in these days as well
    assert windows_around(upgrade, upgrade.now).other_changes == 2


def by_name(upgrade: ModuleUpgrade, now: datetime) -> dict[str, Kpi]:
    found = kpis_around(upgrade, now)
    assert found is not None
    return {kpi.name: kpi for kpi in found.measures}


@pytest.mark.parametrize(("orders", "too_few"), [(29, True), (30, False)])
def test_with_few_orders_nothing_is_called_better(shop: None, orders: int, too_few: bool) -> None:
    # given: before, every order is split; after, none is
    upgrade = promoted(hours_ago=2)
    moment = ProfileRevision.objects.get(number=upgrade.promoted_revision or 0).created_at
    for number in range(orders):
        for sign, lines in ((-1, (("LAMP", 1), ("VASE", 1))), (1, (("LAMP", 1),))):
            when = moment + sign * timedelta(minutes=number + 1)
            routed(placed(when, *lines, number=f"{number}{'ab'[sign > 0]}"), when)
    # when
    found = by_name(upgrade, upgrade.now)
    # then
    split = found["Split rate"]
    assert split.before is not None
    assert split.after is not None
    assert (split.before.words, split.before.orders) == ("100.0 %", orders)
    assert (split.after.words, split.after.orders) == ("0.0 %", orders)
    assert split.difference == "−100.0 points"
    assert (split.too_few, split.better) == (too_few, None if too_few else True)
    assert found["Fill rate"].better is None
    assert found["Fill rate"].difference == "0.0 points"


def test_a_measure_of_nothing_shows_nothing(acme: None) -> None:
    upgrade = promoted(hours_ago=1)
    found = by_name(upgrade, upgrade.now)
    assert found["Cost per order"].unmeasured == (
        "nothing of these orders left in a parcel that was booked with a price"
    )
    for name in ("Promise kept", "Split rate", "Pick accuracy", "Time to the customer"):
        assert found[name].before is not None
        assert found[name].before.words == "–"


def promised(order: Order, outcome: str, settled: datetime | None, *, line: int = 0) -> None:
    LinePromise.objects.create(
        line=order.lines.order_by("position")[line], promised_on=T.date(), why="x", outcome=outcome, settled_at=settled
    )


def test_a_promise_counts_once_it_is_decided(shop: None) -> None:
    hour = timedelta(hours=1)
    orders = [placed(T - 9 * hour, ("LAMP", 1), ("VASE", 1), number=str(number)) for number in range(6)]
    kept, half, broken, late, replaced, _without = orders
    for line in (0, 1):
        promised(kept, "kept", T - hour, line=line)
    promised(half, "kept", T - hour)
    promised(half, "open", None, line=1)
    promised(broken, "broken", T - hour)
    promised(broken, "open", None, line=1)
    # decided when the window was over
    promised(late, "kept", T + hour)
    # what was promised in the end was kept
    promised(replaced, "replaced", T - 3 * hour)
    promised(replaced, "kept", T - hour)
    before, after = counted(BEFORE, AFTER)
    assert (before.promised, before.kept) == (3, 2)
    assert (after.promised, after.kept) == (0, 0)


def booked(request: FulfilmentRequest, amount: str, left: datetime, currency: str = "GBP", piece: int = 1) -> None:
    carrier = f"POST {currency}"
    manifest, _ = Manifest.objects.get_or_create(location=request.location, carrier=carrier, status="open")
    Parcel.objects.create(
        number=f"{request.number}-P{piece}", request=request, piece=piece, pieces=9, status="shipped", shipped_at=left,
        adapter="table_rate", carrier=carrier, carrier_name="Post", service="std", service_name="Std", grams=1,
        amount=amount, currency=currency, billable_grams=1, collected_on=T.date(), ship_from={}, ship_to={},
        tracking_number=f"{request.number}{piece}", manifest=manifest,
    )  # fmt: skip


def test_an_order_costs_what_its_parcels_were_booked_for_each_currency_alone(shop: None) -> None:
    hour = timedelta(hours=1)
    left = T - hour
    # given: in pounds, one order in two parcels from two places, one in one parcel; one in euros
    split = routed(placed(T - 9 * hour, ("LAMP", 1), ("VASE", 1), number="1"), T - 8 * hour)
    whole = routed(placed(T - 9 * hour, ("LAMP", 1), number="2"), T - 8 * hour)
    euros = routed(placed(T - 9 * hour, ("LAMP", 1), number="3"), T - 8 * hour)
    # given: one that partly left without a price, and one whose second parcel leaves when the window is over
    unknown = routed(placed(T - 9 * hour, ("LAMP", 1), ("VASE", 1), number="4"), T - 8 * hour)
    later = routed(placed(T - 9 * hour, ("LAMP", 1), ("VASE", 1), number="5"), T - 8 * hour)
    for request in (*split, *whole, *euros, *unknown, later[0]):
        shipped(request, left)
    shipped(later[1], T + hour)
    booked(split[0], "3.00", left)
    booked(split[1], "2.50", left)
    booked(whole[0], "4.00", left)
    booked(whole[0], "1.00", left, piece=2)
    booked(euros[0], "7.00", left, "EUR")
    booked(unknown[0], "99.00", left)
    booked(later[0], "1.50", left)
    booked(later[1], "50.00", T + hour)
    # when
    before, after = counted(BEFORE, AFTER)
    # then
    assert before.costs == {"GBP": Carriage(3, Decimal("12.0000")), "EUR": Carriage(1, Decimal("7.0000"))}
    assert after.costs == {}


def test_costs_are_shown_by_currency_before_and_after(shop: None) -> None:
    upgrade = promoted(hours_ago=2)
    moment = ProfileRevision.objects.get(number=upgrade.promoted_revision or 0).created_at
    for number, (minutes, amount, currency) in enumerate([
        (-30, "3.00", "GBP"), (-20, "4.01", "GBP"), (20, "3.00", "GBP"), (30, "9.00", "EUR"),
    ]):  # fmt: skip
        when = moment + timedelta(minutes=minutes)
        [request] = routed(placed(when, ("LAMP", 1), number=str(number)), when)
        shipped(request, when)
        booked(request, amount, when, currency)
    found = by_name(upgrade, upgrade.now)
    pounds, euros = found["Cost per order, GBP"], found["Cost per order, EUR"]
    assert "Cost per order" not in found
    assert (pounds.before, pounds.after) == (Side("3.51 GBP", 2), Side("3.00 GBP", 1))
    assert (pounds.difference, pounds.better) == ("−0.51 GBP", None)
    assert (euros.before, euros.after, euros.difference) == (Side("–", 0), Side("9.00 EUR", 1), "")


def test_units_that_could_not_be_picked_lower_the_accuracy(shop: None) -> None:
    hour = timedelta(hours=1)
    [request] = routed(placed(T - 9 * hour, ("LAMP", 4), number="1"), T - 8 * hour)
    line = request.lines.get()
    FulfilmentRequestLine.objects.filter(pk=line.pk).update(shipped=3, released=1)
    shipped(request, T - hour)
    for reason, units, location in (("not_found", 1, "SOHO"), ("cannot_send", 5, "YORK")):
        row = Exclusion.objects.create(
            line=line.order_line, location=Location.objects.get(code=location), request=request, reason=reason,
            units=units, actor="x",
        )  # fmt: skip
        Exclusion.objects.filter(pk=row.pk).update(excluded_at=T - 2 * hour)
    before, _ = counted(BEFORE, AFTER)
    assert (before.picked, before.missed) == (3, 1)


def test_only_reported_deliveries_tell_how_long_it_took(shop: None) -> None:
    hour = timedelta(hours=1)
    for number, presumed, delivered in (("1", False, T - hour), ("2", True, T - hour), ("3", False, T + hour)):
        [request] = routed(placed(T - 9 * hour, ("LAMP", 1), number=number), T - 8 * hour)
        shipped(request, T - 7 * hour)
        Shipment.objects.create(
            number=f"{request.number}-S1", request=request, shipped_at=T - 7 * hour, delivered_at=delivered,
            presumed=presumed,
        )  # fmt: skip
    before, _ = counted(BEFORE, AFTER)
    assert (before.arrived, before.hours_to_arrive) == (1, Decimal("8.0"))


def test_an_upgrade_that_was_not_promoted_has_no_measures(acme: None) -> None:
    upgrade = ModuleUpgrade(module="order_routing", from_release="1.0.0", to_release="2.0.0", started_by="maria")
    assert kpis_around(upgrade, T) is None


def test_two_statements_measure_both_windows(shop: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        counted(BEFORE, AFTER)
    assert len(asked) == 2
