"""One order as its solver sees it: candidates, what each holds, and comparable costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .model import NEVER, BidPrices, Costs, Facilities, Order, Parcel, Plan, Problem, Units

#: A rank is cost * RANK + parcels: of two plans that cost the same, the one with fewer parcels is better.
RANK = 1 << 10
#: The rank of what cannot be. Two of them add up without overflow.
INF = np.int64(1) << 60
#: Facilities that are tried as dominators of all others.
_DOMINATORS = 12


@dataclass(frozen=True, slots=True)
class View:
    """The candidates of an order, lowest number first, with ranks instead of costs.

    ``held``: units of each line at each candidate, never more than needed, ``(lines, candidates)``. ``fixed`` and
    ``unit``: rank of a parcel and of each unit in it, with split penalty and bid prices; for prices that are not
    linear a lower bound of them. ``bids``: the bid prices alone. Each parcel carries the split penalty; a plan's
    total gives one back. ``counts``: whose parcels count to the most that a plan may have.
    """

    problem: Problem
    order: Order
    facilities: Facilities
    needs: Units
    held: Units
    room: Units
    fixed: Costs
    unit: Costs
    bids: Costs
    unfilled: Costs
    counts: NDArray[np.bool_]

    @property
    def most(self) -> int:
        """The most parcels a plan may have, of those that count."""
        units = int(self.needs.sum())
        return units if self.order.max_parcels is None else min(units, self.order.max_parcels)

    def only(self, keep: NDArray[np.bool_]) -> View:
        """The same order with some of its candidates."""
        if keep.all():
            return self
        return replace(
            self,
            facilities=self.facilities[keep],
            held=self.held[:, keep],
            room=self.room[keep],
            fixed=self.fixed[keep],
            unit=self.unit[:, keep],
            bids=self.bids[:, keep],
            counts=self.counts[keep],
        )

    def left_over(self, left: Units) -> Costs:
        """Rank of leaving units unfilled; ``left`` has a row for each case."""
        fixed = np.where(left.any(axis=-1), self.order.unfilled_fixed * RANK, 0)
        return np.asarray(left @ self.unfilled + fixed, dtype=np.int64)

    def parcel_ranks(self, candidates: Facilities, contents: Units) -> Costs:
        """Rank of each content from each candidate, ``(candidates, contents)``; INF where it cannot be sent."""
        price = self.order.price
        sent = np.asarray(contents.any(axis=1))
        if price.linear:
            ranks = self.fixed[candidates][:, None] + self.unit[:, candidates].T @ contents.T
        else:
            paid = price.prices(self.facilities[candidates], contents)
            each = self.problem.split_penalty * RANK + 1
            ranks = np.where(paid >= NEVER, 0, paid) * RANK + each + (self.bids[:, candidates].T @ contents.T) * RANK
            ranks[paid >= NEVER] = INF
        sizes = np.asarray(contents.sum(axis=1))
        out = np.asarray(sizes[None, :] > self.room[candidates][:, None])
        for amounts, held in zip(contents.T, self.held, strict=True):
            out |= amounts[None, :] > held[candidates][:, None]
        out |= ~sent[None, :]
        ranks[out] = INF
        return ranks

    def all_ranks(self, levels: Sequence[Sequence[int]], contents: Units) -> Costs:
        """As :meth:`parcel_ranks` for all candidates and every content of these amounts of each line."""
        if not self.order.price.linear:
            return self.parcel_ranks(np.arange(len(self.facilities)), contents)
        ranks = self.fixed[:, None]
        for line, amounts in enumerate(levels):
            added = [np.where(self.held[line] >= units, units * self.unit[line], INF)[:, None] for units in amounts[1:]]
            ranks = np.concatenate([ranks, *(np.minimum(ranks + each, INF) for each in added)], axis=1)
        if (self.room < self.needs.sum()).any():
            ranks[contents.sum(axis=1)[None, :] > self.room[:, None]] = INF
        ranks[:, 0] = INF
        return ranks

    def plan(self, parcels: Sequence[tuple[int, Units]], *, exact: bool) -> Plan:
        """The plan of (candidate, units of each line) pairs, with its real cost."""
        left, bids = self.needs, 0
        sent: list[Parcel] = []
        if parcels:
            parcels = sorted(parcels, key=lambda pair: pair[0])
            at, contents = np.array([at for at, _ in parcels]), np.array([units for _, units in parcels])
            facilities = self.facilities[at]
            prices = self.order.price.prices(facilities, contents).diagonal()
            rows = zip(facilities.tolist(), contents.tolist(), prices.tolist(), strict=True)
            sent = [Parcel(facility, tuple(units), price) for facility, units, price in rows]
            bids = int((contents.T * self.bids[:, at]).sum())
            left = left - contents.sum(axis=0)
        cost = sum(parcel.price for parcel in sent) + self.problem.split_penalty * max(0, len(sent) - 1)
        cost += int(self.left_over(left)) // RANK
        return Plan(self.order.key, tuple(sent), tuple(int(count) for count in left), cost, cost + bids, exact)


def view_of(problem: Problem, order: Order, prices: BidPrices | None) -> View:
    """The facilities that hold any of the order and can send it."""
    needs = np.asarray(order.units, dtype=np.int64)
    rows = np.asarray(order.skus, dtype=np.intp)
    floor_fixed, floor_unit = order.price.floor()
    held = np.minimum(problem.stock[rows], needs[:, None])
    held = np.where(floor_unit >= NEVER, 0, held)
    able = held.any(axis=0) & (floor_fixed < NEVER)
    if problem.room is not None:
        able &= problem.room > 0
    if order.max_parcels == 0:
        able &= np.isin(np.arange(len(able)), list(order.anyway))
    facilities = np.flatnonzero(able)
    total = int(needs.sum())
    room = np.full(len(facilities), total) if problem.room is None else np.minimum(problem.room[facilities], total)
    bids = _bids_of(order, facilities, prices)
    unit = np.minimum(floor_unit[:, facilities], NEVER // RANK) + bids
    return View(
        problem=problem,
        order=order,
        facilities=facilities,
        needs=needs,
        held=held[:, facilities].astype(np.int64),
        room=room.astype(np.int64),
        fixed=(floor_fixed[facilities] + problem.split_penalty) * RANK + 1,
        unit=unit * RANK,
        bids=bids,
        unfilled=np.asarray(order.unfilled, dtype=np.int64) * RANK,
        counts=~np.isin(facilities, list(order.anyway)) if order.anyway else np.ones(len(facilities), dtype=bool),
    )


def _bids_of(order: Order, facilities: Facilities, prices: BidPrices | None) -> Costs:
    bids = np.zeros((len(order.skus), len(facilities)), dtype=np.int64)
    if prices is None or not len(facilities):
        return bids
    for line, sku in enumerate(order.skus):
        priced = prices.by_sku.get(sku)
        if priced is not None:
            at = np.minimum(np.searchsorted(facilities, priced[0]), len(facilities) - 1)
            there = facilities[at] == priced[0]
            bids[line, at[there]] = priced[1][there]
    for facility, price in prices.room.items():
        bids[:, facilities == facility] += price
    return bids


def lower_bounds(view: View) -> Costs:
    """For each candidate a rank that no plan with a parcel from it can beat.

    Every parcel's fixed rank is spread over the most units it can hold; each unit of the order then costs at least
    the least of these shares. The candidate itself pays its fixed rank in full.
    """
    most = np.maximum(np.minimum(view.held.sum(axis=0), view.room), 1)
    share = np.where(view.held > 0, view.unit + (view.fixed // most)[None, :], INF)
    least = np.minimum(share.min(axis=1), view.unfilled)
    own = np.where(view.held > 0, view.unit, INF)
    return np.asarray(view.fixed + np.minimum(own, least[:, None]).T @ view.needs, dtype=np.int64)


def undominated(view: View) -> NDArray[np.bool_]:
    """Which candidates may be part of a cheapest plan where prices are linear.

    One is out if another, dearer in nothing, holds all that is needed of each line that it holds: whatever it would
    send, the other can send besides its own: as long as its parcel does not count to the most where the first does not.
    """
    count = len(view.facilities)
    keep = np.ones(count, dtype=bool)
    whole = (view.held == view.needs[:, None]) & (view.room >= view.needs.sum())[None, :]
    own = np.where(view.held > 0, view.unit, 0).sum(axis=0) + view.fixed
    promising = np.lexsort((own, -whole.sum(axis=0)))[:_DOMINATORS]
    numbers = np.arange(count)
    for at in promising:
        if not keep[at]:
            continue
        unit = view.unit[:, at][:, None]
        covers = (view.held == 0) | (whole[:, at][:, None] & (unit <= view.unit))
        beaten = covers.all(axis=0) & (view.fixed[at] <= view.fixed) & (view.counts >= view.counts[at])
        same = (view.fixed[at] == view.fixed) & ((unit == view.unit) | (view.held == 0)).all(axis=0)
        same &= view.counts == view.counts[at]
        keep &= ~(beaten & ((numbers > at) | ~same))
        keep[at] = True
    return keep
