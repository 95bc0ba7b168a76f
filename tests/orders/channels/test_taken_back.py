"""What a channel takes back goes the ordinary way: the location is asked, the policy decides, money is booked once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from fulfilment.locations.models import Location
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_ship
from modules.contracts.review import HoldDecision
from modules.models import Decision
from modules.services import revise
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from orders.catalogue.models import Product
from orders.models import (
    ChannelConnection,
    ChannelMessage,
    ChannelOrder,
    LineCancellation,
    MessageState,
    Order,
    OrderChange,
    OrderLine,
    Payment,
    PaymentTransaction,
)
from orders.services import order_cancel
from orders.services.channels import messages_retry, messages_work
from orders.services.holds import holds_place
from tests.factories.channels import arrived, connection_made, shopify_line, shopify_order, woo_order
from tests.factories.edi import ORDER, edi
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.requests import request_brought_to, request_offered

TAKEN, WAITING = (MessageState.TAKEN, ""), MessageState.WAITING
CANCELLED: dict[str, Any] = {"cancelled_at": "2026-05-04T11:00:00+02:00", "cancel_reason": "customer"}
RELEASE = "Release them from the order's page and try again, or let them leave and settle it with the channel"


@pytest.fixture
def connection(acme: None) -> Iterator[ChannelConnection]:
    yield connection_made()
    assert [found for invariant in all_invariants() if (found := check(invariant))] == []


def place(units: int = 20) -> Location:
    """A location with stock of everything."""
    found = LocationFactory.create()
    for product in Product.objects.all():
        stock_received(found, product, units)
    return found


def worked(message: ChannelMessage) -> tuple[str, str]:
    messages_work(schema="acme")
    message.refresh_from_db()
    return message.state, message.reason


def said(message: ChannelMessage) -> list[str]:
    """What came of each thing in it."""
    return [outcome["reason"] for outcome in message.outcomes]


def order_taken(connection: ChannelConnection, **more: Any) -> Order:
    """Two red ones for ten euros each."""
    assert worked(arrived(connection, shopify_order(**more), x_shopify_topic="orders/create")) == TAKEN
    return Order.objects.get()


def told(connection: ChannelConnection, document: object, topic: str = "orders/cancelled") -> ChannelMessage:
    return arrived(connection, document, x_shopify_topic=topic)


def refund(number: int = 61, *, units: int = 1, amount: str = "10.00", kind: str = "cancel") -> dict[str, Any]:
    return {
        "id": number, "order_id": 5001, "created_at": "2026-05-05T10:00:00Z", "note": "too late",
        "refund_line_items": [{"line_item_id": 91, "quantity": units, "restock_type": kind}] if units else [],
        "transactions": [{"kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}],
    }  # fmt: skip


def given_back() -> list[tuple[str, Decimal]]:
    rows = PaymentTransaction.objects.filter(operation="refund").order_by("id")
    return [(row.key.partition("/refund/")[2], row.amount) for row in rows]


def test_a_cancellation_takes_units_back_from_the_location_that_picks_them(connection: ChannelConnection) -> None:
    place()
    order = order_taken(connection)
    request = request_brought_to(order, RequestStatus.PICKING)
    message = told(connection, shopify_order(**CANCELLED))
    assert worked(message) == TAKEN
    assert said(message)[1] == "2 units cancelled, 2 of them taken back from a location"
    order.refresh_from_db()
    request.refresh_from_db()
    assert (order.status, request.status) == ("cancelled", RequestStatus.CANCELLED)
    change = OrderChange.objects.get()
    assert (change.kind, change.status, change.asked_by, change.requested_by, change.reason) == (
        "cancellation", "confirmed", "channel", "channel shop", "customer",
    )  # fmt: skip
    assert Event.objects.filter(name="fulfilment.released.v1").count() == 1
    # and: the shop gives the money back itself, and tells of it in its own time
    assert (given_back(), Payment.objects.get().refunding) == ([], 0)


def test_told_again_in_any_way_it_changes_nothing(connection: ChannelConnection) -> None:
    place()
    request_offered(order_taken(connection))
    refunded = refund(units=2, amount="20.00")
    for topic, more in (
        ("orders/cancelled", {}), ("orders/updated", {"note": "x"}), ("orders/cancelled", {"refunds": [refunded]}),
        ("orders/updated", {"refunds": [refunded], "note": "y"}),
    ):  # fmt: skip
        assert worked(told(connection, shopify_order(**CANCELLED, **more), topic)) == TAKEN
    message = told(connection, refunded, "refunds/create")
    assert worked(message) == TAKEN
    messages_retry(message_ids=list(ChannelMessage.objects.values_list("pk", flat=True)))
    assert OrderChange.objects.count() == 1
    assert LineCancellation.objects.get().quantity == 2
    assert given_back() == [("61/1-1", Decimal(20))]
    assert ChannelOrder.objects.get().references["refunds"] == {"61": {"amount": "20.00", "units": True}}


def test_what_is_packed_is_declined_once_and_waits_for_a_person(connection: ChannelConnection) -> None:
    place()
    order = order_taken(connection)
    request = request_brought_to(order, RequestStatus.PACKED)
    message = told(connection, shopify_order(**CANCELLED))
    reason = f"2 units cannot be cancelled: line 1 is packed already. {RELEASE}"
    assert worked(message) == (WAITING, reason)
    change = OrderChange.objects.get()
    assert (change.status, change.why) == ("declined", "line 1 is packed already")
    # when: it is tried again, and told again
    messages_retry(message_ids=[message.pk])
    assert worked(message) == (WAITING, reason)
    assert worked(told(connection, shopify_order(**CANCELLED, note="x"), "orders/updated")) == (WAITING, reason)
    # then: it is not declined a second time for the same reason
    assert (OrderChange.objects.count(), Payment.objects.get().refunding) == (1, 0)
    # when: it leaves all the same
    requests_ship(request_ids=[request.pk], actor="ben", carrier="Post", tracking_number="T1")
    messages_retry(message_ids=[message.pk])
    assert worked(message) == TAKEN
    assert said(message)[1] == "2 units had left already"


def test_what_no_location_works_on_is_cancelled_while_the_rest_is_declined(connection: ChannelConnection) -> None:
    place(units=1)  # of two red ones it has one
    order = order_taken(connection, total="30.00", line_items=[shopify_line(91, "RED", 2), shopify_line(92, "BLUE")])
    request_brought_to(order, RequestStatus.PACKED)
    line = OrderLine.objects.get(position=1)
    assert (line.open, line.allocated) == (1, 1)
    message = told(
        connection,
        shopify_order(total="30.00", line_items=[shopify_line(91, "RED", 2), shopify_line(92, "BLUE")], **CANCELLED),
    )
    state, reason = worked(message)
    assert state == WAITING
    assert reason.startswith("1 unit cancelled; 2 units cannot be cancelled: line 1 is packed already. Release")
    line.refresh_from_db()
    assert (line.cancelled, line.open, line.allocated) == (1, 0, 1)
    assert list(OrderChange.objects.values_list("status", flat=True)) == ["declined", "confirmed"]


def test_the_policy_for_channels_decides_and_is_journaled(connection: ChannelConnection) -> None:
    with revise(author="maria", reason="one reason counts") as revision:
        revision.put("order_management", "cancellation_policy", "channel", {
            "free_until": "picked", "free_minutes": None, "afterwards": "free", "fees": [], "reason_required": True,
            "reasons": ["fraud"],
        })  # fmt: skip
    order = order_taken(connection)
    message = told(connection, shopify_order(**CANCELLED))
    why = "“customer” is not one of the reasons: fraud"
    assert worked(message) == (WAITING, f"2 units cannot be cancelled: {why}. {RELEASE}")
    assert OrderLine.objects.get(order=order).cancelled == 0
    assert Decision.objects.filter(policy="cancel", subject=order.number).count() == 1
    # when: the policy is mended and it is tried again
    with revise(author="maria", reason="any reason counts") as revision:
        revision.put("order_management", "cancellation_policy", "channel", {
            "free_until": "picked", "free_minutes": None, "afterwards": "free", "fees": [], "reason_required": False,
            "reasons": [],
        })  # fmt: skip
    messages_retry()
    assert worked(message) == TAKEN
    assert list(OrderChange.objects.values_list("status", flat=True)) == ["declined", "confirmed"]


def test_a_hold_that_forbids_changes_is_told(connection: ChannelConnection) -> None:
    order = order_taken(connection)
    hold = HoldDecision("fraud", ("edit",), "looked at by hand")
    holds_place(holds=[(order.pk, order.number, hold)], actor="ada")
    state, reason = worked(told(connection, shopify_order(**CANCELLED)))
    assert state == WAITING
    assert reason.startswith("2 units cannot be cancelled: SHOP-5001: ")
    assert "looked at by hand" in reason
    assert not OrderChange.objects.exists()


def test_a_refund_of_units_at_a_location_takes_them_back_and_books_the_money_once(
    connection: ChannelConnection,
) -> None:
    place()
    request = request_offered(order_taken(connection))
    message = told(connection, refund(), "refunds/create")
    assert worked(message) == TAKEN
    assert said(message) == ["10.00 EUR given back; 1 unit cancelled, 1 of them taken back from a location"]
    assert worked(told(connection, shopify_order(refunds=[refund()]), "orders/updated")) == TAKEN
    line = OrderLine.objects.get()
    assert (line.cancelled, line.allocated, line.open) == (1, 1, 0)
    assert given_back() == [("61/1-1", Decimal(10))]
    assert FulfilmentRequest.objects.get() == request


def test_a_refund_of_packed_units_books_the_money_and_waits_for_the_units(connection: ChannelConnection) -> None:
    place(units=2)
    order = order_taken(connection, total="50.00", line_items=[shopify_line(91, "RED", 5)])
    request_brought_to(order, RequestStatus.PACKED)
    message = told(connection, refund(units=4, amount="40.00"), "refunds/create")
    state, reason = worked(message)
    assert state == WAITING
    assert reason == (
        "40.00 EUR given back; 3 units cancelled; 1 unit cannot be cancelled: line 1 is packed already. " + RELEASE
    )
    line = OrderLine.objects.get()
    assert (line.cancelled, line.allocated, line.open) == (3, 2, 0)
    # when: it is tried again, then nothing that was done is done again
    messages_retry(message_ids=[message.pk])
    assert worked(message)[0] == WAITING
    line.refresh_from_db()
    assert (line.cancelled, line.allocated) == (3, 2)
    assert given_back() == [("61/1-1", Decimal(40))]


def test_units_that_came_back_are_those_that_had_left(connection: ChannelConnection) -> None:
    place(units=1)
    order = order_taken(connection)
    request_brought_to(order, RequestStatus.SHIPPED)
    line = OrderLine.objects.get()
    assert (line.fulfilled, line.open) == (1, 1)
    message = told(connection, refund(kind="return"), "refunds/create")
    assert worked(message) == TAKEN
    assert said(message) == ["10.00 EUR given back; 1 unit came back"]
    line.refresh_from_db()
    assert (line.fulfilled, line.returned, line.cancelled, line.open) == (1, 1, 0, 1)


def test_money_that_was_written_down_here_is_not_written_down_again(connection: ChannelConnection) -> None:
    order = order_taken(connection)
    order_cancel(
        order_number=order.number, reason="sold out", asked_by="staff", parts={1: 1}, key="k", actor="user ada"
    )
    assert given_back() == [("change-1/1-1", Decimal(10))]
    # when: the shop gives back what was cancelled here, then something more
    message = told(connection, refund(units=0), "refunds/create")
    assert worked(message) == TAKEN
    assert said(message) == ["10.00 EUR given back, as was written down here before"]
    assert worked(told(connection, refund(62, units=0, amount="4.00"), "refunds/create")) == TAKEN
    assert given_back() == [("change-1/1-1", Decimal(10)), ("62/1-1", Decimal(4))]


def test_a_refund_whose_money_moves_later_is_booked_then(connection: ChannelConnection) -> None:
    order_taken(connection)
    pending = refund() | {"transactions": [{"kind": "refund", "status": "pending", "amount": "10.00"}]}
    assert worked(told(connection, pending, "refunds/create")) == TAKEN
    assert given_back() == []
    assert worked(told(connection, shopify_order(refunds=[refund()]), "orders/updated")) == TAKEN
    assert given_back() == [("61/1-1", Decimal(10))]
    assert OrderLine.objects.get().cancelled == 1


def test_an_order_that_was_edited_and_cancelled_in_the_shop_is_not_sent(connection: ChannelConnection) -> None:
    order_taken(connection)
    edited = shopify_order(total="30.00", line_items=[shopify_line(91, "RED", 3)], **CANCELLED)
    message = told(connection, edited)
    state, reason = worked(message)
    assert (state, reason) == (WAITING, "SHOP-5001 was captured with 20.00 EUR and is now told with 30.00 EUR")
    assert said(message)[1] == "2 units cancelled"
    assert Order.objects.get().status == "cancelled"


def test_an_order_whose_whole_money_went_back_waits_until_somebody_has_looked(connection: ChannelConnection) -> None:
    order_taken(connection)
    message = told(connection, refund(units=0, amount="20.00"), "refunds/create")
    assert worked(message) == (
        WAITING,
        "20.00 EUR given back; all of its money was given back while 2 units are still to leave: cancel the order, "
        "or try again once it has left",
    )
    assert given_back() == [("61/1-1", Decimal(20))]
    # when: the shop cancels it a moment later, the refund is done by itself
    assert worked(told(connection, shopify_order(**CANCELLED))) == TAKEN
    assert worked(message) == TAKEN
    assert given_back() == [("61/1-1", Decimal(20))]


def test_a_refund_told_by_its_sum_waits_for_its_units_and_is_done_by_itself(acme: None) -> None:
    connection = connection_made("woocommerce")
    arrived(connection, woo_order(), x_wc_webhook_topic="order.created")
    summary = arrived(
        connection, woo_order(refunds=[{"id": 71, "reason": "", "total": "-11.90"}]), x_wc_webhook_topic="order.updated"
    )
    state, reason = worked(summary)
    assert state == WAITING
    assert reason.startswith("11.90 EUR given back; 11.90 EUR was given back and the shop does not say for which units")
    whole = {
        "id": 71, "parent_id": 801, "date_created_gmt": "2026-05-05T10:00:00", "amount": "11.90",
        "refunded_payment": True, "currency": "EUR",
        "line_items": [{"id": 99, "quantity": -1, "total": "-10.00", "total_tax": "-1.90",
                        "meta_data": [{"key": "_refunded_item_id", "value": "31"}]}],
    }  # fmt: skip
    assert worked(arrived(connection, whole)) == TAKEN
    assert worked(summary) == TAKEN
    assert (OrderLine.objects.get().cancelled, given_back()) == (1, [("71/1-1", Decimal("11.90"))])


def test_an_860_takes_a_line_back_from_its_location(acme: None) -> None:
    connection = connection_made("x12", code="bergmann", their_id="ZZ/BERGMANN", our_id="ZZ/ACME")
    place()
    assert worked(arrived(connection, edi(ORDER))) == TAKEN
    request_brought_to(Order.objects.get(), RequestStatus.PICKING)
    change = ("BCH*04*SA*PO-7001***20260505", "POC*1*DI*12*0*EA*10**VN*RED", "CTT*1")
    message = arrived(connection, edi(change, code="860", group="PC", control=42))
    assert worked(message) == TAKEN
    assert said(message) == ["12 units cancelled, 12 of them taken back from a location"]
    assert worked(arrived(connection, edi(change, code="860", group="PC", control=43))) == TAKEN
    assert list(OrderLine.objects.order_by("position").values_list("cancelled", flat=True)) == [12, 0]
    assert OrderChange.objects.count() == 1
