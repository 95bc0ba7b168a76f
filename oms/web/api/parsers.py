"""JSON from partners, read strictly: what two readers could understand differently is refused (RFC 7493)."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from django.http import UnreadablePostError
from rest_framework.parsers import BaseParser

from oms.web.api.problems import Fault, Kind, Problem, invalid, step

#: Objects and arrays inside one another at most.
DEEPEST = 16

#: Without what JSON allows between its values alone: inside strings it stands as an escape.
_UNSAFE_RAW = re.compile(r"[\x7f-\x9f\ud800-\udfff]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """Refuses repeated members, NaN and infinity, invalid UTF-8, control characters and lone surrogates."""

    media_type = "application/json"

    def parse(  # type: ignore[override]  # a body may be any value; DRF hands on what it gets
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> object:
        """The value in the body. Raises :class:`~oms.web.api.problems.Problem`."""
        try:
            # Not the stream: the body of the request is read within Django's limit of its size.
            body = parser_context["request"].body if parser_context else stream.read()
        except UnreadablePostError as fault:
            raise Problem(Kind.MALFORMED_REQUEST, "The body ended before its announced length.") from fault
        return parsed_json(body)


def parsed_json(body: bytes) -> object:
    """Read a body. Raises :class:`~oms.web.api.problems.Problem`."""
    try:
        text = body.decode()
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except UnicodeDecodeError as fault:
        raise Problem(Kind.MALFORMED_JSON, f"Byte {fault.start} is not UTF-8.") from fault
    except json.JSONDecodeError as fault:
        detail = f"Line {fault.lineno}, column {fault.colno}: {fault.msg}."
        raise Problem(Kind.MALFORMED_JSON, detail) from fault
    except RecursionError as fault:
        raise Problem(Kind.MALFORMED_JSON, _TOO_DEEP) from fault
    faults = list(_faults(value, "", DEEPEST)) if _may_have_faults(text, value) else []
    if faults:
        raise invalid(faults)
    return value


def _may_have_faults(text: str, value: object) -> bool:
    """Whether it has to be looked through, text by text. The text of most bodies tells that it need not.

    A string has an unsafe character only where the body has it or an escape; something lies deeper than so many
    objects and arrays only where there are as many.
    """
    if "\\" in text or _UNSAFE_RAW.search(text) or text.count("{") + text.count("[") > DEEPEST:
        return True
    return _has_repeated(value)


def _has_repeated(value: object) -> bool:
    if isinstance(value, _Members):
        return bool(value.repeated) or any(
            _has_repeated(item) for item in value.values() if isinstance(item, dict | list)
        )
    return isinstance(value, list) and any(map(_has_repeated, value))


_TOO_DEEP = f"Objects and arrays lie inside one another at most {DEEPEST} deep."


class _Members(dict[str, object]):
    """An object of the body, and the names that it has more than once."""

    repeated: Sequence[str] = ()


def _members(pairs: list[tuple[str, object]]) -> _Members:
    members = _Members(pairs)
    if len(members) < len(pairs):
        members.repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return members


def _integer(text: str) -> int:
    if len(text) > 20:
        raise Problem(Kind.MALFORMED_JSON, "A whole number has more than 20 characters.")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Problem(Kind.MALFORMED_JSON, f"{text[:20]} is not a number that can be taken.")
    return number


def _faults(value: object, at: str, depth: int) -> Iterator[Fault]:
    """What cannot be taken in ``value``, wherever it lies."""
    if isinstance(value, str):
        yield from _text_faults(value, at, "The text")
    elif isinstance(value, dict | list) and depth == 0:
        yield Fault(at, "too_deep", _TOO_DEEP)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{at}/{index}", depth - 1)
    elif isinstance(value, _Members):
        for name in value.repeated:
            yield Fault(at + step(name), "repeated", "The object has this member more than once.")
        for name, item in value.items():
            yield from _text_faults(name, at + step(name), "The name of a member")
            yield from _faults(item, at + step(name), depth - 1)


def parameter_faults(name: str, text: str) -> Iterator[Fault]:
    """What cannot be taken in the text of a parameter."""
    yield from _text_faults(text, name, "The text", "parameter")


def _text_faults(text: str, at: str, what: str, within: str = "pointer") -> Iterator[Fault]:
    found = _UNSAFE.search(text)
    if found:
        kind = "half a surrogate pair" if found[0] >= "\ud800" else "a control character"
        detail = f"{what} has {kind} (U+{ord(found[0]):04X}) at character {found.start() + 1}."
        yield Fault(at, "unsafe_character", detail, within)
