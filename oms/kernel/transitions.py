"""Life cycles as tables: which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from oms.kernel.verdict import Verdict

Status = TypeVar("Status", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class TransitionTable(Generic[Status]):
    """The allowed next statuses of each status. A status without an entry is final."""

    subject: str
    allowed: Mapping[Status, frozenset[Status]]

    def may(self, current: Status, wanted: Status) -> Verdict:
        """Whether ``current`` may become ``wanted``; a refusal says what would be allowed."""
        following = self.allowed.get(current, frozenset())
        if wanted in following:
            return Verdict.yes()
        choices = ", ".join(sorted(following)) or "nothing: it is final"
        return Verdict.no(f"{self.subject} is {current} and cannot become {wanted}; allowed: {choices}")
