"""Documents as partners really write them: read to the cent and unit, or kept with a reason for people."""

from __future__ import annotations

import pytest

from orders.channels.x12.adapter import ADAPTER
from orders.channels.x12.syntax import split
from orders.domain.channel import Intake, Json, Message, NotWanted, OrderCancelled, OrderPlaced, Outcome, Unclear
from tests.factories.channels import total_of
from tests.factories.edi import ORDER, edi, setup_of

HEAD = "BEG*00*SA*PO-1**20260504"
SHIP_TO = ("N1*ST*Store 12*92*0012", "N3*12 Harbor St", "N4*Boston*MA*02110*US")
LINE = "PO1*1*4*EA*2.5**VN*RED"


def read(body: bytes, **options: Json) -> tuple[Intake, ...]:
    return ADAPTER.read(Message(body, "application/edi-x12"), setup_of(**options))


def order_of(*lines: str, head: str = HEAD, version: str = "004010") -> bytes:
    return edi((head, *SHIP_TO, *lines), version=version)


def taken(body: bytes, **options: Json) -> OrderPlaced:
    [found] = read(body, **options)
    assert isinstance(found, OrderPlaced), found
    assert (total_of(found.order), found.doubt) == (found.stated_total, "")
    return found


def reason(body: bytes, **options: Json) -> str:
    [found] = read(body, **options)
    assert isinstance(found, Unclear), found
    return found.reason.removeprefix("850 0001: ")


@pytest.mark.parametrize(
    ("lines", "sold", "total"),
    [
        (("PO1*1*4*EA*2.5**UP*012345678905", "CTT*1"), [("012345678905", 4, "2.5")], "10"),
        (("PO1*1*4*EA*2.5*WE*BP*B77*VN*RED*EN*4006381333931*SK*S1", "PO1*2*1*EA*3*LE*BP*B78", "CTT*2"),
         [("RED", 4, "2.5"), ("B78", 1, "3")], "13"),
        (("PO1*1*4*EA***VN*RED", "CTP**UCP*2.5", "CTT*1"), [("RED", 4, "2.5")], "10"),
        (("PO1*1*4*EA***VN*RED", "CTP*RS*RES*9.99", "CTP*WS*UCP*2.5", "CTT*1"), [("RED", 4, "2.5")], "10"),
        (("PO1*1*4*EA*2.5**VN*RED", "CTP*RS*MSR*9.99", "CTT*1"), [("RED", 4, "2.5")], "10"),
        (("PO1*1*250*EA*12.5*HP*VN*RED", "CTT*1"), [("RED", 250, "0.125")], "31.25"),
        (("PO1*1*3*EA*3.33333**VN*RED", "CTT*1"), [("RED", 3, "3.3333")], "10"),
        (("PO1**4*EA*2.5**VN*RED", "PO1**1*EA*3**VN*BLUE", "CTT*2*5"), [("RED", 4, "2.5"), ("BLUE", 1, "3")], "13"),
        (("PO1*1*0*EA*2.5**VN*RED", "PO1*2*1*EA*2.5**VN*BLUE", "CTT*2"), [("BLUE", 1, "2.5")], "2.5"),
        (("PO1*1*4*EA*0**VN*RED",), [("RED", 4, "0")], "0"),
        (("PO1*1*10*EA*10**VN*RED", "SAC*A*F800***500********Promo", "SAC*C*D500***250********Handling", "CTT*1"),
         [("RED", 10, "10")], "97.5"),
        (("PO1*1*10*EA*10**VN*RED", "SAC*A*C310******.5*EA*10", "CTT*1"), [("RED", 10, "10")], "95"),
        (("PO1*1*10*EA*10**VN*RED", "ITA*A**DI**02**1000", "CTT*1"), [("RED", 10, "10")], "90"),
        (("PO1*1*10*EA*10**VN*RED", "ITA*C*ZZ*D240*02****Z*5", "CTT*1", "AMT*TT*105"),
         [("RED", 10, "10")], "105"),
        (("PO1*1*4*EA*25**VN*RED", "TXI*ST*8.25**CD*MA**A", "CTT*1", "AMT*TT*108.25"), [("RED", 4, "25")], "108.25"),
        (("PO1*1*4*EA*2.5**VN*RED", "SCH*2*EA***002*20260511", "SCH*2*EA***002*20260518", "CTT*1"),
         [("RED", 4, "2.5")], "10"),
        (("PO1*1*1*EA*25**VN*KIT", "SLN*1**I*2*EA*5***VN*RED", "CTT*1"), [("KIT", 1, "25")], "25"),
    ],
)  # fmt: skip
def test_lines_and_charges_are_read_to_the_cent(
    lines: tuple[str, ...], sold: list[tuple[str, int, str]], total: str
) -> None:
    found = taken(order_of(*lines))
    assert [(line.sku, line.quantity, f"{line.unit_price.normalize():f}") for line in found.order.lines] == sold
    assert f"{found.stated_total.normalize():f}" == total


def test_allowances_of_the_whole_order_count_once() -> None:
    head = (HEAD, "SAC*A*C310****Z*10*****02***Volume", "ITA*A**FR**06**150", *SHIP_TO)
    found = taken(edi((*head, "PO1*1*10*EA*10**VN*RED", "CTT*1", "AMT*TT*88.5")))
    assert [(each.kind, f"{each.unit_price.normalize():f}", each.position) for each in found.order.charges] == [
        ("discount", "-10", 0), ("discount", "-1.5", 0),
    ]  # fmt: skip


def test_what_says_nothing_of_goods_and_money_does_not_matter() -> None:
    found = taken(edi((
        HEAD, "CUR*BY*USD", "REF*IA*1234", "PER*BD*Jane*TE*555", "TAX*123", "FOB*CC", "ITD*01*3*2**10**30",
        "DTM*002*20260511", "DTM*010*20260510*1200*ET", "TD5*O*2*FDXG*M*FedEx Ground*CC", "N9*L1*Note",
        "MSG*Handle with care", "N1*BT*HQ*9*123456789", "N1*SF*WH*92*77", *SHIP_TO, "PER*DC*Bob*EM*bob@example.com",
        LINE, "PID*F*08***Red lantern", "MEA*WT*G*1*LB", "CTT*1*4", "AMT*GV*999", "AMT*TT*10",
    )))  # fmt: skip
    assert (found.order.customer_reference, found.order.customer_email, found.method, found.ways) == (
        "bergmann:123456789", "bob@example.com", "FDXG", (("FedEx Ground", "FDXG"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("PO1*1*4*EA***VN*RED", "CTP*RS*RES*9.99"),
         "line 1 states the price for consumers alone (CTP02), not what the partner pays"),
        (("PO1*1*4*EA***VN*RED", "CTP**UCP*2.5", "CTP**CON*2.4"),
         "line 1 states different prices (CTP03) and none in PO104"),
        (("PO1*1*4*EA***VN*RED",), "line 1 has no price"),
        (("PO1*1*2*CA*30**VN*RED", "PO4*12*1*EA"),
         "line 1 is ordered in 'CA', and the channel does not say how many units that is: set its option units to "
         '{"CA": …}'),
        (("PO1*1*4.5*EA*2.5**VN*RED",), "the quantity of line 1 is 4.5, not a whole number of units"),
        (("PO1*1*-4*EA*2.5**VN*RED",), "line 1 (RED) has -4 units"),
        ((LINE, "SDQ*EA*92*0001*3*0002*1"),
         "line 1 is to be sent to several stores (SDQ): ask the partner for an order for each of them"),
        ((LINE, "N1*ST*Other*92*0099", "N3*9 Elm", "N4*Erie*PA*16501"),
         "its lines go to different places (N1 ST): ask the partner for an order for each of them"),
        ((LINE, "SAC*A*C310****Z*10*****02***Volume"),
         "'Volume' states no amount, and no total says what it comes to"),
        ((LINE, "CTT*1*5"), "CTT02 states 5 units, the lines come to 4"),
        ((LINE, "CTT*2"), "CTT01 states 2 lines, there are 1: a part of the order may be missing"),
        ((LINE, "AMT*1*10.01"), "line 1 comes to 10.0, its AMT says 10.01"),
        ((LINE, "CTT*1", "AMT*TT*11"),
         "lines and charges come to 10.00 USD, the platform says 11.00 USD: 1.00 USD cannot be explained"),
    ],
)  # fmt: skip
def test_what_is_not_certain_says_by_how_much_and_where(lines: tuple[str, ...], expected: str) -> None:
    assert reason(order_of(*lines)) == expected


def test_the_850_that_cancels_takes_the_order_back_and_is_not_accepted_as_an_order() -> None:
    body = order_of(LINE, "CTT*1", head="BEG*01*SA*PO-1**20260504")
    [found] = read(body)
    assert isinstance(found, OrderCancelled)
    assert (found.external_number, found.lines) == ("PO-1", ())
    sent = ADAPTER.acknowledge(Message(body), [Outcome("PO-1", "taken")], setup_of())
    assert [each.key for each in sent] == ["997/1"]


@pytest.mark.parametrize(
    "body",
    [
        edi(("BEG*01*SA*PO-1**20260504", LINE, "CTT*1"), usage="T"),
        edi(("BCH*01*SA*PO-1***20260505", "POC*1*DI*4*0*EA*2.5**VN*RED", "CTT*1"), code="860", group="PC", usage="T"),
    ],
)
def test_a_cancellation_that_comes_as_a_test_takes_nothing_back(body: bytes) -> None:
    assert reason(body) == "it comes as a test (ISA15 T): set the channel's option take_tests to take it"
    [found] = read(body, take_tests=True)
    assert isinstance(found, OrderCancelled)


@pytest.mark.parametrize("width", [40, 64, 80, 100])
@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
def test_files_that_were_wrapped_on_their_way_are_read(width: int, breaks: str) -> None:
    text = edi(ORDER).decode().replace("\n", "")
    wrapped = breaks.join(text[at : at + width] for at in range(0, len(text), width))
    for body in (wrapped, wrapped + breaks):
        assert taken(body.encode()).stated_total == taken(edi(ORDER)).stated_total


def test_versions_and_marks_of_5010_are_read() -> None:
    body = order_of(LINE, "CTT*1", version="005010").replace(b"*U*00401*", b"*^*00501*")
    assert taken(body).stated_total == 10
    assert taken(body.replace(b"~\n", b"\n")).stated_total == 10
    assert taken(body.replace(b"~\n", b"\r\n")).stated_total == 10
    assert split(body).interchanges[0].delimiters.repetition == "^"


def test_groups_are_judged_each_by_itself_and_in_their_order() -> None:
    lines = edi(ORDER).decode().split("~\n")
    change = ["GS*PC*BERGMANN*ACME*20260504*1030*43*X*004010", "ST*860*0001", "BCH*01*SA*PO-7001***20260505",
              "SE*3*0001", "GE*1*43"]  # fmt: skip
    strange = ["GS*RA*BERGMANN*ACME*20260504*1030*44*X*004010", "ST*820*0001", "BPR*C*1*C*ACH", "SE*3*0001", "GE*1*44"]
    body = "~\n".join([*lines[:-2], *change, *strange, "IEA*3*000000041", ""]).encode()
    found = read(body)
    assert [type(each) for each in found] == [OrderPlaced, OrderCancelled, NotWanted]


@pytest.mark.parametrize(
    ("code", "group", "lines", "expected"),
    [
        ("855", "PR", ("BAK*00*AC*PO-9*20260504", "PO1*1*10*EA*5**VN*RED", "ACK*IQ*8*EA*068*20260510", "CTT*1"),
         "the partner says: order PO-9 is accepted, 1 lines changed"),
        ("856", "SH", ("BSN*00*S1*20260504*1030*0001", "HL*1**S", "TD5**2*UPSN", "HL*2*1*O", "PRF*PO-9", "HL*3*2*P",
                       "MAN*GM*00000388080123456786", "HL*4*3*I", "LIN**VN*RED", "SN1**12*EA", "CTT*4"),
         "ship notice S1: 12 units in 1 orders"),
        ("856", "SH", ("BSN*00*S1*20260504*1030*0004", "HL*1**S", "HL*2*1*O", "PRF*PO-9", "HL*3*2*I", "LIN**SK*RED",
                       "SN1**5*EA", "CTT*4"),
         "856 0001: CTT01 states 4 levels (HL), there are 3: a part may be missing"),
        ("846", "IB", ("BIA*00*SI*R1*20260504*1200", "LIN*1*VN*RED", "QTY*33*12*EA", "LIN*2*VN*BLUE", "QTY*33*0*EA",
                       "CTT*2"), "stock of 2 products; take it with: manage.py edi take"),
        ("810", "IN", ("BIG*20260504*I1*20260501*PO-9", "IT1*1*4*EA*2.5**VN*RED", "TDS*1300", "TXI*ST*1",
                       "SAC*C*D240***200", "CTT*1"), "invoice I1 of 13.00 adds up"),
        ("810", "IN", ("BIG*20260504*I1*20260501*PO-9", "IT1*1*4*EA*2.5**VN*RED", "TDS*1100", "CTT*1"),
         "810 0001: lines and charges come to 10.0, TDS01 says 11.00"),
        ("860", "PC", ("BCH*04*SA*PO-1***20260505", "POC*1*QD*8*4*EA*10**VN*RED", "CTT*1"),
         "the partner changes its order, which is done by hand: line 1 is reduced (quantity 8, 4 left to receive, "
         "price 10)"),
    ],
)  # fmt: skip
def test_other_documents_are_read_and_kept_with_a_sentence(
    code: str, group: str, lines: tuple[str, ...], expected: str
) -> None:
    [found] = read(edi(lines, code=code, group=group))
    assert isinstance(found, Unclear | NotWanted)
    assert found.reason == expected
