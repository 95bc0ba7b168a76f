"""What a rule counts a parcel as: the price of its best service, handling, risk, lateness and ratings, in grains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fulfilment.routing.optimisation import NEVER

from .rules import Rule
from .selection import Mask, Whole
from .tariff import Way, measured
from .work import Work


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a parcel travels. ``way`` is None where it joins another one, or where there are no contracts."""

    way: Way | None
    carriage: int
    arrives: str
    late: bool
    joins: bool


class Price:
    """The prices of one order's parcels by one rule: what the solver asks for.

    A content counts ``multiples`` units of each of the ``goods`` for each of its own. Places that send a parcel already
    are charged for what comes on top of it; the others pay ``entry`` besides. ``out`` says which of the goods a place
    may not send, ``most`` how many units of each it may.
    """

    linear = False

    def __init__(
        self,
        work: Work,
        rule: Rule,
        goods: Sequence[int],
        needs: Whole,
        multiples: Whole,
        counts: Whole,
        entry: int = 0,
    ) -> None:
        self.work = work
        self.rule = rule
        self.goods = list(goods)
        self.needs = [int(units) for units in needs]
        self.multiples = multiples
        self.counts = counts
        self.entry = entry
        self.by_cost = rule.by_cost
        self.zones = zones_of(work, rule)
        self.slowest = max((int(way.days.max()) for way in work.ways), default=0)
        self.out = np.zeros((len(goods), len(work.pick)), dtype=np.bool_)
        self.most: Whole | None = None

    @property
    def blocked(self) -> Mask:
        """Places that may not send every one of the goods."""
        return np.asarray(self.out.any(axis=0))

    def floor(self) -> tuple[Whole, Whole]:
        """No parcel costs less than its place's fixed cost and a cost for each unit."""
        work = self.work
        places = len(work.pick)
        lines = [work.goods[good] for good in self.goods]
        total = sum((line.weight_grams or 0) * units for line, units in zip(lines, self.needs, strict=True))
        fixed = np.full(places, 0 if work.no_contracts else NEVER, dtype=np.int64)
        unit = np.full((len(lines), places), 0 if work.no_contracts else NEVER, dtype=np.int64)
        for number, zone in self.zones.items():
            way = work.ways[number]
            serves = zone >= 0
            if self.by_cost:
                base, per_unit = way.least(lines, total)
                late = np.where(way.late(), work.late_penalty, 0)
            else:
                base, per_unit = np.zeros(len(way.rates), np.int64), np.zeros((len(lines), len(way.rates)), np.int64)
                late = base
            days = self._days(way)
            least = (base + late + days)[zone]
            if self.by_cost:
                least = least + way.per_100_km[zone] * work.kilometres // 100_000
            fixed = np.where(serves, np.minimum(fixed, least), fixed)
            unit = np.where(serves[None, :], np.minimum(unit, per_unit[:, way.zone]), unit)
        fixed[work.joins] = 0
        unit[:, work.joins] = 0
        if self.by_cost:
            each = work.handling[None, :] + work.risk[self.goods]
            unit = np.where(unit >= NEVER, NEVER, unit + each)
        unit = np.where(unit >= NEVER, NEVER, unit * self.multiples[:, None])
        fixed = np.where(fixed >= NEVER, NEVER, fixed + self.counts + self.entry)
        for place in work.parcels:
            fixed[place] = 0
            unit[:, place] = 0
        return fixed, np.where(self.out, NEVER, unit)

    def prices(self, facilities: np.ndarray[tuple[int], np.dtype[np.intp]], contents: Whole) -> Whole:
        """Price each content from each place, ``(places, contents)``; NEVER where it cannot be sent."""
        work = self.work
        whole = np.zeros((len(contents), len(work.goods)), dtype=np.int64)
        whole[:, self.goods] = contents * self.multiples
        total = self._totals(facilities, whole) + self.counts[facilities][:, None] + self.entry
        for row, place in enumerate(facilities if work.parcels else ()):
            parcel = work.parcels.get(int(place))
            if parcel is not None:
                at = np.array([place], dtype=np.intp)
                before = self._totals(at, parcel[None, :])[0, 0]
                after = self._totals(at, whole + parcel)[0]
                total[row] = np.where(after >= NEVER, NEVER, np.maximum(after - before, 0))
        units = whole.sum(axis=1)
        out = units[None, :] > work.room[facilities][:, None]
        for line, amounts in zip(self.out, contents.T, strict=True):
            out |= line[facilities][:, None] & (amounts > 0)[None, :]
        if self.most is not None:
            for held, amounts in zip(self.most, contents.T, strict=True):
                out |= amounts[None, :] > held[facilities][:, None]
        return np.where(out | (total >= NEVER), NEVER, total)

    def _totals(self, places: np.ndarray[tuple[int], np.dtype[np.intp]], whole: Whole) -> Whole:
        """What whole parcels count as, without ratings; NEVER where no service takes them."""
        work = self.work
        measures = measured(work.goods, whole)
        best = np.full((len(places), len(whole)), 0 if work.no_contracts else NEVER, dtype=np.int64)
        for number, zones in self.zones.items():
            way = work.ways[number]
            zone = zones[places]
            if not (zone >= 0).any():
                continue
            carriage = way.charged(way.freight(measures, zone), zone, work.kilometres[places], measures)
            extra = self._days(way)
            if self.by_cost:
                extra = extra + np.where(way.late(), work.late_penalty, 0)
            paid = carriage if self.by_cost else np.zeros_like(carriage)
            counted = np.where(carriage >= NEVER, NEVER, paid + extra[zone][:, None])
            if work.allowed:
                for row, place in enumerate(places):
                    if number not in work.allowed.get(int(place), self.zones):
                        counted[row] = NEVER
            best = np.minimum(best, counted)
        best[work.joins[places]] = 0
        if self.by_cost:
            best = best + work.handling[places][:, None] * whole.sum(axis=1)[None, :]
            best = best + work.risk[:, places].T @ whole.T
        return best

    def _days(self, way: Way) -> Whole:
        days = np.where(way.days < 0, self.slowest, way.days)
        return np.asarray(self.rule.per_day * days, dtype=np.int64)

    def ways_at(self, place: int) -> frozenset[int]:
        """The services by which a parcel may leave a place."""
        return frozenset(number for number, zones in self.zones.items() if zones[place] >= 0)

    def weight(self, number: int, zone: int, carriage: int) -> int:
        """What a service counts as for a parcel, of which it carries the price."""
        way = self.work.ways[number]
        counted = int(self._days(way)[zone])
        if self.by_cost:
            counted += carriage + (self.work.late_penalty if way.late()[zone] else 0)
        return counted


def zones_of(work: Work, rule: Rule) -> dict[int, NDArray[np.intp]]:
    """The services that a rule allows, by their numbers, and for each place the rate that it has there (-1: none)."""
    found = {}
    for number, way in enumerate(work.ways):
        if all(way.contract_code in each for each in rule.contracts):
            zones = way.zone
            if rule.within_days is not None:
                soon = (way.days >= 0) & (way.days <= rule.within_days)
                zones = np.where((zones >= 0) & soon[zones], zones, -1)
            found[number] = zones
    return found


def chosen_way(work: Work, place: int, price: Price | None = None) -> Chosen:
    """The service that carries the parcel of a place: the one that the solver counted with, the cheaper of equals."""
    if work.joins[place]:
        return Chosen(None, 0, "", False, joins=True)
    measures = measured(work.goods, work.parcels[place][None, :])
    at = np.array([place], dtype=np.intp)
    best: tuple[tuple[int, int], Chosen] | None = None
    for number in sorted(work.allowed[place]):
        way = work.ways[number]
        zone = int(way.zone[place])
        if zone < 0:
            continue
        rates = np.array([zone], dtype=np.intp)
        carriage = int(way.charged(way.freight(measures, rates), rates, work.kilometres[at], measures)[0, 0])
        if carriage >= NEVER:
            continue
        late = bool(way.late()[zone])
        counted = price.weight(number, zone, carriage) if price else carriage + (work.late_penalty if late else 0)
        if best is None or (counted, carriage) < best[0]:
            best = ((counted, carriage), Chosen(way, carriage, way.arrives[zone], late, joins=False))
    return best[1] if best else Chosen(None, 0, "", False, joins=False)
