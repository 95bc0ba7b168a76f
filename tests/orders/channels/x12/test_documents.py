"""What we write can be read, by us and by the standard; what partners write is read and added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.channels.reading import Unreadable
from orders.channels.x12 import invoice, order_acknowledgement, ship_notice, stock
from orders.channels.x12.acknowledgement import answer, answers_in
from orders.channels.x12.checking import read
from orders.channels.x12.parts import Item, Party
from orders.channels.x12.syntax import Delimiters, TransactionSet
from orders.channels.x12.writing import Draft, Envelope, Unwritable, cents, interchange, number, plain, stamp
from tests.factories.edi import ORDER, edi, order_of

AT = datetime(2026, 5, 6, 9, 30, tzinfo=UTC)
ENVELOPE = Envelope(sender=("ZZ", "ACME"), receiver=("01", "123456789"))
RED = Item(
    number="1", quantity=Decimal(12), unit="EA", price=Decimal("10.25"), products=(("VN", "RED"), ("UP", "0123")),
    description="Red lantern",
)  # fmt: skip
BLUE = Item(number="2", quantity=Decimal(3), unit="EA", price=Decimal("0.3333"), products=(("VN", "BLUE"),))
STORE = Party(
    role="ST", name="Store 12", qualifier="92", number="0012", address=("12 Harbor Street",), city="Boston",
    state="MA", postal_code="02110", country="US",
)  # fmt: skip


def through(*drafts: Draft, envelope: Envelope = ENVELOPE) -> list[TransactionSet]:
    """Written, stamped, and read again without a fault."""
    found = read(stamp(interchange(drafts, envelope), 7, AT))
    [each] = found.interchanges
    assert (found.findings, each.findings, each.control) == ([], [], "000000007")
    for group, one in each.sets:
        assert (group.findings, one.findings, group.control) == ([], [], "7")
    return [one for _, one in each.sets]


def test_the_envelope_is_as_wide_as_the_standard_says() -> None:
    draft = order_acknowledgement.write(
        order_acknowledgement.OrderAcknowledgement(order="PO-1", ordered_on=date(2026, 5, 4), kind="AD")
    )
    assert stamp(interchange([draft], ENVELOPE), 7, AT).decode().splitlines() == [
        "ISA*00*          *00*          *ZZ*ACME           *01*123456789      *260506*0930*U*00401*000000007*0*P*>~",
        "GS*PR*ACME*123456789*20260506*0930*7*X*004010~",
        "ST*855*0001~",
        "BAK*00*AD*PO-1*20260504~",
        "CTT*0~",
        "SE*4*0001~",
        "GE*1*7~",
        "IEA*1*000000007~",
    ]


@pytest.mark.parametrize("version", ["004010", "005010"])
@pytest.mark.parametrize("mark", ["~", "\n", "\x1c"])
def test_other_versions_and_delimiters_are_written(version: str, mark: str) -> None:
    marks = Delimiters(element="|", component=":", segment=mark, repetition="^")
    envelope = replace(ENVELOPE, version=version, marks=marks)
    bill = invoice.Invoice(
        number="I-1", invoiced_on=AT.date(), order="PO-1", currency="USD", lines=(RED,), total=Decimal(123)
    )
    [one] = through(invoice.write(bill), envelope=envelope)
    assert invoice.read(one).total == 123


def test_delimiters_in_data_are_cleaned_from_text_and_refused_elsewhere() -> None:
    assert plain("50* off~now: Größe\n 3", 80) == "50 off now: Groe 3"
    draft = Draft("850", "PO")
    draft.add("BEG", "00", "SA", "PO*1")
    with pytest.raises(Unwritable, match=r"BEG03 'PO\*1' holds a character that cannot be written"):
        interchange([draft], ENVELOPE)
    with pytest.raises(Unwritable, match="is no sender or receiver"):
        interchange([draft], replace(ENVELOPE, sender=("Z", "ACME")))
    with pytest.raises(Unwritable, match="is no control number"):
        stamp(b"", 1_000_000_000, AT)


def test_numbers_are_written_without_exponents_and_cents_exactly() -> None:
    values: list[Decimal | int] = [Decimal("10.500"), Decimal("1E+3"), Decimal("-0.0"), 7, Decimal("0.05")]
    assert [number(each) for each in values] == ["10.5", "1000", "0", "7", "0.05"]
    assert [cents(Decimal(each)) for each in ("1.5", "-0.05", "0")] == ["150", "-5", "0"]
    with pytest.raises(Unwritable, match="more than two decimals"):
        cents(Decimal("1.005"))


# -- 855 -----------------------------------------------------------------------------------------------


def test_an_acknowledgement_says_of_each_line_what_becomes_of_it() -> None:
    lines = (
        order_acknowledgement.AnsweredLine(item=RED, answers=(("IQ", Decimal(8)),)),
        order_acknowledgement.AnsweredLine(item=BLUE, answers=(("IR", Decimal(3)),)),
    )
    said = order_acknowledgement.OrderAcknowledgement(
        order="PO-1", ordered_on=date(2026, 5, 4), kind=order_acknowledgement.kind_of(lines), lines=lines,
        our_number="BERGMANN-PO-1", answered_on=AT.date(),
    )  # fmt: skip
    [one] = through(order_acknowledgement.write(said))
    assert order_acknowledgement.read(one) == replace(
        said, lines=(replace(lines[0], item=replace(RED)), lines[1])
    )  # fmt: skip
    assert (said.kind, said.summary) == ("AC", "order PO-1 is accepted, 1 lines rejected, 1 lines changed")


def test_acknowledgements_of_others_are_understood(shared_data: Path) -> None:
    said = {}
    for path in sorted((shared_data / "edi_x12").rglob("*855*pass*")):
        for _, one in read(path.read_bytes()).interchanges[0].sets:
            said[path.stem.split("__")[-1]] = order_acknowledgement.read(one).summary
    assert said == {
        "1": "order 1D711419 is accepted",
        "basic-po-ack-accepted": "order XX-1234 is accepted",
        "basic-po-ack-rejected": "order XX-1234 is rejected",
        "po-ack-minor-changes": "order XX-1234 is accepted, 1 lines rejected, 1 lines changed",
        "po-ack-ship-details": "order XX-1234 is accepted",
    }


# -- 856 -----------------------------------------------------------------------------------------------


def test_a_ship_notice_keeps_orders_cartons_and_items() -> None:
    sscc = ship_notice.sscc_18("0614141", 123456789)
    packs = (
        ship_notice.Pack(items=(replace(RED, price=None),), sscc=sscc, tracking="1Z01"),
        ship_notice.Pack(items=(replace(BLUE, price=None),), tracking="1Z02"),
    )
    order = ship_notice.NoticeOrder(number="PO-1", packs=packs, ordered_on="2026-05-04")
    notice = ship_notice.ShipNotice(
        number="S-1", orders=(order,), shipped_at=AT, carrier="UPSN", tracking="1Z01", parties=(STORE,)
    )
    [one] = through(ship_notice.write(notice, AT))
    found = ship_notice.read(one)
    assert (found.number, found.carrier, found.tracking, found.parties) == ("S-1", "UPSN", "1Z01", (STORE,))
    assert found.orders == (order,)
    assert found.dates == (("011", "2026-05-06"),)


def test_an_sscc_has_the_check_digit_of_gs1() -> None:
    assert ship_notice.sscc_18("0614141", 192837465, extension=1) == "106141411928374657"
    assert ship_notice.check_digit("629104150021") == 3
    with pytest.raises(ValueError, match="make no SSCC"):
        ship_notice.sscc_18("06141", 1)


def test_notices_of_others_are_understood(shared_data: Path) -> None:
    [path] = (shared_data / "edi_x12").rglob("002001__SH856*")
    read_sets = [one for _, one in read(path.read_bytes()).interchanges[0].sets]
    units = [[(order.number, str(item.quantity)) for order, item in ship_notice.read(one).items] for one in read_sets]
    assert units[0] == [("RG61372", "1000"), ("SH89457", "176"), ("SG88287", "100"), ("SH75457", "156")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("HL*1**S", "HL*1*1*I"), "two levels (HL01) have the same number"),
        (("HL*1**S", "HL*2*9*I", "LIN**VN*RED", "SN1**1*EA"), "lies under level 9, which there is not"),
        (("HL*1*2*S", "HL*2*1*I", "LIN**VN*RED", "SN1**1*EA"), "lead in a circle"),
    ],
)
def test_levels_that_do_not_fit_together_are_refused(lines: tuple[str, ...], words: str) -> None:
    body = edi(("BSN*00*S1*20260506*0900", *lines), code="856", group="SH")
    [(_, one)] = read(body).interchanges[0].sets
    with pytest.raises(Unreadable) as caught:
        ship_notice.read(one)
    assert words in str(caught.value)


# -- 810 -----------------------------------------------------------------------------------------------


def test_an_invoice_adds_up_to_the_cent() -> None:
    charges = (
        invoice.Charge(kind="shipping", amount=Decimal("8.00"), description="Freight"),
        invoice.Charge(kind="discount", amount=Decimal("-2.50"), description="Terms"),
        invoice.Charge(kind="tax", amount=Decimal("1.10")),
        invoice.Charge(kind="rounding", amount=Decimal("0.0001")),
    )
    bill = invoice.Invoice(
        number="I-1", invoiced_on=AT.date(), order="PO-1", currency="USD", lines=(RED, BLUE), charges=charges,
        total=Decimal("130.60"), parties=(STORE,), ordered_on="2026-05-04",
    )  # fmt: skip
    [one] = through(invoice.write(bill))
    assert [segment.elements[0] for segment in one.segments if segment.name == "TDS"] == ["13060"]
    found = invoice.read(one)
    assert (found.total, found.order, found.lines) == (Decimal("130.60"), "PO-1", (RED, BLUE))
    assert sorted(each.kind for each in found.charges) == ["discount", "shipping", "tax"]
    with pytest.raises(Unreadable, match=r"the invoice to 130\.99"):
        invoice.write(replace(bill, total=Decimal("130.99")))


def test_invoices_of_others_are_added_up(shared_data: Path) -> None:
    [path] = (shared_data / "edi_x12").rglob("*810*pass*")
    [(_, one)] = read(path.read_bytes()).interchanges[0].sets
    assert invoice.read(one).total == Decimal("285.66")
    [(_, wrong)] = read(path.read_bytes().replace(b"28566", b"28567")).interchanges[0].sets
    with pytest.raises(Unreadable, match=r"lines and charges come to 285\.66, TDS01 says 285\.67"):
        invoice.read(wrong)


@given(
    st.lists(st.tuples(st.integers(1, 999), st.decimals(0, 9999, places=2)), min_size=1, max_size=8),
    st.decimals(-50, 50, places=2),
)
def test_any_invoice_of_whole_cents_is_read_as_it_was_written(
    lines: list[tuple[int, Decimal]], charge: Decimal
) -> None:  # fmt: skip
    items = tuple(
        Item(number=str(place), quantity=Decimal(units), unit="EA", price=price, products=(("VN", "X"),))
        for place, (units, price) in enumerate(lines, 1)
    )
    charges = (invoice.Charge(kind="fee", amount=charge),)
    total = sum((Decimal(units) * price for units, price in lines), Decimal(0)) + charge
    bill = invoice.Invoice(
        number="I", invoiced_on=AT.date(), order="P", currency="USD", lines=items, charges=charges, total=total
    )
    [one] = through(invoice.write(bill))
    assert invoice.read(one).total == total


# -- 846 -----------------------------------------------------------------------------------------------


def test_stock_is_written_and_read() -> None:
    [one] = through(stock.write(reference="R1", at=AT, levels=[("RED", 5), ("BLUE", 0)], location="KAS"))
    found, left_out = stock.rows(one, "UTC")
    assert left_out == ()
    assert [(row.location, row.products, row.quantity, row.as_of) for row in found] == [
        ("KAS", (("SK", "RED"),), 5, AT), ("KAS", (("SK", "BLUE"),), 0, AT),
    ]  # fmt: skip


def test_stock_by_store_and_kind_is_read() -> None:
    lines = (
        "BIA*00*DD*R1*20260506*0930", "N1*WH*Main*92*DC1", "LIN*1*SK*RED", "QTY*33*7*EA", "QTY*17*9*EA",
        "LIN*2*SK*BLUE", "SDQ*EA*92*0001*2*0002*1", "LIN*3*SK*GREEN", "N1*WH*Other*92*DC2", "QTY*33*4*EA",
        "LIN*4*SK*GREY", "QTY*29*4*EA", "CTT*4",
    )  # fmt: skip
    [(_, one)] = read(edi(lines, code="846", group="IB")).interchanges[0].sets
    found, left_out = stock.rows(one, "UTC")
    assert [(row.location, row.products[0][1], row.quantity) for row in found] == [
        ("DC1", "RED", 9), ("0001", "BLUE", 2), ("0002", "BLUE", 1), ("DC2", "GREEN", 4),
    ]  # fmt: skip
    assert left_out == ("line 4 has no quantity",)


# -- 997 -----------------------------------------------------------------------------------------------


def test_what_arrives_is_acknowledged_with_the_faults_of_each_segment() -> None:
    bad = order_of("PO-7002", replaced=("PO1*2*3*EA*12.5", "PO1*2*x*EA*12.5"))
    [each] = read(edi(ORDER, bad)).interchanges
    lines = stamp(answer(each) or b"", 7, AT).decode().splitlines()
    assert lines[2:-2] == [
        "ST*997*0001~", "AK1*PO*41~", "AK2*850*0001~", "AK5*A~", "AK2*850*0002~", "AK3*PO1*13**8~", "AK4*2**6*x~",
        "AK5*R*5~", "AK9*P*2*2*1~", "SE*10*0001~",
    ]  # fmt: skip
    [(_, one)] = read("\n".join(lines).encode()).interchanges[0].sets
    assert [(said.document, said.status, said.text) for said in answers_in(one)] == [
        ("850 0001", "A", ""),
        ("850 0002", "R", "element 2 of PO1 in segment 13 has a wrong character: 'x'; segments are in error"),
        ("", "P", "1 of 2 documents accepted"),
    ]


def test_an_interchange_that_is_refused_or_asks_for_it_gets_a_ta1() -> None:
    [asked] = read(edi(ORDER, ack="1")).interchanges
    assert b"TA1*000000041*260504*1030*A*000~" in (answer(asked) or b"")
    [broken] = read(edi(ORDER).replace(b"IEA*1*000000041", b"IEA*1*000000042")).interchanges
    reply = answer(broken) or b""
    assert b"TA1*000000041*260504*1030*R*001~" in reply
    assert b"AK5*R~\nAK9*R*1*1*0~" in reply


def test_acknowledgements_are_not_acknowledged() -> None:
    [each] = read(edi(("AK1*PO*1", "AK9*A*1*1*1"), code="997", group="FA")).interchanges
    assert answer(each) is None
