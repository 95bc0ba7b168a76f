"""Modules, their kinds and documents."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from modules import registry
from modules.domain.canonical import Body
from modules.domain.documents import Reference
from modules.domain.releases import Kind, Version
from modules.models import ModuleAdoption, ProfileDocument, ProfileRevision
from modules.profile import current_profile, profile_at
from modules.publishing.models import PublishedRelease
from modules.publishing.selectors import published_releases
from oms.web.profile.kinds import kind_of, module_title, schema_of
from oms.web.profile.screens import Crumb, address, page, screen
from oms.web.profile.specs import NESTED, Schema, Shape, Spec
from oms.web.profile.values import in_words

_AT_ONCE = 50
_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind, and how many documents there are."""

    kind: Kind
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class ModuleCard:
    """A module as the profile shows it."""

    name: str
    title: str
    release: str
    release_title: str
    held: bool
    newer: tuple[PublishedRelease, ...]
    kinds: tuple[KindRow, ...]


@screen()
def overview(request: HttpRequest) -> HttpResponse:
    """Every adopted module with its kinds."""
    head = ProfileRevision.objects.first()
    counts = Counter(ProfileDocument.objects.order_by().values_list("module", "kind"))
    cards = [_card(adoption, counts) for adoption in ModuleAdoption.objects.all()]
    return page(request, "overview", "Profile", cards=cards, head=head)


def _card(adoption: ModuleAdoption, counts: Counter[tuple[str, str]]) -> ModuleCard:
    release = registry.release(adoption.module, adoption.release)
    kinds = [
        KindRow(kind, counts[adoption.module, kind.name], address("documents", adoption.module, kind.name))
        for kind in release.kinds.values()
    ]
    newer = () if adoption.held else newer_releases(adoption)
    return ModuleCard(
        adoption.module, module_title(adoption.module), adoption.release, release.title, adoption.held, newer,
        tuple(kinds),
    )  # fmt: skip


def newer_releases(adoption: ModuleAdoption) -> tuple[PublishedRelease, ...]:
    """What has been published for a module after its live release, newest first."""
    live = Version.parse(adoption.release)
    return tuple(item for item in reversed(published_releases(adoption.module)) if Version.parse(item.version) > live)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in the list of its kind."""

    key: str
    address: str
    cells: tuple[str, ...]
    revision: ProfileRevision | None


@screen()
def documents(request: HttpRequest, module: str, kind: str) -> HttpResponse:
    """The documents of a kind; the only one of its kind is shown at once."""
    profile = current_profile()
    found = kind_of(profile, module, kind)
    here = Reference(module, kind, found.singleton or "")
    if found.singleton and here in profile.raw(module):
        return HttpResponseRedirect(address("edit", module, kind, key=found.singleton))
    schema, wanted = schema_of(found.model), request.GET.get("q", "").strip()
    rows = [
        (reference.key, document.body)
        for reference, document in sorted(profile.raw(module).items())
        if reference.kind == kind and wanted.lower() in reference.key.lower()
    ]
    shown = Paginator(rows, _AT_ONCE).get_page(request.GET.get("page"))
    columns = [(name, part) for name, part in schema.parts(schema.root) if _short(part)][:_COLUMNS]
    return page(
        request, "documents", found.plural, *above_kind(module),
        module=module, kind=found, shown=shown, query=wanted, columns=[part for _, part in columns],
        rows=_rows(module, kind, list(shown), [name for name, _ in columns]),
        new=address("new", module, kind),
    )  # fmt: skip


def above_kind(module: str, kind: Kind | None = None) -> tuple[Crumb, ...]:
    """The pages above one of a kind."""
    above = [Crumb("Profile", address("overview")), Crumb(module_title(module), address("overview") + f"#{module}")]
    if kind and not kind.singleton:
        above.append(Crumb(kind.plural, address("documents", module, kind.name)))
    return tuple(above)


def _rows(module: str, kind: str, shown: list[tuple[str, Body]], names: list[str]) -> list[DocumentRow]:
    keys = [key for key, _ in shown]
    changed = dict(
        ProfileDocument.objects.filter(module=module, kind=kind, key__in=keys).values_list("key", "revision")
    )
    revisions = ProfileRevision.objects.in_bulk(set(changed.values()))
    return [
        DocumentRow(
            key, address("edit", module, kind, key=key),
            tuple(in_words(body[name]) if name in body else "–" for name in names), revisions.get(changed.get(key, 0)),
        )
        for key, body in shown
    ]  # fmt: skip


def _short(part: Spec) -> bool:
    return part.shape not in NESTED | {Shape.LONG, Shape.OTHER, Shape.FIXED}


def opened_document(module: str, kind: str, key: str, number: int) -> tuple[Kind, Schema, Body | None]:
    """A kind as it was at a revision, and the body of a document then (None: not there). Raises ``Http404``."""
    if not ProfileRevision.objects.filter(number=number).exists():
        message = f"There is no revision {number}."
        raise Http404(message)
    profile = profile_at(number)
    found = kind_of(profile, module, kind)
    document = profile.raw(module).get(Reference(module, kind, key))
    return found, schema_of(found.model), document.body if document else None
