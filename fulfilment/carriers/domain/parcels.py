"""Parcels and the places between which they travel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Outer measures of a parcel in millimetres, in any order."""

    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def longest_mm(self) -> int:
        """The longest side."""
        return max(self.length_mm, self.width_mm, self.height_mm)

    @property
    def girth_mm(self) -> int:
        """The longest side plus twice the two others: what carriers call length and girth."""
        return 2 * (self.length_mm + self.width_mm + self.height_mm) - self.longest_mm

    @property
    def cubic_mm(self) -> int:
        """Volume."""
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: its weight, and its size where it is known."""

    grams: int
    size: Size | None = None

    def dimensional_grams(self, divisor: int) -> int:
        """What its volume weighs at ``divisor`` cubic centimetres to the kilogram, rounded up to the gram.

        Cubic millimetres divided by the divisor are grams: a thousand of each to the next unit cancel out.
        """
        return -(-self.size.cubic_mm // divisor) if self.size else 0

    def billable_grams(self, divisor: int | None) -> int:
        """The heavier of what it weighs and what its volume weighs."""
        return max(self.grams, self.dimensional_grams(divisor)) if divisor else self.grams


@dataclass(frozen=True, slots=True)
class Place:
    """An end of the way. ``code`` is a location's; ``residential`` a private address; degrees north and east."""

    country: str
    postal_code: str = ""
    latitude: float | None = None
    longitude: float | None = None
    code: str = ""
    residential: bool = False
