"""From a partner's file to orders, and back: acknowledgements, notices and invoices under numbers used once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.infra.database.context import retailer_context
from orders.channels.x12 import invoice, order_acknowledgement, ship_notice
from orders.channels.x12.acknowledgement import answers_in
from orders.channels.x12.adapter import ADAPTER
from orders.channels.x12.checking import read
from orders.channels.x12.syntax import TransactionSet
from orders.domain.channel import Message, NotWanted, OrderPlaced, Outcome, Unclear
from orders.models import (
    ChannelAlias,
    ChannelConnection,
    ChannelDelivery,
    ChannelMessage,
    ControlNumber,
    DeliveryState,
    MessageState,
    Order,
    OrderLine,
    OrderStatus,
)
from orders.services.channels import (
    ShipmentFacts,
    bill_tell,
    deliveries_perform,
    messages_retry,
    messages_work,
    shipment_tell,
    status_tell,
)
from orders.services.channels.numbers import ControlNumbersUsedUp, control_number_draw
from tests.factories.channels import NOW, arrived, arrived_as, connection_made
from tests.factories.edi import ORDER, edi, order_of, setup_of
from tests.orders.channels.contract import AdapterContract

URL = "http://partner.example/edi"


class TestContract(AdapterContract):
    """What every adapter must do."""

    code = "x12"
    setup = setup_of()

    def good(self) -> Message:
        return Message(edi(ORDER), "application/edi-x12")


def partner_connected(skus: str = "RED BLUE", **options: Any) -> ChannelConnection:
    return connection_made(
        "x12", code="bergmann", base_url=URL, skus=skus, their_id="ZZ/BERGMANN", our_id="ZZ/ACME", **options
    )


def worked(message: ChannelMessage) -> tuple[str, str]:
    messages_work(schema="acme")
    message.refresh_from_db()
    return message.state, message.reason


@contextmanager
def partner_reached(answers: list[int] | None = None) -> Iterator[list[bytes]]:
    """Deliver all that waits; give what the partner got."""
    got: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        got.append(request.content)
        return httpx.Response(answers.pop(0) if answers else 200)

    deliveries_perform(schema="acme", transport=httpx.MockTransport(take))
    yield got


def documents(payload: bytes) -> list[TransactionSet]:
    """What was sent, without a fault in it."""
    [each] = read(payload).interchanges
    assert each.findings == []
    for group, one in each.sets:
        assert (group.findings, one.findings) == ([], [])
    return [one for _, one in each.sets]


def test_a_file_of_several_orders_is_taken_one_by_one(acme: None) -> None:
    bad = order_of("PO-7002", replaced=("EA*12.5", "EA*x"))
    message = arrived(partner_connected(), edi(ORDER, bad, order_of("PO-7003")))
    state, reason = worked(message)
    assert state == MessageState.WAITING
    assert reason == "850 0002 is refused: PO104 in segment 13: 'x' is no number"
    assert [each["state"] for each in message.outcomes] == ["taken", "waiting", "taken"]
    assert sorted(Order.objects.values_list("external_number", "total")) == [
        ("PO-7001", Decimal("165.5")), ("PO-7003", Decimal("165.5")),
    ]  # fmt: skip
    assert message.topic == "x12 850"
    assert message.key.startswith("ZZ/BERGMANN/000000041:")


def test_the_same_interchange_twice_counts_once(acme: None) -> None:
    connection = partner_connected()
    first, second = (arrived_as(connection, edi(ORDER)) for _ in range(2))
    assert (first.new, second.new) == (True, False)
    messages_work(schema="acme")
    again = arrived(connection, edi(ORDER).replace(b"\n", b"\r\n"))  # the same, written otherwise
    assert worked(again) == (MessageState.TAKEN, "")
    assert Order.objects.count() == 1


def test_a_product_that_is_not_known_waits_until_it_has_an_alias(fresh: None) -> None:
    with retailer_context("acme"):
        connection = partner_connected(skus="ROT BLUE")
        message = arrived(connection, edi(ORDER))
        state, reason = worked(message)
        assert state == MessageState.WAITING
        assert "RED" in reason
    with partner_reached() as got:
        assert [one.code for payload in got for one in documents(payload)] == ["997"]
    with retailer_context("acme"):
        ChannelAlias.objects.create(channel=connection.channel, theirs="RED", ours="ROT")
        messages_retry(message_ids=[message.pk])
        assert worked(message) == (MessageState.TAKEN, "")
        assert Order.objects.get().lines.count() == 2
    with partner_reached() as got:
        [one] = documents(got[0])
    said = order_acknowledgement.read(one)
    assert (said.order, said.kind, [line.answers for line in said.lines]) == (
        "PO-7001", "AD", [(("IA", Decimal(12)),), (("IA", Decimal(3)),)],
    )  # fmt: skip


def test_what_arrives_is_acknowledged_once_under_a_number_that_is_kept(fresh: None) -> None:
    with retailer_context("acme"):
        message = arrived(partner_connected(), edi(ORDER, order_of("PO-7002", replaced=("EA*12.5", "EA*x"))))
        worked(message)
    with partner_reached([503, 503]) as first:
        pass
    with retailer_context("acme"):
        ChannelDelivery.objects.filter(state=DeliveryState.PENDING).update(next_try_at=F("created_at"))
        messages_retry(message_ids=[message.pk])
        worked(message)
    with partner_reached() as second:
        assert first == second  # the partner knows that it is the same
    [functional], [acceptance] = (documents(payload) for payload in second)
    assert [said.status for said in answers_in(functional)] == ["A", "R", "P"]
    assert order_acknowledgement.read(acceptance).order == "PO-7001"
    with retailer_context("acme"):
        assert list(ControlNumber.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
        assert set(ChannelDelivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_a_shipment_is_noticed_and_the_complete_order_billed(fresh: None) -> None:
    with retailer_context("acme"):
        worked(arrived(partner_connected(send=["856", "810"]), edi(ORDER)))
        order = Order.objects.get()
        red, blue = OrderLine.objects.filter(order=order).order_by("position")
        facts = ShipmentFacts(
            order_number=order.number, shipment="BERGMANN-PO-7001/1-S1", location="KAS", carrier="UPSN",
            tracking_number="1Z01", shipped_at=NOW, units={red.pk: 12, blue.pk: 2},
        )  # fmt: skip
        assert shipment_tell(facts=facts)
        assert bill_tell(order_number=order.number, at=NOW) == 0  # not complete yet
        OrderLine.objects.filter(pk=red.pk).update(fulfilled=12)
        OrderLine.objects.filter(pk=blue.pk).update(fulfilled=2, cancelled=1)
        Order.objects.update(status=OrderStatus.COMPLETE, open_quantity=0)
        assert [bill_tell(order_number=order.number, at=NOW) for _ in range(2)] == [1, 0]
    with partner_reached() as got:
        sent = [one for payload in got for one in documents(payload)]
    assert [one.code for one in sent] == ["997", "856", "810"]
    notice = ship_notice.read(sent[1])
    assert [(each.number, item.number, item.quantity, item.products) for each, item in notice.items] == [
        ("PO-7001", "1", Decimal(12), (("VN", "RED"), ("UP", "012345678905"))),
        ("PO-7001", "2", Decimal(2), (("VN", "BLUE"),)),
    ]
    assert (notice.tracking, [each.role for each in notice.parties]) == ("1Z01", ["SF", "ST", "BY"])
    bill = invoice.read(sent[2])
    assert (bill.total, bill.number, bill.order) == (Decimal("153.00"), "BERGMANN-PO-7001", "PO-7001")
    assert [(each.kind, each.amount) for each in bill.charges] == [("shipping", Decimal("8.00"))]


def test_an_order_that_is_cancelled_is_rejected_to_the_partner(fresh: None) -> None:
    with retailer_context("acme"):
        worked(arrived(partner_connected(send=["855"]), edi(ORDER)))
        order = Order.objects.get()
        Order.objects.update(status=OrderStatus.CANCELLED)
        assert status_tell(order_number=order.number, changed_at=NOW)
    with partner_reached() as got:
        said = [order_acknowledgement.read(one) for payload in got for one in documents(payload) if one.code == "855"]
    assert [(each.order, each.kind) for each in said] == [("PO-7001", "AD"), ("PO-7001", "RJ")]


def test_lines_and_orders_are_taken_back(acme: None) -> None:
    connection = partner_connected()
    worked(arrived(connection, edi(ORDER)))
    delete = ("BCH*04*SA*PO-7001***20260505", "POC*2*DI*3*0*EA*12.5**VN*BLUE", "CTT*1")
    assert worked(arrived(connection, edi(delete, code="860", group="PC", control=42)))[0] == MessageState.TAKEN
    assert list(OrderLine.objects.order_by("position").values_list("cancelled", flat=True)) == [0, 3]
    whole = ("BCH*01*SA*PO-7001***20260506",)
    assert worked(arrived(connection, edi(whole, code="860", group="PC", control=43)))[0] == MessageState.TAKEN
    assert Order.objects.get().status == OrderStatus.CANCELLED


def test_what_the_partner_refuses_of_ours_waits_for_people(acme: None) -> None:
    connection = partner_connected()
    lines = ("AK1*SH*7", "AK2*856*0001", "AK3*HL*9**8", "AK4*3**7*Q", "AK5*R*5", "AK9*R*1*1*0")
    assert worked(arrived(connection, edi(lines, code="997", group="FA"))) == (
        MessageState.WAITING,
        "the partner has refused our 856 0001 in group 7: element 3 of HL in segment 9 has a wrong code: 'Q'; "
        "segments are in error",
    )
    good = ("AK1*SH*8", "AK2*856*0001", "AK5*A", "AK9*A*1*1*1")
    state, reason = worked(arrived(connection, edi(good, code="997", group="FA", control=42)))
    assert (state, reason) == (
        MessageState.IGNORED, "the partner has accepted our group 8: 1 of 1 documents accepted",
    )  # fmt: skip
    assert ChannelDelivery.objects.count() == 0


def test_every_file_of_others_has_an_end_in_words(shared_data: Path) -> None:
    for path in sorted((shared_data / "edi_x12").rglob("*.edi")):
        for intake in ADAPTER.read(Message(path.read_bytes()), setup_of(their_id="", our_id="", take_tests=True)):
            if "__pass__" in path.name:
                assert not isinstance(intake, Unclear), (path.name, intake)
            else:
                assert isinstance(intake, Unclear | NotWanted), path.name
            assert getattr(intake, "reason", "order")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_what_documents_say_is_kept_in_words(data: st.DataObject) -> None:
    elements = edi(ORDER).split(b"*")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(17, len(elements) - 1))
        elements[at] = data.draw(
            st.one_of(
                st.sampled_from(
                    [b"", b"-1", b"0", b"9" * 20, b".5", b"1.", b"\xc2\xb2", b"99999999", b"ST", b"A" * 90]
                ),
                st.binary(max_size=6),
            )
        )
    message = Message(b"*".join(elements))
    for intake in ADAPTER.read(message, setup_of()):
        assert isinstance(intake, OrderPlaced) or intake.reason
    ADAPTER.acknowledge(message, [Outcome("PO-7001", "taken")], setup_of())


# -- control numbers -----------------------------------------------------------------------------------


def test_a_control_number_belongs_to_one_thing_for_ever(acme: None) -> None:
    channel = partner_connected().channel_id
    drawn = [control_number_draw(channel_id=channel, purpose=purpose) for purpose in ("a", "b", "a")]
    assert [stamp.number for stamp in drawn] == [1, 2, 1]
    assert drawn[0] == drawn[2]
    for change in (lambda: ControlNumber.objects.update(number=9), ControlNumber.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    ControlNumber.objects.create(channel_id=channel, number=999_999_999, purpose="z")
    with pytest.raises(ControlNumbersUsedUp):
        control_number_draw(channel_id=channel, purpose="c")


def test_numbers_that_are_drawn_at_once_differ(fresh: None) -> None:
    with retailer_context("acme"):
        channel = partner_connected().channel_id
    together = Barrier(4)
    numbers: list[int] = []

    def draw(name: int) -> None:
        together.wait()
        for each in range(5):
            with retailer_context("acme"):
                numbers.append(control_number_draw(channel_id=channel, purpose=f"{name}/{each}").number)
        connection.close()

    threads = [Thread(target=draw, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))
