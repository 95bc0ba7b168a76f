"""Reading a platform's JSON: tolerant of what is missing or unknown, strict about money, quantities and times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from orders.domain.channel import CannotRead, Message

#: Objects and arrays inside one another at most.
DEEPEST = 40
_MONEY = re.compile(r"[+-]?\d{1,15}(\.\d{1,20})?")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_LARGEST = Decimal(10) ** 10


class Unreadable(ValueError):
    """A value that must be certain is not; the message names it, in words for people."""


def json_of(message: Message) -> object:
    """The JSON in a body, numbers with a point as exact decimals. Raises :class:`CannotRead`."""
    try:
        value: object = json.loads(
            message.body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=lambda name: name
        )
    except UnicodeDecodeError as fault:
        text = f"the body is not UTF-8 (byte {fault.start})"
        raise CannotRead(text) from fault
    except json.JSONDecodeError as fault:
        text = f"the body is not JSON (line {fault.lineno}, column {fault.colno}: {fault.msg})"
        raise CannotRead(text) from fault
    except (RecursionError, ValueError) as fault:
        text = "the body is JSON nested too deeply or with numbers too long to be read"
        raise CannotRead(text) from fault
    if _too_deep(value):
        text = f"objects and arrays lie more than {DEEPEST} deep inside one another"
        raise CannotRead(text)
    return value


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def clean(value: object, limit: int = 255) -> str:
    """A text or number as one line without control characters, cut to ``limit``; anything else is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return _SPACE.sub(" ", _UNSAFE.sub("", str(value))).strip()[:limit].rstrip()


class Record:
    """One object of a platform's document; ``at`` names it in sentences. Missing and null are the same."""

    def __init__(self, value: object, at: str) -> None:
        self.value: dict[str, object] = value if isinstance(value, dict) else {}
        self.at = at

    def __bool__(self) -> bool:
        return bool(self.value)

    def __contains__(self, name: str) -> bool:
        return self.value.get(name) is not None

    def text(self, *names: str, limit: int = 255) -> str:
        """The first of the fields that has one, on one line."""
        return next((found for name in names if (found := clean(self.value.get(name), limit))), "")

    def whole(self, name: str, limit: int) -> str:
        """A number or name that must not be cut. Raises :class:`Unreadable` where it is longer."""
        found = clean(self.value.get(name), 10_000)
        if len(found) > limit:
            message = f"{self._named(name)} is longer than {limit} characters"
            raise Unreadable(message)
        return found

    def record(self, name: str) -> Record:
        """An object inside; empty where there is none."""
        return Record(self.value.get(name), f"{self.at} {name}")

    def records(self, name: str) -> list[Record]:
        """The objects of a list inside; empty where there is none."""
        return list(self._records(name))

    def _records(self, name: str) -> Iterator[Record]:
        found = self.value.get(name)
        for number, item in enumerate(found if isinstance(found, list) else [], 1):
            if isinstance(item, dict):
                yield Record(item, f"{self.at} {name} {number}".strip())

    def flag(self, name: str) -> bool:
        """Whether it says yes; also as a word, as some platforms write it."""
        found = self.value.get(name)
        return found is True or (isinstance(found, str) and found.lower() in ("true", "1", "yes"))

    def money(self, name: str) -> Decimal | None:
        """An exact amount, None where there is none. Raises :class:`Unreadable`."""
        return money(self.value.get(name), self._named(name))

    def amount(self, name: str) -> Decimal:
        """An exact amount, nothing where there is none. Raises :class:`Unreadable`."""
        return self.money(name) or Decimal(0)

    def count(self, name: str) -> int | None:
        """A whole number, None where there is none. Raises :class:`Unreadable`."""
        found = money(self.value.get(name), self._named(name))
        if found is None:
            return None
        if found != found.to_integral_value() or abs(found) >= 2**31:
            message = f"{self._named(name)} is {found:f}, not a whole number of units"
            raise Unreadable(message)
        return int(found)

    def instant(self, *names: str, naive_is_utc: bool = False) -> datetime | None:
        """The first of the fields that has a time. Raises :class:`Unreadable`."""
        for name in names:
            found = self.text(name)
            if found:
                return instant(found, self._named(name), naive_is_utc=naive_is_utc)
        return None

    def _named(self, name: str) -> str:
        return f"{self.at} {name}".strip()


def money(value: object, named: str) -> Decimal | None:
    """An exact amount. Nothing is guessed: ``1,234.50`` and ``1.2e3`` as texts are refused."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _MONEY.fullmatch(value.strip()):
        found = Decimal(value.strip())
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        found = Decimal(value)
    else:
        message = f"{named} is {clean(value, 40)!r}, not an amount"
        raise Unreadable(message)
    if not found.is_finite() or abs(found) >= _LARGEST:
        message = f"{named} is {clean(value, 40)!r}, more than can be taken"
        raise Unreadable(message)
    return found


def instant(text: str, named: str, *, naive_is_utc: bool = False) -> datetime:
    """A time with its zone (ISO 8601). Raises :class:`Unreadable`."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None and naive_is_utc:
            found = found.replace(tzinfo=UTC)
        if found.tzinfo is not None and 1900 < found.year < 9999:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = f"{named} is {clean(text, 40)!r}, not a time with its zone"
    raise Unreadable(message)


def currency_code(text: str, named: str) -> str:
    """ISO 4217. Raises :class:`Unreadable`."""
    code = text.upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        message = f"{named} is {clean(text, 20)!r}, not a currency"
        raise Unreadable(message)
    return code


def country_code(text: str, fallback: str = "") -> str:
    """ISO 3166-1 alpha-2 as it is given, else the fallback."""
    code = text.upper()
    return code if re.fullmatch(r"[A-Z]{2}", code) else fallback


def email(text: str) -> str:
    """An address that could be one, else nothing: an order is not refused for it."""
    return text if len(text) <= 254 and re.fullmatch(r"[^@\s]+@[^@\s]+", text) else ""


def address_lines(*parts: str) -> str:
    """Lines of an address that are there, each once, in one."""
    return ", ".join(dict.fromkeys(part for part in parts if part))[:255]
