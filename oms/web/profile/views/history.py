"""Revisions: the list, one of them, two compared, going back, names, files; and the history of one document."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from modules.domain.canonical import Body
from modules.domain.documents import Document, Reference
from modules.models import Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.profile import current_profile
from modules.selectors import adoption_states_at, documents_at, head_number
from modules.services import InvalidDocument, StaleEdit, profile_restore, snapshot_name
from modules.services.exchange import profile_export
from modules.services.references import profile_unknown_references
from oms.web.profile.kinds import (
    Change,
    ChangedDocument,
    adoption_changes,
    changed_documents,
    document_title,
    kind_of,
    module_title,
)
from oms.web.profile.screens import Crumb, address, author, changed_meanwhile, number_given, page, screen
from oms.web.profile.views.documents import above_kind

_AT_ONCE = 50
_NAME_AT_MOST = 120
#: Unknown codes that are told after a restore.
_UNKNOWN = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two states of the profile."""

    releases: list[Change]
    documents: list[ChangedDocument]

    @property
    def empty(self) -> bool:
        """Whether nothing does."""
        return not self.releases and not self.documents


def compared(before: int, after: int) -> Comparison:
    """What differs between two revisions; 0 is the state before there was a profile."""
    old, new = adoption_states_at(before), adoption_states_at(after)
    changed = changed_documents(
        documents_at(before), documents_at(after),
        old={module: state[0] for module, state in old.items()},
        new={module: state[0] for module, state in new.items()},
    )  # fmt: skip
    return Comparison(adoption_changes(old, new), changed)


_TONES = {
    Origin.PROMOTION: "working",
    Origin.ROLLBACK: "waiting",
    Origin.RESTORE: "waiting",
    Origin.INITIAL: "done",
}


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A revision with its names; ``tone`` colours the way it came about."""

    revision: ProfileRevision
    names: list[str]
    tone: str


def _rows(revisions: Iterable[ProfileRevision]) -> list[RevisionRow]:
    found = list(revisions)
    names: dict[int, list[str]] = {row.number: [] for row in found}
    for snapshot in ProfileSnapshot.objects.filter(revision__in=names).order_by("id"):
        names[snapshot.revision].append(snapshot.name)
    return [RevisionRow(row, names[row.number], _TONES.get(Origin(row.origin), "neutral")) for row in found]


def above_revision(number: int | None = None) -> tuple[Crumb, ...]:
    """The pages above one of the history."""
    above = [Crumb("Profile", address("overview")), Crumb("History", address("history"))]
    if number is not None:
        above.append(Crumb(f"Revision {number}", address("revision", number)))
    return tuple(above)


def revision_numbered(number: int) -> ProfileRevision:
    """A revision. Raises ``Http404``."""
    found = ProfileRevision.objects.filter(number=number).first() if number < 2**63 else None
    if found is None:
        message = f"There is no revision {number}."
        raise Http404(message)
    return found


@screen()
def history(request: HttpRequest) -> HttpResponse:
    """All revisions, the newest first; those with a name alone when asked for."""
    named = "named" in request.GET
    rows = ProfileRevision.objects.all()
    if named:
        rows = rows.filter(number__in=ProfileSnapshot.objects.values("revision"))
    shown = Paginator(rows, _AT_ONCE).get_page(request.GET.get("page"))
    return page(
        request, "history", "History", Crumb("Profile", address("overview")),
        shown=shown, rows=_rows(shown), named=named, head=head_number(),
    )  # fmt: skip


@screen()
def revision(request: HttpRequest, number: int) -> HttpResponse:
    """One revision: what it changed, which releases were live, and what can be done with it."""
    found = revision_numbered(number)
    return page(
        request, "revision", f"Revision {number}", *above_revision(),
        row=_rows([found])[0], revision=found, head=head_number(),
        comparison=compared(number - 1, number), adopted=_adopted(number),
    )  # fmt: skip


def _adopted(number: int) -> list[tuple[str, str, bool]]:
    return [(module_title(module), *state) for module, state in adoption_states_at(number).items()]


@screen()
def compare(request: HttpRequest) -> HttpResponse:
    """What differs between any two revisions."""
    head = head_number()
    before = revision_numbered(number_given(request.GET.get("before", str(max(1, head - 1))), "revision"))
    after = revision_numbered(number_given(request.GET.get("after", str(head)), "revision"))
    return page(
        request, "compare", f"Revision {before.number} and revision {after.number}", *above_revision(),
        before=before, after=after, comparison=compared(before.number, after.number),
    )  # fmt: skip


@screen("GET", "POST", changes=True)
def restore(request: HttpRequest, number: int) -> HttpResponse:
    """Show what going back would change; then do it, as a new revision."""
    found, head = revision_numbered(number), head_number()
    if request.method == "POST":
        return _restored(request, number)
    return page(
        request, "restore", f"Go back to revision {number}", *above_revision(number),
        revision=found, head=head, comparison=compared(head, number), names=_rows([found])[0].names,
    )  # fmt: skip


def _restored(request: HttpRequest, number: int) -> HttpResponse:
    expected = number_given(request.POST.get("expected"), "revision")
    reason = request.POST.get("reason", "").strip()[:500]
    try:
        made = profile_restore(to=number, author=author(request), reason=reason, expected=expected)
    except StaleEdit as stale:
        if compared(head_number(), number).empty:
            messages.info(request, f"The profile is what it was at revision {number} already.")
            return HttpResponseRedirect(address("revision", head_number()))
        words = f"Nothing was restored: {changed_meanwhile(stale)}. Look at what would change now."
        messages.error(request, words)
        return HttpResponseRedirect(address("restore", number))
    except InvalidDocument as refused:
        messages.error(request, f"Nothing was restored: {refused}")
        return HttpResponseRedirect(address("restore", number))
    messages.success(request, f"The profile is again what it was at revision {number}; this is revision {made}.")
    for unknown in profile_unknown_references()[:_UNKNOWN]:
        messages.warning(request, f"To be put right: {unknown.sentence}.")
    return HttpResponseRedirect(address("revision", made))


@screen("POST", changes=True)
def name(request: HttpRequest, number: int) -> HttpResponse:
    """Give a revision a name by which people find it."""
    revision_numbered(number)
    given = request.POST.get("name", "").replace("\x00", "").strip()
    taken = ProfileSnapshot.objects.filter(name=given).first()
    if not given or len(given) > _NAME_AT_MOST:
        messages.error(request, f"Give it a name of 1 to {_NAME_AT_MOST} characters.")
    elif taken and taken.revision != number:
        messages.error(request, f"“{given}” is the name of revision {taken.revision}; choose another.")
    else:
        if not taken:
            snapshot_name(name=given, author=author(request), revision=number)
        messages.success(request, f"Revision {number} is called “{given}”.")
    return HttpResponseRedirect(address("revision", number))


@screen()
def export(request: HttpRequest, number: int) -> HttpResponse:
    """The whole profile as it was at a revision: a ZIP of YAML files, one for each document."""
    revision_numbered(number)
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        profile_export(folder=Path(folder) / "profile", revision=number)
        for path in sorted(Path(folder).rglob("*.yaml")):
            archive.write(path, path.relative_to(folder).as_posix())
    return HttpResponse(
        content.getvalue(),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="profile-{number}.zip"'},
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What one revision made of a document."""

    revision: ProfileRevision | None
    number: int
    release: str
    what: str
    changes: ChangedDocument | None


@screen()
def log(request: HttpRequest, module: str, kind: str) -> HttpResponse:
    """Everything that ever happened to one document, the newest first."""
    reference = Reference(module, kind, request.GET.get("key", ""))
    history = ProfileDocument.history.filter(module=module, kind=kind, key=reference.key).order_by("-revision")
    shown = Paginator(history, _AT_ONCE).get_page(request.GET.get("page"))
    rows = [_row(found) for found in history[max(0, shown.start_index() - 1) : shown.end_index() + 1]]
    if not rows:
        message = f"There never was a {kind} “{reference.key}”."
        raise Http404(message)
    revisions = ProfileRevision.objects.in_bulk([row.revision for row in rows])
    befores = [*rows[1:], None]
    entries = [
        _entry(reference, revisions.get(row.revision), row, before)
        for row, before in list(zip(rows, befores, strict=True))[: len(shown)]
    ]
    profile = current_profile()
    alive = reference in profile.raw(module)
    above = above_kind(module, kind_of(profile, module, kind)) if alive else above_revision()
    return page(
        request, "log", f"History of {document_title(rows[0].schema_release, reference).lower()}", *above,
        entries=entries, shown=shown, edit=address("edit", module, kind, key=reference.key) if alive else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    revision: int
    schema_release: str
    body: Body | None


def _row(found: Any) -> _Row:
    return _Row(found.revision, found.schema_release, None if found.history_type == "-" else found.body)


def _entry(reference: Reference, revision: ProfileRevision | None, row: _Row, before: _Row | None) -> Entry:
    old = {reference: Document(before.body)} if before and before.body is not None else {}
    new = {reference: Document(row.body)} if row.body is not None else {}
    changed = changed_documents(
        old, new,
        old={reference.module: before.schema_release} if before else {}, new={reference.module: row.schema_release},
    )  # fmt: skip
    what = "removed" if row.body is None else "changed" if old else "added"
    return Entry(revision, row.revision, row.schema_release, what, changed[0] if changed else None)
