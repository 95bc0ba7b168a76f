"""What a carrier offers for a parcel, or why it offers nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a price: what it is for, and how it comes about, in words."""

    name: str
    amount: Decimal
    because: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A price for one parcel with one service. ``amount`` is the sum of its charges, each in whole minor units.

    ``transit_days`` and ``arrives_on`` are None where the contract promises nothing. ``own`` marks the retailer's own
    vans, which go first.
    """

    carrier: str
    service: str
    service_name: str
    amount: Decimal
    currency: str
    zone: str
    billable_grams: int
    collected_on: date
    transit_days: int | None
    arrives_on: date | None
    charges: tuple[Charge, ...]
    priority: int = 100
    own: bool = False


@dataclass(frozen=True, slots=True)
class NotServed:
    """A carrier's service does not take the parcel; ``reason`` is a sentence for people."""

    carrier: str
    service: str
    reason: str


Offer = Quote | NotServed
