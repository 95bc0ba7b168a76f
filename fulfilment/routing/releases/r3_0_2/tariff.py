"""What the carriers charge for any content from any location, as arrays of whole grains.

Rounding is the carriers': freight is worked out exactly and rounded once to the currency's minor unit, halves up; each
surcharge is worked out from the rounded lines above it and rounded in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import LineFacts, RoutingFacts

from .amounts import minor_unit
from .contracts import CarrierContract, CarrierService, Surcharge, ZoneRate, zone_begins
from .documents import ShippingMethod
from .network import Columns, remembered
from .selection import Whole

#: The price of what cannot be sent; every real price stays below it.
NEVER = 1 << 56
#: Exact amounts before rounding are ten-millionths: four decimals of a price, three of grams to the kilogram.
_FINE = 1000
#: Prices beyond a million of the currency, prices of a kilogram beyond 50,000, percentages beyond a thousand, and
#: weights beyond ten tonnes count as just that, so that no sum can overflow.
_MOST = 10**13
_MOST_PER_KG = 5 * 10**11
_MOST_PERCENT = 10**7
_HEAVIEST = 10**7
_FEW = 16


@dataclass(frozen=True, slots=True)
class Measures:
    """Of several contents, an element for each: grams, and size where it is known (0 where not)."""

    grams: Whole
    cubic_mm: Whole
    longest: Whole
    girth: Whole


def measured(lines: Sequence[LineFacts], contents: Whole) -> Measures:
    """What contents weigh and measure, ``(contents, lines)`` units of each: stacked on their flattest sides."""
    grams = contents @ np.array([line.weight_grams or 0 for line in lines], dtype=np.int64)
    sides = np.array([sorted(line.millimetres or (0, 0, 0)) for line in lines], dtype=np.int64).reshape(-1, 3)
    unknown = np.array([line.millimetres is None for line in lines], dtype=np.bool_)
    sent = contents > 0
    length = np.where(sent, sides[:, 2][None, :], 0).max(axis=1, initial=0)
    width = np.where(sent, sides[:, 1][None, :], 0).max(axis=1, initial=0)
    height = contents @ sides[:, 0]
    known = ~(sent & unknown[None, :]).any(axis=1)
    longest = np.maximum(np.maximum(length, width), height)
    girth = 2 * (length + width + height) - longest
    zero = np.zeros_like(length)
    return Measures(
        np.minimum(grams, _HEAVIEST),
        np.where(known, length * width * height, zero),
        np.where(known, longest, zero),
        np.where(known, girth, zero),
    )


class Way:
    """One service of a contract for one order: what it charges, and when it arrives, zone by zone.

    ``zone`` holds for each location the place of its rate in ``rates``, -1 where the service does not go from there.
    ``days`` and ``arrives`` are by rate: days from today to the arrival (-1 unknown), and that day.
    """

    def __init__(
        self, contract_code: str, contract: CarrierContract, service: CarrierService, facts: RoutingFacts,
        zone: NDArray[np.intp], kilometres: Whole, away: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        self.contract_code = contract_code
        self.contract = contract
        self.service = service
        self.rates = service.rates
        self.facts = facts
        self.kilometres = kilometres
        self.unit = minor_unit(contract.currency)
        self.tables = remembered((service,), lambda: [_Table(rate) for rate in service.rates])
        self.per_100_km = np.array([table.per_100_km for table in self.tables], dtype=np.int64)
        far = (self.per_100_km[zone] > 0) & away & (zone >= 0)
        self.zone = np.where(far, -1, zone)
        collected = contract.collected(service, facts.decided_on)
        self.collected = collected
        self.arrives: list[str] = []
        self.days = np.full(len(self.rates), -1, dtype=np.int64)
        for at, rate in enumerate(self.rates):
            day = None
            if collected is not None and rate.transit_days is not None:
                day = contract.delivered(service, collected, rate.transit_days)
            self.arrives.append(day.isoformat() if day else "")
            if day:
                self.days[at] = (day - collected.fromisoformat(facts.decided_on)).days if collected else -1
        self.surcharges = [item for item in service.surcharges if self._may_apply(item)]

    @property
    def name(self) -> str:
        """The service as people read it."""
        code = self.service.code
        return (
            self.contract_code
            if code == "standard" and len(self.contract.services) == 1
            else (f"{self.contract_code} {code}")
        )

    def late(self) -> NDArray[np.bool_]:
        """Which rates miss the promise of the order."""
        by = self.facts.promise_by
        return np.array([bool(by) and (not day or day > by) for day in self.arrives], dtype=np.bool_)

    def freight(self, measures: Measures, rates: NDArray[np.intp]) -> Whole:
        """Exact freight without the part for distance, ``(rates, contents)`` in ten-millionths; NEVER beyond limits.

        It is worked out for those rates that are asked for; the others' is left at NEVER.
        """
        divisor = self.service.dimensional_divisor
        billable = measures.grams
        if divisor:
            billable = np.maximum(billable, np.minimum(-(-measures.cubic_mm // divisor), _HEAVIEST))
        out = self._beyond(measures)
        found = np.full((len(self.rates), len(billable)), NEVER, dtype=np.int64)
        for at in sorted({int(rate) for rate in rates if rate >= 0} if len(rates) < _FEW else set(np.unique(rates))):
            if at >= 0:
                found[at] = _freight(self.tables[at], billable)
        found[:, out] = NEVER
        return found

    def charged(self, freight: Whole, rates: NDArray[np.intp], kilometres: Whole, measures: Measures) -> Whole:
        """What is paid in grains, ``(locations, contents)``: by the rates and distances of some locations."""
        exact = freight[rates] + (self.per_100_km[rates] * kilometres // 100)[:, None]
        out = exact >= NEVER
        base = _rounded(np.where(out, 0, exact), self.unit * _FINE) // _FINE
        total = base.copy()
        for item in self.surcharges:
            due = self._due(item, measures)
            share = total if item.percent_of_all else base
            percent = min(int(item.percent.scaleb(4)), _MOST_PERCENT)
            added = int(item.amount.scaleb(4)) * 10**6 + np.minimum(share, _MOST // _FINE) * percent
            total = total + np.where(due[None, :], _rounded(added, self.unit * 10**6) // 10**6, 0)
        return np.where(out | (rates < 0)[:, None], NEVER, total)

    def least(self, lines: Sequence[LineFacts], total: int) -> tuple[Whole, Whole]:
        """For each rate a fixed cost and a cost of a unit of each line that no parcel undercuts, in grains.

        The line below the weight breaks that says most of two parcels that share ``total`` grams.
        """
        grams = np.minimum(np.array([line.weight_grams or 0 for line in lines], dtype=np.int64), _HEAVIEST)
        found = [_line_below(table, min(total, _HEAVIEST)) for table in self.tables]
        fixed = np.array([base for base, _ in found], dtype=np.int64)
        slope = np.array([per_kg for _, per_kg in found], dtype=np.int64)
        unit = np.minimum(grams[:, None] * slope[None, :] // 1000, _MOST)
        lost = self.unit * _FINE // 2
        for item in self.surcharges:
            if item.longer_than_mm is None and item.girth_over_mm is None and item.heavier_than_grams is None:
                percent = min(int(item.percent.scaleb(4)), 10**6)
                fixed, unit = fixed + fixed // 10**6 * percent, unit + unit // 10**6 * percent
                lost += self.unit * _FINE
        return np.maximum(fixed - lost, 0) // _FINE, unit // _FINE

    def _beyond(self, measures: Measures) -> NDArray[np.bool_]:
        service = self.service
        out = np.zeros(len(measures.grams), dtype=np.bool_)
        if service.max_grams is not None:
            out |= measures.grams > service.max_grams
        if service.max_length_mm is not None:
            out |= measures.longest > service.max_length_mm
        if service.max_girth_mm is not None:
            out |= measures.girth > service.max_girth_mm
        return out

    def _may_apply(self, item: Surcharge) -> bool:
        """Whether a surcharge may be due on this day to this destination."""
        facts = self.facts
        if item.residential is False or (item.countries and facts.country not in item.countries):
            return False
        if item.weekdays and (self.collected is None or self.collected.isoweekday() not in item.weekdays):
            return False
        return not item.destinations or any(
            zone_begins(prefix, facts.postal_code, facts.country) for prefix in item.destinations
        )

    def _due(self, item: Surcharge, measures: Measures) -> NDArray[np.bool_]:
        due = np.ones(len(measures.grams), dtype=np.bool_)
        if item.longer_than_mm is not None:
            due &= measures.longest > item.longer_than_mm
        if item.girth_over_mm is not None:
            due &= measures.girth > item.girth_over_mm
        if item.heavier_than_grams is not None:
            due &= measures.grams > item.heavier_than_grams
        return due


def ways_for(
    facts: RoutingFacts, documents: Documents, columns: Columns, distance: NDArray[np.float64], kilometres: Whole
) -> tuple[list[Way], dict[str, str]]:
    """The services that serve an order from anywhere, and why the other contracts do not."""
    method = cast("ShippingMethod | None", documents.get("shipping_method", {}).get(facts.method))
    found: list[Way] = []
    refused: dict[str, str] = {}
    away = np.isnan(distance)
    for number, (code, document) in enumerate(sorted(documents.get("carrier_contract", {}).items())):
        contract = cast("CarrierContract", document)
        refusal = _refusal(contract, facts)
        if refusal:
            refused[code] = refusal
            continue
        names = _zone_names(contract)
        zones = _zones(number, contract, names, facts, columns, distance)
        why = ""
        for service in contract.services:
            if method and not method.carries(code, service.code):
                why = f"does not carry {method.title}"
                continue
            collected = contract.collected(service, facts.decided_on)
            why = _out_of_date(contract, collected.isoformat() if collected else "")
            if not why:
                place = _places_of_rates(service, names)[zones]
                found.append(Way(code, contract, service, facts, place, kilometres, away))
        if why and not any(way.contract is contract for way in found):
            refused[code] = why
    return sorted(found, key=lambda way: way.contract.priority), refused


def _zone_names(contract: CarrierContract) -> list[str]:
    """Every zone that the contract names, “all” last: what a location is put into is a place in this list."""
    return remembered(
        (contract,),
        lambda: [
            *dict.fromkeys([row.zone for row in contract.pairs] + [row.zone for row in contract.zones]),
            "all",
        ],
    )


def _zones(
    number: int, contract: CarrierContract, names: Sequence[str], facts: RoutingFacts, columns: Columns,
    distance: NDArray[np.float64],
) -> NDArray[np.intp]:  # fmt: skip
    """For each location the place of its zone in ``names``; -1 where none fits."""
    count = len(columns.ids)
    if not contract.pairs and not contract.zones:
        zones = np.full(count, len(names) - 1, dtype=np.intp)
    else:
        zones = np.full(count, -1, dtype=np.intp)
        if contract.pairs:
            zones = columns.paired(number, contract, names, facts.postal_code).copy()
        open_ = zones < 0
        for at, rule in enumerate(contract.zones):
            if not open_.any():
                break
            if rule.countries and facts.country not in rule.countries:
                continue
            if rule.destinations and not any(
                zone_begins(prefix, facts.postal_code, facts.country) for prefix in rule.destinations
            ):
                continue
            fits = open_.copy()
            if rule.domestic is not None:
                own = columns.where(("country", facts.country), lambda item: item.country == facts.country)
                fits &= own == rule.domestic
            if rule.origins:
                prefixes = rule.origins
                fits &= columns.where(
                    (number, at),
                    lambda item, prefixes=prefixes: any(  # type: ignore[misc]
                        zone_begins(prefix, item.postal_code, item.country) for prefix in prefixes
                    ),
                )
            if rule.up_to_km is not None:
                fits &= distance <= rule.up_to_km
            zones[fits] = names.index(rule.zone)
            open_ &= ~fits
    if contract.locations:
        codes = frozenset(contract.locations)
        zones[~columns.where((number, "locations"), lambda item: item.code in codes)] = -1
    return zones


def _places_of_rates(service: CarrierService, names: Sequence[str]) -> NDArray[np.intp]:
    """For each zone of the contract (and -1 for none) the place of its rate in the service."""

    def make() -> NDArray[np.intp]:
        place = {rate.zone: at for at, rate in enumerate(service.rates)}
        return np.array([*(place.get(name, place.get("all", -1)) for name in names), -1], dtype=np.intp)

    return remembered((service, names), make)


class _Table:
    """A rate as whole numbers in ten-millionths: what a parcel and a kilogram cost, and the weight breaks."""

    def __init__(self, rate: ZoneRate) -> None:
        self.per_parcel = _exact(rate.per_parcel)
        self.per_kg = min(_exact(rate.per_kg), _MOST_PER_KG)
        self.per_100_km = _exact(rate.per_100_km)
        self.further = None if rate.per_further_kg is None else _exact(rate.per_further_kg)
        self.limits = np.array([item.up_to_grams for item in rate.breaks], dtype=np.int64)
        self.prices = np.array([_exact(item.price) for item in rate.breaks], dtype=np.int64)
        steps = zip(self.prices.tolist(), self.limits.tolist(), strict=True)
        slopes = {0, *(max(0, (p2 - p1) * 1000 // (l2 - l1)) for (p1, l1), (p2, l2) in pairwise(steps))}
        if self.further is not None:
            slopes = {min(slope, self.further) for slope in slopes}
        lines = ((int((self.prices - -(-slope * self.limits // 1000)).min(initial=_MOST)), slope) for slope in slopes)
        #: Base and cost of a kilogram of lines below all breaks.
        self.lines = sorted((base, slope) for base, slope in lines if base + self.per_parcel >= 0)


def _freight(table: _Table, billable: Whole) -> Whole:
    """Freight of a rate for billable weights, exact in ten-millionths; NEVER where it has no price."""
    amount = np.full(len(billable), table.per_parcel, dtype=np.int64)
    if len(table.limits):
        at = np.searchsorted(table.limits, billable)
        above = at >= len(table.limits)
        amount += table.prices[np.minimum(at, len(table.limits) - 1)]
        if above.any():
            if table.further is None:
                amount = np.where(above, NEVER, amount)
            else:
                amount += np.where(above, -(-(billable - table.limits[-1]) // 1000) * table.further, 0)
    return np.where(amount >= NEVER, NEVER, amount + table.per_kg * billable // 1000)


def _line_below(table: _Table, total: int) -> tuple[int, int]:
    """Base and cost of a kilogram in ten-millionths: freight is never less than base + kilograms * cost.

    Any cost will do with the base that fits below every break; that is taken for which two parcels of together
    ``total`` grams cost most.
    """
    if not len(table.limits):
        return table.per_parcel, table.per_kg
    base, slope = max(table.lines, key=lambda line: (2 * line[0] + line[1] * total // 1000, line), default=(0, 0))
    return table.per_parcel + base, table.per_kg + slope


def _exact(amount: Decimal) -> int:
    return min(int(amount.scaleb(7)), _MOST)


def _rounded(amount: Whole, unit: int) -> Whole:
    """To whole units, halves up."""
    return np.asarray((amount + unit // 2) // unit * unit, dtype=np.int64)


def _refusal(contract: CarrierContract, facts: RoutingFacts) -> str:
    """Why a contract does not serve an order; empty where it does."""
    if contract.currency != facts.currency:
        return f"priced in {contract.currency}; the order is in {facts.currency}"
    if contract.countries and facts.country not in contract.countries:
        return f"does not serve {facts.country or 'an order without a country'}"
    return ""


def _out_of_date(contract: CarrierContract, collected: str) -> str:
    if not collected:
        return "collects on no day within two months"
    if contract.valid_from and collected < contract.valid_from.isoformat():
        return f"valid from {contract.valid_from}; it would be collected on {collected}"
    if contract.valid_until and collected > contract.valid_until.isoformat():
        return f"valid until {contract.valid_until}; it would be collected on {collected}"
    return ""
