"""The building blocks of conversions lose nothing: on any values, and with whatever memories."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.domain.canonical import Body, Json, canonical
from modules.domain.documents import Document
from modules.domain.lenses import (
    ABSENT,
    Default,
    Fields,
    Piles,
    Remembering,
    UnreadableComplement,
    body_of,
    list_of,
    packed,
    put,
    shelve,
    take,
    unpacked,
    unshelve,
)

names = st.sampled_from(["a", "b", "c", "d"])
values: st.SearchStrategy[Json] = st.sampled_from([None, 0, 1, True, 1.0, "", "1", [], [0], {"a": 0}])
bodies: st.SearchStrategy[Body] = st.dictionaries(names, values, max_size=4)


def lens(before: Body, after: Body, *, renamed: bool) -> Fields:
    """A lens that renames a to b, knows c before and d after."""
    mine: dict[str, Default] = {"c": before.get("c", ABSENT)}
    theirs: dict[str, Default] = {"d": after.get("d", ABSENT)}
    return Fields(renamed={"a": "b"} if renamed else {}, before=mine, after=theirs)


@given(body=bodies, before=bodies, after=bodies, renamed=st.booleans())
def test_fields_go_both_ways(body: Body, before: Body, after: Body, renamed: bool) -> None:
    fields = lens(before, after, renamed=renamed)
    newer, left = fields.up(body, {})
    assert canonical(fields.down(newer, left)[0]) == canonical(body)
    assert fields.down(newer, left)[1] == {}
    older, left = fields.down(body, {})
    assert canonical(fields.up(older, left)[0]) == canonical(body)
    assert fields.up(older, left)[1] == {}


def test_a_field_that_bears_a_name_of_the_other_side_waits() -> None:
    fields = Fields(renamed={"old": "new"}, after={"fresh": 1})
    newer, left = fields.up({"old": 5, "new": "ours", "fresh": "ours too"}, {})
    assert newer == {"new": 5, "fresh": 1}
    assert left == {"new": ["ours"], "fresh": ["ours too"]}


def halved(value: Json, before: Json) -> Json:
    return int(str(value)) // 2


def doubled(value: Json, before: Json) -> Json:
    return int(str(value)) * 2


def forgetful(value: Json, before: Json) -> Json:
    return 0


def guided(value: Json, before: Json) -> Json:
    return int(str(value)) + int(str(before or 0))


Translate = Callable[[Json, Json], Json]
translations = st.sampled_from([halved, doubled, forgetful, guided])


@given(there=translations, back=translations, edits=st.lists(st.integers(-1, 9), max_size=6), up=st.booleans())
def test_any_translations_lose_nothing(there: Translate, back: Translate, edits: list[int], up: bool) -> None:
    pair = Remembering(to_newer=there, to_older=back)
    value: Json = 3
    memory: Json = None
    for edit in edits:
        move, undo = (pair.up, pair.down) if up else (pair.down, pair.up)
        assert canonical([*undo(*move(value, memory))]) == canonical([value, memory])
        value, memory = move(value, memory)
        up = not up
        value = value if edit < 0 else edit
    move, undo = (pair.up, pair.down) if up else (pair.down, pair.up)
    assert canonical([*undo(*move(value, memory))]) == canonical([value, memory])


@given(left=st.lists(st.dictionaries(names, st.integers(), max_size=1), max_size=4))
def test_piles_give_back_the_newest_first(left: list[dict[str, int]]) -> None:
    piles: Piles = {}
    for each in left:
        put(piles, "LON", {**each})
    assert [take(piles, "LON") for _ in left] == list(reversed(left))
    assert piles == {}


@given(shelved=st.lists(st.booleans(), max_size=4))
def test_a_shelf_gives_back_the_newest_first(shelved: list[bool]) -> None:
    shelf: Piles = {}
    documents = [Document({"at": at}, {"kept": at}) if there else None for at, there in enumerate(shelved)]
    for document in documents:
        shelve(shelf, "LON", document)
    assert [unshelve(shelf, "LON") for _ in documents] == list(reversed(documents))
    assert shelf == {}


def test_documents_are_packed_and_what_is_no_such_thing_is_refused() -> None:
    assert packed(Document({"a": 1})) == {"body": {"a": 1}}
    assert unpacked(packed(Document({"a": 1}, {"b": 2}))) == Document({"a": 1}, {"b": 2})
    with pytest.raises(UnreadableComplement, match="expected an object where b'3' is"):
        body_of(3)
    with pytest.raises(UnreadableComplement, match=r"expected a list where b'\{\}' is"):
        list_of({})
