"""Reads of the release catalogue; every retailer may."""

from __future__ import annotations

from modules.publishing.models import PublishedRelease


def is_published(module: str, version: str) -> bool:
    """Whether retailers may adopt a release."""
    return PublishedRelease.objects.filter(module=module, version=version).exists()


def published_releases(module: str) -> list[PublishedRelease]:
    """The published releases of a module, as they were published."""
    return list(PublishedRelease.objects.filter(module=module))
