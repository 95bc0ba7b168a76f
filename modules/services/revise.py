"""The only way to change a profile: open a revision, change documents, close it.

    with revise(author="maria", reason="two more stores") as revision:
        revision.put("order_routing", "location_policy", "LON", {...})

The revision locks the head: two editors take turns. Each change is written with its history, and the revision
with a digest of the whole content, chained to its parent's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from pydantic import ValidationError

from modules import registry
from modules.domain.canonical import Body, canonical, digest_of_profile
from modules.domain.documents import Document, Reference
from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision
from modules.selectors import adoptions_at


class StaleEdit(RuntimeError):
    """The profile was changed after the editor opened it; nothing was written."""

    def __init__(self, opened: int, newer: list[ProfileRevision]) -> None:
        self.opened = opened
        self.newer = newer
        last = newer[0]
        super().__init__(
            f"changed by {last.author} at {last.created_at:%H:%M on %d %B %Y} since you opened it "
            f"(revision {last.number}, “{last.reason}”); you opened revision {opened}"
        )


class UnknownKind(LookupError):
    """The adopted release of the module has no such kind of document."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field: its path in the document, and a sentence."""

    path: tuple[str | int, ...]
    message: str


class InvalidDocument(ValueError):
    """A document does not fit the schema of the adopted release."""

    def __init__(self, reference: Reference, faults: list[FieldFault]) -> None:
        self.reference = reference
        self.faults = faults
        details = "; ".join(f"{'.'.join(map(str, fault.path)) or 'document'}: {fault.message}" for fault in faults)
        super().__init__(f"{reference}: {details}")


@dataclass(slots=True)
class OpenRevision:
    """A revision while it is being made. Changes are written when it closes: the last of each document counts."""

    number: int
    adopted: dict[str, str]
    touched: set[Reference] = field(default_factory=set)
    _documents: dict[Reference, tuple[str, Body, Body | None] | None] = field(default_factory=dict)
    _adoptions: dict[str, tuple[str, bool | None] | None] = field(default_factory=dict)

    def put(self, module: str, kind: str, key: str, body: Body, complement: Body | None = None) -> None:
        """Write a document, new or changed; without a complement the one that it has stays.

        Raises :class:`UnknownKind`, :class:`InvalidDocument`.
        """
        reference = Reference(module, kind, key)
        release = self.adopted.get(module, "")
        validate(reference, release, body)
        self._documents[reference] = (release, body, complement)

    def delete(self, module: str, kind: str, key: str) -> None:
        """Remove a document; its history stays. Removing what is not there does nothing."""
        self._documents[Reference(module, kind, key)] = None

    def adopt(self, module: str, version: str | None, *, held: bool | None = None) -> None:
        """Make a release live, or with None give the module up. ``held`` None leaves it as it is."""
        if version is None:
            self._adoptions[module] = None
            self.adopted.pop(module, None)
        else:
            registry.release(module, version)
            self._adoptions[module] = (version, held)
            self.adopted[module] = version

    def write(self) -> None:
        """Write the changes with their history. Called once, as the revision closes."""
        for module, wanted in self._adoptions.items():
            self._write_adoption(module, wanted)
        present = {
            Reference(row.module, row.kind, row.key): row
            for row in ProfileDocument.objects.filter(key__in={reference.key for reference in self._documents})
        }
        for reference, change in self._documents.items():
            self._write_document(reference, change, present.get(reference))

    def _write_adoption(self, module: str, wanted: tuple[str, bool | None] | None) -> None:
        row = ModuleAdoption.objects.filter(module=module).first()
        if wanted is None:
            if row:
                row.revision = self.number  # for its last history row
                row.delete()
            return
        row = row or ModuleAdoption(module=module)
        state = (wanted[0], row.held if wanted[1] is None else wanted[1])
        if row.pk is None or (row.release, row.held) != state:
            row.release, row.held = state
            row.revision = self.number
            row.save()

    def _write_document(
        self, reference: Reference, change: tuple[str, Body, Body | None] | None, row: ProfileDocument | None
    ) -> None:
        if change is None:
            if row:
                row.revision = self.number  # for its last history row
                row.delete()
                self.touched.add(reference)
            return
        release, body, complement = change
        kept: Body = complement if complement is not None else (row.complement if row else {})
        digest = document_digest(release, Document(body, kept))
        if row and bytes(row.digest) == digest:
            return
        row = row or ProfileDocument(module=reference.module, kind=reference.kind, key=reference.key)
        row.body, row.complement, row.schema_release, row.digest = body, kept, release, digest
        row.revision = self.number
        row.save()
        self.touched.add(reference)


@contextmanager
def revise(
    *, author: str, reason: str, origin: Origin = Origin.EDIT, expected: int | None = None
) -> Iterator[OpenRevision]:
    """Open a revision for the retailer that is being served; it is written when the block ends.

    ``expected`` is the revision that the editor had before them: :class:`StaleEdit` where it is not the head.
    """
    with transaction.atomic():
        head = _lock_head()
        if expected is not None and (head.number if head else 0) != expected:
            raise StaleEdit(expected, list(ProfileRevision.objects.filter(number__gt=expected)))
        number = head.number + 1 if head else 1
        revision = OpenRevision(number, adoptions_at(number))
        yield revision
        revision.write()
        ProfileRevision.objects.create(
            number=number,
            parent=head.number if head else None,
            author=author,
            reason=reason,
            origin=origin,
            adopted=revision.adopted,
            digest=content_digest(bytes(head.digest) if head else b"", revision.adopted),
        )


def _lock_head() -> ProfileRevision | None:
    """One writer of a profile at a time. The lock is the schema's own and ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('profile of ' || current_schema(), 0))")
    return ProfileRevision.objects.first()


def validate(reference: Reference, release: str, body: Body) -> None:
    """Check a body against the schema of a release. Raises :class:`UnknownKind`, :class:`InvalidDocument`."""
    kinds = registry.release(reference.module, release).kinds if release else {}
    kind = kinds.get(reference.kind)
    if kind is None:
        message = f"{reference.module} {release or '(not adopted)'} has no documents of kind {reference.kind!r}"
        raise UnknownKind(message)
    try:
        kind.model.model_validate(body)
    except ValidationError as error:
        raise InvalidDocument(
            reference, [FieldFault(tuple(fault["loc"]), fault["msg"]) for fault in error.errors()]
        ) from error


def document_digest(schema_release: str, document: Document) -> bytes:
    """SHA-256 of a document's content."""
    content: Body = {"body": document.body, "complement": document.complement, "schema_release": schema_release}
    return hashlib.sha256(canonical(content)).digest()


def content_digest(parent: bytes, adopted: dict[str, str]) -> bytes:
    """Digest of the live content: every document's digest, the adoptions, and the parent's digest."""
    rows = ProfileDocument.objects.values_list("module", "kind", "key", "digest")
    parts = [(f"{module}/{kind}/{key}", bytes(digest)) for module, kind, key, digest in rows]
    parts += [(f"adopted {module}", release.encode()) for module, release in adopted.items()]
    parts += [
        (f"held {module}", b"held")
        for module in ModuleAdoption.objects.filter(held=True).values_list("module", flat=True)
    ]
    return digest_of_profile(parent, parts)
