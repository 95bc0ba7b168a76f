"""What differs between two states of a profile, field by field, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document, Reference


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one document: ``before`` or ``after`` is None where the field or document was not there."""

    reference: Reference
    path: tuple[str | int, ...]
    before: Json
    after: Json
    sentence: str


def differences(before: Mapping[Reference, Document], after: Mapping[Reference, Document]) -> list[Difference]:
    """Every difference, in the order of the documents."""
    found: list[Difference] = []
    for reference in sorted({*before, *after}):
        old, new = before.get(reference), after.get(reference)
        if old is None and new is not None:
            found.append(Difference(reference, (), None, new.body, f"{reference} was added"))
        elif new is None and old is not None:
            found.append(Difference(reference, (), old.body, None, f"{reference} was removed"))
        elif old is not None and new is not None:
            found += body_differences(reference, old.body, new.body)
    return found


def body_differences(reference: Reference, before: Body, after: Body) -> list[Difference]:
    """What differs between two bodies of one document."""
    return [
        Difference(reference, path, old, new, f"{reference}: {_spelt(path)} {_words(old, new)}")
        for path, old, new in _walk((), before, after)
    ]


_ABSENT = object()


def _walk(
    path: tuple[str | int, ...], before: object, after: object
) -> Iterator[tuple[tuple[str | int, ...], Json, Json]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _walk((*path, key), before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        for at in range(max(len(before), len(after))):
            yield from _walk(
                (*path, at),
                before[at] if at < len(before) else _ABSENT,
                after[at] if at < len(after) else _ABSENT,
            )
    elif type(before) is not type(after) or before != after:
        yield path, _json(before), _json(after)


def _json(value: object) -> Json:
    return None if value is _ABSENT else value  # type: ignore[return-value]


def _spelt(path: tuple[str | int, ...]) -> str:
    """``location_settings → 2 → threshold``: positions counted from 1, as people do."""
    return " → ".join(str(part + 1) if isinstance(part, int) else part.replace("_", " ") for part in path)


def _words(before: Json, after: Json) -> str:
    if before is None:
        return f"is now {_shown(after)}"
    if after is None:
        return f"is no longer {_shown(before)}"
    return f"changed from {_shown(before)} to {_shown(after)}"


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, list | dict):
        return f"{len(value)} entries"
    return str(value)
