"""Parcels of a fulfilment request are booked with carriers, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from fulfilment.carriers.domain.adapter import Address, Booked, Refused
from fulfilment.carriers.domain.brokering import Choice, Compared
from fulfilment.carriers.domain.packing import UnknownWeight, packed
from fulfilment.carriers.domain.parcels import Parcel as Contents
from fulfilment.carriers.domain.quotes import Quote
from fulfilment.carriers.models import Parcel, ParcelStatus
from fulfilment.carriers.models.parcel import LIVE
from fulfilment.carriers.registry import adapter
from fulfilment.carriers.selectors import RequestFacts, request_facts
from fulfilment.carriers.services.answers import booking_order, booking_record
from fulfilment.carriers.services.compare import adapter_of, name_of, parcel_compare
from fulfilment.carriers.services.refusals import ParcelRefused
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services.arrivals import arrivals_tell
from fulfilment.requests.services.locked import requests_lock
from oms.infra.database.bulk import take_numbers
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict

MOST_PIECES = 50


def may_book(status: RequestStatus) -> Verdict:
    """Whether parcels of a request in this status may be booked."""
    if status in (RequestStatus.PICKING, RequestStatus.PACKED):
        return Verdict.yes()
    return Verdict.no(f"the request is {status}; parcels are booked while it is picked or packed")


def parcels_book(
    *,
    request_id: int,
    actor: str,
    contents: Sequence[Contents] | None = None,
    pieces: int = 1,
    offer: tuple[str, str] | None = None,
    promised_on: date | None = None,
) -> list[Parcel]:
    """Book every piece of a request that is not booked yet, and return all of them, by piece.

    ``contents`` says what each piece weighs and measures; without it the products are shared out over ``pieces``.
    ``offer`` is the (carrier, service) that somebody has chosen; without it brokering chooses for each piece, among
    those that arrive by ``promised_on``, else by what the customer was promised. The request is expected from then on
    by what is booked.

    Local carriers book in this transaction. Others are asked by a job once it has committed: the parcel stays
    ``booking`` until they answer. Sent twice, it books once: the request is locked, each piece has one live parcel,
    and its number is the key that the carrier is given, however often it is asked.
    Raises :class:`ParcelRefused`; nothing is booked then.
    """
    requests_lock([request_id])
    facts = request_facts(request_id)
    verdict = may_book(facts.status)
    if not verdict:
        message = f"{facts.number}: {verdict.reason}"
        raise ParcelRefused(message)
    promised_on = promised_on or facts.promised_on
    wanted = list(contents) if contents is not None else _shared_out(facts, pieces)
    if not 1 <= len(wanted) <= MOST_PIECES:
        message = f"{facts.number}: a request goes in 1 to {MOST_PIECES} parcels, not in {len(wanted)}"
        raise ParcelRefused(message)
    earlier = list(Parcel.objects.filter(request_id=request_id).order_by("id"))
    live = {parcel.piece: parcel for parcel in earlier if parcel.status in LIVE}
    if any(parcel.pieces != len(wanted) for parcel in live.values()):
        message = f"{facts.number} is booked in {next(iter(live.values())).pieces} parcels; void them to change that"
        raise ParcelRefused(message)
    for piece, content in enumerate(wanted, 1):
        if piece not in live:
            before = [parcel for parcel in earlier if parcel.piece == piece]
            live[piece] = _book_piece(facts, content, (piece, len(wanted)), before, offer, promised_on, actor)
        elif live[piece].status == ParcelStatus.BOOKING:
            ask_by_job(live[piece])
    _expect(facts, list(live.values()))
    return [live[piece] for piece in sorted(live)]


def _expect(facts: RequestFacts, booked: Sequence[Parcel]) -> None:
    """The request arrives with the last of its parcels; the customer's promise stays as it is."""
    days = [parcel.arrives_on for parcel in booked]
    known = [day for day in days if day is not None]
    last = max(known) if len(known) == len(days) else None
    why = f"{facts.location_code} booked {booked[0].carrier_name} {booked[0].service_name}; " + (
        f"arrives {last}" if last else "promises no day"
    )
    row = FulfilmentRequest.objects.get(pk=facts.request_id)
    FulfilmentRequest.objects.filter(pk=row.pk).update(arrives_on=last, arrives_why=why[:255])
    arrivals_tell([row.order_id])


def ask_by_job(parcel: Parcel) -> None:
    """Have a carrier that is not local asked, once this transaction has committed; a job that waits is enough."""
    enqueue("fulfilment.carriers.jobs.ask", queueing_lock=f"ask {parcel.pk}", lock=f"ask {parcel.pk}",
            parcel_id=parcel.pk)  # fmt: skip


def _book_piece(
    facts: RequestFacts,
    content: Contents,
    piece: tuple[int, int],
    before: Sequence[Parcel],
    offer: tuple[str, str] | None,
    promised_on: date | None,
    actor: str,
) -> Parcel:
    """Book with the best offer; a local carrier that refuses after all (a van that filled up) gives way to the next."""
    without = {(parcel.carrier, parcel.service) for parcel in before if parcel.status == ParcelStatus.REFUSED}
    if offer is not None:
        without -= {offer}
    while True:
        choice = parcel_compare(facts=facts, parcel=content, promised_on=promised_on, without=without).choice
        quote = _taken(facts, choice, offer)
        parcel = _new_parcel(facts, content, piece, len(before) + 1, quote, choice)
        carrier = adapter(parcel.adapter)
        if not carrier.local:
            parcel.save(force_insert=True)
            ask_by_job(parcel)
            return parcel
        answer = carrier.book(booking_order(parcel, facts.order_number))
        if isinstance(answer, Booked):
            parcel.save(force_insert=True)
            booking_record(parcel, answer, actor=actor)
            parcel.refresh_from_db()
            return parcel
        _give_way(facts, quote, answer, offer)
        without.add((quote.carrier, quote.service))


def _taken(facts: RequestFacts, choice: Choice, offer: tuple[str, str] | None) -> Quote:
    """The quote that is booked: the chosen one, or the one that somebody names. Raises :class:`ParcelRefused`."""
    if offer is None:
        if choice.quote is not None:
            return choice.quote
        why = "; ".join(f"{item.offer.carrier} {item.offer.service}: {item.reason}" for item in choice.compared[:5])
        message = f"{facts.number}: no carrier takes the parcel. {why or 'There is no contract and no van.'}"
        raise ParcelRefused(message)
    named = next((item for item in choice.compared if (item.offer.carrier, item.offer.service) == offer), None)
    if named is None or not isinstance(named.offer, Quote):
        why = named.reason if named else "there is no such offer any more"
        message = f"{facts.number}: {' '.join(offer).strip()} does not take the parcel: {why}"
        raise ParcelRefused(message)
    return named.offer


def _give_way(facts: RequestFacts, quote: Quote, answer: Refused, offer: tuple[str, str] | None) -> None:
    if offer is not None:
        message = f"{facts.number}: {quote.service_name} does not take the parcel: {answer.reason}"
        raise ParcelRefused(message)


def _new_parcel(
    facts: RequestFacts, content: Contents, piece: tuple[int, int], attempt: int, quote: Quote, choice: Choice
) -> Parcel:
    [[key]] = take_numbers([(Parcel, 1)])
    size = content.size
    return Parcel(
        id=key,
        number=f"{facts.number}-P{piece[0]}" + (f".{attempt}" if attempt > 1 else ""),
        request_id=facts.request_id,
        piece=piece[0],
        pieces=piece[1],
        status=ParcelStatus.BOOKING,
        adapter=adapter_of(quote.carrier),
        carrier=quote.carrier,
        carrier_name=name_of(quote.carrier)[:100],
        service=quote.service,
        service_name=quote.service_name,
        zone=quote.zone,
        amount=quote.amount,
        currency=quote.currency,
        charges=[{"name": item.name, "amount": str(item.amount), "because": item.because} for item in quote.charges],
        compared=[_kept(item, quote) for item in choice.compared],
        grams=content.grams,
        billable_grams=quote.billable_grams,
        length_mm=size.length_mm if size else None,
        width_mm=size.width_mm if size else None,
        height_mm=size.height_mm if size else None,
        collected_on=quote.collected_on,
        arrives_on=quote.arrives_on,
        ship_from=_plain(facts.ship_from),
        ship_to=_plain(facts.ship_to),
    )


def _kept(item: Compared, booked: Quote) -> dict[str, str | None]:
    """One offer as it is kept beside the parcel: what it would have cost, and why it was not taken."""
    quote = item.offer if isinstance(item.offer, Quote) else None
    reason = item.reason
    if quote is booked and not item.chosen:
        reason = f"chosen by hand; {item.reason}"
    return {
        "carrier": name_of(item.offer.carrier),
        "service": quote.service_name if quote else item.offer.service,
        "amount": str(quote.amount) if quote else None,
        "currency": quote.currency if quote else None,
        "arrives_on": str(quote.arrives_on) if quote and quote.arrives_on else None,
        "reason": reason,
        "booked": "yes" if quote is booked else None,
    }


def _plain(address: Address) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(address).items()}


def _shared_out(facts: RequestFacts, pieces: int) -> list[Contents]:
    if not 1 <= pieces <= MOST_PIECES:
        return []
    try:
        return packed(facts.units, pieces)
    except UnknownWeight as unknown:
        message = f"{facts.number}: {unknown}"
        raise ParcelRefused(message) from unknown
