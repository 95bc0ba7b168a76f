"""What a parcel weighs and measures when nobody has put it on the scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fulfilment.carriers.domain.parcels import Parcel, Size


@dataclass(frozen=True, slots=True)
class Unit:
    """A product in a parcel, how many of it, and what one weighs and measures (None where unknown)."""

    sku: str
    count: int
    grams: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None


class UnknownWeight(ValueError):
    """A product has no weight, so nobody can say what the parcel weighs."""


def packed(units: Sequence[Unit], pieces: int = 1) -> list[Parcel]:
    """The units shared out over ``pieces`` parcels of equal weight (the first ones a gram heavier).

    One parcel has the size of its products stacked on their flattest sides; of several the size is unknown. Raises
    :class:`UnknownWeight`.
    """
    missing = [unit.sku for unit in units if unit.grams is None]
    if missing:
        message = f"{', '.join(missing[:3])} {'has' if len(missing) == 1 else 'have'} no weight: weigh the parcel"
        raise UnknownWeight(message)
    total = sum(unit.count * (unit.grams or 0) for unit in units)
    share, rest = divmod(total, pieces)
    size = _stacked(units) if pieces == 1 else None
    return [Parcel(share + (1 if piece < rest else 0), size) for piece in range(pieces)]


def _stacked(units: Sequence[Unit]) -> Size | None:
    length = width = height = 0
    for unit in units:
        if not (unit.length_mm and unit.width_mm and unit.height_mm):
            return None
        flat, middle, longest = sorted((unit.length_mm, unit.width_mm, unit.height_mm))
        length, width, height = max(length, longest), max(width, middle), height + unit.count * flat
    return Size(length, width, height) if height else None
