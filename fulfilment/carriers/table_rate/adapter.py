"""The carrier that works without a network: prices from the retailer's rate tables, numbers and labels of our own.

The retailer has agreed with somebody (a post office, a local courier) who takes parcels with our labels on them and
is told by the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.carriers.domain.adapter import (
    Adapter,
    Booked,
    BookingOrder,
    Enquiry,
    Manifested,
    ManifestOrder,
    Refused,
    Tracking,
    Voided,
)
from fulfilment.carriers.domain.pricing import offers
from fulfilment.carriers.domain.quotes import NotServed, Offer
from fulfilment.carriers.domain.tracking_numbers import SERIALS, own_number, own_serial
from fulfilment.carriers.own_numbers import told_by_ourselves

PREFIX = "TR"


class TableRate(Adapter):
    """Keeps nothing: a booking's number follows from its serial, so the same booking has the same number."""

    code = "table_rate"
    title = "Rate tables"
    local = True

    def quote(self, enquiry: Enquiry) -> Sequence[Offer]:
        """A price, or a reason against it, for each service of the contract."""
        if enquiry.contract is None:
            return [NotServed(enquiry.carrier, "", "has no contract to price by")]
        return offers(
            carrier=enquiry.carrier, parcel=enquiry.parcel, contract=enquiry.contract, origin=enquiry.origin,
            destination=enquiry.destination, ready=enquiry.ready,
        )  # fmt: skip

    def book(self, order: BookingOrder) -> Booked | Refused:
        """Give the parcel its number."""
        if not 0 < order.serial < SERIALS:
            return Refused(f"there is no tracking number for parcel {order.serial}: all ten digits are used up")
        return Booked(own_number(PREFIX, order.serial))

    def void(self, key: str, tracking_number: str) -> Voided | Refused:
        """Nobody was told, so nobody need be told again."""
        return Voided() if self._ours(tracking_number) else _not_ours(tracking_number)

    def track(self, tracking_number: str) -> Tracking | Refused:
        """Whoever carries it reports nothing: it left, and it counts as arrived once its day is over."""
        if not self._ours(tracking_number):
            return _not_ours(tracking_number)
        return Tracking(told_by_ourselves(self.code, tracking_number))

    def manifest(self, order: ManifestOrder) -> Manifested | Refused:
        """The printed manifest is all there is."""
        foreign = next((number for number in order.tracking_numbers if not self._ours(number)), None)
        return _not_ours(foreign) if foreign is not None else Manifested(order.key)

    @staticmethod
    def _ours(tracking_number: str) -> bool:
        return own_serial(PREFIX, tracking_number) is not None


def _not_ours(tracking_number: str) -> Refused:
    return Refused(f"{tracking_number} is no tracking number of the rate tables")


ADAPTER = TableRate()
