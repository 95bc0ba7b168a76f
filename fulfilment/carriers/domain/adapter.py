"""What a carrier must be able to do. One class a carrier, in a folder of its own; nothing else knows it.

Errors are answers, never exceptions: a carrier that refuses says so with a sentence for people. What an adapter does
raise (no network, a bug) leaves the parcel as it was, and the same call is made again with the same key.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fulfilment.carriers.domain.parcels import Parcel, Place
from fulfilment.carriers.domain.quotes import NotServed, Offer, Quote
from fulfilment.carriers.domain.rates import Contract


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel comes from or goes to, as it stands on the label."""

    name: str
    street: str
    city: str
    postal_code: str
    country: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the address, without empty ones."""
        town = f"{self.postal_code} {self.city}".strip()
        return tuple(line for line in (self.name, self.street, town, self.country) if line)


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A parcel for which an offer is wanted. ``carrier`` is the contract's key; ``ready`` is local to the origin."""

    carrier: str
    contract: Contract | None
    parcel: Parcel
    origin: Place
    destination: Place
    ready: datetime


@dataclass(frozen=True, slots=True)
class BookingOrder:
    """A parcel to be booked.

    ``key`` is the idempotency key: the same key books one parcel, however often it is sent. ``serial`` is a number
    that no other parcel of the retailer has, for carriers whose numbers we give ourselves.
    """

    key: str
    serial: int
    quote: Quote
    parcel: Parcel
    ship_from: Address
    ship_to: Address
    reference: str
    piece: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Booked:
    """The carrier takes the parcel. ``label`` is the carrier's own in ``label_type``; empty: we draw it."""

    tracking_number: str
    carrier_reference: str = ""
    label: bytes = b""
    label_type: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier does not do it; ``reason`` is a sentence for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Voided:
    """The booking is taken back: the parcel will not travel and is not charged."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Something that happened to a parcel on its way.

    ``delivered`` says that it has arrived; ``presumed`` that nobody has seen it arrive: a carrier that reports nothing
    counts it as arrived once its day is over.
    """

    happened_at: datetime
    where: str
    what: str
    delivered: bool = False
    presumed: bool = False


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the carrier knows of a parcel, oldest first."""

    events: tuple[Tracked, ...]


@dataclass(frozen=True, slots=True)
class ManifestOrder:
    """Parcels that are handed over together at a location on a day; ``key`` as in :class:`BookingOrder`."""

    key: str
    location: str
    day: date
    tracking_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifested:
    """The carrier knows what it is given; ``reference`` is its own number for it, if it gives one."""

    reference: str = ""


class Adapter(ABC):
    """A carrier.

    ``local`` adapters do everything in the retailer's own database: they are called inside its transaction, undone
    with it, and work in a staging clone as well. All others are called through the outbound door, after the
    transaction has committed, and must not touch the database.
    """

    #: The name of the folder.
    code: str
    #: How staff call it.
    title: str
    local: bool = False
    #: Whether it prices parcels by the retailer's contracts; otherwise it is asked once, under its own code.
    by_contract: bool = True

    @abstractmethod
    def quote(self, enquiry: Enquiry) -> Sequence[Offer]:
        """A price, or a reason against it, for each service that there is."""

    @abstractmethod
    def book(self, order: BookingOrder) -> Booked | Refused:
        """Book a parcel, once for a key: the same key is answered with the same booking."""

    @abstractmethod
    def void(self, key: str, tracking_number: str) -> Voided | Refused:
        """Take a booking back. What has been taken back already is taken back."""

    @abstractmethod
    def track(self, tracking_number: str) -> Tracking | Refused:
        """What is known of a parcel, all of it each time; refused for a number that the carrier has not given.

        What was told once is told again in the same words with the same time, so that it can be kept once.
        """

    @abstractmethod
    def manifest(self, order: ManifestOrder) -> Manifested | Refused:
        """Tell the carrier what it is handed, once for a key."""


__all__ = [
    "Adapter", "Address", "Booked", "BookingOrder", "Enquiry", "ManifestOrder", "Manifested", "NotServed", "Offer",
    "Quote", "Refused", "Tracked", "Tracking", "Voided",
]  # fmt: skip
