"""When parcels arrive that have not been booked yet, for whoever decides how they go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fulfilment.carriers import registry
from fulfilment.carriers.domain.adapter import Enquiry
from fulfilment.carriers.domain.parcels import Parcel, Place
from fulfilment.carriers.domain.quotes import Quote
from fulfilment.carriers.domain.rates import Contract
from fulfilment.carriers.selectors import contracts
from fulfilment.requests.extensions import Journey, Spot


def journeys_end(journeys: Sequence[Journey]) -> list[date | None]:
    """The day on which each parcel arrives by its contract; None where that promises none, or does not take it."""
    known = contracts() if journeys else {}
    return [_end(journey, known.get(journey.contract)) for journey in journeys]


def _end(journey: Journey, contract: Contract | str | None) -> date | None:
    if not isinstance(contract, Contract):
        return None
    enquiry = Enquiry(
        journey.contract, contract, Parcel(journey.grams or 0), _place(journey.origin),
        _place(journey.destination, residential=True), journey.ready,
    )  # fmt: skip
    try:
        offers = registry.adapter(contract.adapter).quote(enquiry)
    except registry.NoSuchCarrier:
        return None
    return next((it.arrives_on for it in offers if isinstance(it, Quote) and it.service == journey.service), None)


def _place(spot: Spot, *, residential: bool = False) -> Place:
    return Place(spot.country, spot.postal_code, spot.latitude, spot.longitude, spot.code, residential)
