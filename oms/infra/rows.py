"""Rows that others send, as CSV or NDJSON: read as a stream, never the whole of it in memory.

Bytes become lines (:func:`lines_of`), lines become rows (:class:`CsvRows`, :func:`objects_of`). What makes the rest
unreadable raises :class:`UnreadableRows`; what concerns one row alone is handed out in its place as :class:`Damaged`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol, TypeVar

#: Bytes of a line, without its end.
LONGEST_LINE = 64 * 1024
_MARK = "\ufeff"
_json = json.JSONDecoder().decode


class UnreadableRows(ValueError):
    """The rows as a whole cannot be read; the message says where and why."""


class TooManyRows(UnreadableRows):
    """There are more rows than may be sent at once."""


class Readable(Protocol):
    """A body that is read in parts; a part has at most ``size`` bytes, and none at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Damaged:
    """Stands where a row should: the line that it ends on, from 1, and ``what`` there is instead."""

    line: int
    what: str


def lines_of(body: Readable, *, lone_returns: bool = False, longest: int = LONGEST_LINE) -> Iterator[str]:
    """Each line of a UTF-8 body with its end; a byte-order mark before the first is left out.

    Lines end with a line feed; with ``lone_returns`` with a carriage return where the first line does. Reads at most
    ``longest`` bytes at once, and raises :class:`UnreadableRows` at a line that has more, or is not UTF-8.
    """
    return chain.from_iterable(_blocks(body, lone_returns=lone_returns, longest=longest))


def _blocks(body: Readable, *, lone_returns: bool, longest: int) -> Iterator[Iterable[str]]:
    """Whole lines, as many at a time as a part of the body ends: a step for each line would cost more than reading."""
    end = b"" if lone_returns else b"\n"
    before, rest = 0, b""
    while part := body.read(longest):
        rest += part
        end = end or _end_of_lines(rest)
        first = rest.find(end) if end else -1
        if (first if first >= 0 else len(rest.removesuffix(b"\r"))) > longest:  # the other lines lie within one part
            message = f"line {before + 1} has more than {longest:,} bytes"
            raise UnreadableRows(message)
        if first < 0:
            continue
        cut = rest.rfind(end) + 1
        whole, rest = rest[:cut], rest[cut:]
        yield _split(whole, end, before)
        before += whole.count(end)
    if rest:
        yield _split(rest, end or b"\n", before)


def _end_of_lines(start: bytes) -> bytes:
    """What the first line ends with; nothing where that cannot be told yet."""
    feed, lone = start.find(b"\n"), start.find(b"\r")
    if feed >= 0 and (lone < 0 or feed <= lone + 1):
        return b"\n"
    return b"\r" if 0 <= lone < len(start) - 1 else b""


def _split(block: bytes, end: bytes, before: int) -> Iterable[str]:
    try:
        text = block.decode()
    except UnicodeDecodeError as fault:
        message = f"line {before + block.count(end, 0, fault.start) + 1} is not UTF-8"
        raise UnreadableRows(message) from fault
    if not before:
        text = text.removeprefix(_MARK)
    if end == b"\n":
        return io.StringIO(text, newline="\n")
    *lines, last = text.split("\r")
    return [*(f"{line}\r" for line in lines), *([last] if last else [])]


class CsvRows:
    """The rows below the heading of a CSV file. Making it reads the heading; iterate over its rows once."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._reader = csv.reader(lines)
        try:
            #: Names of the columns, without space around them.
            self.heading = [name.strip() for name in next(self._reader, [])]
        except csv.Error as fault:
            raise self._unreadable(fault) from fault

    @property
    def line(self) -> int:
        """The line on which the newest row ends, from 1."""
        return self._reader.line_num

    def require(self, columns: Iterable[str]) -> None:
        """Raise :class:`UnreadableRows` unless the heading has each of the columns, and once."""
        times = Counter(self.heading)
        for name in columns:
            if not times[name]:
                message = f"the heading has no column {name}; it has {', '.join(self.heading) or 'nothing'}"
                raise UnreadableRows(message)
            if times[name] > 1:
                message = f"the heading has the column {name or 'without a name'} {times[name]} times"
                raise UnreadableRows(message)

    def rows(self, *, exact: bool) -> Iterator[list[str] | Damaged]:
        """The cells of each row that is not blank; ``exact``: one with more or fewer than the heading is damaged."""
        reader, width = self._reader, len(self.heading)
        more = True
        while more:
            try:
                for cells in reader:
                    if len(cells) == width or (cells and not exact):
                        yield cells
                    elif cells:
                        yield Damaged(reader.line_num, f"a row of {len(cells)} cells")
                more = False
            except csv.Error as fault:
                if "field limit" in str(fault):  # a quote that is never closed takes in what follows it
                    raise self._unreadable(fault) from fault
                yield Damaged(reader.line_num, "a row with a line break outside of quotes")

    def _unreadable(self, fault: csv.Error) -> UnreadableRows:
        return UnreadableRows(f"line {self._reader.line_num}: {fault}")


def objects_of(lines: Iterable[str]) -> Iterator[dict[str, object] | Damaged]:
    """The JSON object on each line that is not blank (NDJSON)."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _json(line)
        except (ValueError, RecursionError):  # also a number of thousands of digits
            row = None
        yield row if isinstance(row, dict) else Damaged(number, "a line that is not a JSON object")


Row = TypeVar("Row")


def no_more_than(most: int, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, and :class:`TooManyRows` in place of the one that would be too many."""
    rows = iter(rows)
    yield from islice(rows, most)
    for _ in rows:
        message = f"there are more than {most:,} rows; send them in parts"
        raise TooManyRows(message)
