"""One CSV file, plain or gzip, read row by row without holding it in memory.

What makes the rest of the file unreadable raises `SourceFault`; rows before it have been handed out by then.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self, cast

from oms.importing.cells import printable, shown
from oms.importing.faults import FaultCode, SourceFault

FIELD_LIMIT = 1 << 16
LINE_LIMIT = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


class Row(NamedTuple):
    """The cells of one row. `number` counts as a spreadsheet does: the header is row 1, blank rows count.

    A row whose quotes make no sense is `malformed`: its only cell is the row as it stands.
    """

    number: int
    cells: list[str]
    malformed: bool = False

    def under(self, header: Sequence[str]) -> dict[str, str]:
        """Column -> cell as it stands, fit to store; a cell without a header goes under `column N`."""
        names = () if self.malformed else header
        return {
            printable(names[position] if position < len(names) else "") or f"column {position + 1}": printable(cell)
            for position, cell in enumerate(self.cells)
        }


class Table:
    """An open CSV file with a header. Use it as a context manager; read `rows` once.

    Opening raises `SourceFault` where the file cannot be read, or its header lacks a required column or
    names one twice. Bytes that are not of the encoding come out as surrogates (U+DC80 to U+DCFF).
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",", required: Collection[str]) -> None:
        self.path = path
        self.header: tuple[str, ...] = ()
        self._encoding = encoding
        self._number = 0
        self._taken: list[str] = []
        self._ended = False
        self._last = 0
        self._file = _opened(path)
        try:
            self._text = self._decoded()
            csv.field_size_limit(FIELD_LIMIT)  # for the whole process: the csv module knows no other way
            self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
            self._read_header(required)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._last = self.position
        self._file.close()

    @property
    def position(self) -> int:
        """Bytes of the file read so far, as it lies on disk; 0 for a pipe."""
        if self._file.closed:
            return self._last
        return self._file.tell() if self._file.seekable() else 0

    def rows(self) -> Iterator[Row]:
        """The rows after the header; blank ones are left out but counted."""
        while (row := self._next()) is not None:
            yield row

    def _next(self) -> Row | None:
        """The next row that is not blank; None at the end."""
        while True:
            self._taken.clear()
            self._number += 1
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                return self._malformed(error)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise self._damaged(error) from error
            except UnicodeError as error:
                raise self._undecodable(error) from error
            except OSError as error:
                raise self._fault(FaultCode.UNREADABLE, f"cannot be read on: {error.strerror}") from error
            if cells is None:
                return None
            if self.header and len(self._taken) > 1 and len(cells) != len(self.header):
                raise self._unterminated()
            if len(cells) > 1 or (cells and cells[0].strip()):
                return Row(self._number, cells)

    def _read_header(self, required: Collection[str]) -> None:
        first = self._next()
        if first is None:
            raise SourceFault(FaultCode.EMPTY_FILE, self.path, "is empty; it needs a header row and rows below it")
        header = tuple(cell.strip() for cell in first.cells)
        for name in header:
            if name and header.count(name) > 1:
                raise self._fault(
                    FaultCode.DUPLICATE_COLUMN,
                    f"row {first.number}: column {shown(name)} stands twice in the header; rename one",
                )
        missing = [name for name in dict.fromkeys(required) if name not in header]
        if missing:
            raise self._fault(
                FaultCode.MISSING_COLUMN,
                f"row {first.number}: the header lacks the column {_listed(missing)}; it has "
                f"{_listed(header)}. Correct the header, or the mapping's columns, delimiter or encoding",
            )
        self.header = header

    def _lines(self) -> Iterator[str]:
        """Physical lines for the CSV parser; those of the row being read are kept in `_taken`."""
        readline, taken = self._text.readline, self._taken
        while line := readline(LINE_LIMIT):
            if len(line) == LINE_LIMIT:
                raise self._fault(
                    FaultCode.FIELD_TOO_LONG,
                    f"row {self._number}: a line has over {LINE_LIMIT:,} characters; is this a CSV file?",
                )
            taken.append(line)
            yield line
        self._ended = True

    def _decoded(self) -> io.TextIOWrapper:
        start = self._file.peek(4)
        if start.startswith(_ZIP):
            raise SourceFault(FaultCode.NOT_CSV, self.path, "is a zip archive or an Excel workbook; save it as CSV")
        stream: BinaryIO = self._file
        if start.startswith(_GZIP):
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=self._file, mode="rb"))
        name = codecs.lookup(self._encoding).name
        encoding = "utf-8-sig" if name == "utf-8" else name
        return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")

    def _malformed(self, error: csv.Error) -> Row:
        """A row that the parser refused on one physical line can be left out; any more is a lost quote."""
        if "field limit" in str(error):
            raise self._fault(
                FaultCode.FIELD_TOO_LONG,
                f"row {self._number}: a cell is longer than {FIELD_LIMIT:,} characters; "
                'is a closing quote " missing in this row?',
            ) from error
        if self._ended or len(self._taken) > 1:
            raise self._unterminated() from error
        return Row(self._number, [self._taken[0].rstrip("\r\n")], malformed=True)

    def _unterminated(self) -> SourceFault:
        return self._fault(
            FaultCode.UNTERMINATED_QUOTE,
            f"row {self._number}: the closing quote of a cell is missing or misplaced (lines read to "
            f'find it: {len(self._taken)}): {shown(self._taken[0])}; close it, or double a " in the cell',
        )

    def _damaged(self, error: Exception) -> SourceFault:
        good = self._number - 1
        last = f"the last good row is row {good}" if good > 0 else "no row can be read"
        return SourceFault(
            FaultCode.CORRUPT_GZIP,
            self.path,
            f"the gzip data is cut off or damaged; {last}. Fetch the file again ({error})",
            row=good,
        )

    def _undecodable(self, error: UnicodeError) -> SourceFault:
        return self._fault(
            FaultCode.WRONG_ENCODING,
            f"row {self._number}: is not text in {self._encoding}; correct the mapping's encoding ({error})",
        )

    def _fault(self, code: FaultCode, complaint: str) -> SourceFault:
        return SourceFault(code, self.path, complaint, row=self._number)


def _opened(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except IsADirectoryError as error:
        raise SourceFault(FaultCode.IS_A_DIRECTORY, path, "is a folder; name a CSV file in it") from error
    except FileNotFoundError as error:
        raise SourceFault(FaultCode.MISSING_FILE, path, "there is no such file; correct the path") from error
    except OSError as error:
        raise SourceFault(FaultCode.UNREADABLE, path, f"cannot be opened: {error.strerror}") from error


def _listed(names: Collection[str]) -> str:
    return ", ".join(f'"{printable(name)}"' for name in names)
