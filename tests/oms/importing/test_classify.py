"""What one row becomes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from oms.importing.lines import LineOutcome, SourceLine

Read = Callable[..., list[SourceLine]]
GOOD = "1001,MUG,6,2.55,2026-03-14 08:26:00,White mug,17850,EIRE,"


def row(**changes: str) -> str:
    """The good row with some cells changed."""
    names = ("order", "code", "quantity", "price", "placed", "text", "customer", "country", "note")
    cells = dict(zip(names, GOOD.split(","), strict=True))
    return ",".join((cells | changes).values())


def test_a_good_row_is_an_order_line_with_everything_it_says(read_shop: Read) -> None:
    (line,) = read_shop(GOOD)

    assert line == SourceLine(
        row=2,
        outcome=LineOutcome.ORDER_LINE,
        fingerprint=line.fingerprint,
        occurrence=0,
        order_number="1001",
        sku="MUG",
        description="White mug",
        quantity=6,
        unit_price=Decimal("2.55"),
        placed_at=datetime(2026, 3, 14, 8, 26, tzinfo=ZoneInfo("Europe/London")),
        customer="17850",
        country="IE",
        latitude=53.35,
        longitude=-6.26,
        money=Decimal("15.30"),
    )
    assert dict(line.raw) == {}


REFUSALS = [
    ({"order": " "}, "blank_order_number", "row 2, column Order: is blank"),
    ({"code": ""}, "blank_sku", "row 2, column Code: is blank"),
    ({"quantity": ""}, "blank_quantity", "row 2, column Quantity: is blank"),
    ({"price": ""}, "blank_unit_price", "row 2, column Price: is blank"),
    ({"placed": ""}, "blank_placed_at", "row 2, column Placed: is blank"),
    ({"quantity": "abc"}, "bad_quantity", 'row 2, column Quantity: "abc" is not a whole number'),
    ({"quantity": "1.5"}, "bad_quantity", 'row 2, column Quantity: "1.5" is not a whole number'),
    ({"quantity": "1e3"}, "bad_quantity", 'row 2, column Quantity: "1e3" is not a whole number'),
    ({"quantity": "٣"}, "bad_quantity", 'row 2, column Quantity: "٣" is not a whole number'),
    ({"quantity": "1 000"}, "bad_quantity", 'row 2, column Quantity: "1 000" is not a whole number'),
    (
        {"quantity": "2147483648"},
        "bad_quantity",
        'row 2, column Quantity: "2147483648" is beyond ±2,147,483,647',
    ),
    *(
        (
            {"price": price},
            "bad_unit_price",
            f'row 2, column Price: "{price}" is not a number with the decimal separator "."',
        )
        for price in ("free", "NaN", "Infinity", "1e5", "£2.55", "2.", ".", "+", "--1", "2.5.5", "0x1F")
    ),
    (
        {"price": "1.23456"},
        "bad_unit_price",
        'row 2, column Price: "1.23456" has more than 4 decimals',
    ),
    (
        {"price": "-1000000000"},
        "bad_unit_price",
        'row 2, column Price: "-1000000000" is not below 1,000,000,000',
    ),
    (
        {"price": "9" * 100},
        "bad_unit_price",
        f'row 2, column Price: "{"9" * 39}…" is not a number with the decimal separator "."',
    ),
    (
        {"placed": "14/03/2026"},
        "bad_placed_at",
        'row 2, column Placed: "14/03/2026" is not a time of the form iso',
    ),
    (
        {"placed": "2026-02-30"},
        "bad_placed_at",
        'row 2, column Placed: "2026-02-30" is not a time of the form iso',
    ),
    (
        {"placed": "1969-12-31"},
        "bad_placed_at",
        'row 2, column Placed: "1969-12-31" is not in the years 1970 to 2100',
    ),
    (
        {"placed": "2101-01-01"},
        "bad_placed_at",
        'row 2, column Placed: "2101-01-01" is not in the years 1970 to 2100',
    ),
    (
        {"order": "7" * 65},
        "too_long",
        f'row 2, column Order: "{"7" * 39}…" has 65 characters, at most 64 fit',
    ),
    ({"code": "X" * 65}, "too_long", f'row 2, column Code: "{"X" * 39}…" has 65 characters, at most 64 fit'),
    (
        {"text": "x" * 256},
        "too_long",
        f'row 2, column Text: "{"x" * 39}…" has 256 characters, at most 255 fit',
    ),
    (
        {"customer": "7" * 65},
        "too_long",
        f'row 2, column Customer: "{"7" * 39}…" has 65 characters, at most 64 fit',
    ),
    (
        {"country": "Atlantis"},
        "unknown_country",
        'row 2, column Country: "Atlantis" is no country that the mapping lists, nor an ISO code',
    ),
    (
        {"country": "ß"},
        "unknown_country",
        'row 2, column Country: "ß" is no country that the mapping lists, nor an ISO code',
    ),
    ({"text": "a\x00b"}, "bad_character", 'row 2, column Text: "a\\x00b" holds a control character'),
    ({"note": "a\x1fb"}, "bad_character", 'row 2, column Note: "a\\x1fb" holds a control character'),
    ({"code": "A\tB"}, "bad_character", 'row 2, column Code: "A\\x09B" holds a tab or a line end'),
    ({"quantity": "0"}, "zero_quantity", "row 2, column Quantity: is 0"),
    ({"quantity": "-1"}, "negative_quantity", "row 2, column Quantity: ordered goods cannot be -1 pieces"),
    ({"price": "-1.00"}, "negative_price", "row 2, column Price: goods cannot cost -1.00"),
    (
        {"order": "C1"},
        "reversal_without_negative_quantity",
        "row 2, column Quantity: goods that come back need a quantity below 0, not 6",
    ),
    (
        {"order": "C1", "quantity": "-6", "price": "-1"},
        "negative_price",
        "row 2, column Price: goods cannot cost -1",
    ),
    ({"code": "COUNT", "quantity": "0"}, "zero_quantity", "row 2, column Quantity: is 0"),
    ({"code": "BANNED"}, "banned_goods", "row 2: refused by a rule of the mapping: banned_goods"),
]


@pytest.mark.parametrize(("changes", "reason", "message"), REFUSALS)
def test_a_bad_cell_refuses_its_row_alone(read_shop: Read, changes: dict[str, str], reason: str, message: str) -> None:
    refused, after = read_shop(row(**changes), GOOD)

    assert (refused.outcome, refused.reason, refused.message) == (LineOutcome.REFUSED, reason, message)
    assert (after.row, after.outcome) == (3, LineOutcome.ORDER_LINE)


def test_a_refused_row_keeps_what_could_be_read_and_the_row_as_it_stood(read_shop: Read) -> None:
    (line,) = read_shop(row(placed="soon", country="EIRE", note="n"))

    assert (line.order_number, line.sku, line.customer) == ("1001", "MUG", "17850")
    assert (line.quantity, line.unit_price, line.money) == (6, Decimal("2.55"), Decimal("15.30"))
    assert line.placed_at is None
    assert line.raw == {
        "Order": "1001",
        "Code": "MUG",
        "Quantity": "6",
        "Price": "2.55",
        "Placed": "soon",
        "Text": "White mug",
        "Customer": "17850",
        "Country": "EIRE",
        "Note": "n",
    }


def test_a_line_whose_price_cannot_be_read_counts_no_money(read_shop: Read) -> None:
    (line,) = read_shop(row(price="free"))

    assert (line.quantity, line.unit_price, line.money) == (6, Decimal(0), Decimal(0))


def test_bytes_of_another_encoding_refuse_the_row_and_can_be_stored(read_shop: Read) -> None:
    (line,) = read_shop(row(text="caf#", order="10#").encode().replace(b"#", b"\xe9"))

    assert line.reason == "bad_encoding"
    assert line.message == 'row 2, column Order: "10\\xe9" holds bytes that are not utf-8'
    assert (line.order_number, line.description) == ("10\\xe9", "caf\\xe9")
    assert (line.raw["Order"], line.raw["Text"]) == ("10\\xe9", "caf\\xe9")


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("1001,MUG,6", "row 2: has 3 columns, the header has 9", "Quantity"),
        (GOOD + ",surplus", "row 2: has 10 columns, the header has 9", "column 10"),
    ],
)
def test_a_wrong_number_of_columns_refuses_the_row(read_shop: Read, text: str, message: str, column: str) -> None:
    (line,) = read_shop(text)

    assert (line.reason, line.message) == ("wrong_column_count", message)
    assert (line.order_number, line.quantity, line.money) == ("", 0, Decimal(0))
    assert list(line.raw)[-1] == column


def test_text_outside_quotes_refuses_the_row_alone(read_shop: Read) -> None:
    before, refused, after = read_shop(GOOD, '1002,MUG,1,1,2026-03-14,"12" ruler,,,', GOOD)

    assert (before.row, before.outcome) == (2, LineOutcome.ORDER_LINE)
    assert (refused.row, refused.reason) == (3, "bad_quoting")
    assert refused.message == (
        'row 3: text stands outside the quotes of a cell; double every " within it: '
        '"1002,MUG,1,1,2026-03-14,"12" ruler,,,"'
    )
    assert refused.raw == {"column 1": '1002,MUG,1,1,2026-03-14,"12" ruler,,,'}
    assert (after.row, after.outcome, after.occurrence) == (4, LineOutcome.ORDER_LINE, 1)


@pytest.mark.parametrize(
    ("changes", "outcome", "reason", "kind", "money"),
    [
        ({"price": "0"}, LineOutcome.ORDER_LINE, "", "", "0"),
        ({"quantity": "6.0", "price": "2.5500000"}, LineOutcome.ORDER_LINE, "", "", "15.3000"),
        ({"quantity": "+6", "price": ".5"}, LineOutcome.ORDER_LINE, "", "", "3.0"),
        (
            {"quantity": "2147483647", "price": "999999999.9999"},
            LineOutcome.ORDER_LINE,
            "",
            "",
            "2147483646999785251.6353",
        ),
        ({"order": "C1", "quantity": "-6"}, LineOutcome.REVERSAL, "", "", "-15.30"),
        ({"order": "C1", "code": "POST", "quantity": "-1"}, LineOutcome.CHARGE, "", "carriage", "-2.55"),
        ({"code": "POST", "quantity": "0", "price": "-3"}, LineOutcome.CHARGE, "", "carriage", "0"),
        (
            {"code": "COUNT", "quantity": "-2", "price": "0"},
            LineOutcome.STOCK_ADJUSTMENT,
            "stock_count",
            "",
            "0",
        ),
    ],
)
def test_rules_decide_in_order_and_money_is_exact(
    read_shop: Read, changes: dict[str, str], outcome: LineOutcome, reason: str, kind: str, money: str
) -> None:
    (line,) = read_shop(row(**changes))

    assert (line.outcome, line.reason, line.charge_kind) == (outcome, reason, kind)
    assert line.money == Decimal(money)
    assert line.message == ""


def test_times_are_local_unless_they_say_otherwise(read_shop: Read) -> None:
    summer, summer_offset, twice, date = read_shop(
        row(placed="2026-07-01 12:00"),
        row(placed="2026-07-01T12:00:00+05:00"),
        row(placed="2026-10-25 01:30:00"),
        row(placed="2026-01-02"),
    )

    def utc(line: SourceLine) -> datetime:
        assert line.placed_at is not None
        return line.placed_at.astimezone(UTC)

    assert utc(summer) == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert utc(summer_offset) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert utc(twice) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert utc(date) == datetime(2026, 1, 2, tzinfo=UTC)


def test_countries_go_by_spelling_in_any_case_or_by_code(read_shop: Read) -> None:
    lines = read_shop(*(row(country=country) for country in ("eire", "NO", "de", "")))

    assert [line.country for line in lines] == ["IE", "NO", "DE", ""]
    assert [line.latitude for line in lines] == [53.35, None, None, None]


def test_line_ends_in_free_text_become_blanks(read_shop: Read) -> None:
    (line,) = read_shop(row(text='"White\r\nmug\tbig "', note='"a\nb"'))

    assert (line.outcome, line.description) == (LineOutcome.ORDER_LINE, "White mug big")


def test_equal_content_has_one_fingerprint_wherever_it_stands(read_shop: Read) -> None:
    lines = read_shop(GOOD, row(note="other"), GOOD, "x", "", GOOD, "x")

    assert [line.row for line in lines] == [2, 3, 4, 5, 7, 8]
    first, other, second, bad, third, bad_again = lines
    assert first.fingerprint == second.fingerprint == third.fingerprint
    assert bad.fingerprint == bad_again.fingerprint
    assert len({first.fingerprint, other.fingerprint, bad.fingerprint}) == 3
    assert [line.occurrence for line in lines] == [0, 0, 1, 0, 2, 1]


def test_fingerprints_stay_the_same_between_versions(read_shop: Read) -> None:
    """Lines stored by an earlier version must be known again."""
    good, bad = read_shop(GOOD, "x")

    def digest(content: str) -> UUID:
        return UUID(bytes=blake2b(content.encode(), digest_size=16).digest())

    in_name_order = ("MUG", "EIRE", "17850", "", "1001", "2026-03-14 08:26:00", "2.55", "6", "White mug")
    assert good.fingerprint == digest("\x1f".join(("shop", *in_name_order)))
    assert bad.fingerprint == digest("shop\x1f\x1f['x']")


def test_cells_moved_between_columns_are_other_content(read_shop: Read) -> None:
    one, two = read_shop(row(text="ab", customer="c"), row(text="a", customer="bc"))

    assert one.fingerprint != two.fingerprint
