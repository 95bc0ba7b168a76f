"""Reading single cells: numbers, times, countries, and text that can be stored.

A reader is made once per mapping and remembers what it read, because files repeat themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from oms.importing.iso_codes import COUNTRY_CODES
from oms.importing.mapping import Country, Mapping
from oms.importing.rules import SourceField

MAX_QUANTITY = 2_147_483_647
PRICE_BOUND = 10**9
PRICE_DECIMALS = 4
YEARS = range(1970, 2101)

#: Control characters (C0, DEL, C1) and surrogates, which stand for bytes that could not be decoded.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNDECODED = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = re.compile("[\t\r\n]+")
_SHOWN = 40
_T = TypeVar("_T")
_REMEMBERED = 1 << 16


class CellFault(Exception):
    """One cell cannot be read, so its line is refused for `reason`.

    `where` is the field, or the header of a column without one, or empty for the line as a whole;
    `complaint` says what is wrong with it.
    """

    def __init__(self, reason: str, where: SourceField | str, complaint: str) -> None:
        super().__init__(complaint)
        self.reason = reason
        self.where = where
        self.complaint = complaint


def printable(text: str) -> str:
    """The text with control characters and undecodable bytes spelt \\xNN, fit to show and store."""
    return _UNPRINTABLE.sub(_spelt, text)


def shown(text: str) -> str:
    """The text in double quotes for a message, cut to 40 characters."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f'"{printable(cut)}"'


def is_plain(text: str) -> bool:
    """Whether there is no control character, line end or undecoded byte in the text."""
    return text.isprintable() or _UNPRINTABLE.search(text) is None  # the first is quick, but too strict


def cleaned(text: str, where: SourceField | str, *, free: bool, encoding: str) -> str:
    """The text as it can be stored: stripped, and in free text each run of tabs and line ends made one blank.

    Raises `CellFault`: `bad_encoding` for bytes that could not be decoded, `bad_character` for control
    characters, and for tabs and line ends in what is not free text.
    """
    if _UNDECODED.search(text):
        raise CellFault("bad_encoding", where, f"{shown(text)} holds bytes that are not {encoding}")
    if _CONTROL.search(text):
        raise CellFault("bad_character", where, f"{shown(text)} holds a control character")
    text = text.strip()
    if free:
        return _BREAKS.sub(" ", text)
    if _BREAKS.search(text):
        raise CellFault("bad_character", where, f"{shown(text)} holds a tab or a line end")
    return text


def too_long(where: SourceField | str, text: str, limit: int) -> CellFault:
    """The fault of a cell with more than `limit` characters."""
    return CellFault("too_long", where, f"{shown(text)} has {len(text):,} characters, at most {limit} fit")


def readable(read: Callable[[str], _T], text: str) -> _T | None:
    """What the cell says, or None where it cannot be read."""
    try:
        return read(text)
    except CellFault:
        return None


def _spelt(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number & 0xFF:02x}" if number < 0xD800 or 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"


def quantity_reader(mapping: Mapping) -> Callable[[str], int]:
    """A function from a cell to a whole number within ±2,147,483,647; raises `CellFault` (`bad_quantity`)."""
    number = _number_reader(mapping)

    @lru_cache(_REMEMBERED)
    def read(text: str) -> int:
        value = number(text)
        if value is None or value != int(value):
            raise _bad(SourceField.QUANTITY, text, "is not a whole number")
        if abs(value) > MAX_QUANTITY:
            raise _bad(SourceField.QUANTITY, text, f"is beyond ±{MAX_QUANTITY:,}")
        return int(value)

    return read


def price_reader(mapping: Mapping) -> Callable[[str], Decimal]:
    """A function from a cell to an exact price of at most 4 decimals below 10**9, of either sign.

    It raises `CellFault` (`bad_unit_price`).
    """
    number = _number_reader(mapping)
    separator = mapping.decimal_separator

    @lru_cache(_REMEMBERED)
    def read(text: str) -> Decimal:
        value = number(text)
        if value is None:
            raise _bad(SourceField.UNIT_PRICE, text, f'is not a number with the decimal separator "{separator}"')
        if abs(value) >= PRICE_BOUND:
            raise _bad(SourceField.UNIT_PRICE, text, f"is not below {PRICE_BOUND:,}")
        rounded = round(value, PRICE_DECIMALS)
        if rounded != value:
            raise _bad(SourceField.UNIT_PRICE, text, f"has more than {PRICE_DECIMALS} decimals")
        return min(value, rounded, key=_decimals)

    return read


def moment_reader(mapping: Mapping) -> Callable[[str], datetime]:
    """A function from a cell to an aware time in the years 1970 to 2100.

    A time without an offset is local to the mapping's zone: the earlier of two where clocks went back.
    It raises `CellFault` (`bad_placed_at`).
    """
    formats = mapping.date_formats
    zone = mapping.zone

    @lru_cache(_REMEMBERED)
    def read(text: str) -> datetime:
        for spelling in formats:
            moment = _parsed(text, spelling, zone)
            if moment is None:
                continue
            if moment.year not in YEARS:
                raise _bad(SourceField.PLACED_AT, text, "is not in the years 1970 to 2100")
            return moment
        raise _bad(SourceField.PLACED_AT, text, f"is not a time of the form {' or '.join(formats)}")

    return read


def country_reader(mapping: Mapping) -> Callable[[str], Country]:
    """A function from a cell to the country it names: by a spelling of the mapping, in any case, or ISO code.

    A blank cell is the mapping's default country. It raises `CellFault` (`unknown_country`).
    """
    spellings = {spelling.strip().casefold(): country for spelling, country in mapping.countries.items()}
    default = Country(code=mapping.default_country)

    @lru_cache(_REMEMBERED)
    def read(text: str) -> Country:
        if not text:
            return default
        country = spellings.get(text.casefold())
        if country is not None:
            return country
        code = text.upper() if text.isascii() else ""
        if code in COUNTRY_CODES:
            return Country(code=code)
        raise CellFault(
            "unknown_country",
            SourceField.COUNTRY,
            f"{shown(text)} is no country that the mapping lists, nor an ISO code",
        )

    return read


def _number_reader(mapping: Mapping) -> Callable[[str], Decimal | None]:
    """A function from a cell to the finite number it spells, or None. Digits are ASCII; no exponent."""
    decimal, thousands = mapping.decimal_separator, mapping.thousands_separator
    whole = "[0-9]+"
    if thousands:
        blank = " \u00a0\u202f" if thousands == " " else re.escape(thousands)
        whole = f"[0-9]{{1,3}}(?:[{blank}][0-9]{{3}})+|[0-9]+"
    spelt = re.compile(f"([+-]?)({whole}|)(?:{re.escape(decimal)}([0-9]+))?").fullmatch
    longest = 64

    def read(text: str) -> Decimal | None:
        match = spelt(text) if len(text) <= longest else None
        if match is None or not (match[2] or match[3]):
            return None
        digits = re.sub("[^0-9]", "", match[2]) or "0"
        value = Decimal(f"{match[1]}{digits}.{match[3] or ''}")
        return value or Decimal(0)

    return read


def _parsed(text: str, spelling: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if spelling == "iso" else datetime.strptime(text, spelling)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _bad(field: SourceField, text: str, complaint: str) -> CellFault:
    return CellFault(f"bad_{field}", field, f"{shown(text)} {complaint}")
