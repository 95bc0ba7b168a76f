"""Money follows the goods, once, whatever the gateway does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.database.identity import is_staging
from oms.infra.models import Event, OutboundRefusal
from oms.infra.verification import check
from orders.domain.capture import NewCharge, NewLine, NewOrder, NewPayment
from orders.domain.gateway import Done
from orders.invariants import INVARIANTS
from orders.models import Order, OrderHold, OrderLine, Payment, PaymentTransaction, SandboxEntry
from orders.services import LineToCancel, Progress, hold_release, lines_cancel, lines_progress, orders_capture
from orders.services.payments import (
    RefundRefused,
    authorisations_renew,
    authorisations_void,
    call_settle,
    calls_perform,
    captures_request,
    order_refund,
)
from orders.services.payments import perform as performing
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import PLACED_AT, ChannelFactory
from tests.oms.blocked import wait_until_blocked

_numbers = count(1)
CARD = NewPayment(kind="card", gateway="sandbox", amount=Decimal("24.95"), label="Visa 4242")


def order_paid(*payments: NewPayment, units: int = 2) -> Order:
    """Units at 10.00 each and 4.95 for carriage; nothing reacts."""
    ChannelFactory.create()
    product = ProductFactory.create()
    order = NewOrder(
        external_number=f"P{next(_numbers)}", placed_at=PLACED_AT, currency="GBP",
        lines=(NewLine(sku=product.sku, quantity=units, unit_price=Decimal("10.00")),),
        charges=(
            NewCharge(
                kind="carriage", quantity=1, unit_price=Decimal("4.95"), description="", external_number="1",
                charged_at=PLACED_AT,
            ),
        ),
        payments=payments or (CARD,),
    )  # fmt: skip
    [captured] = orders_capture(channel="web", orders=[order], actor="shop", react=False)
    return Order.objects.get(pk=captured.order_id)


def perform() -> int:
    return calls_perform(schema="acme")


def leave(order: Order, units: int) -> None:
    """Units leave, as a shipment does it."""
    line = OrderLine.objects.get(order=order)
    lines_progress(order_ids=[order.pk], progress={line.pk: Progress(0, units)})
    captures_request(order_ids=[order.pk], actor="dock", reason="shipped")


def cancel(order: Order, units: int) -> None:
    line = OrderLine.objects.get(order=order)
    lines_cancel(
        cancellations=[
            LineToCancel(
                line_id=line.pk, quantity=units, unit_price=line.unit_price, external_number="", reason="wish",
                happened_at=timezone.now(),
            )
        ],
        actor="agent",
        react=False,
    )  # fmt: skip
    authorisations_void(order_id=order.pk, actor="payments", reason="cancelled")


def amounts(order: Order, position: int = 1) -> dict[str, Decimal]:
    row = Payment.objects.get(order=order, position=position)
    names = ("authorised", "voided", "capturing", "captured", "refunding", "refunded")
    return {name: value for name in names if (value := getattr(row, name))}


def at_the_gateway(order: Order, operation: str) -> list[Decimal]:
    found = SandboxEntry.objects.filter(key__startswith=order.number, operation=operation, accepted=True)
    return list(found.order_by("id").values_list("amount", flat=True))


def holds_true() -> None:
    assert [found.invariant.name for found in map(check, INVARIANTS) if found] == []


@pytest.fixture(autouse=True)
def everything_adds_up(request: pytest.FixtureRequest) -> object:
    yield
    if "fresh" in request.fixturenames:
        with retailer_context("acme"):
            holds_true()


@pytest.mark.usefixtures("acme")
class TestTheWayOfMoney:
    def test_a_card_is_authorised_after_capture_of_the_order(self) -> None:
        order = order_paid()
        assert amounts(order) == {}
        assert perform() == 1
        assert amounts(order) == {"authorised": Decimal("24.95")}
        event = Event.objects.get(subject=order.number, name="order.payment_moved.v1")
        assert event.payload == {
            "payment": 1, "operation": "authorise", "amount": "24.9500", "currency": "GBP", "label": "Visa 4242",
            "reason": "",
        }  # fmt: skip

    def test_what_leaves_is_captured_and_carriage_with_the_first_of_it(self) -> None:
        order = order_paid()
        perform()
        leave(order, 1)
        assert amounts(order) == {"authorised": Decimal("24.95"), "capturing": Decimal("14.95")}
        perform()
        leave(order, 1)
        perform()
        assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}
        assert at_the_gateway(order, "capture") == [Decimal("14.95"), Decimal("10.00")]
        holds_true()

    def test_goods_that_leave_before_the_authorisation_are_captured_after_it(self) -> None:
        order = order_paid()
        leave(order, 2)
        assert amounts(order) == {}
        assert perform() == 2
        assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}

    def test_asking_twice_captures_once(self) -> None:
        order = order_paid()
        perform()
        leave(order, 2)
        assert captures_request(order_ids=[order.pk], actor="dock") == 0
        perform()
        assert captures_request(order_ids=[order.pk], actor="dock") == 0
        assert at_the_gateway(order, "capture") == [Decimal("24.95")]

    def test_a_gift_card_is_spent_before_the_card(self) -> None:
        gift = NewPayment(kind="gift_card", gateway="sandbox", amount=Decimal("12.00"))
        order = order_paid(NewPayment(kind="card", gateway="sandbox", amount=Decimal("12.95")), gift)
        perform()
        leave(order, 1)
        perform()
        assert amounts(order, 2) == {"authorised": Decimal("12.00"), "captured": Decimal("12.00")}
        assert amounts(order, 1) == {"authorised": Decimal("12.95"), "captured": Decimal("2.95")}

    def test_a_refund_goes_to_the_card_before_the_gift_card(self) -> None:
        gift = NewPayment(kind="gift_card", gateway="sandbox", amount=Decimal("12.00"))
        order = order_paid(NewPayment(kind="card", gateway="sandbox", amount=Decimal("12.95")), gift)
        perform()
        leave(order, 2)
        perform()
        order_refund(order_number=order.number, amount=Decimal("15.00"), reason="late", key="r1", actor="agent")
        perform()
        assert amounts(order, 1)["refunded"] == Decimal("12.95")
        assert amounts(order, 2)["refunded"] == Decimal("2.05")
        holds_true()

    def test_money_that_the_channel_took_is_written_down_as_taken(self) -> None:
        taken = NewPayment(
            kind="card", gateway="elsewhere", amount=Decimal("24.95"), authorisation="ch_1", captured=True
        )
        order = order_paid(taken)
        assert perform() == 0
        leave(order, 2)
        assert perform() == 0
        assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}
        holds_true()

    def test_a_cancelled_order_gives_its_authorisation_back(self) -> None:
        order = order_paid()
        perform()
        cancel(order, 2)
        perform()
        assert amounts(order) == {"authorised": Decimal("24.95"), "voided": Decimal("24.95")}
        assert at_the_gateway(order, "void") == [Decimal("24.95")]

    def test_a_cancelled_unit_keeps_the_rest_authorised(self) -> None:
        order = order_paid()
        perform()
        cancel(order, 1)
        leave(order, 1)
        perform()
        assert amounts(order) == {
            "authorised": Decimal("24.95"), "voided": Decimal("10.00"), "captured": Decimal("14.95"),
        }  # fmt: skip
        holds_true()


@pytest.mark.usefixtures("acme")
class TestWhatGoesWrong:
    def test_a_declined_card_holds_the_order_and_says_why(self) -> None:
        order = order_paid(
            NewPayment(kind="card", gateway="sandbox", amount=Decimal(20), token="sandbox:authorise=decline")
        )
        perform()
        hold = OrderHold.objects.get(order=order)
        assert (hold.code, hold.blocks) == ("payment", ["capture", "ship", "allocate"])
        assert hold.why == "card was declined: The sandbox was told to decline this."
        order.refresh_from_db()
        assert order.status == "held"

    def test_a_declined_capture_is_tried_again_later(self) -> None:
        order = order_paid(
            NewPayment(kind="card", gateway="sandbox", amount=Decimal("24.95"), token="sandbox:capture=decline_once")
        )
        perform()
        leave(order, 2)
        perform()
        assert amounts(order) == {"authorised": Decimal("24.95"), "capturing": Decimal("24.95")}
        waiting = PaymentTransaction.objects.get(payment__order=order, status="pending")
        assert timedelta(minutes=59) < waiting.next_try_at - timezone.now() < timedelta(minutes=61)
        PaymentTransaction.objects.filter(pk=waiting.pk).update(next_try_at=timezone.now())
        perform()
        assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}
        assert not OrderHold.objects.filter(order=order).exists()

    def test_a_capture_that_is_never_accepted_holds_the_order(self) -> None:
        order = order_paid(
            NewPayment(kind="card", gateway="sandbox", amount=Decimal("24.95"), token="sandbox:capture=decline")
        )
        perform()
        leave(order, 2)
        for _ in range(4):
            PaymentTransaction.objects.filter(status="pending").update(next_try_at=timezone.now())
            perform()
        assert OrderHold.objects.get(order=order).blocks == ["capture"]
        assert amounts(order) == {"authorised": Decimal("24.95")}
        assert PaymentTransaction.objects.filter(payment__order=order, status="pending").count() == 0

    @pytest.mark.parametrize("fault", ["no_answer_before", "no_answer_after"])
    def test_no_answer_is_cleared_up_and_never_captured_twice(self, fault: str) -> None:
        order = order_paid(
            NewPayment(kind="card", gateway="sandbox", amount=Decimal("24.95"), token=f"sandbox:capture={fault}")
        )
        perform()
        leave(order, 2)
        assert perform() == 0
        assert amounts(order)["capturing"] == Decimal("24.95")
        assert perform() == 0, "the call is leased for a while"
        PaymentTransaction.objects.filter(status="pending").update(next_try_at=timezone.now())
        assert perform() == 1
        assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}
        assert at_the_gateway(order, "capture") == [Decimal("24.95")]

    def test_an_authorisation_that_has_ended_is_asked_for_anew_and_then_captured(self) -> None:
        order = order_paid(
            NewPayment(kind="card", gateway="sandbox", amount=Decimal("24.95"), token="sandbox:authorise=expired")
        )
        perform()
        Payment.objects.filter(order=order).update(token="")
        leave(order, 2)
        for _ in range(3):
            perform()
        assert amounts(order) == {
            "authorised": Decimal("49.90"), "voided": Decimal("24.95"), "captured": Decimal("24.95"),
        }  # fmt: skip
        assert at_the_gateway(order, "capture") == [Decimal("24.95")]

    def test_an_authorisation_is_renewed_before_it_ends(self) -> None:
        order = order_paid()
        perform()
        Payment.objects.filter(order=order).update(expires_at=timezone.now() + timedelta(hours=23))
        assert authorisations_renew(actor="payments") == 1
        assert authorisations_renew(actor="payments") == 0, "it has been asked for"
        perform()
        assert amounts(order) == {"authorised": Decimal("49.90"), "voided": Decimal("24.95")}
        assert authorisations_renew(actor="payments") == 0

    def test_a_callback_that_comes_twice_counts_once(self) -> None:
        order = order_paid()
        key = PaymentTransaction.objects.get(payment__order=order).key
        outcome = Done(reference="auth_1")
        assert call_settle(key=key, outcome=outcome, actor="gateway")
        assert not call_settle(key=key, outcome=outcome, actor="gateway")
        assert perform() == 0
        assert amounts(order) == {"authorised": Decimal("24.95")}

    def test_a_hold_on_charging_waits_for_its_release(self) -> None:
        order = order_paid()
        perform()
        OrderHold.objects.create(order=order, code="fraud", blocks=["capture"], why="looks odd", placed_by="rule")
        leave(order, 2)
        assert perform() == 0
        hold_release(order_number=order.number, code="fraud", actor="agent")
        captures_request(order_ids=[order.pk], actor="payments")
        assert perform() == 1
        assert amounts(order)["captured"] == Decimal("24.95")

    def test_nothing_leaves_a_staging_clone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        order = order_paid()
        assert not is_staging("acme")
        monkeypatch.setattr("oms.infra.outbound.is_staging", lambda schema: True)
        perform()
        assert SandboxEntry.objects.count() == 0
        assert PaymentTransaction.objects.get(payment__order=order).status == "refused"
        assert OutboundRefusal.objects.get().kind == "gateway"


@pytest.mark.usefixtures("acme")
class TestRefunds:
    def paid(self) -> Order:
        order = order_paid()
        perform()
        leave(order, 2)
        perform()
        return order

    def refund(self, order: Order, amount: str, key: str) -> list[PaymentTransaction]:
        return order_refund(order_number=order.number, amount=Decimal(amount), reason="late", key=key, actor="agent")

    def test_a_double_click_refunds_once(self) -> None:
        order = self.paid()
        first, second = self.refund(order, "5.00", "form-1"), self.refund(order, "5.00", "form-1")
        assert [each.pk for each in first] == [each.pk for each in second]
        perform()
        assert self.refund(order, "5.00", "form-1")[0].status == "succeeded"
        perform()
        assert at_the_gateway(order, "refund") == [Decimal("5.00")]

    def test_a_key_names_one_amount(self) -> None:
        order = self.paid()
        self.refund(order, "5.00", "form-1")
        with pytest.raises(RefundRefused, match="'form-1' has named a refund of another amount before"):
            self.refund(order, "6.00", "form-1")

    def test_no_more_than_was_taken_comes_back(self) -> None:
        order = self.paid()
        self.refund(order, "20.00", "a")
        with pytest.raises(RefundRefused, match=r"at most 4\.95 GBP can be given back"):
            self.refund(order, "4.96", "b")

    @pytest.mark.parametrize("amount", ["0.00", "-1.00"])
    def test_a_refund_of_nothing_is_refused(self, amount: str) -> None:
        with pytest.raises(RefundRefused, match="more than nothing"):
            self.refund(self.paid(), amount, "a")

    def test_a_refund_names_the_captures_that_it_gives_back(self) -> None:
        order = order_paid()
        perform()
        leave(order, 1)
        perform()
        leave(order, 1)
        perform()
        calls = self.refund(order, "20.00", "a")
        assert [each.amount for each in calls] == [Decimal("10.00"), Decimal("10.00")]
        perform()
        assert amounts(order)["refunded"] == Decimal("20.00")
        holds_true()


@pytest.mark.usefixtures("acme")
class TestTheDatabaseHoldsIt:
    @pytest.mark.parametrize(
        "change",
        [
            {"captured": Decimal("24.96")}, {"refunded": Decimal("0.01")}, {"capturing": Decimal(-1)},
            {"authorised": Decimal("24.96")}, {"voided": Decimal("24.96")}, {"amount": Decimal(0)},
        ],
    )  # fmt: skip
    def test_no_update_makes_money(self, change: dict[str, Decimal]) -> None:
        order = order_paid()
        perform()
        with pytest.raises(DatabaseError), transaction.atomic():
            Payment.objects.filter(order=order).update(**change)

    @pytest.mark.parametrize(
        "attack",
        [
            lambda rows: rows.update(amount=1), lambda rows: rows.update(status="pending", finished_at=None),
            lambda rows: rows._raw_delete("default"),
        ],
    )  # fmt: skip
    def test_an_answered_call_is_final(self, attack: Callable[[object], object]) -> None:
        order_paid()
        perform()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attack(PaymentTransaction.objects.all())


@pytest.mark.usefixtures("fresh")
class TestRaces:
    def test_two_clicks_at_the_same_moment_refund_once(self, admin_url: str) -> None:
        with retailer_context("acme"):
            order = order_paid()
        perform()
        with retailer_context("acme"):
            leave(order, 2)
        perform()
        faults: list[Exception] = []

        def click(key: str) -> None:
            try:
                with retailer_context("acme"):
                    order_refund(
                        order_number=order.number, amount=Decimal("20.00"), reason="late", key=key, actor="agent"
                    )
            except RefundRefused as fault:
                faults.append(fault)
            finally:
                connections.close_all()

        others = [threading.Thread(target=click, args=(key,)) for key in ("same", "other")]
        with psycopg.connect(admin_url, autocommit=True) as admin, retailer_context("acme"):
            order_refund(order_number=order.number, amount=Decimal("20.00"), reason="late", key="same", actor="agent")
            for other in others:
                other.start()
            wait_until_blocked(admin)
        for other in others:
            other.join()
        assert [str(fault) for fault in faults] == [
            "at most 4.95 GBP can be given back: no more was taken, or it is on its way"
        ]
        perform()
        with retailer_context("acme"):
            assert at_the_gateway(order, "refund") == [Decimal("20.00")]

    def test_two_workers_never_make_the_same_call_at_once(self) -> None:
        with retailer_context("acme"):
            for _ in range(20):
                order_paid()
        answered: list[int] = []

        def work() -> None:
            answered.append(calls_perform(schema="acme"))
            connections.close_all()

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sum(answered) == 20
        with retailer_context("acme"):
            assert SandboxEntry.objects.filter(operation="authorise").count() == 20
            assert set(PaymentTransaction.objects.values_list("attempts", flat=True)) == {1}

    def test_a_worker_that_dies_after_the_gateway_has_taken_the_money(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with retailer_context("acme"):
            order = order_paid()
        perform()
        with retailer_context("acme"):
            leave(order, 2)

        def die(**_: object) -> bool:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(performing, "call_settle", die)
            perform()
        with retailer_context("acme"):
            assert amounts(order)["capturing"] == Decimal("24.95")
            PaymentTransaction.objects.filter(status="pending").update(next_try_at=timezone.now())
        perform()
        with retailer_context("acme"):
            assert amounts(order) == {"authorised": Decimal("24.95"), "captured": Decimal("24.95")}
            assert at_the_gateway(order, "capture") == [Decimal("24.95")]
