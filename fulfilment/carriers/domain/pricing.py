"""What a parcel costs by a contract: a pure function, every step of it in words.

Rounding: freight is worked out exactly and rounded once; each surcharge is worked out from the rounded lines above
it and rounded in turn. Always to the currency's minor unit, halves away from zero. The price is the sum of the
lines that are shown, so it can be added up by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from fulfilment.carriers.domain.days import NoWorkingDay, collection_day, delivery_day, ready_day
from fulfilment.carriers.domain.parcels import Parcel, Place
from fulfilment.carriers.domain.postal import begins_any
from fulfilment.carriers.domain.quotes import Charge, NotServed, Offer, Quote
from fulfilment.carriers.domain.rates import CarrierService, Contract, Surcharge, ZoneRate
from fulfilment.carriers.domain.zones import kilometres, zone_of
from oms.kernel.money import Money

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def offers(
    *, carrier: str, parcel: Parcel, contract: Contract, origin: Place, destination: Place, ready: datetime
) -> list[Offer]:
    """A price, or a reason against it, for each service of a contract.

    ``ready`` is when the parcel can be collected, in the local time of its origin: the cut-off is compared with it.
    """
    return [
        price(
            carrier=carrier, parcel=parcel, contract=contract, service=service, origin=origin,
            destination=destination, day=ready_day(service, ready),
        )
        for service in contract.services
    ]  # fmt: skip


def price(
    *,
    carrier: str,
    parcel: Parcel,
    contract: Contract,
    service: CarrierService,
    origin: Place,
    destination: Place,
    day: date,
) -> Offer:
    """What the parcel costs with one service when it can be collected from ``day`` on."""
    refusal = _beyond_limits(parcel, contract, service, origin, destination)
    if refusal:
        return NotServed(carrier, service.code, refusal)
    try:
        collected = collection_day(contract, service, day)
    except NoWorkingDay as none:
        return NotServed(carrier, service.code, str(none))
    refusal = _out_of_date(contract, collected)
    zone = zone_of(contract, origin, destination)
    rate = service.rate(zone) if zone else None
    if refusal or zone is None or rate is None:
        missing = f"goes to no zone that {_where(destination)} lies in" if zone is None else f"has no rate for {zone}"
        return NotServed(carrier, service.code, refusal or missing)
    billable = parcel.billable_grams(service.dimensional_divisor)
    freight = _freight(rate, parcel, billable, service.dimensional_divisor, origin, destination)
    if isinstance(freight, str):
        return NotServed(carrier, service.code, freight)
    charges = [Charge("Freight", _rounded(freight[0], contract.currency), f"zone {zone}: {freight[1]}")]
    for surcharge in service.surcharges:
        why = _applies(surcharge, parcel, destination, collected)
        if why is not None:
            charges.append(_charge(surcharge, why, charges, contract.currency))
    arrives = None
    if rate.transit_days is not None:
        arrives = delivery_day(contract, service, collected, rate.transit_days)
    return Quote(
        carrier=carrier, service=service.code, service_name=service.name or service.code,
        amount=sum((charge.amount for charge in charges), Decimal(0)), currency=contract.currency, zone=zone,
        billable_grams=billable, collected_on=collected, transit_days=rate.transit_days, arrives_on=arrives,
        charges=tuple(charges), priority=contract.priority,
    )  # fmt: skip


def _beyond_limits(
    parcel: Parcel, contract: Contract, service: CarrierService, origin: Place, destination: Place
) -> str:
    if contract.countries and destination.country not in contract.countries:
        return f"does not serve {destination.country or 'an address without a country'}"
    if contract.locations and origin.code not in contract.locations:
        return f"does not collect at {origin.code or 'a place without a code'}"
    if service.max_grams is not None and parcel.grams > service.max_grams:
        return f"takes {service.max_grams:,} g at most; the parcel weighs {parcel.grams:,} g"
    size = parcel.size
    if size is not None and service.max_length_mm is not None and size.longest_mm > service.max_length_mm:
        return f"takes {service.max_length_mm:,} mm at most; the parcel's longest side has {size.longest_mm:,} mm"
    if size is not None and service.max_girth_mm is not None and size.girth_mm > service.max_girth_mm:
        return f"takes {service.max_girth_mm:,} mm of length and girth at most; the parcel has {size.girth_mm:,} mm"
    return ""


def _out_of_date(contract: Contract, collected: date) -> str:
    if contract.valid_from and collected < contract.valid_from:
        return f"is valid from {contract.valid_from}; it would be collected on {collected}"
    if contract.valid_until and collected > contract.valid_until:
        return f"is valid until {contract.valid_until}; it would be collected on {collected}"
    return ""


def _freight(
    rate: ZoneRate, parcel: Parcel, billable: int, divisor: int | None, origin: Place, destination: Place
) -> tuple[Decimal, str] | str:
    """The exact amount and how it comes about, or why there is none."""
    amount, words = rate.per_parcel, [f"{rate.per_parcel} a parcel"] if rate.per_parcel else []
    if rate.breaks:
        found = next((item for item in rate.breaks if billable <= item.up_to_grams), None)
        if found is not None:
            amount, words = amount + found.price, [*words, f"{found.price} up to {found.up_to_grams:,} g"]
        elif rate.per_further_kg is None:
            return f"has no price above {rate.breaks[-1].up_to_grams:,} g; the parcel counts as {billable:,} g"
        else:
            last = rate.breaks[-1]
            further = -(-(billable - last.up_to_grams) // 1000)
            amount += last.price + further * rate.per_further_kg
            words.append(f"{last.price} up to {last.up_to_grams:,} g and {further} × {rate.per_further_kg} a kg above")
    if rate.per_kg:
        amount += rate.per_kg * billable / 1000
        words.append(f"{rate.per_kg} a kg for {billable:,} g")
    if rate.per_100_km:
        distance = kilometres(origin, destination)
        if distance is None:
            return "is priced by distance, and one end of the way is not on the map"
        whole = int(distance + 0.5)
        amount += rate.per_100_km * whole / 100
        words.append(f"{rate.per_100_km} per 100 km for {whole:,} km")
    if divisor and billable > parcel.grams:
        words.append(f"its volume counts as {billable:,} g, it weighs {parcel.grams:,} g")
    return amount, "; ".join(words) or "nothing is charged"


def _applies(surcharge: Surcharge, parcel: Parcel, destination: Place, collected: date) -> str | None:
    """Why a surcharge is due, in words (perhaps none); None where it is not."""
    why: list[str] = []
    size = parcel.size
    if surcharge.residential is not None:
        if surcharge.residential != destination.residential:
            return None
        why.append("private address" if destination.residential else "business address")
    if surcharge.longer_than_mm is not None:
        if size is None or size.longest_mm <= surcharge.longer_than_mm:
            return None
        why.append(f"{size.longest_mm:,} mm long, over {surcharge.longer_than_mm:,} mm")
    if surcharge.girth_over_mm is not None:
        if size is None or size.girth_mm <= surcharge.girth_over_mm:
            return None
        why.append(f"{size.girth_mm:,} mm of length and girth, over {surcharge.girth_over_mm:,} mm")
    if surcharge.heavier_than_grams is not None:
        if parcel.grams <= surcharge.heavier_than_grams:
            return None
        why.append(f"{parcel.grams:,} g, over {surcharge.heavier_than_grams:,} g")
    if surcharge.destinations:
        if not begins_any(surcharge.destinations, destination.postal_code, destination.country):
            return None
        why.append(f"postal code {destination.postal_code}")
    if surcharge.countries:
        if destination.country not in surcharge.countries:
            return None
        why.append(f"to {destination.country}")
    if surcharge.weekdays:
        if collected.isoweekday() not in surcharge.weekdays:
            return None
        why.append(f"collected on a {_DAYS[collected.weekday()]}")
    return ", ".join(why)


def _charge(surcharge: Surcharge, why: str, above: Sequence[Charge], currency: str) -> Charge:
    base = sum((charge.amount for charge in above), Decimal(0)) if surcharge.percent_of_all else above[0].amount
    amount = _rounded(surcharge.amount + base * surcharge.percent / 100, currency)
    words = [why] if why else []
    if surcharge.percent:
        words.append(f"{surcharge.percent} % of {base}")
    if surcharge.amount:
        words.append(f"{surcharge.amount} fixed")
    return Charge(surcharge.name, amount, ", ".join(words))


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return Money(amount, currency).rounded().amount


def _where(destination: Place) -> str:
    return f"{destination.country} {destination.postal_code}".strip() or "an address without a country"
