"""What a benchmark found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, its unit, and what it is to be compared with."""

    name: str
    value: float
    unit: str
    note: str = ""

    def __str__(self) -> str:
        note = f"   {self.note}" if self.note else ""
        return f"{self.name:<52}{self.value:>14,.3f} {self.unit:<10}{note}"


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
