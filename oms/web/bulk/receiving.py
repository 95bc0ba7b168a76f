"""Rows from a stream of NDJSON or CSV, never the whole of it in memory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from django.db import connection

from oms.infra.rows import CsvRows, Damaged, Readable, UnreadableRows, lines_of, no_more_than
from oms.web.models import BulkKind

MOST_ROWS = 100_000
_WHOLE = {
    "quantity", "line", "on_hand", "weight_grams", "length_mm", "width_mm", "height_mm",
}  # fmt: skip
_NUMBER, _PLACE = re.compile(r"-?\d{1,18}"), re.compile(r"\d{1,9}")
_DEGREES = {"latitude", "longitude"}
_YES_OR_NO = {"captured": None, "returnable": None}


class Stream:
    """A body and, once it has been read, its digest."""

    def __init__(self, body: Readable) -> None:
        self._body = body
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        """SHA-256 of what has been read."""
        return self._digest.digest()

    def read(self, size: int, /) -> bytes:
        """The next part. Raises :class:`~oms.infra.rows.UnreadableRows` where no row could keep it."""
        part = self._body.read(size)
        if b"\x00" in part:
            message = "a row has a null character"
            raise UnreadableRows(message)
        self._digest.update(part)
        return part


def rows_of(stream: Stream, *, is_csv: bool) -> Iterator[str]:
    """Each row as the text of a JSON object (NDJSON: as it was sent; it is read by the job).

    Raises :class:`~oms.infra.rows.UnreadableRows`.
    """
    return _from_csv(stream) if is_csv else (line.rstrip("\r\n") for line in lines_of(stream) if line.strip())


def _from_csv(stream: Stream) -> Iterator[str]:
    table = CsvRows(lines_of(stream, lone_returns=True))
    if not table.heading:
        message = "the first row of CSV names the columns"
        raise UnreadableRows(message)
    table.require(table.heading)
    for cells in table.rows(exact=False):
        if isinstance(cells, Damaged):
            message = f"line {cells.line} is {cells.what}"
            raise UnreadableRows(message)
        if len(cells) > len(table.heading):
            message = (
                f"line {table.line} has {len(cells)} cells, the heading {len(table.heading)}: "
                "a value with a comma in it stands in quotes"
            )
            raise UnreadableRows(message)
        yield json.dumps(_object(table.heading, cells))


def _object(header: list[str], row: list[str]) -> dict[str, object]:
    """``lines.0.sku`` is the SKU of the first line; an empty cell is left out."""
    whole: dict[str, object] = {}
    for name, cell in zip(header, row, strict=False):
        if cell == "":
            continue
        *steps, last = name.split(".")
        place = whole
        for step in steps:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = _value(last, cell)
    return {name: _listed(value) for name, value in whole.items()}


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if value and all(map(_PLACE.fullmatch, value)):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(inner) for name, inner in value.items()}


def _value(name: str, cell: str) -> object:
    if name in _WHOLE and _NUMBER.fullmatch(cell):
        return int(cell)
    if name in _DEGREES:
        try:
            return float(cell)
        except ValueError:
            return cell
    if name in _YES_OR_NO:
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell


def bulk_receive(*, key_id: int, kind: BulkKind, rows: Iterator[str], stream: Stream, name: str | None) -> int:
    """Write rows down as they come in, and the job that they belong to; return its number.

    One COPY, in the caller's transaction. Raises :class:`~oms.infra.rows.UnreadableRows`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('web_bulkjob_id_seq')")
        [job] = cursor.fetchone()
        total = 0
        with cursor.copy("COPY web_bulkrow (job_id, number, content, status) FROM STDIN") as copy:
            for total, content in enumerate(no_more_than(MOST_ROWS, rows), 1):
                copy.write_row((job, total, content, "waiting"))
        if not total:
            message = "there is no row"
            raise UnreadableRows(message)
        cursor.execute(
            "INSERT INTO web_bulkjob (id, key_id, kind, status, idempotency_key, content_digest, total, succeeded,"
            " refused) VALUES (%s, %s, %s, 'waiting', %s, %s, %s, 0, 0)",
            [job, key_id, kind.value, name, stream.digest, total],
        )
    return int(job)
