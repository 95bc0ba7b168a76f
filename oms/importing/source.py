"""Order files as streams of lines, whatever they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from oms.importing.classify import Classifier
from oms.importing.lines import SourceLine, SourceLocation, SourceProduct
from oms.importing.mapping import Mapping
from oms.importing.olist import OlistSource
from oms.importing.table import Table


class OrderSource(Protocol):
    """A file, or a folder of files, that orders are read from."""

    @property
    def total_bytes(self) -> int:
        """Size of the source as it lies on disk; 0 where unknown (a pipe)."""

    @property
    def bytes_read(self) -> int:
        """How much of `total_bytes` the lines handed out so far have used up."""

    def lines(self, limit: int | None = None) -> Iterator[SourceLine]:
        """The lines, at most `limit`, read anew at each call; `SourceFault` comes after the last good one."""

    def locations(self) -> Iterator[SourceLocation]:
        """The places that the source says ship goods. Raises `SourceFault`."""

    def products(self) -> Iterator[SourceProduct]:
        """The products that the source describes. Raises `SourceFault`."""


class CsvSource:
    """One CSV file, plain or gzip, of which each row is a line."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self._path = path
        self._mapping = mapping
        self._table: Table | None = None

    @property
    def total_bytes(self) -> int:
        return self._path.stat().st_size if self._path.is_file() else 0

    @property
    def bytes_read(self) -> int:
        return 0 if self._table is None else self._table.position

    def lines(self, limit: int | None = None) -> Iterator[SourceLine]:
        mapping = self._mapping
        required = [*mapping.columns.values(), *mapping.rule_columns()]
        with Table(self._path, encoding=mapping.encoding, delimiter=mapping.delimiter, required=required) as table:
            self._table = table
            yield from map(Classifier(mapping, table.header).line, islice(table.rows(), limit))

    def locations(self) -> Iterator[SourceLocation]:
        return iter(())

    def products(self) -> Iterator[SourceProduct]:
        return iter(())


def open_source(path: Path, mapping: Mapping) -> OrderSource:
    """The source at this path, read as the mapping says. Nothing is opened until its lines are asked for."""
    if mapping.joiner == "olist":
        return OlistSource(path, mapping)
    return CsvSource(path, mapping)
