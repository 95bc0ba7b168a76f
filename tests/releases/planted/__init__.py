"""Releases that are broken in one way each, and releases that only rename: a preview must tell them apart.

Every one is version 2.0.1 of its module and takes the documents of 2.0.0 as they are (the renaming ones by a lens).
:func:`planted` gives, with each, facts and documents on which it decides differently from 2.0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modules.domain.documents import Document
from modules.domain.releases import DocumentSet, Release, Version
from tests.releases.planted import orders, renamed, routing
from tests.releases.scenes import Bodies

VERSION = Version(2, 0, 1)


@dataclass(frozen=True, slots=True)
class Planted:
    """A broken release, and what shows it: facts and bodies of documents."""

    name: str
    release: Release[Any]
    facts: Any
    bodies: Bodies


def planted() -> list[Planted]:
    """Every planted regression with its witness."""
    return [
        Planted(name, _release(of, name, make(bug)), facts, bodies)
        for of, make, bugs in (
            (routing.RELEASE, routing.Broken, routing.BUGS),
            (orders.RELEASE, orders.Broken, orders.BUGS),
        )
        for name, (bug, facts, bodies) in _items(bugs)
    ]


def planted_regressions() -> list[tuple[str, Release[Any]]]:
    """Every planted regression by name."""
    return [(item.name, item.release) for item in planted()]


def harmless_rename(module: str = "order_routing") -> Release[Any]:
    """A release that calls some fields otherwise and decides the same."""
    return {"order_routing": renamed.routing_renamed, "order_management": renamed.orders_renamed}[module](VERSION)


def _items(bugs: Mapping[str, tuple[Any, Any, Bodies]]) -> list[tuple[str, tuple[Any, Any, Bodies]]]:
    return list(bugs.items())


def _release(of: Release[Any], name: str, policies: Callable[..., Any] | object) -> Release[Any]:
    return replace(of, version=VERSION, title=f"Planted: {name}", policies=policies, up=_as_it_is, down=_as_it_is)


def _as_it_is(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    return dict(documents)
