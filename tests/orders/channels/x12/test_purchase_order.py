"""An 850 becomes an order to the cent, or waits with a sentence that says why; an 860 takes back what it names."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orders.channels.x12.adapter import ADAPTER
from orders.domain.capture import Destination, NewLine
from orders.domain.channel import Intake, Json, Message, NotWanted, OrderCancelled, OrderPlaced, Unclear
from tests.factories.channels import total_of
from tests.factories.edi import ORDER, edi, order_of, setup_of


def read(*documents: tuple[str, ...], **options: Json) -> tuple[Intake, ...]:
    return ADAPTER.read(Message(edi(*documents)), setup_of(**options))


def changed(*lines: str) -> Intake:
    """What an 860 is read as."""
    [intake] = ADAPTER.read(Message(edi(lines, code="860", group="PC")), setup_of())
    return intake


def taken(*replaced: tuple[str, str], **options: Json) -> Intake:
    """What the order is read as with parts of it replaced; ``~`` begins another segment."""
    lines = ORDER
    for old, new in replaced:
        assert any(old in line for line in lines), old
        lines = tuple(part for line in lines for part in line.replace(old, new).split("~") if part)
    [intake] = read(lines, **options)
    return intake


def placed(*replaced: tuple[str, str], **options: Json) -> OrderPlaced:
    intake = taken(*replaced, **options)
    assert isinstance(intake, OrderPlaced), intake
    return intake


def reason(*replaced: tuple[str, str], **options: Json) -> str:
    intake = taken(*replaced, **options)
    assert isinstance(intake, Unclear), intake
    assert intake.external_number == "PO-7001"
    return intake.reason


def test_an_order_is_read_to_the_cent() -> None:
    found = placed()
    order = found.order
    assert (order.external_number, order.currency, found.method) == ("PO-7001", "USD", "UPSN")
    assert order.placed_at == datetime(2026, 5, 4, tzinfo=UTC)
    assert order.lines == (
        NewLine(sku="RED", quantity=12, unit_price=Decimal("10.0000"), description="Red lantern"),
        NewLine(sku="BLUE", quantity=3, unit_price=Decimal("12.5000")),
    )
    assert [(each.kind, each.unit_price, each.description) for each in order.charges] == [
        ("shipping", Decimal("8.0000"), "Freight")
    ]
    assert total_of(order) == found.stated_total == Decimal("165.5")
    assert order.destination == Destination(
        recipient="Bergmann Store 12", address="12 Harbor Street, Dock B", city="Boston, MA", postal_code="02110",
        country="US",
    )  # fmt: skip
    assert (order.customer_reference, order.customer_name) == ("bergmann:BERG", "Bergmann Stores")
    kept = found.references["x12"]
    assert isinstance(kept, dict)
    assert (kept["dates"], kept["references"]) == ([["010", "2026-05-11"]], [["DP", "042"]])
    assert found.references["lines"] == {"1": "1", "2": "2"}


def test_the_channel_says_which_number_is_the_sku() -> None:
    assert placed(sku_qualifiers=["UP"]).order.lines[0].sku == "012345678905"
    assert placed(("**VN*RED*UP*012345678905", "**ZZ*OTHER")).order.lines[0].sku == "OTHER"


def test_units_of_measure_are_counted_as_the_channel_says() -> None:
    dozen = ("PO1*1*12*EA*10**", "PO1*1*1*DZ*120**")
    found = placed(dozen, ("CTT*2*15", "CTT*2*4"), units={"DZ": 12})
    assert found.order.lines[0] == NewLine(
        sku="RED", quantity=12, unit_price=Decimal("10.0000"), description="Red lantern"
    )
    said = reason(dozen, ("CTT*2*15", "CTT*2*4"))
    assert "line 1 is ordered in 'DZ', and the channel does not say how many units that is" in said


def test_a_price_may_be_that_of_a_hundred_or_of_nothing() -> None:
    assert placed(("EA*10**", "EA*1000*HP*")).order.lines[0].unit_price == Decimal("10.0000")
    free = placed(("EA*10**", "EA**NC*"), ("165.5", "45.5"))
    assert free.order.lines[0].unit_price == 0


def test_allowances_charges_and_taxes_count_as_they_are_settled() -> None:
    found = placed(
        ("PID*F****Red lantern", "PID*F****Red lantern~SAC*A*C310***250*******02~TXI*ST*1.1~SAC*A*F800***999*******01"),
        ("165.5", "164.1"),
    )  # fmt: skip
    assert [(each.kind, each.unit_price, each.position) for each in found.order.charges] == [
        ("discount", Decimal("-2.5000"), 1), ("tax", Decimal("1.1000"), 1), ("shipping", Decimal("8.0000"), 0),
    ]  # fmt: skip


def test_a_percentage_counts_where_a_total_confirms_it() -> None:
    percent = ("SAC*C*D240***800*******06***Freight", "SAC*A*C310****Z*10*****02***Terms")
    found = placed(percent, ("165.5", "141.75"))
    assert [each.unit_price for each in found.order.charges] == [Decimal("-15.7500")]
    assert "states no amount, and no total says" in reason(percent, ("AMT*TT*165.5", "AMT*GV*1"))


def test_lines_are_known_by_their_numbers_unless_two_have_the_same() -> None:
    assert placed(("PO1*1*", "PO1*0010*"), ("PO1*2*", "PO1**")).references["lines"] == {"1": "10", "2": "2"}
    assert placed(("PO1*2*", "PO1*01*")).references["lines"] == {}


def test_a_release_of_a_blanket_order_has_a_number_of_its_own() -> None:
    assert placed(("SA*PO-7001**", "RL*PO-7001*3*")).order.external_number == "PO-7001/3"
    assert placed(("BEG*00*SA*", "BEG*00*BK*")).doubt.startswith("it is a blanket order (BEG02 BK)")


def test_the_beginning_of_a_day_is_that_of_the_partner() -> None:
    assert placed(time_zone="America/New_York").order.placed_at == datetime(2026, 5, 4, 4, tzinfo=UTC)
    assert "time_zone names 'Mars', which is no time zone" in reason(("00*SA", "00*SA"), time_zone="Mars")


def test_a_store_that_is_named_by_number_has_its_address_from_the_channel() -> None:
    place: Json = {"name": "Store 12", "address": "1 Quay", "city": "Hull", "postal_code": "HU1", "country": "GB"}
    [intake] = read(tuple(line for line in ORDER if line[:2] not in ("N3", "N4")), places={"0012": place})
    assert isinstance(intake, OrderPlaced)
    assert intake.order.destination == Destination(
        recipient="Store 12", address="1 Quay", city="Hull", postal_code="HU1", country="GB"
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("165.5", "165.51", "165.50"),
        ("CTT*2*15", "CTT*3", "CTT01 states 3 lines, there are 2"),
        ("CTT*2*15", "CTT*2*16", "CTT02 states 16 units, the lines come to 15"),
        ("PO1*2*3*EA*12.5", "PO1*2*3*EA*", "line 2 has no price"),
        ("PO1*2*3*EA*12.5", "PO1*2*2.5*EA*12.5", "not a whole number"),
        ("PO1*2*3*EA*12.5", "PO1*2*-3*EA*12.5", "units"),
        ("**VN*BLUE", "**VN*", "nothing by which to know it"),
        ("**VN*BLUE", "**VN*BLUE~SDQ*EA*92*0001*2*0002*1", "to be sent to several stores (SDQ)"),
        ("**VN*BLUE", "**VN*BLUE~N1*ST*Elsewhere*92*0013", "different places (N1 ST)"),
        ("REF*DP*042", "CUR*BY*US1", "not a currency"),
        ("20260504", "99999999", "is no date"),
    ],
)
def test_what_is_not_certain_waits_with_the_reason(old: str, new: str, words: str) -> None:
    counts = ("CTT*2*15", "CTT*2")
    assert words in reason((old, new), *([] if "CTT" in old else [counts]))


def test_one_bad_order_does_not_keep_the_others() -> None:
    kinds = [type(each) for each in read(ORDER, order_of("PO-7002", replaced=("EA*12.5", "EA*x")), order_of("PO-7003"))]
    assert kinds == [OrderPlaced, Unclear, OrderPlaced]


def test_a_test_waits_unless_the_channel_takes_tests() -> None:
    for options, doubt in (({}, "it comes as a test (ISA15 T)"), ({"take_tests": True}, "")):
        [intake] = ADAPTER.read(Message(edi(ORDER, usage="T")), setup_of(**options))
        assert isinstance(intake, OrderPlaced)
        assert intake.doubt[:28] == doubt


def test_an_interchange_of_a_stranger_is_refused() -> None:
    for body in (edi(ORDER, sender="STRANGER"), edi(ORDER, receiver="OTHER")):
        [intake] = ADAPTER.read(Message(body), setup_of())
        assert isinstance(intake, Unclear)
        assert "this channel knows ZZ/" in intake.reason


# -- changes -------------------------------------------------------------------------------------------

CANCEL = ("BCH*01*SA*PO-7001***20260505",)


def change(*lines: str) -> Intake:
    return changed("BCH*04*SA*PO-7001***20260505", *lines, f"CTT*{len(lines)}")


def test_an_order_is_cancelled_as_a_whole() -> None:
    assert changed(*CANCEL) == OrderCancelled(
        external_number="PO-7001", cancelled_at=datetime(2026, 5, 5, tzinfo=UTC),
        reason="cancelled by the partner (860)",
    )  # fmt: skip


def test_lines_are_taken_back() -> None:
    found = change("POC*2*DI*3*0*EA*12.5**VN*BLUE")
    assert isinstance(found, OrderCancelled)
    assert [(line.reference, line.position, line.sku) for line in found.lines] == [("2", 0, "BLUE")]


def test_other_changes_wait_for_people() -> None:
    found = change("POC*1*QD*8*4*EA*10**VN*RED", "POC*2*DI*3*0*EA*12.5**VN*BLUE")
    assert isinstance(found, Unclear)
    assert found.reason == (
        "the partner changes its order, which is done by hand: "
        "line 1 is reduced (quantity 8, 4 left to receive, price 10)"
    )


def test_a_kind_of_document_that_is_not_supported_is_said_so() -> None:
    body = edi(("BFR*00**070101*DL*A*070101*070107",), code="830", group="PS")
    [intake] = ADAPTER.read(Message(body), setup_of())
    assert intake == NotWanted("830", "830 0001 (planning schedule) is not supported; the partner is told so")
