"""Which offer is booked, and what is said about the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fulfilment.carriers.domain.brokering import choose
from fulfilment.carriers.domain.quotes import NotServed, Offer, Quote

DAY = date(2026, 3, 2)


def quote(
    carrier: str, amount: str, arrives: int | None = 3, *, priority: int = 100, own: bool = False, currency: str = "GBP"
) -> Quote:
    when = date(2026, 3, arrives) if arrives else None
    return Quote(
        carrier=carrier, service="std", service_name="Standard", amount=Decimal(amount), currency=currency, zone="1",
        billable_grams=1, collected_on=DAY, transit_days=None, arrives_on=when, charges=(), priority=priority, own=own,
    )  # fmt: skip


def told(offers: list[Offer], promised_on: date | None = None) -> list[tuple[str, str]]:
    choice = choose(offers=offers, currency="GBP", promised_on=promised_on)
    assert [item.offer for item in choice.compared if item.chosen] == ([choice.quote] if choice.quote else [])
    return [(item.offer.carrier, item.reason) for item in choice.compared]


def test_the_lowest_price_wins_and_the_rest_are_told_by_how_much() -> None:
    assert told([quote("B", "5.00"), quote("A", "3.50"), NotServed("C", "std", "does not serve FR")]) == [
        ("A", "the lowest price"), ("B", "1.50 GBP dearer"), ("C", "does not serve FR"),
    ]  # fmt: skip


def test_a_promise_goes_before_a_price() -> None:
    offers: list[Offer] = [quote("SLOW", "1.00", 6), quote("FAST", "4.00", 3), quote("VAGUE", "0.50", None)]
    assert told(offers, date(2026, 3, 4)) == [
        ("FAST", "the lowest price that arrives by 2026-03-04"),
        ("VAGUE", "does not say when it arrives; promised for 2026-03-04"),
        ("SLOW", "arrives 2026-03-06; promised for 2026-03-04"),
    ]
    assert told(offers)[0] == ("VAGUE", "the lowest price")


def test_where_nobody_keeps_the_promise_the_cheapest_says_so() -> None:
    assert told([quote("SLOW", "1.00", 6)], date(2026, 3, 4)) == [
        ("SLOW", "nobody arrives by 2026-03-04; the best of the rest: arrives 2026-03-06")
    ]


def test_own_vans_go_first_but_not_before_the_promise() -> None:
    van, post = quote("van", "3.00", 3, own=True), quote("POST", "1.00", 2)
    assert told([post, van]) == [("van", "own vans go first"), ("POST", "own vans have room, and they go first")]
    assert told([post, van], date(2026, 3, 2))[0][0] == "POST"


def test_equal_prices_go_by_the_priority_of_the_contract() -> None:
    assert told([quote("A", "1.00", priority=20), quote("B", "1.00", priority=10), quote("C", "1.00", 5)]) == [
        ("B", "the lowest price"), ("A", "costs the same; priority 20 comes after 10"),
        ("C", "costs the same; priority 100 comes after 10"),
    ]  # fmt: skip


def test_another_currency_is_not_compared() -> None:
    assert told([quote("EURO", "0.10", currency="EUR")]) == [("EURO", "priced in EUR; the order is in GBP")]
    assert choose(offers=[quote("EURO", "0.10", currency="EUR")], currency="GBP").quote is None


@given(st.permutations([quote("A", "1.00"), quote("B", "1.00"), quote("C", "2.00"), NotServed("D", "", "no")]))
def test_the_order_of_the_offers_does_not_matter(offers: list[Offer]) -> None:
    choice = choose(offers=offers, currency="GBP")
    assert choice.quote == quote("A", "1.00")
