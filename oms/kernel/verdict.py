"""“May I?” answered once, for the button, the API and the test alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed and, when it is not, why (a sentence for people)."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    @classmethod
    def yes(cls) -> Verdict:
        """Allowed."""
        return cls(True)

    @classmethod
    def no(cls, reason: str) -> Verdict:
        """Refused, because of ``reason``."""
        return cls(False, reason)
