"""What a parcel costs: every line of it, its limits and its days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfilment.carriers.domain.parcels import Parcel, Place, Size
from fulfilment.carriers.domain.pricing import offers, price
from fulfilment.carriers.domain.quotes import NotServed, Offer, Quote
from fulfilment.carriers.domain.rates import Contract
from fulfilment.carriers.domain.reading import UnreadableContract, contract_of
from fulfilment.routing.releases.r3_0_0.contracts import CarrierContract
from tests.factories.carriers import FAR, HERE, NEAR, contract, parcel

MONDAY = date(2026, 3, 2)
BREAKS = [{"up_to_grams": 1000, "price": "3.00"}, {"up_to_grams": 5000, "price": "4.50"}]


def service(**fields: Any) -> dict[str, Any]:
    return {"code": "std", "name": "Standard", "rates": [{"breaks": BREAKS}], **fields}


def asked(served: Contract, what: Parcel, to: Place = NEAR, day: date = MONDAY) -> Offer:
    return price(
        carrier="POST", parcel=what, contract=served, service=served.services[0], origin=HERE, destination=to, day=day
    )


def priced(served: Contract, what: Parcel, to: Place = NEAR, day: date = MONDAY) -> Quote:
    offer = asked(served, what, to, day)
    assert isinstance(offer, Quote), offer
    return offer


def refused(served: Contract, what: Parcel, to: Place = NEAR, day: date = MONDAY) -> str:
    offer = asked(served, what, to, day)
    assert isinstance(offer, NotServed), offer
    return offer.reason


@pytest.mark.parametrize(
    ("grams", "amount"), [(0, "3.00"), (1000, "3.00"), (1001, "4.50"), (5000, "4.50"), (5001, "5.75"), (6001, "7.00")]
)
def test_weight_breaks_and_started_kilograms_above_them(grams: int, amount: str) -> None:
    served = contract(service(rates=[{"breaks": BREAKS, "per_further_kg": "1.25"}]))
    assert priced(served, Parcel(grams)).amount == Decimal(amount)


def test_heavier_than_the_last_break_is_not_taken_unless_a_price_says_so() -> None:
    said = "has no price above 5,000 g; the parcel counts as 5,001 g"
    assert refused(contract(service()), Parcel(5001)) == said


def test_volume_counts_where_it_is_more_than_weight() -> None:
    served = contract(service(dimensional_divisor=5000))
    # 400 × 300 × 200 mm are 24,000 cm³: 4.8 kg
    large = Parcel(900, Size(300, 400, 200))
    quote = priced(served, large)
    assert (quote.billable_grams, quote.amount) == (4800, Decimal("4.50"))
    assert quote.charges[0].because == "zone all: 4.50 up to 5,000 g; its volume counts as 4,800 g, it weighs 900 g"
    assert priced(contract(service()), large).billable_grams == 900
    assert Parcel(0, Size(1, 1, 5001)).dimensional_grams(5000) == 2  # rounded up


def test_every_surcharge_is_a_line_and_the_lines_add_up() -> None:
    served = contract(
        service(
            surcharges=[
                {"name": "Private address", "amount": "1.10", "residential": True},
                {"name": "Business", "amount": "9.00", "residential": False},
                {"name": "Oversize", "amount": "5.00", "longer_than_mm": 1000},
                {"name": "Girth", "amount": "2.00", "girth_over_mm": 2000},
                {"name": "Heavy", "amount": "0.50", "heavier_than_grams": 2000},
                {"name": "Remote", "amount": "3.33", "destinations": ["E1", "HS"]},
                {"name": "Abroad", "amount": "4.00", "countries": ["FR"]},
                {"name": "Monday", "amount": "0.25", "weekdays": [1]},
                {"name": "Fuel", "percent": "12.5", "percent_of_all": True},
                {"name": "Insurance", "percent": "1"},
            ]
        )
    )
    quote = priced(served, Parcel(3000, Size(1200, 300, 200)))
    assert [(charge.name, str(charge.amount), charge.because) for charge in quote.charges] == [
        ("Freight", "4.50", "zone all: 4.50 up to 5,000 g"),
        ("Private address", "1.10", "private address, 1.10 fixed"),
        ("Oversize", "5.00", "1,200 mm long, over 1,000 mm, 5.00 fixed"),
        ("Girth", "2.00", "2,200 mm of length and girth, over 2,000 mm, 2.00 fixed"),
        ("Heavy", "0.50", "3,000 g, over 2,000 g, 0.50 fixed"),
        ("Remote", "3.33", "postal code E1 6AN, 3.33 fixed"),
        ("Monday", "0.25", "collected on a Monday, 0.25 fixed"),
        ("Fuel", "2.09", "12.5 % of 16.68"),  # 2.085, halves away from zero
        ("Insurance", "0.05", "1 % of 4.50"),  # 0.045
    ]
    assert quote.amount == Decimal("18.82")


def test_distance_and_weight_as_in_release_2() -> None:
    flat = contract_of(
        "POST", {"name": "Post", "per_parcel": "2.5000", "per_kg": "0.40", "per_100_km": "0.30", "currency": "GBP",
                 "countries": ["GB"], "valid_from": "2026-01-01", "valid_until": None},
    )  # fmt: skip
    quote = priced(flat, Parcel(1250), FAR)
    assert quote.charges[0].because == "zone all: 2.5000 a parcel; 0.40 a kg for 1,250 g; 0.30 per 100 km for 554 km"
    assert quote.amount == Decimal("4.66")  # 2.50 + 0.50 + 1.662
    assert (quote.collected_on, quote.arrives_on) == (MONDAY, None)
    assert refused(flat, Parcel(1), Place("GB")) == "is priced by distance, and one end of the way is not on the map"
    assert refused(flat, Parcel(1), Place("FR")) == "does not serve FR"
    assert refused(flat, Parcel(1), day=date(2025, 12, 31)) == (
        "is valid from 2026-01-01; it would be collected on 2025-12-31"
    )


def test_a_document_of_full_rate_tables_is_read_as_it_is() -> None:
    written = contract(service(), zones=[{"zone": "all"}]).model_dump(mode="json")
    assert contract_of("POST", written).model_dump(mode="json") == written
    with pytest.raises(UnreadableContract, match="has no services or per_parcel"):
        contract_of("POST", {"currency": "GBP"})
    with pytest.raises(UnreadableContract, match="POST cannot be read: currency"):
        contract_of("POST", {"per_parcel": "1.00"})


def test_a_document_of_release_3_is_read_with_every_field() -> None:
    # given: as the release itself writes it, with a value in every field
    fields: dict[str, Any] = {
        "name": "Post", "adapter": "table_rate", "priority": 7, "currency": "GBP", "countries": ["GB"],
        "locations": ["SOHO"], "holidays": ["2026-12-25"], "valid_from": "2026-01-01", "valid_until": "2026-12-31",
        "zones": [{"zone": "near", "countries": ["GB"], "domestic": True, "origins": ["W"], "destinations": ["E1"],
                   "up_to_km": 50}, {"zone": "far"}],
        "pairs": [{"origin": "600-606", "destination": "100", "zone": "far"}],
        "services": [{
            "code": "next_day", "name": "Next day", "dimensional_divisor": 5000, "max_grams": 30_000,
            "max_length_mm": 1_200, "max_girth_mm": 3_000, "cut_off": "16:30:00", "collects": [1, 2, 3, 4, 5],
            "delivers": [1, 2, 3, 4, 5, 6], "weekdays": [1, 2],
            "rates": [
                {"zone": "near", "breaks": [{"up_to_grams": 1_000, "price": "3.10"}, {"up_to_grams": 5_000,
                 "price": "5.20"}], "per_further_kg": "0.70", "per_parcel": "0.25", "per_kg": "0.10",
                 "per_100_km": "0.30", "transit_days": 1},
                {"zone": "far", "per_parcel": "9.00"},
            ],
            "surcharges": [{"name": "Fuel", "amount": "0.10", "percent": "8.5", "percent_of_all": True,
                            "residential": True, "longer_than_mm": 1, "girth_over_mm": 1, "heavier_than_grams": 1,
                            "destinations": ["E1"], "countries": ["GB"], "weekdays": [1]}],
        }],
    }  # fmt: skip
    written = CarrierContract.model_validate(fields).model_dump(mode="json")
    # then: nothing is lost or told differently
    read = contract_of("POST", written)
    assert read.model_dump(mode="json") == written
    # and: 3.10 for a kilogram, 0.25, 0.10 a kg, 0.30 per 100 km for 5 km; then 0.10 and 8.5 % of that
    quote = priced(read, Parcel(1_000, Size(300, 100, 100)), NEAR)
    assert [(each.name, str(each.amount)) for each in quote.charges] == [("Freight", "3.47"), ("Fuel", "0.39")]
    assert (quote.service, quote.amount, quote.arrives_on) == ("next_day", Decimal("3.86"), date(2026, 3, 3))


def test_limits_say_what_they_are() -> None:
    served = contract(
        service(max_grams=2000, max_length_mm=600, max_girth_mm=1500), countries=["GB"], locations=["SOHO"],
        valid_until="2026-03-31",
    )  # fmt: skip
    assert refused(served, Parcel(2001)) == "takes 2,000 g at most; the parcel weighs 2,001 g"
    long = Parcel(1, Size(601, 1, 1))
    assert refused(served, long) == "takes 600 mm at most; the parcel's longest side has 601 mm"
    wide = Parcel(1, Size(500, 400, 200))
    assert refused(served, wide) == "takes 1,500 mm of length and girth at most; the parcel has 1,700 mm"
    assert refused(served, Parcel(1), Place("FR", "75001")) == "does not serve FR"
    assert refused(served, Parcel(1), day=date(2026, 4, 1)).startswith("is valid until 2026-03-31")
    elsewhere = price(
        carrier="POST", parcel=Parcel(1), contract=served, service=served.services[0],
        origin=replace(HERE, code="BATH"), destination=NEAR, day=MONDAY,
    )  # fmt: skip
    assert elsewhere == NotServed("POST", "std", "does not collect at BATH")


def test_a_zone_without_a_rate_is_not_served() -> None:
    served = contract(service(rates=[{"zone": "1", "breaks": BREAKS}]), zones=[{"zone": "1", "countries": ["GB"]}])
    assert priced(served, parcel()).zone == "1"
    assert refused(served, parcel(), Place("FR", "75001")) == "goes to no zone that FR 75001 lies in"
    other = contract(service(rates=[{"zone": "1", "breaks": BREAKS}]), zones=[{"zone": "2"}])
    assert refused(other, parcel()) == "has no rate for 2"


@pytest.mark.parametrize(
    ("ready", "collected", "arrives"),
    [
        (datetime(2026, 3, 2, 15, 0), date(2026, 3, 2), date(2026, 3, 4)),  # at the cut-off
        (datetime(2026, 3, 2, 15, 1), date(2026, 3, 3), date(2026, 3, 5)),  # after it
        (datetime(2026, 3, 6, 15, 1), date(2026, 3, 9), date(2026, 3, 11)),  # over the weekend
        (datetime(2026, 4, 2, 10, 0), date(2026, 4, 2), date(2026, 4, 8)),  # over Easter
        (datetime(2026, 4, 3, 10, 0), date(2026, 4, 7), date(2026, 4, 9)),  # on a holiday
    ],
)
def test_cut_off_weekends_and_holidays(ready: datetime, collected: date, arrives: date) -> None:
    served = contract(
        service(rates=[{"breaks": BREAKS, "transit_days": 2}], cut_off="15:00"), holidays=["2026-04-03", "2026-04-06"]
    )
    [quote] = offers(carrier="POST", parcel=parcel(), contract=served, origin=HERE, destination=NEAR, ready=ready)
    assert isinstance(quote, Quote)
    assert (quote.collected_on, quote.arrives_on) == (collected, arrives)


def test_same_day_and_saturday_delivery() -> None:
    same_day = contract(service(rates=[{"breaks": BREAKS, "transit_days": 0}]))
    assert priced(same_day, parcel()).arrives_on == MONDAY
    saturdays = contract(service(rates=[{"breaks": BREAKS, "transit_days": 1}], delivers=[1, 2, 3, 4, 5, 6]))
    assert priced(saturdays, parcel(), day=date(2026, 3, 6)).arrives_on == date(2026, 3, 7)
    fridays = contract(service(weekdays=[5]))
    assert priced(fridays, parcel()).collected_on == date(2026, 3, 6)


def test_a_contract_that_never_works_is_refused() -> None:
    never = contract(service(collects=[1], weekdays=[2]))
    assert refused(never, parcel()).startswith("no working day within 60 days of 2026-03-02")


def test_yen_have_no_cents() -> None:
    served = contract(service(rates=[{"per_parcel": "500", "per_kg": "99.5"}]), currency="JPY")
    assert priced(served, Parcel(1000)).amount == Decimal("600")  # 599.5


@given(st.integers(0, 60_000), st.integers(0, 60_000))
def test_more_weight_never_costs_less(one: int, other: int) -> None:
    served = contract(service(rates=[{"breaks": BREAKS, "per_further_kg": "0.75", "per_kg": "0.10"}]))
    light, heavy = sorted((one, other))
    assert priced(served, Parcel(light)).amount <= priced(served, Parcel(heavy)).amount


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"services": [service(), service()]}, "the service 'std' is listed twice"),
        (
            {"services": [service(rates=[{"breaks": BREAKS}, {"breaks": BREAKS}])]},
            "the rate for the zone 'all'",
        ),
        ({"services": [service(rates=[{"breaks": BREAKS[::-1]}])]}, "does not go beyond"),
        ({"services": [service(rates=[{"zone": "7", "breaks": BREAKS}])]}, "rates name the zone '7'"),
        ({"services": [service(rates=[{"per_parcel": 4.0}])]}, "write an amount as digits"),
        ({"services": [service()], "valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "before the first day"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Contract.model_validate({"currency": "GBP", **fields})
