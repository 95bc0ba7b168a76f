"""The rows of a stock feed as they are read: from CSV or NDJSON, each judged by itself."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fulfilment.inventory.models import FeedKind

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_MOST = 2_147_483_647
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(minutes=5)


class FeedUnreadable(ValueError):
    """The feed as a whole cannot be read; the message says where and why. Nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a feed are called; ``location`` is not looked for where every row is about one place."""

    location: str = "location"
    sku: str = "sku"
    quantity: str = "quantity"
    as_of: str = "as_of"


@dataclass(frozen=True, slots=True)
class Given:
    """A row as it came: text, or what JSON has for it."""

    location: object
    sku: object
    quantity: object
    as_of: object


#: location, SKU, quantity, as of, reason for refusal ("" for none)
Judged = tuple[str, str, int | None, datetime | None, str]


def rows_of_csv(lines: Iterable[str], columns: Columns, location: str = "") -> Iterator[Given]:
    """Rows of a CSV file with a heading. Raises :class:`FeedUnreadable` where a column is missing."""
    reader = csv.reader(lines)
    try:
        heading = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        at = {name: number for number, name in enumerate(heading)}
        needed = [columns.sku, columns.quantity, *([] if location else [columns.location])]
        missing = [name for name in needed if name not in at]
        if missing:
            message = f"the heading has no column {missing[0]}; it has {', '.join(heading) or 'nothing'}"
            raise FeedUnreadable(message)
        where, sku, quantity = at.get(columns.location, -1), at[columns.sku], at[columns.quantity]
        as_of, width = at.get(columns.as_of, -1), len(heading)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != width:
                yield Given("", "", f"a row of {len(cells)} cells", "")
                continue
            yield Given(
                location or cells[where], cells[sku], cells[quantity], cells[as_of] if as_of >= 0 else ""
            )  # fmt: skip
    except csv.Error as fault:
        message = f"line {reader.line_num}: {fault}"
        raise FeedUnreadable(message) from fault


def rows_of_ndjson(lines: Iterable[str], location: str = "") -> Iterator[Given]:
    """One JSON object to a line: location, sku, quantity, and as_of where it is known."""
    for line in lines:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):  # also a number of thousands of digits
            row = None
        if not isinstance(row, dict):
            yield Given("", "", "a line that is not a JSON object", "")
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
    location, sku = _text(row.location), _text(row.sku)
    quantity = _quantity(row.quantity)
    if not location or not sku:
        fault = f"the {'SKU' if location else 'location'} is missing, longer than 64 characters or not plain text"
        if isinstance(row.quantity, str) and row.quantity.startswith("a "):
            fault = f"this is {row.quantity}"
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
