"""The cheapest plan of one order.

Two exact methods, each within a limit of operations: over the contents of parcels (few units, any price), and over
sets of facilities (few facilities, linear prices). Before them, facilities that cannot be part of a cheapest plan are
left out. See ``docs/algorithms/routing.md`` for the proofs.
"""

from __future__ import annotations

import numpy as np

from .contents import cheapest_contents, pairs_of
from .model import BidPrices, Order, Plan, Problem, Units
from .sets import cheapest_set, good_plan
from .view import View, lower_bounds, undominated, view_of

#: Ways to take a content out of another, and ranks of parcels, that are looked at at most.
MOST_PAIRS = 400_000
MOST_RANKS = 3_000_000
#: So many ranks of parcels are cheaper to work out than to avoid.
_FEW_RANKS = 60_000
#: Facilities whose sets are all looked at; lines * sets at most.
MOST_IN_SETS = 14
_MOST_SET_WORK = 2_000_000


def cheapest_plan(problem: Problem, order: Order, prices: BidPrices | None = None) -> Plan:
    """Return the plan of ``order`` with the lowest cost + bid prices within ``problem.stock`` and ``problem.room``.

    The orders of ``problem`` are not looked at. Where the order is too large to be solved exactly within the limit of
    operations, the plan is a good one and says ``exact=False``.
    """
    view = view_of(problem, order, prices)
    if not len(view.facilities) or not view.needs.any():
        return view.plan([], exact=True)
    view = _reduced(view)
    levels = _levels(view)
    states = int(np.prod([float(len(amounts)) for amounts in levels]))
    if pairs_of(levels) <= MOST_PAIRS and states * len(view.facilities) <= MOST_RANKS:
        solved = cheapest_contents(view, levels)
        if solved is not None:
            return view.plan(solved[0], exact=True)
    if _sets_suffice(view):
        return view.plan(cheapest_set(view)[0], exact=True)
    parcels, _ = good_plan(view, search=True)
    return view.plan(parcels, exact=False)


def _reduced(view: View) -> View:
    """The order without facilities that cannot be part of a cheapest plan."""
    states = int(np.prod(view.needs.astype(float) + 1))
    if states * len(view.facilities) <= _FEW_RANKS and states <= 512:
        return view
    if view.order.price.linear:
        view = view.only(undominated(view))
    if states * len(view.facilities) <= _FEW_RANKS and states <= 512:
        return view
    _, rank = good_plan(view, search=states > MOST_PAIRS)
    return view.only(lower_bounds(view) <= rank)


def _levels(view: View) -> tuple[tuple[int, ...], ...]:
    """The amounts into which each line need be split.

    All or nothing where prices are linear, no room is short and every candidate with some of a line has all of it:
    then the cheapest of those in a plan takes the whole line.
    """
    needs: Units = view.needs
    whole = view.order.price.linear and bool((view.room >= needs.sum()).all())
    partial = ((view.held > 0) & (view.held < needs[:, None])).any(axis=1)
    return tuple(
        (0, int(need)) if whole and not part else tuple(range(int(need) + 1))
        for need, part in zip(needs, partial, strict=True)
    )


def _sets_suffice(view: View) -> bool:
    count = len(view.facilities)
    return (
        view.order.price.linear
        and count <= MOST_IN_SETS
        and (count * len(view.needs)) << count <= _MOST_SET_WORK * MOST_IN_SETS
        and bool((view.room >= view.needs.sum()).all())
    )
