"""Cancelling what has not left: of a part or the whole, with what it does to locations and to the money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.services import RequestRefused, requests_ship
from fulfilment.routing.services.fulfil_run import fulfil_run
from modules.contracts.order_terms import CancelDecision, PaymentTerms
from modules.contracts.review import HoldDecision, ReviewDecision
from modules.journal import replayable_policies, unpack
from modules.models import Decision
from modules.profile import current_profile
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from orders.domain.change import ChangeRefused
from orders.domain.policies import OrderPolicies
from orders.models import HoldStatus, Order, OrderChange, OrderHold, Payment
from orders.services import (
    BadHold,
    hold_place,
    hold_reject,
    hold_release,
    order_cancel,
    order_cancel_preview,
    orders_cancel,
)
from tests.factories.requests import request_brought_to, request_offered
from tests.orders.life.conftest import Shop, gateway_answers, held_by_gateway, payable


def cancel(order: Order, parts: dict[int, int] | None = None, *, key: str = "k", by_hold: str = "") -> OrderChange:
    return order_cancel(
        order_number=order.number, reason="changed their mind", asked_by="customer", key=key, actor="user ada",
        parts=parts, by_hold=by_hold,
    )  # fmt: skip


def sound() -> None:
    assert [found for invariant in all_invariants() if (found := check(invariant))] == []


def test_a_whole_order_is_cancelled_its_stock_freed_and_its_authorisation_given_back(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
    gateway_answers()
    with retailer_context("acme"):
        request = request_offered(order)
        seen = order_cancel_preview(order_number=order.number, asked_by="customer")
        assert (seen.allowed, seen.units, seen.money.after, seen.money.release) == (True, 3, 0, Decimal(27))
        assert cancel(order).status == "confirmed"
        order.refresh_from_db()
        request.refresh_from_db()
        assert (order.status, request.status) == ("cancelled", RequestStatus.CANCELLED)
        told = Event.objects.get(name="order.cancelled.v1").payload
        assert (told["units"], told["whole"], told["reason"], told["fee"]) == (3, True, "changed their mind", "0")
    gateway_answers()
    react("acme")
    with retailer_context("acme"):
        assert held_by_gateway(order) == payable(order) == 0
        assert Payment.objects.get().voided == Decimal(27)
        sound()


def test_a_part_is_cancelled_and_asked_again_it_is_not_cancelled_again(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order(a=4)
        first, again = cancel(order, {1: 2}), cancel(order, {1: 2})
        assert first == again
        assert order.lines.get(position=1).cancelled == 2
        with pytest.raises(ChangeRefused, match="of line 1, 2 units have not left; 3 were named"):
            cancel(order, {1: 3}, key="more")
        with pytest.raises(ChangeRefused, match="this order has no line 9"):
            cancel(order, {9: 1}, key="none")


def test_what_is_packed_is_declined_and_nothing_changes(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        request = request_brought_to(order, RequestStatus.PACKED)
        refused = cancel(order)
        assert (refused.status, refused.why) == ("declined", "line 1 is packed already")
        request.refresh_from_db()
        assert request.status == RequestStatus.PACKED
        assert not Event.objects.filter(name="order.cancelled.v1").exists()


def test_a_location_that_picks_is_told_where_the_release_allows_it(shop: Shop) -> None:
    with retailer_context("acme"):
        order = shop.order()
        request = request_brought_to(order, RequestStatus.PICKING)
        assert cancel(order).status == "confirmed"  # by default until it is packed
        request.refresh_from_db()
        assert request.status == RequestStatus.CANCELLED
        assert Event.objects.filter(name="fulfilment.released.v1").count() == 2
        sound()


@pytest.mark.parametrize(("asked", "charged"), [("2.50", "2.50"), ("99.00", "24.00")])
def test_a_fee_is_charged_at_once_and_never_more_than_what_was_cancelled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, asked: str, charged: str
) -> None:
    monkeypatch.setattr(
        OrderPolicies, "cancel", lambda self, facts, documents: CancelDecision(True, "with a fee", Decimal(asked))
    )
    with retailer_context("acme"):
        order = shop.order()
    gateway_answers()
    with retailer_context("acme"):
        done = cancel(order)
        assert (done.fee, done.total_after) == (Decimal(charged), Decimal(charged))
    gateway_answers()
    with retailer_context("acme"):
        order.refresh_from_db()
        paid = Payment.objects.get()
        assert (order.status, paid.captured, paid.voided) == ("cancelled", Decimal(charged), 27 - Decimal(charged))
        sound()


def test_money_that_was_taken_with_the_order_is_given_back_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        OrderPolicies, "payment_terms", lambda self, channel, documents: PaymentTerms(capture="on_order")
    )
    with retailer_context("acme"):
        order = shop.order()
    gateway_answers()
    gateway_answers()
    with retailer_context("acme"):
        assert Payment.objects.get().captured == Decimal(27)
        assert cancel(order, {1: 1}).given_back == Decimal(10)
    gateway_answers()
    with retailer_context("acme"):
        cancel(order, key="rest")
    gateway_answers()
    with retailer_context("acme"):
        assert Payment.objects.get().refunded == Decimal(27)
        sound()


def test_many_orders_are_cancelled_each_on_its_own(shop: Shop) -> None:
    with retailer_context("acme"):
        free, packed = shop.order(), shop.order()
        request_brought_to(packed, RequestStatus.PACKED)
        results = orders_cancel(
            order_numbers=[packed.number, free.number, "NONE-1"], reason="recall", asked_by="staff", key="bulk",
            actor="user ada",
        )  # fmt: skip
        assert [(each.number, each.cancelled, each.why) for each in results] == [
            (free.number, True, ""), (packed.number, False, "line 1 is packed already"),
            ("NONE-1", False, "there is no such order"),
        ]  # fmt: skip


def test_cancellations_are_made_again_from_the_journal_alike(shop: Shop) -> None:
    with retailer_context("acme"):
        cancel(shop.order(), {1: 1})
        order = shop.order()
        request_brought_to(order, RequestStatus.PACKED)
        cancel(order)
        profile = current_profile()
        release, documents = profile.release("order_management"), profile.of_module("order_management")
        policy = next(each for each in replayable_policies("order_management") if each.policy == "cancel")
        rows = list(Decision.objects.filter(policy="cancel").order_by("id"))
        assert [row.outcome["allowed"] for row in rows] == [True, False]
        for row in rows:
            facts = policy.read_facts(unpack(bytes(row.facts)), None)
            assert policy.decide(release, documents, facts).outcome() == row.outcome


class TestHolds:
    def test_one_is_placed_by_hand_once_and_its_name_again_gets_a_number(self, shop: Shop) -> None:
        with retailer_context("acme"):
            order = shop.order()
            for key in ("a", "a", "b"):
                hold_place(
                    order_number=order.number, name="Address?", blocks=["allocate", "ship"], why="no house number",
                    key=key, actor="user ada",
                )  # fmt: skip
            assert list(order.holds.values_list("code", "placed_by")) == [
                ("address", "user ada"), ("address_2", "user ada"),
            ]  # fmt: skip
            order.refresh_from_db()
            assert order.status == "held"
            with pytest.raises(BadHold, match="say what it blocks"):
                hold_place(order_number=order.number, name="x", blocks=["sleep"], why="y", key="c", actor="u")

    def test_one_that_blocks_shipping_refuses_it_and_says_why(self, shop: Shop) -> None:
        with retailer_context("acme"):
            order = shop.order()
            request = request_brought_to(order, RequestStatus.PACKED)
            hold_place(order_number=order.number, name="fraud", blocks=["ship"], why="card", key="k", actor="u")
            with pytest.raises(RequestRefused) as refused:
                requests_ship(request_ids=[request.pk], actor="dock")
            assert str(refused.value) == f"{request.number}: the hold “fraud” keeps it from being shipped: card"
            other = shop.order()
            request_offered(other)
        assert fulfil_run(schema="acme", actor="x").shipped == 3
        with retailer_context("acme"):
            hold_release(order_number=order.number, code="fraud", actor="u")
        assert fulfil_run(schema="acme", actor="x").shipped == 3

    def test_rejecting_one_cancels_what_has_not_left(self, shop: Shop) -> None:
        with retailer_context("acme"):
            order = shop.order()
            hold_place(
                order_number=order.number, name="fraud", blocks=["allocate", "edit"], why="!", key="k", actor="u"
            )
            with pytest.raises(ChangeRefused, match="keeps it from being changed"):
                cancel(order)
            hold_reject(order_number=order.number, code="fraud", reason="stolen card", actor="user ada")
            order.refresh_from_db()
            assert (order.status, OrderHold.objects.get().status) == ("cancelled", HoldStatus.REJECTED)
            assert Event.objects.get(name="order.hold_rejected.v1").payload["reason"] == "stolen card"
            sound()

    def test_a_release_may_let_another_follow(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        def follow(self: OrderPolicies, facts: object, code: str, documents: object) -> ReviewDecision:
            return ReviewDecision((HoldDecision("manager", ("allocate",), f"after {code}"),) if code == "fraud" else ())

        monkeypatch.setattr(OrderPolicies, "released", follow)
        with retailer_context("acme"):
            order = shop.order()
            hold_place(order_number=order.number, name="fraud", blocks=["allocate"], why="!", key="k", actor="u")
            hold_release(order_number=order.number, code="fraud", actor="user ada")
            order.refresh_from_db()
            assert order.status == "held"
            assert list(order.holds.values_list("code", "status", "why")) == [
                ("fraud", "released", "!"), ("manager", "active", "after fraud"),
            ]  # fmt: skip
            assert Decision.objects.filter(policy="released", subject=order.number).count() == 1
            hold_release(order_number=order.number, code="manager", actor="user ada")
            order.refresh_from_db()
            assert order.status == "open"
