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
from django.utils import timezone
from pydantic import ValidationError

from modules import registry
from modules.domain.canonical import Body, canonical, digest_of_profile
from modules.domain.documents import Document, Reference
from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision
from modules.selectors import adoptions_at
from modules.services.references import UnknownReference, references_unknown


class StaleEdit(RuntimeError):
    """The profile was changed after the editor opened it; nothing was written. Its time is in the active zone."""

    def __init__(self, opened: int, newer: list[ProfileRevision]) -> None:
        self.opened = opened
        self.newer = newer
        last = newer[0]
        super().__init__(
            f"changed by {last.author} at {timezone.localtime(last.created_at):%H:%M on %d %B %Y} since you opened it "
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


class UnknownCode(InvalidDocument):
    """Documents name master data that is not there. ``faults`` are those of the first document."""

    def __init__(self, unknown: list[UnknownReference]) -> None:
        first = unknown[0].document
        super().__init__(first, [FieldFault(item.path, item.message) for item in unknown if item.document == first])
        self.unknown = unknown
        more = len(unknown) - _TOLD
        told = "; ".join(item.sentence for item in unknown[:_TOLD])
        self.args = (told + (f"; and {more} more" if more > 0 else ""),)


class OnlyDocument(InvalidDocument):
    """The only document of its kind cannot be deleted."""

    def __init__(self, reference: Reference) -> None:
        message = "it is the only document of its kind and is not deleted: restore its defaults instead"
        super().__init__(reference, [FieldFault((), message)])


#: Going back never fails for what has been deleted since; what is missing is told afterwards.
_GOING_BACK = (Origin.RESTORE, Origin.ROLLBACK)
#: Unknown codes that one message names.
_TOLD = 10


@dataclass(slots=True)
class OpenRevision:
    """A revision while it is being made. Changes are written when it closes: the last of each document counts."""

    number: int
    adopted: dict[str, str]
    origin: Origin = Origin.EDIT
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
        """Remove a document; its history stays. Removing what is not there does nothing.

        Raises :class:`OnlyDocument` for the only one of its kind.
        """
        reference = Reference(module, kind, key)
        if self._is_only(reference):
            raise OnlyDocument(reference)
        self._documents[reference] = None

    def drop(self, module: str, kind: str, key: str) -> None:
        """As :meth:`delete`, also the only one of a kind: for going back, and to a release that is without it."""
        self._documents[Reference(module, kind, key)] = None

    def restore_defaults(self, module: str, kind: str, key: str) -> None:
        """Make a document what the adopted release delivers. Raises :class:`UnknownKind` where it delivers none."""
        found = registry.release(module, self.adopted[module]).kinds.get(kind) if module in self.adopted else None
        default = found.defaults.get(key) if found else None
        if default is None:
            message = f"{module} {self.adopted.get(module, '(not adopted)')} delivers no {kind} {key!r}"
            raise UnknownKind(message)
        self.put(module, kind, key, dict(default), {})

    def _is_only(self, reference: Reference) -> bool:
        release = self.adopted.get(reference.module)
        kind = registry.release(reference.module, release).kinds.get(reference.kind) if release else None
        return kind is not None and kind.singleton == reference.key

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
        """Write the changes with their history. Called once, as the revision closes.

        Raises :class:`UnknownCode` where a document that changes names what is not there.
        """
        for module, wanted in self._adoptions.items():
            self._write_adoption(module, wanted)
        present = {
            Reference(row.module, row.kind, row.key): row
            for row in ProfileDocument.objects.filter(key__in={reference.key for reference in self._documents})
        }
        if self.origin not in _GOING_BACK:
            self._require_known_codes(present)
        for reference, change in self._documents.items():
            self._write_document(reference, change, present.get(reference))

    def _require_known_codes(self, present: dict[Reference, ProfileDocument]) -> None:
        changed = [
            (reference, change[0], change[1])
            for reference, change in self._documents.items()
            if change and (reference not in present or present[reference].body != change[1])
        ]
        unknown = references_unknown(changed)
        if unknown:
            raise UnknownCode(unknown)

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
        revision = OpenRevision(number, adoptions_at(number), origin)
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
