"""The retailer's own vans. They go first, and never take more than they hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

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
from fulfilment.carriers.domain.quotes import Charge, NotServed, Offer, Quote
from fulfilment.carriers.domain.tracking_numbers import own_number, own_serial
from fulfilment.carriers.own_fleet import room
from fulfilment.carriers.own_fleet.vans import Van, next_run, out_of_reach
from fulfilment.carriers.own_numbers import told_by_ourselves

PREFIX = "OF"


class OwnFleet(Adapter):
    """Offers each van of the location on its next run; a booking takes room in it by one conditional update."""

    code = "own_fleet"
    title = "Own vans"
    local = True
    by_contract = False

    def quote(self, enquiry: Enquiry) -> Sequence[Offer]:
        """An offer, or a reason against it, for each van that runs from the location."""
        return [self._offer(van, enquiry) for van in room.vans_of(enquiry.origin.code)]

    def book(self, order: BookingOrder) -> Booked | Refused:
        """Take room in the van; refused where it is full, also if it was not when the offer was made."""
        quote = order.quote
        taken = room.take(
            key=order.key, van=quote.service, day=quote.collected_on, grams=order.parcel.grams,
            tracking_number=own_number(PREFIX, order.serial),
        )  # fmt: skip
        if taken is None:
            return Refused(f"van {quote.service} has no room left on {quote.collected_on}")
        return Booked(taken, carrier_reference=f"{quote.service} {quote.collected_on}")

    def void(self, key: str, tracking_number: str) -> Voided | Refused:
        """Give the room back."""
        if room.give_back(key=key, tracking_number=tracking_number):
            return Voided()
        return Refused(f"no van carries {tracking_number}")

    def track(self, tracking_number: str) -> Tracking | Refused:
        """Vans report nothing on their way: it left, and it counts as arrived once the day of its run is over."""
        if own_serial(PREFIX, tracking_number) is None or not room.carries(tracking_number):
            return Refused(f"no van carries {tracking_number}")
        return Tracking(told_by_ourselves(self.code, tracking_number))

    def manifest(self, order: ManifestOrder) -> Manifested | Refused:
        """The driver's list."""
        foreign = next((number for number in order.tracking_numbers if not room.carries(number)), None)
        return Refused(f"no van carries {foreign}") if foreign is not None else Manifested(order.key)

    def _offer(self, van: Van, enquiry: Enquiry) -> Offer:
        refusal = out_of_reach(van, enquiry.origin, enquiry.destination)
        if refusal:
            return NotServed(self.code, van.code, refusal)
        day = next_run(van, enquiry.ready)
        left = room.left(van, day)
        if left.parcels < 1 or left.grams < enquiry.parcel.grams:
            full = f"is full on {day}: room is left for {left.parcels:,} parcels and {left.grams:,} g"
            return NotServed(self.code, van.code, full)
        return _quote(self.code, van, day, enquiry.parcel.grams)


def _quote(carrier: str, van: Van, day: date, grams: int) -> Quote:
    return Quote(
        carrier=carrier, service=van.code, service_name=van.name, amount=van.price, currency=van.currency, zone="",
        billable_grams=grams, collected_on=day, transit_days=0, arrives_on=day,
        charges=(Charge("Van", van.price, f"{van.name} on {day}"),), priority=1, own=True,
    )  # fmt: skip


ADAPTER = OwnFleet()
