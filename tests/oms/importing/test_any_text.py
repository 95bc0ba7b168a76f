"""Whatever stands in a file, reading gives one line a row or a named fault, and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.importing.classify import Classifier
from oms.importing.faults import SourceFault
from oms.importing.lines import TEXT_LIMITS, LineOutcome, SourceLine
from oms.importing.mapping import Mapping
from oms.importing.source import CsvSource
from oms.importing.table import Row

HEADER = ("Order", "Code", "Quantity", "Price", "Placed", "Text", "Customer", "Country")
GOOD = ("1001", "MUG", "6", "2.55", "2026-03-14", "White mug", "17850", "GB")
ANY_TEXT = st.text(st.characters(exclude_categories=()))
HOSTILE = st.one_of(
    ANY_TEXT,
    st.text("0123456789+-.,eE "),
    st.from_regex(r"[0-9]{1,5}-[0-9]{1,3}-[0-9]{1,3}.?[0-9:.+Z]*", fullmatch=True),
    st.sampled_from(["NaN", "-Infinity", "9" * 400, "0" * 300 + "1", "1e999999", "\udcff", "ß"]),
)
#: The fixture is one immutable mapping, so sharing it between examples is sound.
WITH_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def assert_can_be_stored(line: SourceLine) -> None:
    """The promises of SourceLine that a database relies on."""
    texts = [getattr(line, field) for field in TEXT_LIMITS]
    assert all(len(text) <= limit for text, limit in zip(texts, TEXT_LIMITS.values(), strict=True))
    everything = json.dumps([*texts, line.message, line.reason, dict(line.raw)], ensure_ascii=False)
    everything.encode()
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in everything)
    assert line.money == line.quantity * line.unit_price or line.outcome is LineOutcome.REFUSED
    if line.outcome is LineOutcome.REFUSED:
        assert line.reason
        assert line.message.startswith("row 7")
    else:
        assert line.order_number
        assert line.sku
        assert line.placed_at is not None
        assert line.placed_at.utcoffset() is not None


@WITH_FIXTURE
@given(column=st.integers(0, len(HEADER) - 1), text=HOSTILE)
def test_any_text_in_any_cell_gives_one_line(shop: Mapping, column: int, text: str) -> None:
    cells = list(GOOD)
    cells[column] = text

    line = Classifier(shop, HEADER).line(Row(7, cells))

    assert line.row == 7
    assert_can_be_stored(line)


@WITH_FIXTURE
@given(cells=st.lists(HOSTILE, max_size=12), malformed=st.booleans())
def test_any_row_gives_one_line(shop: Mapping, cells: list[str], malformed: bool) -> None:
    line = Classifier(shop, HEADER).line(Row(7, [*cells, ""], malformed))

    assert_can_be_stored(line)


@WITH_FIXTURE
@given(texts=st.lists(st.text(st.characters(codec="utf-8")), max_size=5))
def test_any_text_written_as_csv_comes_back_as_one_line_a_row(
    shop: Mapping, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows((*GOOD[:5], text, *GOOD[6:]) for text in texts)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(out.getvalue().encode())

    lines = list(CsvSource(path, shop).lines())

    assert [line.row for line in lines] == list(range(2, len(texts) + 2))


@WITH_FIXTURE
@given(tail=st.binary(), packed=st.booleans(), cut=st.integers(0, 40))
def test_any_bytes_give_lines_or_a_named_fault(
    shop: Mapping, tmp_path_factory: pytest.TempPathFactory, tail: bytes, packed: bool, cut: int
) -> None:
    content = f"{','.join(HEADER)}\n{','.join(GOOD)}\n".encode() + tail
    content = gzip.compress(content) if packed else content
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content[: len(content) - cut])

    complaint = ""
    rows: list[int] = []
    try:
        rows.extend(line.row for line in CsvSource(path, shop).lines())
    except SourceFault as fault:
        complaint = str(fault)

    assert rows == sorted(set(rows))
    assert complaint.startswith(f"{path}: ") or not complaint
