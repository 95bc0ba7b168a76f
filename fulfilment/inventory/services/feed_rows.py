"""The rows of a stock feed as they are read: from CSV or NDJSON, each judged by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fulfilment.inventory.models import FeedKind
from oms.infra.rows import CsvRows, Damaged, objects_of

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_MOST = 2_147_483_647
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a feed are called; ``location`` is not looked for where every row is about one place."""

    location: str = "location"
    sku: str = "sku"
    quantity: str = "quantity"
    as_of: str = "as_of"


class Given(NamedTuple):
    """A row as it came: text, or what JSON has for it; or ``fault``, what came instead of a row."""

    location: object
    sku: object
    quantity: object
    as_of: object
    fault: str = ""


#: location, SKU, quantity, as of, reason for refusal ("" for none)
Judged = tuple[str, str, int | None, datetime | None, str]


def rows_of_csv(lines: Iterable[str], columns: Columns, location: str = "") -> Iterator[Given]:
    """Rows of a CSV file with a heading. Raises :class:`~oms.infra.rows.UnreadableRows`, as for a missing column."""
    table = CsvRows(lines)
    at = {name: number for number, name in enumerate(table.heading)}
    read = [columns.sku, columns.quantity, *([] if location else [columns.location])]
    table.require([*read, *([columns.as_of] if columns.as_of in at else [])])
    where, sku, quantity = at.get(columns.location, -1), at[columns.sku], at[columns.quantity]
    as_of = at.get(columns.as_of, -1)
    for cells in table.rows(exact=True):
        if isinstance(cells, Damaged):
            yield Given("", "", "", "", cells.what)
            continue
        yield Given(location or cells[where], cells[sku], cells[quantity], cells[as_of] if as_of >= 0 else "")


def rows_of_ndjson(lines: Iterable[str], location: str = "") -> Iterator[Given]:
    """One JSON object to a line: location, sku, quantity, and as_of where it is known."""
    for row in objects_of(lines):
        if isinstance(row, Damaged):
            yield Given("", "", "", "", row.what)
            continue
        yield Given(location or row.get("location"), row.get("sku"), row.get("quantity"), row.get("as_of") or "")


def judge(given: Iterable[Given], *, kind: FeedKind, now: datetime) -> Iterator[Judged]:
    """Each row by itself, and whether the feed has said the same before: the first one counts."""
    seen: set[tuple[str, str]] = set()
    for row in given:
        judged = _judge_one(row, kind, now)
        if not judged[4]:
            pair = judged[:2]
            if pair in seen:
                judged = (*judged[:4], "the feed has this location and SKU before; the first row counts")
            seen.add(pair)
        yield judged


def _judge_one(row: Given, kind: FeedKind, now: datetime) -> Judged:
    if row.fault:
        return "", "", None, None, f"this is {row.fault}"
    location, sku = _text(row.location), _text(row.sku)
    quantity = _quantity(row.quantity)
    if not location or not sku:
        fault = f"the {'SKU' if location else 'location'} is missing, longer than 64 characters or not plain text"
        return location, sku, quantity, None, fault
    if quantity is None:
        return location, sku, None, None, "the quantity is not a whole number"
    if quantity < 0 and kind is FeedKind.SNAPSHOT:
        return location, sku, quantity, None, "a snapshot says what is there: its quantity is not negative"
    as_of = _moment(row.as_of, now)
    if as_of is None:
        return location, sku, quantity, None, "as_of is no date and time with an offset, such as 2026-01-31T12:00:00Z"
    if as_of > now + _CLOCKS_DIFFER:
        return location, sku, quantity, None, "as_of lies in the future"
    if as_of < _EARLIEST:
        return location, sku, quantity, None, "as_of lies before 1970"
    return location, sku, quantity, min(as_of, now), ""


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    text = value.strip()
    return text if len(text) <= 64 and not _UNSAFE.search(text) else ""


def _quantity(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if _NUMBER.fullmatch(value.strip()) else None
    return value if isinstance(value, int) and abs(value) <= _MOST else None


def _moment(value: object, now: datetime) -> datetime | None:
    if value == "":
        return now
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
