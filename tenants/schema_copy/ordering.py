"""The steps that make a copy, and the order in which they can be taken."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tenants.schema_copy.errors import DependencyCycleError

#: Catalogue and row of an object: (``classid``, ``objid``) of ``pg_depend``.
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement about one object of the source.

    ``creates`` tells whether it makes the object or adds to it; ``rank`` orders steps that do not need each
    other. In ``statement`` the first ``qualified`` names are written with their schema; ``tail`` is text of
    people, to be left as it is.
    """

    rank: int
    classid: int
    objid: int
    creates: bool
    label: str
    qualified: int
    statement: str
    tail: str

    @property
    def key(self) -> Key:
        """The object."""
        return self.classid, self.objid


def in_order(steps: Sequence[Step], needs: Iterable[tuple[Key, Key]], parts: Mapping[Key, Key]) -> list[Step]:
    """Sort steps by rank and then as given, but each behind all that it needs.

    ``needs`` are pairs (object, object that it needs). ``parts`` maps an object without a step of its own to
    the object that it is made with: a default to its table, an index to its constraint.

    Raises :class:`DependencyCycleError`.
    """
    makers = {step.key: number for number, step in enumerate(steps) if step.creates}
    waiting: list[set[int]] = [set() for _ in steps]
    for number, step in enumerate(steps):
        maker = None if step.creates else _maker(step.key, makers, parts)
        if maker is not None:
            waiting[number].add(maker)
    for user, used in needs:
        first, second = _maker(used, makers, parts), _maker(user, makers, parts)
        if first is not None and second is not None and first != second:
            waiting[second].add(first)
    return [steps[number] for number in _sorted(steps, waiting)]


def _maker(key: Key, makers: Mapping[Key, int], parts: Mapping[Key, Key]) -> int | None:
    while key not in makers:
        if key not in parts:
            return None
        key = parts[key]
    return makers[key]


def _sorted(steps: Sequence[Step], waiting: Sequence[set[int]]) -> list[int]:
    followers: dict[int, list[int]] = defaultdict(list)
    for number, others in enumerate(waiting):
        for other in others:
            followers[other].append(number)
    missing = [len(others) for others in waiting]
    ready = [(step.rank, number) for number, step in enumerate(steps) if not missing[number]]
    heapq.heapify(ready)
    done: list[int] = []
    while ready:
        number = heapq.heappop(ready)[1]
        done.append(number)
        for follower in followers[number]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(ready, (steps[follower].rank, follower))
    if len(done) < len(steps):
        stuck = [steps[number].label for number in range(len(steps)) if missing[number]]
        raise DependencyCycleError(", ".join(stuck))
    return done
