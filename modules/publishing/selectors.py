"""Reads of the release catalogue; every retailer may."""

from __future__ import annotations

from modules.domain.releases import Version
from modules.publishing.models import PublishedRelease


def is_published(module: str, version: str) -> bool:
    """Whether retailers may adopt a release."""
    return PublishedRelease.objects.filter(module=module, version=version).exists()


def published_releases(module: str) -> list[PublishedRelease]:
    """The published releases of a module, oldest version first."""
    rows = PublishedRelease.objects.filter(module=module)
    return sorted(rows, key=lambda row: Version.parse(row.version))
