"""Taking the documents of a module from the schema of one release to that of another, step by step."""

from __future__ import annotations

from collections.abc import Mapping

from modules import registry
from modules.domain.documents import Document
from modules.domain.releases import DocumentSet, Release, Version
from modules.profile import Profile


class NoConversion(RuntimeError):
    """A release on the way has no conversion to its neighbour."""


def documents_of(profile: Profile, module: str) -> dict[tuple[str, str], Document]:
    """A module's documents by (kind, key), as they are stored."""
    return {(where.kind, where.key): document for where, document in profile.raw(module).items()}


def convert(module: str, documents: DocumentSet, *, before: str, after: str) -> dict[tuple[str, str], Document]:
    """Convert all documents of a module from release ``before`` to release ``after``, through those between.

    Raises :class:`NoConversion`.
    """
    chain = [found.release for found in registry.releases_of(module)]
    start, end = Version.parse(before), Version.parse(after)
    converted = dict(documents)
    if start < end:
        for release in chain:
            if start < release.version <= end:
                converted = _step(release, "up", converted)
    else:
        for release in reversed(chain):
            if end < release.version <= start:
                converted = _step(release, "down", converted)
    return converted


def _step(
    release: Release[object], direction: str, documents: Mapping[tuple[str, str], Document]
) -> dict[tuple[str, str], Document]:
    conversion = release.up if direction == "up" else release.down
    if conversion is None:
        message = f"{release.module} {release.version} has no conversion {direction}"
        raise NoConversion(message)
    return conversion(documents)
