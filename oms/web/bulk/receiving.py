"""Rows from a stream of NDJSON or CSV, never the whole of it in memory."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from typing import Protocol

from django.db import connection

from oms.web.models import BulkKind

MOST_ROWS = 100_000
LONGEST_ROW = 64 * 1024
_CHUNK = 64 * 1024
_WHOLE = {
    "quantity", "line", "on_hand", "weight_grams", "length_mm", "width_mm", "height_mm",
}  # fmt: skip
_DEGREES = {"latitude", "longitude"}
_YES_OR_NO = {"captured": None, "returnable": None}


class BadStream(ValueError):
    """The stream cannot be taken; the message says where it is wrong."""


class Readable(Protocol):
    """A body that is read in parts."""

    def read(self, size: int, /) -> bytes: ...


class Stream:
    """The lines of a body and, once they have been read, the digest of it all."""

    def __init__(self, body: Readable) -> None:
        self._body = body
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        """SHA-256 of what has been read."""
        return self._digest.digest()

    def lines(self) -> Iterator[str]:
        """Each line without its end. Raises :class:`BadStream`."""
        rest = b""
        while chunk := self._body.read(_CHUNK):
            self._digest.update(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            yield from map(_text, whole)
            if len(rest) > LONGEST_ROW:
                raise BadStream(_TOO_LONG)
        if rest:
            yield _text(rest)


_TOO_LONG = f"a row has more than {LONGEST_ROW:,} bytes"


def _text(line: bytes) -> str:
    if len(line) > LONGEST_ROW:
        raise BadStream(_TOO_LONG)
    try:
        text = line.decode().removesuffix("\r")
    except UnicodeDecodeError as fault:
        message = "a row is not UTF-8"
        raise BadStream(message) from fault
    if "\x00" in text:
        message = "a row has a null character"
        raise BadStream(message)
    return text


def rows_of(stream: Stream, *, is_csv: bool) -> Iterator[str]:
    """Each row as the text of a JSON object (NDJSON: as it was sent; it is read by the job). Raises BadStream."""
    return _from_csv(stream) if is_csv else (line for line in stream.lines() if line.strip())


def _from_csv(stream: Stream) -> Iterator[str]:
    reader = csv.reader(line + "\n" for line in stream.lines())
    try:
        header = next(reader, [])
        if not header or len(set(header)) < len(header):
            message = "the first row of CSV names each column once"
            raise BadStream(message)
        for row in reader:
            if row:
                yield json.dumps(_object(header, row))
    except csv.Error as fault:
        raise BadStream(str(fault)) from fault


def _object(header: list[str], row: list[str]) -> dict[str, object]:
    """``lines.0.sku`` is the SKU of the first line; an empty cell is left out."""
    whole: dict[str, object] = {}
    for name, cell in zip(header, row, strict=False):
        if cell == "":
            continue
        *steps, last = name.removeprefix("\ufeff").strip().split(".")
        place = whole
        for step in steps:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = _value(last, cell)
    return {name: _listed(value) for name, value in whole.items()}


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(inner) for name, inner in value.items()}


def _value(name: str, cell: str) -> object:
    if name in _WHOLE and cell.lstrip("-").isdecimal() and len(cell) < 20:
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

    One COPY, in the caller's transaction. Raises :class:`BadStream`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('web_bulkjob_id_seq')")
        [job] = cursor.fetchone()
        total = 0
        with cursor.copy("COPY web_bulkrow (job_id, number, content, status) FROM STDIN") as copy:
            for total, content in enumerate(rows, 1):
                if total > MOST_ROWS:
                    message = f"there are more than {MOST_ROWS:,} rows; send them in several jobs"
                    raise BadStream(message)
                copy.write_row((job, total, content, "waiting"))
        if not total:
            message = "there is no row"
            raise BadStream(message)
        cursor.execute(
            "INSERT INTO web_bulkjob (id, key_id, kind, status, idempotency_key, content_digest, total, succeeded,"
            " refused) VALUES (%s, %s, %s, 'waiting', %s, %s, %s, 0, 0)",
            [job, key_id, kind.value, name, stream.digest, total],
        )
    return int(job)
