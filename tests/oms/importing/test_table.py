"""Files that cannot be read, or not to their end."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from oms.importing.faults import FaultCode, SourceFault
from oms.importing.lines import SourceLine
from oms.importing.mapping import Mapping
from oms.importing.source import CsvSource

HEADER = "Order,Code,Quantity,Price,Placed,Text,Customer,Country\n"
GOOD = "1001,MUG,6,2.55,2026-03-14,White mug,17850,GB\n"


def read_until_fault(path: Path, mapping: Mapping) -> tuple[list[SourceLine], SourceFault]:
    """The lines handed out, and the fault that ended them."""
    lines: list[SourceLine] = []

    with pytest.raises(SourceFault) as caught:
        lines.extend(CsvSource(path, mapping).lines())
    return lines, caught.value


def test_a_missing_file(tmp_path: Path, shop: Mapping) -> None:
    lines, fault = read_until_fault(tmp_path / "none.csv", shop)

    assert (lines, fault.code) == ([], FaultCode.MISSING_FILE)
    assert str(fault) == f"{tmp_path / 'none.csv'}: there is no such file; correct the path"


def test_a_folder(tmp_path: Path, shop: Mapping) -> None:
    _, fault = read_until_fault(tmp_path, shop)

    assert fault.code is FaultCode.IS_A_DIRECTORY
    assert str(fault) == f"{tmp_path}: is a folder; name a CSV file in it"


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"")], ids=["0", "blank", "bom", "gzip"]
)
def test_an_empty_file(tmp_path: Path, shop: Mapping, content: bytes) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(content)

    _, fault = read_until_fault(path, shop)

    assert fault.code is FaultCode.EMPTY_FILE
    assert str(fault) == f"{path}: is empty; it needs a header row and rows below it"


def test_a_workbook(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"PK\x03\x04rest")

    _, fault = read_until_fault(path, shop)

    assert fault.code is FaultCode.NOT_CSV
    assert str(fault) == f"{path}: is a zip archive or an Excel workbook; save it as CSV"


def test_a_header_without_mapped_columns(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Order,Code,Qty,Placed,Text,Customer,Country\n" + GOOD)

    _, fault = read_until_fault(path, shop)

    assert (fault.code, fault.row) == (FaultCode.MISSING_COLUMN, 1)
    assert str(fault) == (
        f'{path}: row 1: the header lacks the column "Quantity", "Price"; it has "Order", "Code", "Qty", '
        '"Placed", "Text", "Customer", "Country". '
        "Correct the header, or the mapping's columns, delimiter or encoding"
    )


def test_a_header_that_names_a_column_twice(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER.replace("Text", " Code ") + GOOD)

    _, fault = read_until_fault(path, shop)

    assert (fault.code, fault.row) == (FaultCode.DUPLICATE_COLUMN, 1)
    assert str(fault) == f'{path}: row 1: column "Code" stands twice in the header; rename one'


def test_gzip_is_known_by_its_bytes_and_a_byte_order_mark_is_tolerated(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.txt"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + (HEADER + GOOD).encode()))
    source = CsvSource(path, shop)

    (line,) = source.lines()

    assert line.order_number == "1001"
    assert source.bytes_read == source.total_bytes == path.stat().st_size


def test_gzip_cut_off_gives_the_rows_before_the_cut(tmp_path: Path, shop: Mapping) -> None:
    rows = [GOOD.replace("1001", str(number)) for number in range(2_000)]
    whole = gzip.compress((HEADER + "".join(rows)).encode(), compresslevel=0)
    path = tmp_path / "orders.csv.gz"
    half = whole[: len(whole) // 2]
    path.write_bytes(half)
    whole_rows = zlib.decompressobj(wbits=31).decompress(half).count(b"\n") - 1

    lines, fault = read_until_fault(path, shop)

    assert fault.code is FaultCode.CORRUPT_GZIP
    assert [line.order_number for line in lines] == [str(number) for number in range(whole_rows)]
    assert fault.row == lines[-1].row == whole_rows + 1
    assert str(fault).startswith(
        f"{path}: the gzip data is cut off or damaged; the last good row is row {fault.row}. Fetch the file again ("
    )


def test_damaged_gzip(tmp_path: Path, shop: Mapping) -> None:
    whole = bytearray(gzip.compress((HEADER + GOOD).encode()))
    whole[-8] ^= 0xFF
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(whole)

    _, fault = read_until_fault(path, shop)

    assert fault.code is FaultCode.CORRUPT_GZIP


def test_gzip_that_breaks_off_in_the_header(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode())[:12])

    _, fault = read_until_fault(path, shop)

    assert (fault.code, fault.row) == (FaultCode.CORRUPT_GZIP, 0)
    assert "no row can be read" in str(fault)


UNCLOSED = '1002,MUG,1,1,2026-03-14,"White mug,17850,GB\n'


@pytest.mark.parametrize(
    ("rest", "span"),
    [
        ("", 1),
        (GOOD * 3, 4),
        (GOOD + '1003,MUG,1,1,2026-03-14,"a, b",17850,GB\n' + GOOD, 3),
        (GOOD + '1003,MUG,1,1,2026-03-14,",b",17850,GB\n' + GOOD, 3),
    ],
    ids=["last row", "never closed", "closed by another cell", "closed before a comma"],
)
def test_an_unterminated_quote_ends_the_file(tmp_path: Path, shop: Mapping, rest: str, span: int) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + GOOD + UNCLOSED + rest)

    lines, fault = read_until_fault(path, shop)

    assert [line.row for line in lines] == [2]
    assert (fault.code, fault.row) == (FaultCode.UNTERMINATED_QUOTE, 3)
    assert str(fault) == (
        f"{path}: row 3: the closing quote of a cell is missing or misplaced (lines read to find it: "
        f'{span}): "1002,MUG,1,1,2026-03-14,"White mug,1785…"; close it, or double a " in the cell'
    )


def test_a_cell_too_long_to_be_one(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + GOOD + GOOD.replace("White mug", "x" * 65_537))

    lines, fault = read_until_fault(path, shop)

    assert [line.row for line in lines] == [2]
    assert (fault.code, fault.row) == (FaultCode.FIELD_TOO_LONG, 3)
    assert str(fault) == (
        f'{path}: row 3: a cell is longer than 65,536 characters; is a closing quote " missing in this row?'
    )


def test_a_file_without_line_ends_is_not_taken_into_memory(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + "x" * 3_000_000)

    _, fault = read_until_fault(path, shop)

    assert (fault.code, fault.row) == (FaultCode.FIELD_TOO_LONG, 2)
    assert str(fault) == f"{path}: row 2: a line has over 1,048,576 characters; is this a CSV file?"


def test_bytes_that_no_escape_can_stand_for(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes((HEADER + GOOD).encode("utf-16") + b"\n")
    mapping = shop.model_copy(update={"encoding": "utf-16"})

    lines, fault = read_until_fault(path, mapping)

    assert fault.code is FaultCode.WRONG_ENCODING
    assert "correct the mapping's encoding" in str(fault)
    assert len(lines) <= 1


def test_rows_count_as_a_spreadsheet_counts(tmp_path: Path, shop: Mapping) -> None:
    """Blank rows count though they are left out; a cell may hold line ends."""
    path = tmp_path / "orders.csv"
    two_lines = GOOD.replace("White mug", '"White\nmug"')
    path.write_bytes(("\n" + HEADER + GOOD + "\n  \n" + two_lines + GOOD).replace("\n", "\r\n").encode())

    lines = list(CsvSource(path, shop).lines())

    assert [line.row for line in lines] == [3, 6, 7]
    assert [line.description for line in lines] == ["White mug"] * 3


def test_a_limit_takes_the_first_lines_and_a_second_reading_starts_anew(tmp_path: Path, shop: Mapping) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + GOOD * 5)
    source = CsvSource(path, shop)

    assert [line.occurrence for line in source.lines(2)] == [0, 1]
    assert [line.occurrence for line in source.lines()] == [0, 1, 2, 3, 4]
    assert list(source.locations()) == []
    assert list(source.products()) == []


def test_the_order_of_columns_and_the_compression_do_not_change_fingerprints(tmp_path: Path, shop: Mapping) -> None:
    plain, turned = tmp_path / "plain.csv", tmp_path / "turned.csv.gz"
    plain.write_text(HEADER + GOOD)
    rows = (",".join(reversed(text.strip().split(","))) for text in (HEADER, GOOD))
    turned.write_bytes(gzip.compress("\r\n".join(rows).encode()))

    (line,) = CsvSource(plain, shop).lines()

    assert next(CsvSource(turned, shop).lines()) == line
