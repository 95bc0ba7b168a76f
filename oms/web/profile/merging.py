"""Two people changed one document: what each of them made of each field, and a document made of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.domain.canonical import Body, Json, canonical
from modules.domain.lenses import ABSENT, Default, copied
from oms.web.profile.specs import Path


@dataclass(frozen=True, slots=True)
class Disputed:
    """A field that the two versions disagree about. ``mine`` says whether mine is taken unless somebody chooses."""

    path: Path
    opened: Default
    theirs: Default
    mine: Default

    @property
    def both_changed(self) -> bool:
        """Whether neither version is what both began with."""
        return not _same(self.opened, self.theirs) and not _same(self.opened, self.mine)

    @property
    def take_mine(self) -> bool:
        """What is proposed: who alone changed the field; mine where both did."""
        return not _same(self.opened, self.mine)


def disputed(opened: Body, theirs: Body, mine: Body) -> list[Disputed]:
    """The fields in which two versions differ. A list is one field: its rows cannot be matched for certain."""
    before, them, me = (dict(_fields(body)) for body in (opened, theirs, mine))
    paths = [path for path in dict.fromkeys([*me, *them]) if not _same(me.get(path, ABSENT), them.get(path, ABSENT))]
    return [Disputed(path, before.get(path, ABSENT), them.get(path, ABSENT), me.get(path, ABSENT)) for path in paths]


def merged(theirs: Body, fields: list[Disputed], mine: Mapping[int, bool]) -> Body:
    """Their version with those of the disputed fields (by number) that are to be mine."""
    body = copied(theirs)
    for number, field in enumerate(fields):
        if mine.get(number, field.take_mine):
            _put(body, field.path, field.mine)
    return body


def _fields(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict) and (value or not path):
        for name, part in value.items():
            yield from _fields(part, (*path, name))
    else:
        yield path, value


def _put(body: Body, path: Path, value: Default) -> None:
    at, name = body, str(path[-1])
    for part in path[:-1]:
        below = at.get(str(part))
        if not isinstance(below, dict):
            below = at[str(part)] = {}
        at = below
    if value is ABSENT:
        at.pop(name, None)
    else:
        at[name] = value


def _same(one: Default, other: Default) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(one) == canonical(other)
