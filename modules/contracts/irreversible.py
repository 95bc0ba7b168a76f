"""What an app tells about effects that no rollback undoes: goods that left, messages that were sent. Version 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Since:
    """The work of which release is asked about, and from when on (aware)."""

    module: str
    release: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class Irreversible:
    """Effects of one kind: how many, what to do about them before and after a rollback, and which list shows them.

    ``singular`` and ``plural`` are sentences without their number: “shipment has left”. ``model`` is a label
    such as ``requests.Shipment`` with the ``filters`` of its list; empty where no list shows them.
    """

    kind: str
    count: int
    singular: str
    plural: str
    before: str
    after: str
    model: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """``1 shipment has left``."""
        return f"{self.count:,} {self.singular if self.count == 1 else self.plural}"


class IrreversibleEffects(Protocol):
    """One kind of effect. Each app registers its own (``irreversible.py``)."""

    def __call__(self, since: Since) -> Sequence[Irreversible]:
        """What has happened; a kind of which there is none is told with a count of 0."""
