"""Calendar months of UTC, by which the decision journal is divided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of one year; months compare and sort in time."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The month in which an aware time lies."""
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The month of its text, ``2026_11``. Raises :class:`ValueError`."""
        year, number = text.split("_")
        month = cls(int(year), int(number))
        if str(month) != text or not 1 <= month.number <= 12:
            raise ValueError(text)
        return month

    def __str__(self) -> str:
        return f"{self.year:04}_{self.number:02}"

    @property
    def begins(self) -> datetime:
        """Its first moment; it ends with the first moment of the next."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    def plus(self, months: int) -> Month:
        """So many months later; earlier where negative."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)
