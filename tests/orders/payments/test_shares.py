"""No cent is lost or made, in whatever portions an order is shipped, cancelled and returned."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.shares import PricedCharge, PricedLine, Shares, shared_out

CENT = Decimal("0.01")
AMOUNTS = st.decimals(min_value=0, max_value=5000, places=2)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[PricedLine], list[PricedCharge]]:
    lines = []
    for line_id in range(1, draw(st.integers(1, 6)) + 1):
        ordered = draw(st.integers(1, 40))
        lines.append(PricedLine(line_id, ordered, draw(AMOUNTS) * ordered))
    charges = [
        PricedCharge("discount", -draw(AMOUNTS) / 10), PricedCharge("tax", draw(AMOUNTS)),
        PricedCharge("carriage", draw(AMOUNTS)), PricedCharge("tax", draw(AMOUNTS), draw(st.integers(1, len(lines)))),
    ]  # fmt: skip
    return lines, charges


@given(orders(), st.data())
def test_every_portion_adds_up_to_the_whole(
    order: tuple[list[PricedLine], list[PricedCharge]], data: st.DataObject
) -> None:
    lines, charges = order
    shares = Shares("GBP", lines, charges)
    whole = sum((line.amount for line in lines), Decimal(0)) + sum((each.amount for each in charges), Decimal(0))

    assert abs(shares.total - whole) <= CENT * (len(lines) + len(charges))

    taken = Decimal(0)
    done = dict.fromkeys((line.line_id for line in lines), 0)
    while any(done[line.line_id] < line.ordered for line in lines):
        for line in lines:
            done[line.line_id] += data.draw(st.integers(0, line.ordered - done[line.line_id]))
        if not any(done.values()):
            done = {line.line_id: line.ordered for line in lines}
        now = [PricedLine(line.line_id, line.ordered, line.amount, 0, done[line.line_id]) for line in lines]
        portion = Shares("GBP", now, charges)
        assert portion.due + portion.still_to_come == shares.total
        taken = portion.due
    assert taken == shares.total


@given(orders(), st.data())
def test_what_comes_back_is_worth_what_was_paid_for_it(
    order: tuple[list[PricedLine], list[PricedCharge]], data: st.DataObject
) -> None:
    lines, charges = order
    line = lines[0]
    fulfilled = data.draw(st.integers(0, line.ordered))
    returned, given = 0, Decimal(0)
    while returned < fulfilled:
        units = data.draw(st.integers(1, fulfilled - returned))
        now = [PricedLine(line.line_id, line.ordered, line.amount, 0, fulfilled, returned), *lines[1:]]
        given += Shares("GBP", now, charges).refund_of(line.line_id, units)
        returned += units
    assert given == Shares("GBP", lines, charges).of_units(line.line_id, fulfilled)


@given(st.decimals(-1000, 1000, places=2), st.lists(AMOUNTS, min_size=1, max_size=12))
def test_shares_add_up_to_the_amount(amount: Decimal, weights: list[Decimal]) -> None:
    shares = shared_out(amount, dict(enumerate(weights)), CENT)
    assert sum(shares.values(), Decimal(0)) == amount


def test_three_units_for_ten_pounds_cost_333_334_and_333() -> None:
    shares = Shares("GBP", [PricedLine(1, 3, Decimal("10.00"))], [])
    assert [shares.of_units(1, units) for units in range(4)] == [
        Decimal("0.00"), Decimal("3.33"), Decimal("6.67"), Decimal("10.00"),
    ]  # fmt: skip


def test_a_discount_on_the_order_goes_to_the_lines_by_their_amounts() -> None:
    lines = [PricedLine(1, 1, Decimal("20.00")), PricedLine(2, 1, Decimal("10.00"))]
    shares = Shares("GBP", lines, [PricedCharge("discount", Decimal("-10.00"))])
    assert (shares.of_units(1, 1), shares.of_units(2, 1)) == (Decimal("13.33"), Decimal("6.67"))


def test_carriage_is_due_once_with_the_first_unit() -> None:
    charges = [PricedCharge("carriage", Decimal("4.95"))]
    before = Shares("GBP", [PricedLine(1, 2, Decimal("20.00"))], charges)
    first = Shares("GBP", [PricedLine(1, 2, Decimal("20.00"), 0, 1)], charges)
    assert (before.due, before.still_to_come) == (Decimal(0), Decimal("24.95"))
    assert (first.due, first.still_to_come) == (Decimal("14.95"), Decimal("10.00"))


def test_nothing_is_due_of_an_order_that_was_cancelled_whole() -> None:
    shares = Shares("GBP", [PricedLine(1, 2, Decimal("20.00"), 2)], [PricedCharge("carriage", Decimal("4.95"))])
    assert (shares.due, shares.still_to_come) == (Decimal(0), Decimal(0))


def test_yen_have_no_cents() -> None:
    shares = Shares("JPY", [PricedLine(1, 3, Decimal(1000))], [])
    assert [shares.of_units(1, units) for units in (1, 2, 3)] == [Decimal(333), Decimal(667), Decimal(1000)]


def test_more_than_the_customer_has_cannot_come_back() -> None:
    shares = Shares("GBP", [PricedLine(1, 3, Decimal(30), 0, 2, 1)], [])
    with pytest.raises(ValueError, match="2 units cannot come back: 1 are with the customer"):
        shares.refund_of(1, 2)
