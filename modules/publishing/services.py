"""Publishing: sealed releases enter the catalogue, once; a release that no longer matches is refused."""

from __future__ import annotations

from pathlib import Path

from modules import registry
from modules.publishing.models import PublishedRelease


class SealBroken(RuntimeError):
    """The code of a release is not what it was sealed or published as."""


def releases_publish(*, using: str = "default") -> list[str]:
    """Publish every sealed release that is not in the catalogue yet; return what was published.

    Raises :class:`SealBroken` where a folder differs from its seal or from what was published.
    """
    published: list[str] = []
    known = _published(using)
    for module in registry.module_names():
        for found in registry.releases_of(module):
            digest = require_intact(found, known.get((module, str(found.release.version))))
            if found.sealed is None or (module, str(found.release.version)) in known:
                continue
            PublishedRelease.objects.using(using).create(
                module=module, version=str(found.release.version), title=found.release.title, notes=found.notes,
                digest=digest,
            )  # fmt: skip
            published.append(f"{module} {found.release.version}")
    return published


def published_verify(*, using: str = "default") -> None:
    """Refuse to start with a release whose code is not what was published. Raises :class:`SealBroken`."""
    known = _published(using)
    for (module, version), digest in known.items():
        require_intact(registry.found_release(module, version), digest)


def require_intact(found: registry.Found, published: str | None) -> str:
    """The digest of a release's folder, when it equals its seal and what was published."""
    digest = registry.folder_digest(found.folder)
    name = f"{found.release.module} {found.release.version}"
    for kind, wanted in (("sealed", found.sealed), ("published", published)):
        if wanted is not None and digest != wanted:
            message = (
                f"{name} was {kind} with digest {wanted[:12]}… and its folder now has {digest[:12]}…: a release "
                "never changes; undo the change and make a new release"
            )
            raise SealBroken(message)
    return digest


def release_seal(folder: Path) -> str:
    """Seal a release that is finished: write its digest beside it. It can be published then, and never changed."""
    digest = registry.folder_digest(folder)
    (folder / registry.SEAL).write_text(digest + "\n")
    return digest


def _published(using: str) -> dict[tuple[str, str], str]:
    rows = PublishedRelease.objects.using(using).values_list("module", "version", "digest")
    return {(module, version): digest for module, version, digest in rows}
