"""Documents and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from modules.domain.canonical import Body


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """Where a document stands in the profile: unique in it."""

    module: str
    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.module}/{self.kind}/{self.key}"


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a document, and what its present schema cannot express (kept for the way back)."""

    body: Body
    complement: Body = field(default_factory=dict)
