"""The releases that this installation has: found by their folders, named by nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

from django.apps import apps

from modules.domain.releases import Release, Version

SEAL = "SEAL"
#: What Python and editors leave in a folder is not part of a release.
_NOT_PART = ("__pycache__", SEAL)


class BrokenRelease(RuntimeError):
    """A release folder cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A release, where it was found, and the statuses that its ``workflow.py`` knows."""

    release: Release[Any]
    folder: Path
    statuses: frozenset[str] = frozenset()

    @property
    def sealed(self) -> str | None:
        """The digest in its SEAL; None while it is being written."""
        path = self.folder / SEAL
        return path.read_text().strip() if path.exists() else None

    @property
    def notes(self) -> str:
        """What changes for the retailer and why."""
        path = self.folder / "NOTES.md"
        return path.read_text() if path.exists() else ""


@cache
def _all() -> Mapping[str, Mapping[Version, Found]]:
    found: dict[str, dict[Version, Found]] = {}
    for config in apps.get_app_configs():
        folder = Path(config.path) / "releases"
        for path in sorted(folder.glob("r[0-9]*_[0-9]*_[0-9]*")):
            item = _load(f"{config.name}.releases.{path.name}", path)
            versions = found.setdefault(item.release.module, {})
            if item.release.version in versions:
                message = f"{path}: {item.release.module} {item.release.version} is there twice"
                raise BrokenRelease(message)
            versions[item.release.version] = item
    return {module: dict(sorted(versions.items())) for module, versions in sorted(found.items())}


def _load(name: str, folder: Path) -> Found:
    release = getattr(import_module(name), "RELEASE", None)
    if not isinstance(release, Release):
        message = f"{folder}: __init__.py defines no RELEASE"
        raise BrokenRelease(message)
    named = "r" + str(release.version).replace(".", "_")
    if named != folder.name:
        message = f"{folder}: the folder of {release.version} is named {named}"
        raise BrokenRelease(message)
    return Found(release, folder, _statuses(name, folder))


def _statuses(name: str, folder: Path) -> frozenset[str]:
    if not (folder / "workflow.py").exists():
        return frozenset()
    table: Mapping[str, tuple[str, ...]] = import_module(f"{name}.workflow").TRANSITIONS
    return frozenset(table).union(*table.values())


def module_names() -> tuple[str, ...]:
    """Every module that has releases, in alphabetical order."""
    return tuple(_all())


def releases_of(module: str) -> tuple[Found, ...]:
    """The releases of a module, oldest first; empty for an unknown module."""
    return tuple(_all().get(module, {}).values())


def found_release(module: str, version: str) -> Found:
    """One release. Raises :class:`BrokenRelease` where this installation does not have it."""
    wanted = Version.parse(version)
    item = _all().get(module, {}).get(wanted)
    if item is None:  # it may have been dropped in, and published, while this process runs
        invalidate_caches()
        _all.cache_clear()
        item = _all().get(module, {}).get(wanted)
    if item is None:
        have = ", ".join(str(each.release.version) for each in releases_of(module)) or "none"
        message = f"this installation has no {module} {version} (it has {have}); a release in use is never removed"
        raise BrokenRelease(message)
    return item


def release(module: str, version: str) -> Release[Any]:
    """One release. Raises :class:`BrokenRelease`."""
    return found_release(module, version).release


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a release's files, in hexadecimal."""
    total = hashlib.sha256()
    files = [path for path in folder.rglob("*") if path.is_file() and not set(path.parts) & set(_NOT_PART)]
    for path in sorted(files):
        total.update(hashlib.sha256(path.relative_to(folder).as_posix().encode()).digest())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
