"""Taking up a module that was not adopted: its release's own documents are where it begins."""

from __future__ import annotations

from django.db import transaction

from modules import registry
from modules.domain.documents import Document
from modules.domain.releases import Version
from modules.events import ModulePromoted
from modules.models import ModuleAdoption, Origin, ProfileRevision
from modules.publishing.selectors import is_published, published_releases
from modules.services.refused import require
from modules.services.revise import revise
from modules.services.upgrade import write_documents
from oms.infra.events import record
from oms.kernel.verdict import Verdict


def may_adopt(module: str, to: str | None) -> Verdict:
    """Whether a release of a module (None: its newest) can be adopted."""
    live = ModuleAdoption.objects.filter(module=module).values_list("release", flat=True).first()
    if live is not None:
        return Verdict.no(f"{module} {live} is adopted already: begin an upgrade to go to another release")
    if not registry.releases_of(module):
        return Verdict.no(f"there is no module {module} (there are {', '.join(registry.module_names())})")
    if to is None:
        return Verdict.yes() if published_releases(module) else Verdict.no(f"no release of {module} is published")
    try:
        registry.release(module, to)
    except (ValueError, registry.BrokenRelease) as fault:
        return Verdict.no(str(fault))
    return Verdict.yes() if is_published(module, to) else Verdict.no(f"{module} {to} is not published")


def module_adopt(*, module: str, author: str, to: str | None = None, reason: str = "") -> int:
    """Make a release of a module live with the documents that it begins with, in one revision; return its number.

    ``to`` None is the newest published release. Raises :class:`~modules.services.refused.UpgradeRefused`.
    """
    require(may_adopt(module, to))
    version = str(Version.parse(to)) if to else published_releases(module)[-1].version
    with transaction.atomic():
        why = reason or f"Adopted {module} {version}"
        with revise(author=author, reason=why, origin=Origin.PROMOTION) as revision:
            require(may_adopt(module, version))  # somebody may have been faster
            revision.adopt(module, version)
            kinds = registry.release(module, version).kinds.values()
            begun = {(kind.name, key): Document(dict(body)) for kind in kinds for key, body in kind.defaults.items()}
            write_documents(revision, module, begun)
        written = ProfileRevision.objects.get(number=revision.number)
        record([
            ModulePromoted(
                subject=module, occurred_at=written.created_at, actor=author, before="", after=version,
                revision=revision.number,
            )
        ])  # fmt: skip
    return revision.number
