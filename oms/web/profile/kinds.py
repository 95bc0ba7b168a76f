"""The kinds of documents that this retailer has, by the releases that it has adopted, and changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.http import Http404

from modules import registry
from modules.domain.canonical import Body
from modules.domain.differences import Difference, body_differences, differences
from modules.domain.documents import Document, Reference
from modules.domain.lenses import ABSENT, Default
from modules.domain.releases import Kind, KindModel, Release
from modules.profile import Profile
from oms.web.profile.specs import Path, Schema, readable
from oms.web.profile.values import in_words, leaves


@lru_cache(maxsize=256)
def schema_of(model: type[KindModel]) -> Schema:
    """The schema of a kind's model, read once."""
    return Schema(model)


def module_title(module: str) -> str:
    """``order_routing`` as it is read."""
    return readable(module)


def release_of(profile: Profile, module: str) -> Release[Any]:
    """The release that is live at a revision. Raises ``Http404``."""
    version = profile.adopted.get(module)
    if version is None:
        message = f"The module {module} is not adopted."
        raise Http404(message)
    return registry.release(module, version)


def kind_of(profile: Profile, module: str, kind: str) -> Kind:
    """A kind of the live release. Raises ``Http404``."""
    found = release_of(profile, module).kinds.get(kind)
    if found is None:
        message = f"{module_title(module)} {profile.adopted[module]} has no documents of the kind {kind}."
        raise Http404(message)
    return found


def schema_at(version: str | None, reference: Reference) -> Schema | None:
    """The schema of a document in a release; None where the release has no such kind."""
    kind = registry.release(reference.module, version).kinds.get(reference.kind) if version else None
    return schema_of(kind.model) if kind else None


def document_title(version: str | None, reference: Reference) -> str:
    """``Routing strategy``, or ``Hold rule “big_orders”`` for a kind of which there are many."""
    kind = registry.release(reference.module, version).kinds.get(reference.kind) if version else None
    if kind is None:
        return f"{readable(reference.kind)} “{reference.key}”"
    return kind.title if kind.singleton == reference.key else f"{kind.title} “{reference.key}”"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document that changed: ``what`` is added, removed or changed."""

    reference: Reference
    title: str
    what: str
    changes: tuple[Change, ...]

    @property
    def anchor(self) -> str:
        """Names its place on a page."""
        return f"{self.reference.module}-{self.reference.kind}-{self.reference.key}"


def changed_documents(
    before: Mapping[Reference, Document],
    after: Mapping[Reference, Document],
    *,
    old: Mapping[str, str],
    new: Mapping[str, str],
) -> list[ChangedDocument]:
    """What differs, document by document; ``old`` and ``new`` are the releases of each module."""
    found = []
    for reference, items in groupby(differences(before, after), key=lambda item: item.reference):
        was, now = before.get(reference), after.get(reference)
        what = "added" if was is None else "removed" if now is None else "changed"
        versions = old.get(reference.module), new.get(reference.module)
        title = document_title(versions[0] if now is None else versions[1] or versions[0], reference)
        changes = _of_document(items, reference, was, now, versions)
        found.append(ChangedDocument(reference, title, what, tuple(changes)))
    return found


def _of_document(
    items: Iterable[Difference],
    reference: Reference,
    was: Document | None,
    now: Document | None,
    versions: tuple[str | None, str | None],
) -> Iterator[Change]:
    schemas = schema_at(versions[0], reference), schema_at(versions[1], reference)
    if was is None or now is None:
        items = body_differences(reference, was.body if was else {}, now.body if now else {})
    yield from _in_words(items, schemas)


def body_changes(reference: Reference, before: Body, after: Body, schema: Schema | None) -> list[Change]:
    """What differs between two bodies of one document."""
    return list(_in_words(body_differences(reference, before, after), (schema, schema)))


def _in_words(items: Iterable[Difference], schemas: tuple[Schema | None, Schema | None]) -> Iterator[Change]:
    """One change for each value, in the order of the form's fields; what the newer schema knows is named by it."""
    found: dict[Path, tuple[Default, Default]] = {}
    for item in items:
        before, after = dict(leaves(item.before)), dict(leaves(item.after))
        paths = dict.fromkeys([*before, *after])
        for path in paths if len(paths) == 1 else [path for path in paths if path]:
            found[*item.path, *path] = before.get(path, ABSENT), after.get(path, ABSENT)
    old, new = schemas
    for path in in_order(found, new or old):
        if all(value is None or value is ABSENT for value in found[path]):
            continue  # null where it was absent, or the other way round
        named_by = new if new and path and str(path[0]) in new.root.properties else old or new
        yield Change(spelt(named_by, path), *(_told(value, named_by, path) for value in found[path]))


def in_order(paths: Iterable[Path], schema: Schema | None) -> list[Path]:
    """Paths in the order of the form's fields."""
    return sorted(paths, key=schema.rank) if schema else list(paths)


def _told(value: Default, schema: Schema | None, path: Path) -> str:
    return "" if value is ABSENT or value is None else told(schema, path, value)


def told(schema: Schema | None, path: Path, value: Default) -> str:
    """The value of a field in words."""
    return in_words(value, schema, schema.at(path) if schema else None)


def spelt(schema: Schema | None, path: Path) -> str:
    """A path with the titles of the schema, or without them."""
    if schema:
        return schema.spelt(path)
    return " → ".join(str(part + 1) if isinstance(part, int) else readable(part) for part in path)


def adoption_changes(before: Mapping[str, tuple[str, bool]], after: Mapping[str, tuple[str, bool]]) -> list[Change]:
    """Which releases became live, and which modules were held or released."""
    found = []
    for module in sorted({*before, *after}):
        old, new = before.get(module), after.get(module)
        if old != new:
            found.append(Change(module_title(module), _adopted(old), _adopted(new)))
    return found


def _adopted(state: tuple[str, bool] | None) -> str:
    if state is None:
        return "not adopted"
    return f"{state[0]}, held" if state[1] else state[0]
