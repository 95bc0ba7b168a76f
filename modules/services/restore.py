"""Going back: a new revision whose content equals an old one's. Nothing is ever deleted."""

from __future__ import annotations

from modules.domain.documents import Reference
from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.selectors import adoption_states_at, documents_at
from modules.services.revise import OpenRevision, revise


class NoSuchRevision(LookupError):
    """The profile has no revision of that number."""


def profile_restore(
    *, to: int, author: str, reason: str = "", origin: Origin = Origin.RESTORE, expected: int | None = None
) -> int:
    """Make the profile what it was at revision ``to``: documents and adopted releases. Returns the new revision.

    Raises :class:`NoSuchRevision`, :class:`~modules.services.revise.StaleEdit`.
    """
    if not ProfileRevision.objects.filter(number=to).exists():
        message = f"there is no revision {to}"
        raise NoSuchRevision(message)
    with revise(
        author=author, reason=reason or f"Restored revision {to}", origin=origin, expected=expected
    ) as revision:
        content_restore(revision, to)
    return revision.number


def content_restore(revision: OpenRevision, to: int) -> None:
    """Within an open revision, make the content what it was at revision ``to``."""
    adopted = adoption_states_at(to)
    for module in set(ModuleAdoption.objects.values_list("module", flat=True)) - set(adopted):
        revision.adopt(module, None)
    for module, (release, held) in adopted.items():
        revision.adopt(module, release, held=held)
    wanted = documents_at(to)
    for present in {Reference(*row) for row in ProfileDocument.objects.values_list("module", "kind", "key")}:
        if present not in wanted:
            revision.drop(present.module, present.kind, present.key)
    for reference, document in wanted.items():
        revision.put(reference.module, reference.kind, reference.key, document.body, document.complement)


def snapshot_name(*, name: str, author: str, revision: int) -> ProfileSnapshot:
    """Give a revision a name. Raises :class:`NoSuchRevision`."""
    if not ProfileRevision.objects.filter(number=revision).exists():
        message = f"there is no revision {revision}"
        raise NoSuchRevision(message)
    return ProfileSnapshot.objects.create(name=name, revision=revision, author=author)
