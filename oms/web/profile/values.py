"""Values of documents as text, for the fields of a form and for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from modules.domain.canonical import Json
from modules.domain.lenses import ABSENT, Default
from oms.web.profile.specs import Path, Schema, Shape, Spec, readable

_ENTRIES = 5
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


def text_of(value: Default) -> str:
    """A value as a field shows it; nothing for what is absent or null."""
    if value is ABSENT or value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def value_of(text: str, spec: Spec) -> Default:
    """What somebody typed. Text that does not fit stays text: the release's own schema says what is wrong with it."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text and spec.nullable:
        return None
    if not text and spec.shape not in (Shape.TEXT, Shape.LONG):
        return ABSENT
    convert = _CONVERT.get(spec.shape)
    return convert(text, spec) if convert else text


def _whole(text: str, spec: Spec) -> Json:
    return int(text) if _WHOLE.fullmatch(text) else text


def _number(text: str, spec: Spec) -> Json:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _choice(text: str, spec: Spec) -> Json:
    return next((value for value in spec.choices if text_of(value) == text), text)


def _yes_or_no(text: str, spec: Spec) -> Json:
    return {"yes": True, "no": False}.get(text, text)


_CONVERT: dict[Shape, Callable[[str, Spec], Json]] = {
    Shape.INTEGER: _whole,
    Shape.NUMBER: _number,
    Shape.CHOICE: _choice,
    Shape.BOOLEAN: _yes_or_no,
}


def in_words(value: Default, schema: Schema | None = None, spec: Spec | None = None) -> str:
    """A value as people read it, with the schema's titles where one is given; of a list of entries the first few."""
    if value is ABSENT:
        return "not there"
    if value is None or value == "":
        return "empty"
    if isinstance(value, list):
        item = schema.item(spec) if schema and spec and spec.items else None
        words = [in_words(each, schema, item) for each in value[: _ENTRIES if _nested(value) else None]]
        if not _nested(value):
            return ", ".join(words) or "none"
        more = "; …" if len(value) > _ENTRIES else ""
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}: {'; '.join(words)}{more}"
    if isinstance(value, dict):
        parts = dict(schema.parts(spec)) if schema and spec else {}
        names = [name for name in parts if name in value] + [name for name in value if name not in parts]
        titles = {name: part.title for name, part in parts.items()}
        words = [
            f"{titles.get(name) or readable(name)}: {in_words(value[name], schema, parts.get(name))}" for name in names
        ]
        return ", ".join(words) or "none"
    text = text_of(value)
    return text.replace("_", " ") if spec and spec.choices else text


def leaves(value: Json, path: Path = (), *, entries: bool = False) -> Iterator[tuple[Path, Json]]:
    """Every value of a document with its path; a list of plain values is one value.

    With ``entries`` an entry of a list that holds nothing but plain values is one value, too.
    """
    whole = entries and bool(path) and isinstance(path[-1], int) and not _nested(value)
    if isinstance(value, dict) and value and not whole:
        for name, part in value.items():
            yield from leaves(part, (*path, name), entries=entries)
    elif isinstance(value, list) and _nested(value):
        for at, item in enumerate(value):
            yield from leaves(item, (*path, at), entries=entries)
    else:
        yield path, value


def _nested(value: Json) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(part, dict | list) for part in parts)


#: What pydantic says, and what people are told instead.
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        (r"Value error, (.+)", r"\1"),
        (r"Assertion failed, (.+)", r"\1"),
        (r"Field required", "is needed"),
        (r"Input should be greater than or equal to (.+)", r"must be \1 or more"),
        (r"Input should be less than or equal to (.+)", r"must be \1 or less"),
        (r"Input should be greater than (.+)", r"must be more than \1"),
        (r"Input should be less than (.+)", r"must be less than \1"),
        (r"Input should be a valid integer.*", "must be a whole number"),
        (r"Input should be a valid (?:number|decimal).*", "must be a number"),
        (r"Input should be a valid boolean.*", "must be yes or no"),
        (r"Input should be a valid date.*", "must be a date"),
        (r"String should have at least 1 character", "is needed"),
        (r"String should have at (least|most) (\d+) characters?", r"must have at \1 \2 characters"),
        (r"(?:List|Set) should have at (least|most) (\d+) items? .*", r"must have at \1 \2 entries"),
        (r"String should match pattern '\^\[A-Z\]\{2\}\$'", "must be two capital letters"),
        (r"String should match pattern '\^\[A-Z\]\{3\}\$'", "must be three capital letters"),
        (r"String should match pattern .*", "has not the form that is wanted"),
        (r"Input should be ('.+)", r"must be \1"),
    )
)


def fault_in_words(message: str) -> str:
    """What a schema says of a value, for people."""
    for pattern, told in _SAID:
        found = pattern.fullmatch(message)
        if found:
            message = found.expand(told)
            break
    return message[:1].upper() + message[1:]
