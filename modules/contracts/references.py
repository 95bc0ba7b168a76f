"""What an app tells about master data that documents name by its code. Version 1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferenceKind:
    """A sort of master data. Each app registers its own (``references.py``).

    ``name`` stands in the schemas of releases (``json_schema_extra={"reference": "location"}``); ``known`` answers
    which of many codes exist, in one query; ``choices`` are names by code to offer in a form, at most ``limit``;
    ``remedy`` says what to do about a code that is unknown.
    """

    name: str
    known: Callable[[Collection[str]], set[str]]
    choices: Callable[[int], Mapping[str, str]]
    remedy: str
