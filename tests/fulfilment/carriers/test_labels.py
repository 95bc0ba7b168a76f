"""Labels: what a scanner reads off them is the tracking number, and people read the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.carriers.domain.adapter import Address
from fulfilment.carriers.domain.tracking_numbers import own_number
from fulfilment.carriers.labels import Label, label_pdf, label_zpl, manifest_pdf
from fulfilment.carriers.labels.label import ManifestLine, ManifestSheet, bars

#: Widths of the bars and spaces of each symbol character, by its value (ISO/IEC 15417, table 1).
_WIDTHS = re.findall(
    r"\d{6}",
    """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
    123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
    232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
    111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
    111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232
    """,
)
_STOP = "2331112"
_START_A, _START_B, _START_C = 103, 104, 105
_CODE_C, _CODE_B, _CODE_A = 99, 100, 101

LABEL = Label(
    carrier="Cheap Post",
    service="Standard",
    tracking_number=own_number("TR", 42),
    ship_from=Address("Soho", "1 Beak Street", "London", "W1F 9TW", "GB"),
    ship_to=Address("Zoë Łukasz ^FS", "1 High Street", "London", "E1 6AN", "GB"),
    reference="WEB-7",
    piece=1,
    pieces=2,
    grams=1200,
    collected_on=date(2026, 3, 2),
)


def scanned(modules: str) -> str:
    """What a scanner reads: the widths of bars and spaces, the check character proved."""
    widths = "".join(str(len(list(run))) for _, run in groupby(modules))
    assert widths.endswith(_STOP)
    values = [_WIDTHS.index(widths[at : at + 6]) for at in range(0, len(widths) - len(_STOP), 6)]
    *body, check = values
    assert check == (body[0] + sum(place * value for place, value in enumerate(body[1:], 1))) % 103
    text, table = "", {_START_A: "A", _START_B: "B", _START_C: "C"}[body[0]]
    for value in body[1:]:
        if table == "C" and value < 100:
            text += f"{value:02}"
        elif value in (_CODE_C, _CODE_B, _CODE_A):
            table = {_CODE_C: "C", _CODE_B: "B", _CODE_A: "A"}[value]
        else:
            text += chr(value + 32)
    return text


def drawn_bars(pdf: bytes) -> str:
    """The modules of the widest row of rectangles in a PDF, measured off the page."""
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f", pdf)
    rectangles = [tuple(float(number) for number in item) for item in found]
    bottom = 0.75 * 72
    row = sorted((left, width) for left, low, width, _ in rectangles if abs(low - bottom) < 0.5)
    module = min(width for _, width in row)
    modules = ""
    for left, width in row:
        modules += "0" * (round((left - row[0][0]) / module) - len(modules)) + "1" * round(width / module)
    return modules


def test_the_bars_on_the_page_are_the_tracking_number() -> None:
    assert scanned(drawn_bars(label_pdf(LABEL))) == LABEL.tracking_number == "TR000000004269"


@given(st.integers(1, 10**10 - 1), st.sampled_from(["TR", "OF"]))
def test_every_number_of_ours_is_read_back(serial: int, prefix: str) -> None:
    number = own_number(prefix, serial)
    assert scanned(bars(number)) == number


@pytest.mark.parametrize("number", ["1Z5R89390357567127", "RB123456785GB", "420787459400111206206406260787", "A"])
def test_numbers_of_couriers_are_read_back(number: str) -> None:
    assert scanned(bars(number)) == number


def texts(pdf: bytes) -> str:
    return "\n".join(
        re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), item).decode("cp1252")
        for item in re.findall(rb"\((.*?)\) Tj", pdf)
    )


def test_the_label_says_everything_people_need() -> None:
    pdf = label_pdf(LABEL)
    shown = texts(pdf)
    for text in (
        "Soho", "W1F 9TW London", "1 High Street", "E1 6AN London", "GB", "Standard", "Cheap Post", "Order WEB-7",
        "Piece 1 of 2", "1.200 kg", "02 Mar 2026", "TR000000004269",
    ):  # fmt: skip
        assert text in shown
    assert b"/MediaBox [ 0 0 288 432 ]" in pdf  # 4 by 6 inches


def test_letters_that_the_font_lacks_lose_their_accents() -> None:
    assert "Zoë Lukasz" in texts(label_pdf(LABEL))
    greek = replace(LABEL, ship_to=replace(LABEL.ship_to, name="Δ Novák Žižka"))
    assert "? Novák Žižka" in texts(label_pdf(greek))


def test_the_same_label_is_the_same_bytes() -> None:
    assert label_pdf(LABEL) == label_pdf(replace(LABEL))
    assert label_zpl(LABEL) == label_zpl(replace(LABEL))


def test_zpl_carries_the_number_in_its_barcode_field() -> None:
    zpl = label_zpl(LABEL)
    assert re.findall(r"\^BCN,280,N,N,N,A\^FD([^^]*)\^FS", zpl) == ["TR000000004269"]
    assert re.findall(r"\^BQN,2,4\^FH\^FDMA,([^^]*)\^FS", zpl) == ["TR000000004269 WEB-7"]
    assert zpl.startswith("^XA\n^CI28\n^PW812\n^LL1218\n")
    assert zpl.endswith("^XZ\n")
    assert zpl.count("^XA") == zpl.count("^XZ") == 1


def test_an_address_cannot_give_the_printer_commands() -> None:
    zpl = label_zpl(LABEL)
    assert "Zoë Łukasz _5EFS" in zpl
    assert zpl.count("^FS") == zpl.count("^FD") + zpl.count("^GB")
    assert "_7EDG" in label_zpl(replace(LABEL, service="~DG\n^XA"))


def test_a_name_that_is_too_long_is_made_smaller_and_cut() -> None:
    long = replace(LABEL.ship_to, name="The Very Honourable " * 12)
    assert "…" in texts(label_pdf(replace(LABEL, ship_to=long)))


def test_a_manifest_lists_every_parcel_over_its_pages() -> None:
    lines = [ManifestLine(own_number("TR", n), f"WEB-{n}", "Ada", "E1 6AN", "Standard", 500) for n in range(1, 86)]
    pdf = manifest_pdf(ManifestSheet("M1", "POST", "Soho (SOHO)", date(2026, 3, 2), lines))
    shown = texts(pdf)
    assert all(line.tracking_number in shown for line in lines)
    assert "page 3 of 3" in shown
    assert "85 parcels, 42.500 kg" in shown
    assert pdf == manifest_pdf(ManifestSheet("M1", "POST", "Soho (SOHO)", date(2026, 3, 2), lines))
