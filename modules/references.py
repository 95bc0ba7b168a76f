"""The sorts of master data that documents may name, and the kinds of document whose key is such a code."""

from __future__ import annotations

from collections.abc import Mapping

from modules.contracts.references import ReferenceKind

_kinds: dict[str, ReferenceKind] = {}
_keys: dict[tuple[str, str], str] = {}


def reference_kind(kind: ReferenceKind) -> None:
    """Register a sort of master data. Called as the application starts."""
    _kinds[kind.name] = kind


def keyed_by(module: str, kind: str, reference: str) -> None:
    """Register that the keys of a kind of document are codes of master data, in releases that do not say so."""
    _keys[module, kind] = reference


def reference_kinds() -> Mapping[str, ReferenceKind]:
    """Every registered sort by its name."""
    return _kinds


def key_reference(module: str, kind: str) -> str:
    """The sort of master data that keys of a kind name; empty for a free key."""
    return _keys.get((module, kind), "")
