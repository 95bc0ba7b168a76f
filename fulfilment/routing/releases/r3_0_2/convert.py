"""Documents of release 3.0.1 as documents of 3.0.2, and back: they are the same."""

from __future__ import annotations

from modules.domain.documents import Document
from modules.domain.releases import DocumentSet


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 3.0.1 to 3.0.2."""
    return dict(documents)


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 3.0.2 to 3.0.1."""
    return dict(documents)
