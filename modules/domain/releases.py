"""What a release of a module is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from modules.domain.canonical import Body
from modules.domain.documents import Document

Policies = TypeVar("Policies")

#: Documents of one module by (kind, key).
DocumentSet = Mapping[tuple[str, str], Document]
#: Converts all documents of a module to the schema of the neighbouring release.
Conversion = Callable[[DocumentSet], dict[tuple[str, str], Document]]


class KindModel(BaseModel):
    """Base of every kind: unknown fields are kept, so that a newer release's fields survive an older one."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """Major, minor, patch."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """From ``1.2.0``. Raises :class:`ValueError`."""
        found = re.fullmatch(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", text)
        if not found:
            message = f"{text!r} is not a version such as 1.2.0"
            raise ValueError(message)
        return cls(*(int(part) for part in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def __lt__(self, other: Version) -> bool:
        return (self.major, self.minor, self.patch) < (other.major, other.minor, other.patch)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of document: its schema, its titles for people, and the documents that a profile begins with.

    ``singleton`` names the only key of a kind of which there is one document; ``key_reference`` the sort of master
    data whose codes are the keys.
    """

    name: str
    title: str
    plural: str
    model: type[KindModel]
    defaults: Mapping[str, Body] = field(default_factory=dict)
    singleton: str | None = None
    key_reference: str = ""


@dataclass(frozen=True, slots=True)
class Release(Generic[Policies]):
    """An immutable version of a module: its documents, its decisions, and the way from and to its neighbour.

    ``up`` converts from the release before this one, ``down`` back to it; the first release has neither. Work in
    flight that is moved keeps a status that both releases know (``workflow.py``); ``state_map`` says what the others
    of this release become in the one before, ``state_map_up`` what those of the one before become in this one.
    """

    module: str
    version: Version
    title: str
    kinds: Mapping[str, Kind]
    policies: Policies
    up: Conversion | None = None
    down: Conversion | None = None
    state_map: Mapping[str, str] = field(default_factory=dict)
    screens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    state_map_up: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.module} {self.version}"
