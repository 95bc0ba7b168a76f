"""Choosing the carrier and service for one parcel: a pure function, with what lost and by how much.

1. The retailer's own vans go first when they have room and keep the promise.
2. Offers that arrive by the promised day go before those that arrive later or do not say when.
3. The lowest price wins; then the contract of the lowest priority number, then the earliest arrival, then the codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fulfilment.carriers.domain.quotes import NotServed, Offer, Quote


@dataclass(frozen=True, slots=True)
class Compared:
    """One offer beside the chosen one. ``dearer`` is how much more it costs (negative: less); None where no price."""

    offer: Offer
    chosen: bool
    dearer: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What is booked, and why not the others, best first. ``quote`` is None where nobody takes the parcel."""

    quote: Quote | None
    compared: tuple[Compared, ...]


def choose(*, offers: Iterable[Offer], currency: str, promised_on: date | None = None) -> Choice:
    """The offer to book. Prices are compared in ``currency`` alone: there are no exchange rates here."""
    given = list(offers)
    priced = [item for item in given if isinstance(item, Quote) and item.currency == currency]
    priced.sort(key=lambda quote: _rank(quote, promised_on))
    others = [item for item in given if not isinstance(item, Quote) or item.currency != currency]
    best = priced[0] if priced else None
    compared = [_beside(quote, best, promised_on) for quote in priced if best is not None]
    compared += [Compared(item, False, None, _why_not(item, currency)) for item in others]
    return Choice(best, tuple(compared))


def _rank(quote: Quote, promised_on: date | None) -> tuple[bool, bool, Decimal, int, date, str, str]:
    late = not _in_time(quote, promised_on)
    arrives = quote.arrives_on or date.max
    return late, not quote.own, quote.amount, quote.priority, arrives, quote.carrier, quote.service


def _in_time(quote: Quote, promised_on: date | None) -> bool:
    return promised_on is None or (quote.arrives_on is not None and quote.arrives_on <= promised_on)


def _beside(quote: Quote, best: Quote, promised_on: date | None) -> Compared:
    dearer = quote.amount - best.amount
    if quote is best:
        return Compared(quote, True, dearer, _why_chosen(quote, promised_on))
    if _in_time(best, promised_on) and not _in_time(quote, promised_on):
        when = f"arrives {quote.arrives_on}" if quote.arrives_on else "does not say when it arrives"
        return Compared(quote, False, dearer, f"{when}; promised for {promised_on}")
    if best.own and not quote.own:
        return Compared(quote, False, dearer, "own vans have room, and they go first")
    if dearer:
        return Compared(quote, False, dearer, f"{dearer} {quote.currency} dearer")
    if quote.priority != best.priority:
        reason = f"costs the same; priority {quote.priority} comes after {best.priority}"
        return Compared(quote, False, dearer, reason)
    return Compared(quote, False, dearer, "costs the same and arrives no earlier")


def _why_chosen(quote: Quote, promised_on: date | None) -> str:
    if promised_on is not None and not _in_time(quote, promised_on):
        when = f"arrives {quote.arrives_on}" if quote.arrives_on else "does not say when it arrives"
        return f"nobody arrives by {promised_on}; the best of the rest: {when}"
    first = "own vans go first" if quote.own else "the lowest price"
    return first if promised_on is None else f"{first} that arrives by {promised_on}"


def _why_not(offer: Offer, currency: str) -> str:
    if isinstance(offer, NotServed):
        return offer.reason
    return f"priced in {offer.currency}; the order is in {currency}"
