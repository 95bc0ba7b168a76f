"""Rows that others send: what is well formed comes out as it went in, and damage is said, never stumbled over."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fulfilment.inventory.models import FeedKind
from fulfilment.inventory.services.feed_rows import Columns, judge, rows_of_csv, rows_of_ndjson
from oms.infra.rows import CsvRows, Damaged, TooManyRows, UnreadableRows, lines_of, no_more_than, objects_of
from oms.web.bulk.receiving import Stream, rows_of

#: What damage is made of, oftener than chance would.
DAMAGE = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from([
            b"\n", b"\r", b"\r\n", b'"', b",", b"\xef\xbb\xbf", b"\xff", b"\x00", b"a,b", b"{}", b'{"a":1}', b"[1]",
            b"--5", b"1e999", b"x" * 40,
        ]),
    ),
    max_size=40,
).map(b"".join)  # fmt: skip
HEADINGS = st.sampled_from([b"", b"a,b\n", b"location,sku,quantity\r\n", b"lines.0.quantity,a.b,a,latitude\n"])
CELLS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


T = TypeVar("T")


def or_refused(read: Callable[[], T]) -> T | str:
    """What is read, or why it cannot be."""
    try:
        return read()
    except UnreadableRows as fault:
        return str(fault)


class Parts:
    """A body that comes in parts of at most ``most`` bytes, and knows how much it was asked for at once."""

    def __init__(self, content: bytes, most: int = 1_000_000) -> None:
        self.file, self.most, self.asked = io.BytesIO(content), most, 0

    def read(self, size: int, /) -> bytes:
        self.asked = max(self.asked, size)
        return self.file.read(min(size, self.most))


def lines(content: bytes, **more: Any) -> list[str] | str:
    """The lines, or why there are none."""
    return or_refused(lambda: list(lines_of(Parts(content, more.pop("part", 1_000_000)), **more)))


def table(content: bytes, *, exact: bool = True) -> list[list[str] | Damaged]:
    rows = CsvRows(lines_of(io.BytesIO(content), lone_returns=True))
    return [rows.heading, *rows.rows(exact=exact)]


# -- lines -----------------------------------------------------------------------------------------


@given(DAMAGE, st.booleans(), st.integers(1, 9), st.integers(1, 50))
@example(b"a\r\nb\r\n", True, 2, 50)
@example(b"a\rb", True, 1, 50)
@example(b"\xef\xbb\xbfa", False, 1, 50)
def test_it_is_all_the_same_in_which_parts_a_body_comes(
    content: bytes, lone_returns: bool, part: int, longest: int
) -> None:
    assert lines(content, part=part, lone_returns=lone_returns, longest=longest) == lines(
        content, lone_returns=lone_returns, longest=longest
    )


@given(DAMAGE, st.booleans())
def test_lines_are_the_whole_text_but_for_its_mark(content: bytes, lone_returns: bool) -> None:
    found = lines(content, lone_returns=lone_returns)
    if isinstance(found, str):
        with pytest.raises(UnicodeDecodeError):
            content.decode()
    else:
        assert "".join(found) == content.decode().removeprefix("\ufeff")
        assert all(found)


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 8), st.sampled_from([b"\n", b"\r"]))
def test_no_line_is_longer_than_allowed_and_no_more_is_asked_for(lengths: list[int], longest: int, end: bytes) -> None:
    body = Parts(b"".join(b"x" * length + end for length in lengths))
    too_long = next((number for number, length in enumerate(lengths, 1) if length > longest), None)
    found = or_refused(lambda: [len(line) - 1 for line in lines_of(body, lone_returns=True, longest=longest)])
    assert found == (f"line {too_long} has more than {longest} bytes" if too_long else lengths)
    assert body.asked == longest


def test_damage_to_the_text_names_its_line() -> None:
    good = b"fine\n" * 20_000
    assert lines(good + b"a\xffb\n" + good) == "line 20001 is not UTF-8"
    assert lines(b"\xef\xbb\xbfa\rb\r\xc3", lone_returns=True) == "line 3 is not UTF-8"
    assert lines(good + b"x" * 70_000) == "line 20001 has more than 65,536 bytes"


def test_a_line_break_of_unicode_or_a_lone_return_in_json_ends_no_line() -> None:
    content = '{"a":\r1}\n\u2028\x0b\x85\n'
    assert lines(content.encode()) == ['{"a":\r1}\n', "\u2028\x0b\x85\n"]


# -- CSV -------------------------------------------------------------------------------------------


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]], end: str, mark: bool) -> None:
    heading = [f"c{number}" for number in range(len(rows[0]))]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([heading, *rows])
    content = ("\ufeff" * mark + text.getvalue()).encode()
    assert table(content) == [heading, *rows]


@given(HEADINGS, DAMAGE, st.booleans())
def test_damaged_csv_is_refused_by_name_or_row_by_row(heading: bytes, content: bytes, exact: bool) -> None:
    found = or_refused(lambda: table(heading + content, exact=exact))
    if not isinstance(found, str):
        names, *rows = found
        assert isinstance(names, list)
        for row in rows:
            assert isinstance(row, Damaged) or len(row) == len(names) or not exact
            assert not isinstance(row, Damaged) or row.line > 1


def test_a_damaged_row_stands_alone() -> None:
    assert table(b'a,b\n1,2\n\n3\n4,x\ry\n"5\n5",6\n7,8,9\n') == [
        ["a", "b"], ["1", "2"], Damaged(4, "a row of 1 cells"),
        Damaged(5, "a row with a line break outside of quotes"), ["5\n5", "6"], Damaged(8, "a row of 3 cells"),
    ]  # fmt: skip
    assert table(b"a,b\n3\n7,8,9\n", exact=False) == [["a", "b"], ["3"], ["7", "8", "9"]]


def test_a_file_whose_lines_end_with_returns_is_read() -> None:
    assert table(b'a,b\r1,"x\n\ry"\r\r3,4') == [["a", "b"], ["1", "x\n\ry"], ["3", "4"]]


def test_a_quote_that_is_never_closed_does_not_take_in_everything() -> None:
    with pytest.raises(UnreadableRows, match=r"^line [0-9]+: field larger than field limit"):
        table(b'a,b\n1,"2\n' + b"3,4\n" * 100_000)


def test_a_heading_names_what_is_read_once() -> None:
    rows = CsvRows(["sku , quantity,note,note,,\n"])
    rows.require(["sku", "quantity"])
    for name, reason in {
        "place": "the heading has no column place; it has sku, quantity, note, note, , ",
        "note": "the heading has the column note 2 times",
        "": "the heading has the column without a name 2 times",
    }.items():
        with pytest.raises(UnreadableRows) as fault:
            rows.require([name])
        assert str(fault.value) == reason
    with pytest.raises(UnreadableRows, match="it has nothing"):
        CsvRows([]).require(["sku"])


# -- NDJSON ----------------------------------------------------------------------------------------


@given(st.lists(st.dictionaries(CELLS, CELLS | st.integers() | st.none(), max_size=3), max_size=6), st.booleans())
def test_what_is_written_as_ndjson_is_read_as_it_was(rows: list[dict[str, object]], mark: bool) -> None:
    content = "\ufeff" * mark + "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert list(objects_of(lines_of(io.BytesIO(content.encode())))) == rows


def test_what_is_no_object_is_said_where_it_stands() -> None:
    damaged = ["[1]", "{", "[" * 100_000, "9" * 5_000, "null", '\ufeff{"a": 1}']
    found = list(objects_of(['{"a": 1}', "", *damaged]))
    assert found == [{"a": 1}, *(Damaged(number, "a line that is not a JSON object") for number in range(3, 9))]


# -- those who read with it ------------------------------------------------------------------------


@given(HEADINGS, DAMAGE, st.booleans())
@example(b"lines.0.quantity\n", b"--5\n", True)
@example(b"lines." + b"9" * 5000 + b".sku\n", b"A\n", True)
@example(b"sku,\xef\xbb\xbf\n", b"A,B\n", True)
def test_whatever_a_partner_sends_in_bulk_is_json_or_refused(heading: bytes, content: bytes, is_csv: bool) -> None:
    rows = or_refused(lambda: list(rows_of(Stream(io.BytesIO(heading + content)), is_csv=is_csv)))
    if not isinstance(rows, str):
        assert all(row.strip() and "\x00" not in row for row in rows)
        assert not is_csv or all(isinstance(json.loads(row), dict) for row in rows)


@given(DAMAGE, st.booleans())
def test_whatever_a_feed_sends_is_a_row_or_refused(content: bytes, is_csv: bool) -> None:
    body = io.BytesIO(b"location,sku,quantity\n" * is_csv + content)
    given_rows = rows_of_csv(lines_of(body, lone_returns=True), Columns()) if is_csv else rows_of_ndjson(lines_of(body))
    rows = or_refused(lambda: list(judge(given_rows, kind=FeedKind.SNAPSHOT, now=datetime.now(UTC))))
    if not isinstance(rows, str):
        assert all(reason or (location and sku and quantity is not None) for location, sku, quantity, _, reason in rows)


@given(st.integers(0, 5), st.integers(0, 8))
def test_one_row_too_many_is_said_after_those_that_may_come(most: int, given_rows: int) -> None:
    rows = no_more_than(most, range(given_rows))
    assert list(islice(rows, most)) == list(range(min(most, given_rows)))
    if given_rows > most:
        with pytest.raises(TooManyRows, match=f"^there are more than {most} rows; send them in parts$"):
            next(rows)
    else:
        assert not list(rows)
