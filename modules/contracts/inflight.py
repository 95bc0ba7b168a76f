"""What an app tells about its work in flight, so that a retailer can see it and move it to another release. Version 1.

Work carries the release that it began on and finishes there, unless the retailer asks for it to be moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Standing:
    """How much work of a release stands at one status: ``word`` and ``sentence`` are for people."""

    word: str
    sentence: str
    count: int
    finished: bool


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of unfinished work, its row locked. ``statuses`` are those of its parts, in its release's words."""

    id: int
    number: str
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappedWork:
    """Work that can be moved: what each of its statuses becomes."""

    work: Work
    became: Mapping[str, str]


class InFlight(Protocol):
    """The work of one module. Each app registers its own (``inflight.py``)."""

    @property
    def module(self) -> str:
        """The module whose releases the work finishes on."""

    @property
    def thing(self) -> str:
        """What one piece of it is called: ``order``."""

    def unfinished(self) -> Mapping[str, int]:
        """Pieces of unfinished work by the release that they finish on."""

    def standing(self, release: str) -> Sequence[Standing]:
        """All work of a release, finished or not, by status."""

    def lock_next(self, release: str, *, after: int, limit: int) -> Sequence[Work]:
        """Lock and return the next unfinished work of a release, by ``id``, beyond ``after``."""

    def move(self, mapped: Sequence[MappedWork], *, before: str, after: str, actor: str) -> None:
        """Give locked work to another release, with its mapped statuses, and record an event for each piece."""
