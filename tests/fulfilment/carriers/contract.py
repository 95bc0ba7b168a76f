"""What every carrier must do. A new carrier's tests subclass :class:`CarrierContract` and give it an adapter.

    class TestNorthPost(CarrierContract):
        adapter = NorthPost(sandbox=True)

        @pytest.fixture(autouse=True)
        def setting(self, acme: None) -> None: ...

``enquiry`` must be one that the carrier serves, ``beyond`` one that it refuses.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from fulfilment.carriers.domain.adapter import (
    Adapter,
    Address,
    Booked,
    BookingOrder,
    Enquiry,
    Manifested,
    ManifestOrder,
    NotServed,
    Quote,
    Refused,
    Tracking,
    Voided,
)
from fulfilment.carriers.domain.parcels import Parcel, Place
from fulfilment.carriers.domain.tracking_numbers import recognise
from oms.kernel.money import minor_units

FROM = Address("Soho", "1 Beak Street", "London", "W1F 9TW", "GB")
TO = Address("Ada Clarke", "1 High Street", "London", "E1 6AN", "GB")


class CarrierContract:
    """Tests that any adapter passes."""

    adapter: Adapter

    def enquiry(self) -> Enquiry:
        """A parcel that the carrier takes."""
        raise NotImplementedError

    def beyond(self) -> Enquiry:
        """A parcel that it does not take."""
        enquiry = self.enquiry()
        return replace(enquiry, destination=Place("NZ", "6011", -41.3, 174.8, residential=True))

    def quoted(self) -> Quote:
        found = next((offer for offer in self.adapter.quote(self.enquiry()) if isinstance(offer, Quote)), None)
        assert found is not None, f"{self.adapter.code} does not take the parcel that its tests give it"
        return found

    def order(self, key: str = "K-1", serial: int = 17) -> BookingOrder:
        return BookingOrder(
            key=key, serial=serial, quote=self.quoted(), parcel=self.enquiry().parcel, ship_from=FROM, ship_to=TO,
            reference="WEB-7", piece=1, pieces=1,
        )  # fmt: skip

    def booked(self, key: str = "K-1", serial: int = 17) -> Booked:
        answer = self.adapter.book(self.order(key, serial))
        assert isinstance(answer, Booked), answer
        return answer

    # -- quotes ------------------------------------------------------------------------------------

    def test_a_price_is_the_sum_of_its_lines_in_whole_minor_units(self) -> None:
        quote = self.quoted()
        assert quote.amount == sum((charge.amount for charge in quote.charges), Decimal(0))
        assert quote.amount >= 0
        assert re.fullmatch("[A-Z]{3}", quote.currency)
        step = Decimal(1).scaleb(-minor_units(quote.currency))
        assert all(charge.amount == charge.amount.quantize(step) for charge in quote.charges)
        assert all(charge.name for charge in quote.charges)

    def test_a_price_names_days_that_lie_ahead(self) -> None:
        quote, ready = self.quoted(), self.enquiry().ready.date()
        assert ready <= quote.collected_on <= ready + timedelta(days=60)
        assert quote.arrives_on is None or quote.arrives_on >= quote.collected_on

    def test_the_same_question_has_the_same_answer(self) -> None:
        assert list(self.adapter.quote(self.enquiry())) == list(self.adapter.quote(self.enquiry()))

    def test_what_is_beyond_it_is_refused_with_a_reason(self) -> None:
        offers = list(self.adapter.quote(self.beyond()))
        assert offers
        assert all(isinstance(offer, NotServed) and offer.reason for offer in offers)

    # -- booking -----------------------------------------------------------------------------------

    def test_a_booking_has_a_tracking_number_that_its_courier_would_print(self) -> None:
        number = self.booked().tracking_number
        assert 0 < len(number) <= 64
        assert recognise(number).valid, f"{number} is of no known form: add its rule to courier_rules.py"

    def test_the_same_key_is_one_booking(self) -> None:
        assert self.booked() == self.booked()

    def test_two_keys_are_two_bookings(self) -> None:
        first, second = self.booked("K-1", 17), self.booked("K-2", 18)
        assert first.tracking_number != second.tracking_number

    # -- voiding, tracking, manifest ---------------------------------------------------------------

    def test_a_booking_can_be_taken_back_and_again(self) -> None:
        number = self.booked().tracking_number
        assert self.adapter.void("K-1", number) == Voided()
        assert self.adapter.void("K-1", number) == Voided()

    def test_a_foreign_number_is_refused_with_a_reason(self) -> None:
        for answer in (
            self.adapter.void("K-9", "NOT-OURS"),
            self.adapter.track("NOT-OURS"),
            self.adapter.manifest(ManifestOrder("M-9", "SOHO", date(2026, 3, 2), ("NOT-OURS",))),
        ):
            assert isinstance(answer, Refused)
            assert answer.reason

    def test_a_booked_parcel_can_be_tracked(self) -> None:
        answer = self.adapter.track(self.booked().tracking_number)
        assert isinstance(answer, Tracking)
        assert list(answer.events) == sorted(answer.events, key=lambda event: event.happened_at)

    def test_what_is_told_of_a_parcel_is_told_again_in_the_same_words(self) -> None:
        number = self.booked().tracking_number
        first, again = self.adapter.track(number), self.adapter.track(number)
        assert isinstance(first, Tracking)
        assert isinstance(again, Tracking)
        assert again.events[: len(first.events)] == first.events

    def test_news_of_a_parcel_can_be_kept(self) -> None:
        answer = self.adapter.track(self.booked().tracking_number)
        assert isinstance(answer, Tracking)
        for event in answer.events:
            assert event.happened_at.utcoffset() is not None, "a time without zone is not a moment"
            assert 0 < len(event.what) <= 255
            assert len(event.where) <= 120
            assert event.delivered or not event.presumed
        assert len({(event.happened_at, event.what) for event in answer.events}) == len(answer.events)
        assert sum(event.delivered for event in answer.events) <= 1

    def test_a_parcel_that_was_only_booked_has_not_arrived(self) -> None:
        answer = self.adapter.track(self.booked().tracking_number)
        assert isinstance(answer, Tracking)
        assert not any(event.delivered for event in answer.events)

    def test_a_manifest_is_taken_once_for_a_key(self) -> None:
        numbers = (self.booked("K-1", 17).tracking_number, self.booked("K-2", 18).tracking_number)
        order = ManifestOrder("M-1", "SOHO", date(2026, 3, 2), numbers)
        first = self.adapter.manifest(order)
        assert isinstance(first, Manifested)
        assert self.adapter.manifest(order) == first

    def test_a_parcel_of_no_weight_or_of_a_ton_raises_nothing(self) -> None:
        for grams in (0, 1_000_000):
            list(self.adapter.quote(replace(self.enquiry(), parcel=Parcel(grams))))
