"""What every carrier would take for a parcel, and which of them goes first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from fulfilment.carriers import registry
from fulfilment.carriers.domain.adapter import Enquiry
from fulfilment.carriers.domain.brokering import Choice, choose
from fulfilment.carriers.domain.parcels import Parcel
from fulfilment.carriers.domain.quotes import NotServed, Offer
from fulfilment.carriers.domain.rates import Contract
from fulfilment.carriers.selectors import RequestFacts, contracts


@dataclass(frozen=True, slots=True)
class Comparison:
    """The offers for one parcel and the choice between them."""

    parcel: Parcel
    choice: Choice


def parcel_compare(
    *,
    facts: RequestFacts,
    parcel: Parcel,
    promised_on: date | None = None,
    without: Collection[tuple[str, str]] = (),
) -> Comparison:
    """Ask every carrier and choose. ``without`` names (carrier, service) that have refused the parcel already.

    Carriers that are asked over a network are asked here as well: their adapters answer quotes from rates that they
    keep, or say that they cannot.
    """
    given = [_refused(offer) if (offer.carrier, offer.service) in without else offer for offer in _ask(facts, parcel)]
    return Comparison(parcel, choose(offers=given, currency=facts.currency, promised_on=promised_on))


def adapter_of(carrier: str) -> str:
    """Folder of the carrier that books parcels of a contract, or of one that needs no contract."""
    contract = contracts().get(carrier)
    return contract.adapter if isinstance(contract, Contract) else carrier


def name_of(carrier: str) -> str:
    """How staff call the carrier of a contract."""
    contract = contracts().get(carrier)
    if isinstance(contract, Contract):
        return contract.name or carrier
    found = registry.adapters().get(carrier)
    return found.title if found else carrier


def _ask(facts: RequestFacts, parcel: Parcel) -> list[Offer]:
    def enquiry(carrier: str, contract: Contract | None) -> Enquiry:
        return Enquiry(carrier, contract, parcel, facts.origin, facts.destination, facts.ready)

    offers: list[Offer] = []
    for code, carrier in registry.adapters().items():
        if not carrier.by_contract:
            offers += carrier.quote(enquiry(code, None))
    for key, contract in contracts().items():
        if isinstance(contract, str):
            offers.append(NotServed(key, "", contract))
            continue
        try:
            offers += registry.adapter(contract.adapter).quote(enquiry(key, contract))
        except registry.NoSuchCarrier as missing:
            offers.append(NotServed(key, "", str(missing)))
    return offers


def _refused(offer: Offer) -> Offer:
    return NotServed(offer.carrier, offer.service, "has refused this parcel")
