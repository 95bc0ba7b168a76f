"""Building blocks of the conversions between neighbouring releases. None of them loses anything, either way.

A conversion moves what the other side cannot express into the complement of a document, under its own name, and
takes it from there on the way back. For each block here and for all values, going up and down again gives the same
to the byte, and so does going down and up: also after edits between. Sealed releases rest on these blocks, so what
is here never changes; other blocks may be added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from modules.domain.canonical import Body, Json, canonical
from modules.domain.documents import Document


class Absence(Enum):
    """Of a field that is not there by default."""

    ABSENT = "absent"


ABSENT = Absence.ABSENT
Default = Json | Absence
#: What documents or entries of a key left behind, by key, the newest first; see :func:`take` and :func:`put`.
Piles = dict[str, Json]


class UnreadableComplement(ValueError):
    """A complement was not written by the conversion whose name it bears."""


def body_of(value: Json) -> Body:
    """A JSON value that must be an object. Raises :class:`UnreadableComplement`."""
    if not isinstance(value, dict):
        message = f"expected an object where {canonical(value)[:60]!r} is"
        raise UnreadableComplement(message)
    return value


def list_of(value: Json) -> list[Json]:
    """A JSON value that must be a list. Raises :class:`UnreadableComplement`."""
    if not isinstance(value, list):
        message = f"expected a list where {canonical(value)[:60]!r} is"
        raise UnreadableComplement(message)
    return value


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal to the byte (1, 1.0 and true are not)."""
    return canonical(one) == canonical(other)


def copied(value: Body) -> Body:
    """A copy whose objects and lists may be changed."""
    return {name: _copied(part) for name, part in value.items()}


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return copied(value)
    return [_copied(part) for part in value] if isinstance(value, list) else value


def packed(document: Document) -> Body:
    """A document as one JSON object, without a complement that is empty."""
    whole: Body = {"body": document.body}
    return whole | ({"complement": document.complement} if document.complement else {})


def unpacked(whole: Json) -> Document:
    """The document that :func:`packed` wrote."""
    parts = body_of(whole)
    return Document(body_of(parts["body"]), body_of(parts.get("complement", {})))


def without_empty(parts: Mapping[str, Json]) -> Body:
    """The parts that hold something: what is empty is not written."""
    return {name: part for name, part in parts.items() if part not in (None, {}, [])}


@dataclass(frozen=True, slots=True)
class Fields:
    """How the fields of a document differ between two releases; those that are not named stay as they are.

    ``before`` and ``after`` hold the fields that only the older or only the newer release knows, with the value
    that they get where nothing else was kept (:data:`ABSENT`: none). A field that one side merely happens to have
    under a name that means something on the other side is kept in the complement.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Default] = field(default_factory=dict)
    after: Mapping[str, Default] = field(default_factory=dict)

    def up(self, body: Body, kept: Body) -> tuple[Body, Body]:
        """The newer body, and what it cannot express. ``kept`` is what :meth:`down` could not."""
        return _carry(body, kept, self.renamed, self._only_before(), self._only_after())

    def down(self, body: Body, kept: Body) -> tuple[Body, Body]:
        """The older body, and what it cannot express. ``kept`` is what :meth:`up` could not."""
        names = {new: old for old, new in self.renamed.items()}
        return _carry(body, kept, names, self._only_after(), self._only_before())

    def _only_before(self) -> Mapping[str, Default]:
        return dict.fromkeys([*self.renamed.values(), *self.after], ABSENT) | dict(self.before)

    def _only_after(self) -> Mapping[str, Default]:
        return dict.fromkeys([*self.renamed, *self.before], ABSENT) | dict(self.after)


def _carry(
    body: Body, kept: Body, names: Mapping[str, str], mine: Mapping[str, Default], theirs: Mapping[str, Default]
) -> tuple[Body, Body]:
    carried: Body = {names.get(name, name): value for name, value in body.items() if name not in mine}
    left: Body = {}
    for name, usual in mine.items():
        found = body.get(name, ABSENT)
        if not _equal(found, usual):
            left[name] = [] if found is ABSENT else [found]
    for name, usual in theirs.items():
        state = list_of(kept[name]) if name in kept else [] if usual is ABSENT else [usual]
        if state:
            carried[name] = state[0]
    return carried, left


def _equal(one: Default, other: Default) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return same(one, other)


def take(piles: Piles, key: str) -> Body:
    """The newest of what was left behind under a key; nothing where nothing was."""
    pile = list_of(piles.pop(key, []))
    if not pile:
        return {}
    if pile[1:]:
        piles[key] = pile[1:]
    return body_of(pile[0])


def put(piles: Piles, key: str, left: Body) -> None:
    """Leave something behind under a key, on top of what is there; undone by :func:`take`."""
    pile = list_of(piles.get(key, []))
    if left or pile:
        piles[key] = [left, *pile]


def shelve(shelf: Piles, key: str, document: Document | None) -> None:
    """Put a document aside that the other side cannot show, or say that there is none; undone by :func:`unshelve`."""
    pile = list_of(shelf.get(key, []))
    if document is not None or pile:
        shelf[key] = [packed(document) if document else None, *pile]


def unshelve(shelf: Piles, key: str) -> Document | None:
    """Take the document that was put aside last under a key, if any."""
    pile = list_of(shelf.pop(key, []))
    if pile[1:]:
        shelf[key] = pile[1:]
    return unpacked(pile[0]) if pile and pile[0] is not None else None


Translation = Callable[[Json, Json], Json]


@dataclass(frozen=True, slots=True)
class Remembering:
    """Any two translations between two forms of a value, made to lose nothing.

    A translation is given the value and, to be guided by, what it was on the other side before (None at first).
    Where a translation alone would not come back to the same, the result remembers what it came from; as long as it
    is not edited, it goes back to exactly that. A memory is a pair: a value and the memory that it had.
    """

    to_newer: Translation
    to_older: Translation

    def up(self, value: Json, memory: Json) -> tuple[Json, Json]:
        """The newer form of a value, and what to remember (None: nothing)."""
        return _translate(value, memory, self.to_newer, self.to_older)

    def down(self, value: Json, memory: Json) -> tuple[Json, Json]:
        """The older form of a value, and what to remember (None: nothing)."""
        return _translate(value, memory, self.to_older, self.to_newer)


def _translate(value: Json, memory: Json, there: Translation, back: Translation) -> tuple[Json, Json]:
    if memory is None:
        other = there(value, None)
        return other, None if same(back(other, None), value) else [value, None]
    remembered, older = list_of(memory)
    came_to, came_with = _translate(remembered, older, back, there)
    if same(came_to, value) and same(came_with, memory):
        return remembered, older
    return there(value, remembered), [value, memory]
