"""A carrier outside of the house, for tests: its memory is a file, which no rollback and no kill of ours touches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from fulfilment.carriers.domain.adapter import (
    Adapter,
    Booked,
    BookingOrder,
    Enquiry,
    Manifested,
    ManifestOrder,
    NotServed,
    Offer,
    Quote,
    Refused,
    Tracked,
    Tracking,
    Voided,
)
from fulfilment.carriers.domain.quotes import Charge


class FarPost(Adapter):
    """Books everything within the country for 2.00, with S10 numbers."""

    code = "far_post"
    title = "Far Post"
    by_contract = False

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.asked = 0
        self.refuses = ""
        self.tracked = 0
        self.silent = False
        self.news: list[Tracked] = []

    def quote(self, enquiry: Enquiry) -> Sequence[Offer]:
        if enquiry.destination.country != "GB":
            return [NotServed(self.code, "far", "stays in the country")]
        day, price = enquiry.ready.date(), Decimal("2.00")
        return [
            Quote(
                carrier=self.code, service="far", service_name="Far", amount=price, currency="GBP", zone="",
                billable_grams=enquiry.parcel.grams, collected_on=day, transit_days=None, arrives_on=None,
                charges=(Charge("Far", price, ""),),
            )
        ]  # fmt: skip

    def book(self, order: BookingOrder) -> Booked | Refused:
        self.asked += 1
        if self.refuses:
            return Refused(self.refuses)
        known = self.labels()
        if order.key not in known:
            known[order.key] = _s10(len(known) + 1)
            self.memory.write_text(json.dumps(known))
        return Booked(known[order.key], carrier_reference=order.key)

    def void(self, key: str, tracking_number: str) -> Voided | Refused:
        return Voided() if self.labels().get(key) == tracking_number else Refused("unknown parcel")

    def track(self, tracking_number: str) -> Tracking | Refused:
        if tracking_number not in self.labels().values():
            return Refused("unknown parcel")
        self.tracked += 1
        if self.silent:
            message = "no network"
            raise ConnectionError(message)
        return Tracking((Tracked(datetime(2026, 3, 2, tzinfo=UTC), "London", "label made"), *self.news))

    def manifest(self, order: ManifestOrder) -> Manifested | Refused:
        if not set(order.tracking_numbers) <= set(self.labels().values()):
            return Refused("unknown parcel")
        return Manifested(f"FP-{order.key}")

    def labels(self) -> dict[str, str]:
        """Every label that it has ever sold, by the key it was asked with."""
        return json.loads(self.memory.read_text()) if self.memory.exists() else {}


def _s10(serial: int) -> str:
    digits = f"{serial:08}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return f"CP{digits}{check}GB"
