"""Recomputing the chain of digests from history: whether the profile is what its revisions say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from modules.domain.canonical import digest_of_profile
from modules.domain.documents import Document, Reference
from modules.models import ModuleAdoption, ProfileDocument, ProfileRevision
from modules.services.revise import document_digest


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A revision whose content is not what its digest was made of."""

    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Change:
    """A history row: ``parts`` are what the row adds to the digest; none where it was a deletion."""

    row: tuple[str, int]
    parts: tuple[tuple[str, bytes], ...]
    adopted: tuple[str, str] | None = None


def profile_verify() -> list[BrokenLink]:
    """Walk through all revisions, oldest first; each digest is computed anew from the bodies in history."""
    broken: list[BrokenLink] = []
    state: dict[tuple[str, int], _Change] = {}
    changes = _changes()
    parent, previous = b"", 0
    for revision in ProfileRevision.objects.order_by("number"):
        if revision.number != previous + 1:
            broken.append(BrokenLink(revision.number, f"does not follow revision {previous}"))
        state |= {change.row: change for change in changes[revision.number]}
        parts = [part for change in state.values() for part in change.parts]
        if digest_of_profile(parent, parts) != bytes(revision.digest):
            broken.append(BrokenLink(revision.number, "its content is not what its digest was made of"))
        if dict(revision.adopted) != dict(change.adopted for change in state.values() if change.adopted):
            broken.append(BrokenLink(revision.number, "its adopted releases are not those of its history"))
        parent, previous = bytes(revision.digest), revision.number
    return broken


def _changes() -> defaultdict[int, list[_Change]]:
    changes: defaultdict[int, list[_Change]] = defaultdict(list)
    for row in ProfileDocument.history.order_by("revision", "history_id"):
        name = str(Reference(row.module, row.kind, row.key))
        digest = document_digest(row.schema_release, Document(row.body, row.complement))
        parts = () if row.history_type == "-" else ((name, digest),)
        changes[row.revision].append(_Change(("document", row.id), parts))
    for row in ModuleAdoption.history.order_by("revision", "history_id"):
        if row.history_type == "-":
            changes[row.revision].append(_Change(("adoption", row.id), ()))
            continue
        held = ((f"held {row.module}", b"held"),) if row.held else ()
        parts = ((f"adopted {row.module}", row.release.encode()), *held)
        changes[row.revision].append(_Change(("adoption", row.id), parts, (row.module, row.release)))
    return changes
