"""What the standard says of segments and of the documents made of them, as far as retail orders need it.

An element is written ``!`` when it is mandatory, then its type and its least and greatest length. Lengths are the
widest of versions 002001 to 005010, so that no partner is refused for the version that it speaks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Element:
    """``kind``: AN text, ID code, R decimal, N0 to N4 number with that many implied decimals, DT date, TM time."""

    mandatory: bool
    kind: str
    least: int
    most: int


_DATE, _TIME = "DT6-8", "TM4-8"
_TEXT, _CODE, _SUM = "AN1-80", "ID1-10", "R1-18"
#: Pairs of qualifier and product number that PO1, LIN, IT1, ACK and others end with.
_PAIRS = " ".join(["ID2 AN1-80"] * 10)

_ELEMENTS: dict[str, str] = {
    "ST": "!ID3 !AN4-9 AN1-35",
    "SE": "!N0:1-10 !AN4-9",
    # purchase orders, changes and their acknowledgements
    "BEG": f"!ID2 !ID2 !AN1-30 AN1-30 !{_DATE} AN1-30 ID2 ID2-3 ID1-2 ID3 ID2 ID2-10",
    "BCH": f"!ID2 !ID2 !AN1-30 AN1-30 AN1-8 {_DATE} AN1-30 AN1-30 AN1-30 {_DATE} {_DATE} ID2-3 ID1-2",
    "BAK": f"!ID2 !ID2 !AN1-30 !{_DATE} AN1-30 AN1-30 AN1-30 AN1-30 {_DATE} ID2 {_CODE}",
    "CUR": "!ID2-3 !ID3 R4-10 ID2-3 ID3 ID3 " + " ".join([f"ID3 {_DATE} {_TIME}"] * 5),
    "REF": "!ID2-3 AN1-50 AN1-80 AN1-200",
    "PER": "!ID2 AN1-60 ID2 AN1-256 ID2 AN1-256 ID2 AN1-256 AN1-20",
    "TAX": "AN1-20 " + " ".join(["ID1-2 AN1-30"] * 5) + " ID1 ID1 AN1-30",
    "FOB": "!ID2 ID1-2 AN1-80 ID2 ID3 ID1-2 AN1-80 ID2 AN1-80",
    "CSH": f"ID1-2 ID1-2 R1-18 AN1-35 {_DATE} ID2 AN1-10 ID1-2 R1-10",
    "SAC": "!ID1 ID4 ID2 AN1-10 N2:1-15 ID1 R1-6 R1-9 ID2 R1-15 R1-15 ID2 AN1-30 AN1-20 AN1-80 ID2-3",
    "ITA": f"!ID1 ID2 ID2-10 ID2 AN1-16 {_SUM} N2:1-15 ID1 R1-6 R1-15 ID2 R1-10 AN1-80 ID3 ID2 R1-10 R1-15",
    "DIS": "!ID3 !ID2 !R1-10 !ID2 !R1-10 R1-10",
    "ITD": f"ID2 ID1-2 R1-6 {_DATE} N0:1-3 {_DATE} N0:1-3 N2:1-10 {_DATE} N2:1-10 R1-5 AN1-80 N0:1-2 ID2 R1-10",
    "DTM": f"!ID3 {_DATE} {_TIME} ID2 AN2-35 AN1-35",
    "LDT": f"!ID2 !R1-10 !ID2 {_DATE}",
    "PID": "!ID1 ID2-3 ID2 AN1-12 AN1-80 ID2 AN1-15 ID1 ID2-3",
    "MEA": "ID2 ID1-3 R1-20 - R1-20 R1-20 ID2 ID2 ID2 ID2-4 ID1 ID2-4",
    "PWK": "!ID2 ID1-2 N0:1-2 ID2-3 ID1-2 AN2-80 AN1-80 - ID1-2",
    "PKG": "ID1 ID1-3 ID2 AN1-7 AN1-80 ID2",
    "TD1": "AN3-5 N0:1-7 ID1 AN1-30 AN1-50 ID1-2 R1-10 ID2 R1-8 ID2",
    "TD5": "ID1-2 ID1-2 AN2-80 ID1-2 AN1-35 ID2 ID1-2 AN1-30 ID2 ID2 R1-4 ID2 ID2 ID2 ID2-3",
    "TD3": "ID2 AN1-4 AN1-17 ID2 R1-10 ID2 ID1-3 ID1-2 AN2-15 ID4",
    "TD4": "ID2-3 ID1 ID1-4 AN1-80 ID1",
    "MAN": "!ID1-2 !AN1-48 AN1-48 ID1-2 AN1-48 AN1-48",
    "TXI": "!ID2 R1-18 R1-10 ID2 AN1-10 ID1 ID1 R1-9 AN1-20 AN1-20",
    "AMT": "!ID1-3 !R1-18 ID1",
    "N9": f"!ID2-3 AN1-50 AN1-45 {_DATE} {_TIME} ID2 -",
    "MSG": "!AN1-264 ID2 N0:1-9",
    "NTE": "ID3 !AN1-80",
    "N1": "!ID2-3 AN1-60 ID1-2 AN2-80 ID2 ID2-3",
    "N2": "!AN1-60 AN1-60",
    "N3": "!AN1-55 AN1-55",
    "N4": "AN2-30 ID2-3 ID3-15 ID2-3 ID1-2 AN1-30 ID1-3",
    "G61": "!ID2 !AN1-60 ID2 AN1-256 AN1-20",
    "PO1": f"AN1-20 R1-15 ID2 R1-17 ID2 {_PAIRS}",
    "POC": f"AN1-20 !ID2 R1-15 R1-9 - R1-17 ID2 {_PAIRS}",
    "PO3": f"!ID2 {_DATE} ID3 R1-17 ID2 R1-15 ID2 AN1-80",
    "PO4": "N0:1-6 R1-8 ID2 ID2-5 ID1-2 R1-9 ID2 R1-9 ID2 R1-8 R1-8 R1-8 ID2 N0:1-6",
    "CTP": "ID2 ID3 R1-17 R1-15 - ID3 R1-10 R1-18 ID2 ID3 N0:1-2",
    "SCH": f"!R1-15 !ID2 ID2-3 AN1-60 !ID3 !{_DATE} {_TIME} ID3 {_DATE} {_TIME} AN1-45 AN1-20",
    "QTY": "!ID2 R1-15 - AN1-30",
    "SDQ": "!ID2 ID1-2 " + " ".join(["AN1-80 R1-15"] * 10) + " AN1-30",
    "SLN": f"!AN1-20 AN1-20 !ID1 R1-15 - R1-17 ID2 ID1 {_PAIRS}",
    "ACK": f"!ID2 R1-15 ID2 ID3 {_DATE} AN1-45 {_PAIRS} ID2 AN1-15 AN1-80",
    "CTT": "!N0:1-6 R1-10 R1-10 ID2 R1-8 ID2 AN1-80",
    # ship notices
    "BSN": f"!ID2 !AN2-30 !{_DATE} {_TIME} ID4 ID2 ID3",
    "HL": "!AN1-12 AN1-12 !ID1-2 ID1",
    "LIN": f"AN1-20 {_PAIRS} " + " ".join(["ID2 AN1-80"] * 5),
    "SN1": "AN1-20 !R1-10 !ID2 R1-15 R1-15 ID2 ID1 ID2",
    "PRF": f"!AN1-30 AN1-30 AN1-8 {_DATE} AN1-20 AN1-30 ID2",
    # invoices
    "BIG": f"!{_DATE} !AN1-30 {_DATE} AN1-30 AN1-30 AN1-8 ID2 ID1-2 ID1-2 AN1-30 {_DATE}",
    "IT1": f"AN1-20 R1-15 ID2 R1-17 ID2 {_PAIRS}",
    "TDS": "!N2:1-15 N2:1-15 N2:1-15 N2:1-15",
    "CAD": "ID1-2 AN1-4 AN1-17 ID2-4 AN1-35 ID1-2 ID2-3 AN1-50 ID2",
    "ISS": "R1-10 ID2 R1-10 ID2 R1-8 ID2",
    "IT3": f"R1-10 ID2 ID2 {_DATE} ID2",
    # stock
    "BIA": f"!ID2 !ID2 !AN1-50 !{_DATE} {_TIME} ID1-2",
    # acknowledgements of any document
    "AK1": "!ID2 !N0:1-9 AN1-12",
    "AK2": "!ID3 !AN4-9 AN1-35",
    "AK3": "!ID2-3 !N0:1-10 AN1-6 ID1-3",
    "AK4": "!- N0:1-4 !ID1-3 AN1-99",
    "AK5": "!ID1 " + " ".join(["ID1-3"] * 5),
    "AK9": "!ID1 !N0:1-6 !N0:1-6 !N0:1-6 " + " ".join(["ID1-3"] * 5),
}

#: Segments that are worked on: what is wrong inside them refuses their document. In others it is a note, but for an
#: element that has to be there.
WORKED_ON = frozenset(
    (
        "ST", "SE", "BEG", "BCH", "BAK", "BSN", "BIG", "BIA", "CUR", "DTM", "N1", "N3", "N4", "PO1", "POC", "IT1",
        "LIN", "SN1", "HL", "PRF", "ACK", "CTP", "SAC", "ITA", "TXI", "AMT", "CTT", "TDS", "QTY", "AK1", "AK2", "AK3",
        "AK4", "AK5", "AK9",
    )
)  # fmt: skip

_SPECIFICATION = re.compile(r"(!?)(AN|ID|R|N[0-9]:|DT|TM)([0-9]+)(?:-([0-9]+))?")

#: Segments of the standard that may stand in an order, a notice or an invoice and say nothing that is used.
_UNUSED = frozenset(
    (
        "ACT", "ADV", "AIN", "BLN", "CB1", "CLD", "CN1", "CRC", "CS", "CTB", "DAM", "DD", "DEX", "EFI", "EM", "FA1",
        "FA2", "FC", "FIX", "FTH", "G35", "G39", "G53", "G62", "GF", "IN1", "IN2", "INC", "INV", "IT8", "ITM", "J2X",
        "LE", "LM", "LQ", "LS", "LT", "LX", "NCD", "NM1", "NX2", "PAD", "PAL", "PAM", "PCT", "PD", "PRJ", "PS", "PYD",
        "R2", "R4", "RCD", "RED", "SI", "SN2", "SPI", "SPY", "SR", "SSS", "STC", "TC2", "TRF", "TSD", "UD4", "UIT",
        "USI", "V1", "V4", "X1", "X2", "YNQ", "ZA",
    )
)  # fmt: skip


@cache
def elements_of(name: str) -> tuple[Element | None, ...] | None:
    """The elements of a segment, None for one that is not looked into; None where the segment is not described."""
    written = _ELEMENTS.get(name)
    return None if written is None else tuple(_element(each) for each in written.split())


def _element(written: str) -> Element | None:
    if written == "-":
        return None
    if written == "!-":
        return Element(True, "AN", 1, 80)
    found = _SPECIFICATION.fullmatch(written)
    if found is None:
        raise ValueError(written)
    mandatory, kind, least, most = found.groups()
    return Element(bool(mandatory), kind.rstrip(":"), int(least), int(most or least))


@dataclass(frozen=True, slots=True)
class Document:
    """A transaction set: what it begins with, what opens its detail, and what may stand in each area.

    ``detail`` opens the detail; ``needed`` says whether there has to be one. ``summary`` opens the summary.
    """

    code: str
    title: str
    group: str
    begins: str
    detail: str
    needed: bool
    summary: tuple[str, ...]
    heading: frozenset[str]
    body: frozenset[str]
    tail: frozenset[str]
    mandatory: tuple[str, ...] = ()


_PARTIES = "N1 N2 N3 N4 NX2 REF PER G61 FOB TD1 TD5 TD3 TD4 PKG SI MAN"
_ORDER_HEADING = (
    f"{_PARTIES} CUR TAX CTP PAM CSH SAC ITA DIS INC ITD DTM LDT LIN PID MEA PWK PCT CTB TXI LM LQ SPI N9 MSG NTE AMT "
    "ADV CB1 FA1 FA2 EFI RED FTH G35 QTY DD IN1 IN2 IT3"
)
_ORDER_BODY = (
    f"{_PARTIES} CUR TAX CTP PAM CSH SAC ITA DIS INC ITD DTM LDT LIN PID MEA PWK PO3 PO4 IT8 IT3 SDQ QTY SCH TXI CTB "
    "N9 MSG NTE SPI LM LQ AMT PCT CN1 SLN TC2 ADV CB1 FA1 FA2 EFI PAD LS LE LX USI DD NM1 R2 YNQ SN1 LT V1 SR"
)
_NOTICE_BODY = (
    f"{_PARTIES} HL LIN SN1 SLN PRF PO4 PID MEA PWK LDT DTM CUR ITD SAC AMT CAD TSD PAL CLD YNQ LM LQ V1 R4 G53 SDQ "
    "QTY NTE MSG N9 TXI IT3 EFI CB1 PCT PAD ZA LFH SPI GF ETD CTP DTP IT1 LS LE TC2 CRC UIT NM1 J2X ATH"
)
_INVOICE_HEADING = (
    f"{_PARTIES} NTE CUR YNQ ITD DTM PID MEA PWK N9 MSG V1 R4 LQ LM BAL INC PAM CRC TXI SAC ITA LS LE NM1 FA1 FA2 SPI"
)
_INVOICE_BODY = (
    f"{_PARTIES} IT1 CRC QTY CUR IT3 TXI CTP PAM MEA PID PWK PO4 ITD DTM CAD SR LM LQ SAC ITA SLN V1 R4 FA1 FA2 NM1 "
    "LS LE MSG N9 NTE YNQ"
)
_STOCK = (
    f"{_PARTIES} DTM PID MEA LDT CTP QTY SCH SDQ UIT SAC CUR DD PO3 PO4 CS LIN LS LE NM1 LM LQ N9 MSG PWK NTE ZA YNQ "
    "SLN AMT LX"
)


def _document(
    code: str, title: str, group: str, begins: str, detail: str, heading: str, body: str, tail: str, *,
    needed: bool = True, mandatory: tuple[str, ...] = (),
) -> Document:  # fmt: skip
    opening = tail.split()
    return Document(
        code, title, group, begins, detail, needed, tuple(opening[:1]), frozenset(heading.split()),
        frozenset([detail, *body.split()]), frozenset(opening), mandatory,
    )  # fmt: skip


DOCUMENTS = {
    each.code: each
    for each in (
        _document("850", "purchase order", "PO", "BEG", "PO1", _ORDER_HEADING, _ORDER_BODY, "CTT AMT SPI"),
        _document(
            "860", "purchase order change", "PC", "BCH", "POC", _ORDER_HEADING, _ORDER_BODY, "CTT AMT SPI",
            needed=False,
        ),
        _document(
            "855", "purchase order acknowledgement", "PR", "BAK", "PO1", _ORDER_HEADING, f"{_ORDER_BODY} ACK",
            "CTT AMT SPI", needed=False,
        ),
        _document("856", "ship notice", "SH", "BSN", "HL", "DTM REF", _NOTICE_BODY, "CTT"),
        _document(
            "810", "invoice", "IN", "BIG", "IT1", _INVOICE_HEADING, _INVOICE_BODY,
            "TDS TXI CAD AMT SAC ITA ISS PID CTT", needed=False, mandatory=("TDS",),
        ),
        _document("846", "inventory advice", "IB", "BIA", "LIN", _STOCK, _STOCK, "CTT"),
        _document(
            "997", "functional acknowledgement", "FA", "AK1", "AK2", "", "AK3 AK4 AK5", "AK9", needed=False,
            mandatory=("AK9",),
        ),
    )
}  # fmt: skip

#: Kinds of documents that are known by name and not worked on.
TITLES = {
    "204": "motor carrier load tender", "810": "invoice", "812": "credit or debit adjustment", "816": "organisations",
    "820": "payment order", "824": "application advice", "830": "planning schedule", "832": "price catalogue",
    "840": "request for quotation", "843": "quotation", "844": "product transfer", "849": "response to transfer",
    "852": "product activity", "862": "shipping schedule", "864": "text message", "865": "answer to a change",
    "867": "resale report", "869": "order status inquiry", "870": "order status report",
    "875": "grocery order", "880": "grocery invoice", "940": "warehouse shipping order", "943": "stock transfer notice",
    "944": "stock transfer receipt", "945": "warehouse shipping advice", "947": "warehouse adjustment",
    "999": "implementation acknowledgement",
}  # fmt: skip


def title_of(code: str) -> str:
    """What people call a kind of document."""
    known = DOCUMENTS.get(code)
    return known.title if known else TITLES.get(code, "document")


def in_standard(name: str) -> bool:
    """Whether the standard has a segment of this name, as far as is known here."""
    return name in _ELEMENTS or name in _UNUSED
