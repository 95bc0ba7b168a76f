"""What stands on a label and on a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from barcode.codex import Code128

from fulfilment.carriers.domain.adapter import Address


@dataclass(frozen=True, slots=True)
class Label:
    """One parcel's label. ``reference`` is the order's number."""

    carrier: str
    service: str
    tracking_number: str
    ship_from: Address
    ship_to: Address
    reference: str
    piece: int
    pieces: int
    grams: int
    collected_on: date

    @property
    def piece_of(self) -> str:
        """``1 of 2``."""
        return f"{self.piece} of {self.pieces}"

    @property
    def kilograms(self) -> str:
        """The weight as it is printed: ``1.250 kg``."""
        return f"{self.grams / 1000:.3f} kg"


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One parcel on a manifest."""

    tracking_number: str
    order_number: str
    recipient: str
    postal_code: str
    service: str
    grams: int


@dataclass(frozen=True, slots=True)
class ManifestSheet:
    """What a carrier is handed at one location on one day."""

    number: str
    carrier: str
    location: str
    day: date
    lines: Sequence[ManifestLine]


def bars(text: str) -> str:
    """The modules of a Code 128 symbol (ISO/IEC 15417), without quiet zones: ``1`` dark, ``0`` light."""
    return str(Code128(text).build()[0])
