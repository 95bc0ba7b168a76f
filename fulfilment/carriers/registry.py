"""The carriers that this installation has: found by their folders, named by nobody.

A carrier is a folder beside this file with an ``adapter.py`` that defines ``ADAPTER``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from fulfilment.carriers.domain.adapter import Adapter

#: Where carriers lie. A test may look into other folders as well.
_FOLDERS: list[tuple[str, Path]] = [("fulfilment.carriers", Path(__file__).parent)]


class BrokenCarrier(RuntimeError):
    """A carrier's folder cannot be used; the message says which and why."""


class NoSuchCarrier(LookupError):
    """There is no folder for the carrier that a contract names."""


@cache
def adapters() -> Mapping[str, Adapter]:
    """Every carrier by the name of its folder, in alphabetical order."""
    found: dict[str, Adapter] = {}
    for package, folder in _FOLDERS:
        for path in sorted(folder.glob("*/adapter.py")):
            if path.parent.name == "domain":
                continue
            found[path.parent.name] = _load(f"{package}.{path.parent.name}.adapter", path)
    return dict(sorted(found.items()))


def adapter(code: str) -> Adapter:
    """The carrier of a folder. Raises :class:`NoSuchCarrier`."""
    found = adapters().get(code)
    if found is None:
        message = f"no carrier is called {code}; there are {', '.join(adapters())}"
        raise NoSuchCarrier(message)
    return found


def _load(name: str, path: Path) -> Adapter:
    found = getattr(import_module(name), "ADAPTER", None)
    if not isinstance(found, Adapter):
        message = f"{path}: defines no ADAPTER"
        raise BrokenCarrier(message)
    if found.code != path.parent.name:
        message = f"{path}: calls itself {found.code}; its folder is {path.parent.name}"
        raise BrokenCarrier(message)
    return found
