"""What happens to parcels. Their subject is the order, on whose timeline they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fulfilment.requests.events import RequestEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelEvent(RequestEvent):
    """An event of one parcel."""

    parcel: str
    carrier: str
    service: str
    tracking_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelBooked(ParcelEvent):
    """A carrier takes a parcel; ``amount`` is a decimal string in ``currency``."""

    NAME: ClassVar[str] = "parcel.booked.v1"

    amount: str
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelNotTaken(ParcelEvent):
    """A carrier that was asked does not take a parcel."""

    NAME: ClassVar[str] = "parcel.refused.v1"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelVoided(ParcelEvent):
    """A booking was taken back."""

    NAME: ClassVar[str] = "parcel.voided.v1"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelDelivered(ParcelEvent):
    """A parcel has arrived; ``presumed``: its day is over, and its carrier reports nothing."""

    NAME: ClassVar[str] = "parcel.delivered.v1"

    where: str
    presumed: bool
