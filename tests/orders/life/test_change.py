"""Changes to confirmed orders: priced before they apply, done as a whole or not at all, once."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connections

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_advance, requests_ship
from modules.contracts.order_terms import ActionVerdict, ChangeDecision
from modules.journal import replayable_policies, unpack
from modules.models import Decision
from modules.profile import current_profile
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from orders.domain.capture import Destination
from orders.domain.change import (
    Action,
    AddLine,
    ChangeRefused,
    Discount,
    RemoveLine,
    SetAddress,
    SetAttribute,
    SetMethod,
    SetPriority,
    SetUnits,
    SplitLine,
    StaleOrder,
    actions_from_json,
    actions_to_json,
)
from orders.domain.policies import OrderPolicies
from orders.invariants import INVARIANTS
from orders.models import Order, OrderChange, OrderLine, Payment
from orders.services import (
    KeyOfAnother,
    NotWaiting,
    hold_place,
    order_change_cancel,
    order_change_confirm,
    order_change_decline,
    order_change_preview,
    order_change_request,
)
from tests.factories.requests import request_brought_to, request_offered
from tests.oms.blocked import wait_until_blocked
from tests.orders.life.conftest import Shop, gateway_answers, held_by_gateway, payable

PARIS = Destination(recipient="Ada", address="2 Rue Neuve", city="Paris", postal_code="75001", country="FR")


def change(order: Order, *actions: Action, key: str = "k1", asked_by: str = "staff", **more: Any) -> OrderChange:
    return order_change_request(
        order_number=order.number, actions=actions, asked_by=asked_by, key=key, actor="user ada", **more
    )


def units(order: Order) -> list[tuple[int, str, int, int, int, int]]:
    rows = OrderLine.objects.filter(order=order).select_related("product").order_by("position")
    return [(row.position, row.product.sku, row.ordered, row.cancelled, row.allocated, row.fulfilled) for row in rows]


def sound() -> None:
    assert [found for invariant in all_invariants() if (found := check(invariant))] == []


def test_every_kind_of_action_is_read_back_as_it_was_written() -> None:
    actions = (
        AddLine(sku="A", units=2, unit_price=Decimal("1.5")), RemoveLine(line=1), SetUnits(line=2, units=3),
        SetAddress(destination=PARIS), SetMethod(method="express"), Discount(amount=Decimal("2.00"), line=1),
        SetAttribute(name="gift", value="yes"), SetPriority(priority=3), SplitLine(line=1, units=1),
    )  # fmt: skip
    assert actions_from_json(actions_to_json(actions)) == actions


def test_a_preview_says_what_it_costs_and_touches_and_writes_nothing(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=2, b=1)
        request_offered(order)
        before = units(order)
        events = Event.objects.count()
        seen = order_change_preview(
            order_number=order.number, actions=[SetUnits(line=1, units=1), AddLine(sku="C", units=2)], asked_by="staff"
        )
        assert (seen.allowed, seen.needs_confirmation, seen.version) == (True, False, 1)
        assert (seen.money.before, seen.money.after, seen.money.difference) == (
            Decimal("27.00"), Decimal("32.00"), Decimal("5.00"),
        )  # fmt: skip
        assert seen.touches == (
            "1 unit of line 1 (A) taken back from a location: allocated", "what is open afterwards is routed anew",
        )  # fmt: skip
        assert units(order) == before
        assert Event.objects.count() == events
        assert (OrderChange.objects.count(), Payment.objects.count()) == (0, 1)


def test_units_are_taken_back_from_a_location_and_the_money_that_was_held_for_them(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=3, b=1)
    gateway_answers()
    with retailer_context("acme"):
        request = request_offered(order)
        done = change(order, SetUnits(line=1, units=1), reason="too many")
        assert (done.status, done.total_before, done.total_after) == ("confirmed", Decimal(37), Decimal(17))
        assert units(order) == [(1, "A", 3, 2, 1, 0), (2, "B", 1, 0, 1, 0)]
        request.refresh_from_db()
        assert request.status == RequestStatus.OFFERED
        assert Event.objects.filter(name="fulfilment.released.v1").count() == 1
    gateway_answers()
    with retailer_context("acme"):
        order.refresh_from_db()
        assert held_by_gateway(order) == payable(order) == Decimal(17)
        assert order.version == 2
        sound()


def test_more_units_are_authorised_at_the_same_card_and_routed(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=1, b=0)
    gateway_answers()
    with retailer_context("acme"):
        request_offered(order)
        change(order, SetUnits(line=1, units=3), AddLine(sku="C", units=1))
        assert units(order) == [(1, "A", 3, 0, 1, 0), (2, "C", 1, 0, 0, 0)]
        first, second = Payment.objects.filter(order=order).order_by("position")
        assert (second.amount, second.gateway, second.token, second.label) == (
            Decimal("27.50"), "sandbox", "tok", "Visa 4242",
        )  # fmt: skip
        assert first.authorised == Decimal(13)
    gateway_answers()
    react("acme")
    with retailer_context("acme"):
        assert held_by_gateway(order) == payable(order) == Decimal("40.50")
        assert units(order) == [(1, "A", 3, 0, 3, 0), (2, "C", 1, 0, 1, 0)]
        sound()


def test_what_no_tender_can_be_asked_for_is_left_for_the_customer_to_pay(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=1, b=0, token="")
        seen = order_change_preview(order_number=order.number, actions=[AddLine(sku="A", units=1)], asked_by="staff")
        assert (seen.money.authorise, seen.money.outstanding) == (Decimal(0), Decimal("10.00"))


def test_what_has_shipped_cannot_change_and_costs_what_it_cost(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=25, b=0)
    gateway_answers()
    with retailer_context("acme"):
        first = request_brought_to(order, RequestStatus.SHIPPED)
        left = first.units
        for refused in (SetUnits(line=1, units=left - 1), RemoveLine(line=1), SplitLine(line=1, units=26 - left)):
            with pytest.raises(ChangeRefused):
                change(order, refused, key=refused.ACTION)
    gateway_answers()
    with retailer_context("acme"):
        change(order, SetUnits(line=1, units=27), key="more")
        assert units(order) == [(1, "A", 25, 0, 25 - left, left), (2, "A", 2, 0, 0, 0)]
        sound()


def test_a_discount_on_the_order_stays_where_it_was_once_a_part_has_left(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=1, b=1)
        change(order, Discount(amount=Decimal("1.40")), key="off")
        assert payable(order) == Decimal("15.60")
        line = OrderLine.objects.get(order=order, position=1)
        from orders.services import Progress, lines_progress
        from orders.services.payments import shares_of

        lines_progress(order_ids=[order.pk], progress={line.pk: Progress(0, 1)})
        before = shares_of(order).due
        change(order, AddLine(sku="C", units=4, unit_price=Decimal("25.00")), key="add")
        assert shares_of(order).due == before == Decimal("12.00")
        assert payable(order) == Decimal("115.60")
        with pytest.raises(ChangeRefused, match="give the money back instead"):
            change(order, Discount(amount=Decimal(1), line=1), key="late")
        assert [each for each in INVARIANTS if check(each)] == []


def test_a_discount_counts_in_full_for_the_units_that_are_left(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=4, b=1)
        change(order, SetUnits(line=1, units=2), key="fewer")
        change(order, Discount(amount=Decimal(6)), key="off")
        assert payable(order) == Decimal(20 + 4 + 3 - 6)
        with pytest.raises(ChangeRefused, match=r"at most 18\.00 can be taken off"):
            change(order, Discount(amount=Decimal("18.01")), key="more")
        sound()


def test_a_discount_beside_other_actions_is_exactly_what_was_said(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=4, b=1)
        off = Discount(amount=Decimal(6), line=1)
        change(order, off, SetUnits(line=1, units=2), Discount(amount=Decimal(1)), key="fewer")
        assert payable(order) == Decimal(20 + 4 + 3 - 6 - 1)
        other = shop.order(a=4, b=1)
        change(other, off, SplitLine(line=1, units=3), key="apart")
        assert payable(other) == Decimal(40 + 4 + 3 - 6)
        third = shop.order(a=1, b=1)
        change(third, Discount(amount=Decimal(25), line=1), SetUnits(line=1, units=3), key="more")
        assert payable(third) == Decimal(30 + 4 + 3 - 25)
        with pytest.raises(ChangeRefused, match=r"at most 1\.00 can be taken off"):
            change(third, *(Discount(amount=Decimal(some), line=2) for some in (3, 2)), key="too much")
        sound()


def test_another_address_takes_everything_back_and_routes_it_anew(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=2, b=1)
        request_offered(order)
        change(order, SetAddress(destination=PARIS), SetMethod(method="express"), SetPriority(priority=4),
               SetAttribute(name="gift", value="yes"))  # fmt: skip
        order.refresh_from_db()
        assert (order.city, order.country, order.latitude, order.method, order.priority, order.attributes) == (
            "Paris", "FR", None, "express", 4, {"gift": "yes"},
        )  # fmt: skip
        assert order.open_quantity == 3
    react("acme")
    with retailer_context("acme"):
        order.refresh_from_db()
        assert order.open_quantity == 0
        assert order.requests.earliest("id").status == "cancelled"
        sound()


def test_units_can_be_put_on_a_line_of_their_own_without_changing_what_anything_costs(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=3, b=1)
        change(order, Discount(amount=Decimal("1.00"), line=1), key="off")
        before = payable(order)
        change(order, SplitLine(line=1, units=2, ship_from="NORTH"), key="split")
        assert units(order) == [(1, "A", 1, 0, 0, 0), (2, "B", 1, 0, 0, 0), (3, "A", 2, 0, 0, 0)]
        assert OrderLine.objects.get(order=order, position=3).ship_from == "NORTH"
        assert payable(order) == before
        sound()


def test_the_release_refuses_what_a_location_has_begun_and_the_refusal_is_kept(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=2, b=0)
        request_brought_to(order, RequestStatus.PICKING)
        refused = change(order, SetUnits(line=1, units=1))
        assert (refused.status, refused.why) == ("declined", "these units are picking already")
        assert units(order) == [(1, "A", 2, 0, 2, 0)]
        told = Event.objects.get(name="order.change_declined.v1")
        assert (told.payload["why"], told.payload["actions"]) == (refused.why, ["line 1: 1 unit"])


def test_asked_twice_under_one_key_it_is_done_once(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=2, b=0)
        first = change(order, AddLine(sku="B", units=1))
        again = change(order, AddLine(sku="B", units=1))
        assert first == again
        assert len(units(order)) == 2
        with pytest.raises(KeyOfAnother):
            change(order, AddLine(sku="B", units=2))


def test_of_two_changes_at_once_the_second_learns_that_the_order_has_changed(shop: Shop, admin_url: str) -> None:
    with retailer_context("acme"):
        order = shop.order(a=5, b=0)
    outcome: list[str] = []

    def second() -> None:
        try:
            with retailer_context("acme"):
                change(order, SetUnits(line=1, units=2), key="second", version=1)
        except StaleOrder as fault:
            outcome.append(str(fault))
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        with retailer_context("acme"):
            change(order, SetUnits(line=1, units=3), key="first", version=1)
            thread.start()
            wait_until_blocked(admin)
        thread.join(timeout=10)
    assert outcome == [f"{order.number} has been changed meanwhile; look at it again"]
    with retailer_context("acme"):
        assert units(order) == [(1, "A", 5, 2, 0, 0)]


def test_a_hold_that_blocks_edits_refuses_changes(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        hold_place(order_number=order.number, name="Check", blocks=["edit"], why="looks odd", key="h", actor="user a")
        with pytest.raises(ChangeRefused, match="the hold “check” keeps it from being changed: looks odd"):
            change(order, SetPriority(priority=1))


@pytest.fixture
def asks_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release lets staff confirm every change."""

    def decide(self: OrderPolicies, facts: object, documents: object) -> ChangeDecision:
        return ChangeDecision((ActionVerdict(0, True, "fine"),), needs_confirmation=True, why="a person looks at it")

    monkeypatch.setattr(OrderPolicies, "change", decide)


@pytest.mark.usefixtures("asks_a_person")
def test_a_change_that_waits_is_confirmed_once_declined_or_taken_back(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=5, b=0)
        waiting = [change(order, SetUnits(line=1, units=n), key=f"k{n}", asked_by="customer") for n in (4, 3, 2)]
        assert {each.status for each in waiting} == {"requested"}
        assert units(order) == [(1, "A", 5, 0, 0, 0)]
        for _ in range(2):
            assert order_change_confirm(order_number=order.number, number=1, actor="user b").status == "confirmed"
        assert units(order) == [(1, "A", 5, 1, 0, 0)]
        with pytest.raises(StaleOrder):
            order_change_confirm(order_number=order.number, number=2, actor="user b")
        assert order_change_decline(order_number=order.number, number=2, why="no", actor="b").status == "declined"
        assert order_change_cancel(order_number=order.number, number=3, actor="shop").status == "cancelled"
        with pytest.raises(NotWaiting, match="is declined already"):
            order_change_confirm(order_number=order.number, number=2, actor="user b")


def test_decisions_are_journaled_and_made_again_from_the_journal_alike(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=2, b=1)
        change(order, SetUnits(line=1, units=1), AddLine(sku="C", units=1), key="a")
        request_brought_to(order, RequestStatus.PICKING)
        change(order, RemoveLine(line=2), key="b")
        profile = current_profile()
        release, documents = profile.release("order_management"), profile.of_module("order_management")
        policy = next(each for each in replayable_policies("order_management") if each.policy == "change")
        rows = list(Decision.objects.filter(policy="change").order_by("id"))
        assert [row.subject for row in rows] == [order.number] * 2
        for row in rows:
            facts = policy.read_facts(unpack(bytes(row.facts)), None)
            assert policy.decide(release, documents, facts).outcome() == row.outcome


def test_a_change_while_a_location_picks_where_the_release_allows_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        OrderPolicies, "change", lambda self, facts, documents: ChangeDecision((ActionVerdict(0, True, "yes"),))
    )
    with retailer_context("acme"):
        order = shop.order(a=2, b=0)
        request = request_brought_to(order, RequestStatus.PICKING)
        change(order, RemoveLine(line=1))
        request.refresh_from_db()
        order.refresh_from_db()
        assert (request.status, order.status) == (RequestStatus.CANCELLED, "cancelled")
        sound()


def test_the_least_advanced_units_are_taken_first(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=30, b=0)
        request_offered(order)
        newest = FulfilmentRequest.objects.filter(order=order).order_by("-id").first()
        assert newest is not None
        requests_advance(request_ids=[newest.pk], to=RequestStatus.PICKING, actor="x")
        change(order, SetUnits(line=1, units=25))
        newest.refresh_from_db()
        assert newest.lines.get().released == 0
        requests_advance(request_ids=[newest.pk], to=RequestStatus.PACKED, actor="x")
        assert requests_ship(request_ids=[newest.pk], actor="x") == newest.units
        sound()
