"""Small sourcing problems, drawn to make ties, shortage and refusal common."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fulfilment.routing.optimisation import NEVER, BidPrices, LinearPrice, Order, ParcelPrice, Problem, WeightBreakPrice

_few = st.integers(0, 6)


def _table(draw: st.DrawFn, rows: int, columns: int, values: st.SearchStrategy[int]) -> np.ndarray:
    flat = draw(st.lists(values, min_size=rows * columns, max_size=rows * columns))
    return np.array(flat, dtype=np.int64).reshape(rows, columns)


def _price(draw: st.DrawFn, lines: int, facilities: int) -> ParcelPrice:
    maybe_never = st.one_of(_few, _few, _few, st.just(NEVER))
    if draw(st.booleans()):
        fixed = _table(draw, 1, facilities, maybe_never)[0]
        return LinearPrice(fixed, _table(draw, lines, facilities, maybe_never))
    classes = draw(st.integers(1, 3))
    limits = tuple(int(grams) for grams in np.cumsum(_table(draw, 1, classes, st.integers(1, 6))[0]))
    grams = tuple(int(each) for each in _table(draw, 1, lines, st.integers(0, 4))[0])
    rates = _table(draw, facilities, classes, st.integers(0, 20))
    return WeightBreakPrice(grams, limits, rates, _table(draw, lines, facilities, maybe_never))


@st.composite
def problems(draw: st.DrawFn, *, orders: int = 1) -> tuple[Problem, BidPrices]:
    """A problem of up to so many orders over at most 4 facilities and 3 SKUs, and bid prices for it."""
    facilities, skus = draw(st.integers(1, 4)), 3
    made = []
    for key in range(draw(st.integers(1, orders))):
        lines = draw(st.integers(1, 3))
        wanted = tuple(draw(st.permutations(range(skus)))[:lines])
        units = tuple(draw(st.integers(1, 3 if lines < 3 else 2)) for _ in wanted)
        made.append(
            Order(
                key=key,
                skus=wanted,
                units=units,
                price=_price(draw, lines, facilities),
                unfilled=tuple(draw(st.integers(0, 12)) for _ in wanted),
                unfilled_fixed=draw(_few),
                max_parcels=draw(st.sampled_from([None, None, 0, 1, 2])),
                anyway=draw(st.one_of(st.just(frozenset()), st.frozensets(st.integers(0, facilities - 1), max_size=2))),
            )
        )
    stock = _table(draw, skus, facilities, st.integers(0, 3))
    room = _table(draw, 1, facilities, st.integers(0, 5))[0] if draw(st.integers(0, 3)) == 0 else None
    bids = {(sku, at): draw(_few) for sku in range(skus) for at in range(facilities) if draw(st.booleans())}
    rooms = {at: draw(_few) for at in range(facilities) if draw(st.integers(0, 3)) == 0}
    return Problem(tuple(made), stock, draw(_few), room), BidPrices(bids, rooms)
