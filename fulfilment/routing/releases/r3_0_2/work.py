"""One order as the rules of a strategy see it: its goods, the locations that could send them, the parcels so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import cast

import numpy as np
from numpy.typing import NDArray

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import LineFacts, RoutingFacts

from .amounts import grains
from .documents import RoutingSettings, RoutingStrategy
from .network import columns_of
from .selection import WITHOUT_END, Candidates, Whole
from .tariff import ways_for

_SETTINGS = RoutingSettings.model_validate({})


class Work:
    """Goods are the products of the order (its first line stands for each); a *place* is a location that holds any of
    them, numbered nearest first. What is known of places are arrays with an element for each; of goods and places,
    arrays of shape ``(goods, places)``.

    ``stock`` is what a place may still give, ``room`` the units that it can still take today, ``risk`` what taking a
    unit may cost besides, ``parcels`` the units of each of the goods that a place sends already.
    """

    def __init__(
        self, facts: RoutingFacts, documents: Documents, strategy: RoutingStrategy, *, everywhere: bool = False
    ) -> None:
        self.facts = facts
        self.strategy = strategy
        self.settings = settings_of(documents)
        self.penalty = grains(strategy.split_penalty)
        self.late_penalty = grains(self.settings.late_penalty)
        self.goods: list[LineFacts] = list({line.product_id: line for line in reversed(facts.lines)}.values())[::-1]
        self.number = {line.product_id: at for at, line in enumerate(self.goods)}
        self.columns = columns_of(facts.network, documents)
        self.refused_by = self._refusals()
        self.pick = self._pick(everywhere=everywhere)
        self.raw = self._grid[:, self.pick]
        columns, pick = self.columns, self.pick
        self.locations = [columns.locations[at] for at in pick]
        self.own = columns.own[pick]
        self.handling = columns.handling[pick]
        self.distance = self.far[pick]
        self.kilometres = self._whole_km(self.far)
        self.ways, self.refused = ways_for(facts, documents, columns, self.far, self.kilometres)
        for way in self.ways:
            way.zone = way.zone[pick]
        self.kilometres = self.kilometres[pick]
        self.room = columns.room(facts.network)[pick]
        self.no_contracts = not documents.get("carrier_contract")
        kept = columns.kept[pick] + self.settings.kept_from.get(facts.channel, 0)
        self.stock = np.maximum(self.raw - kept[None, :], 0)
        self._refuse()
        self.risk = self._risks()
        self.joins = self._joinable()
        self.parcels: dict[int, Whole] = {}
        self.allowed: dict[int, frozenset[int]] = {}

    @property
    def able(self) -> bool:
        """Whether anything can be sent at all."""
        return self.no_contracts or bool(self.ways) or bool(self.joins.any())

    def place_of(self, code: str) -> int | None:
        """The number of the place with a location's code."""
        return next((at for at, item in enumerate(self.locations) if item.code == code), None)

    def take(self, place: int, good: int, units: int, ways: frozenset[int]) -> None:
        """Put units into the parcel of a place; it must be able to travel in one of these ways."""
        self.allowed[place] = self.allowed.get(place, ways) & ways
        self.parcels.setdefault(place, np.zeros(len(self.goods), dtype=np.int64))[good] += units
        self.stock[good, place] -= units
        self.room[place] -= units

    def candidates(self, goods: Sequence[int], needs: Whole) -> Candidates:
        """What filters and ratings are told about the places, for some of the goods."""
        rows = list(goods)
        stock = self.stock[rows]
        sold = self._by_pair(self.facts.sold)[rows] if self.facts.sold else np.zeros_like(stock)
        weeks = np.where((sold > 0) & (stock > 0), stock * 4000 // np.maximum(sold, 1), WITHOUT_END)
        held = stock > 0
        return Candidates(
            where=lambda key, test: self.columns.where(key, test)[self.pick],
            distance=self.distance,
            kilometres=self.kilometres,
            priority=self.columns.priority[self.pick],
            wanted=np.minimum(stock, needs[:, None]).sum(axis=0),
            free=stock.sum(axis=0),
            room=self.room,
            capacity=self.columns.capacity[self.pick],
            weeks=weeks.min(axis=0, initial=WITHOUT_END),
            sold=np.where(held, sold, 0).sum(axis=0),
            confidence=self._least(self.facts.confidence, rows, held, 1000),
            markdown=self._least(self.facts.markdown, rows, held, 0),
        )

    def _refusals(self) -> dict[int, set[int]]:
        """For each product the locations that have refused it for any line of the order."""
        found: dict[int, set[int]] = {}
        for line in self.facts.lines:
            refused = self.facts.excluded.get(line.line_id)
            if refused:
                found.setdefault(line.product_id, set()).update(refused)
        return found

    def _pick(self, *, everywhere: bool) -> NDArray[np.intp]:
        """The places in :attr:`columns`, nearest first: those that hold some of the goods, and those that are named."""
        columns, facts = self.columns, self.facts
        self.far = columns.kilometres(facts.latitude, facts.longitude)
        self._grid = self._by_column(facts.available, 0)
        if everywhere:
            return np.arange(len(columns.ids), dtype=np.intp)
        holds = (self._grid > 0).any(axis=0)
        keep = holds & columns.enabled & columns.own
        for code in sorted({line.ship_from for line in facts.lines if line.ship_from}):
            location = facts.network.by_code.get(code)
            if location is not None and columns.enabled[columns.at[location.location_id]]:
                keep[columns.at[location.location_id]] = True
        off = np.flatnonzero(holds & columns.own & ~columns.enabled)
        self.off = [columns.locations[at].code for at in off]
        numbers = np.flatnonzero(keep)
        return numbers[np.argsort(self.far[numbers], kind="stable")]  # not a number stands last

    off: Sequence[str] = ()

    def _by_column(self, known: Mapping[tuple[int, int], int], usual: int) -> Whole:
        """What is known by (location, product) as an array of goods and all locations."""
        columns = self.columns
        grid = np.full((len(self.goods), len(columns.ids)), usual, dtype=np.int64)
        if known and grid.size:
            count = len(known)
            pairs = np.fromiter(chain.from_iterable(known), dtype=np.int64, count=2 * count).reshape(-1, 2)
            units = np.fromiter(known.values(), dtype=np.int64, count=count)
            products = np.array([line.product_id for line in self.goods], dtype=np.int64)
            by_product = np.argsort(products)
            row = by_product[np.minimum(np.searchsorted(products[by_product], pairs[:, 1]), len(products) - 1)]
            column = columns.by_id[np.minimum(np.searchsorted(columns.sorted_ids, pairs[:, 0]), len(columns.ids) - 1)]
            there = (products[row] == pairs[:, 1]) & (columns.id_array[column] == pairs[:, 0])
            grid[row[there], column[there]] = units[there]
        return grid

    def _whole_km(self, far: NDArray[np.float64]) -> Whole:
        known = far[self.columns.own & ~np.isnan(far)]
        farthest = float(known.max()) if len(known) else 0.0
        return np.asarray(np.where(np.isnan(far), farthest, far) + 0.5, dtype=np.int64)

    def _refuse(self) -> None:
        if not self.refused_by:
            return
        place = {self.columns.ids[at]: number for number, at in enumerate(self.pick)}
        for product, locations in self.refused_by.items():
            for location in locations:
                if location in place:
                    self.stock[self.number[product], place[location]] = 0

    def _by_pair(self, known: Mapping[tuple[int, int], int], usual: int = 0) -> Whole:
        return self._by_column(known, usual)[:, self.pick]

    def _least(
        self, known: Mapping[tuple[int, int], int], goods: Sequence[int], held: NDArray[np.bool_], usual: int
    ) -> Whole:
        if not known:
            return np.full(len(self.pick), usual, dtype=np.int64)
        found = np.where(held, self._by_pair(known, usual)[goods], 1 << 30)
        least = found.min(axis=0, initial=1 << 30)
        return np.where(least == 1 << 30, usual, least)

    def _risks(self) -> Whole:
        """What taking a unit may cost: that it is not found, or that it is missed there soon."""
        facts, rules = self.facts, self.settings.stock_out_risk
        risk = np.zeros((len(self.goods), len(self.pick)), dtype=np.int64)
        failed, percent = grains(rules.failed_pick), rules.lost_margin_percent
        if failed and facts.confidence:
            doubt = 1000 - np.clip(self._by_pair(facts.confidence, 1000), 0, 1000)
            risk += failed * doubt // 1000
        missed = np.zeros_like(risk)
        if percent and facts.sold:
            sold = self._by_pair(facts.sold)
            needs = np.zeros(len(self.goods), dtype=np.int64)
            for line in facts.lines:
                needs[self.number[line.product_id]] += line.quantity
            lasts = np.maximum(self.raw - needs[:, None], 0) * 4000 // np.maximum(sold, 1)
            chance = np.where(sold > 0, np.clip(1000 - lasts // rules.horizon_weeks, 0, 1000), 0)
            worth = np.array([min(grains(line.unit_price), 10**11) for line in self.goods], dtype=np.int64)
            missed = worth[:, None] * percent // 100 * chance // 1000
        if rules.use_bid_prices and facts.bid_prices:
            place = {self.columns.ids[at]: number for number, at in enumerate(self.pick)}
            for (location, product), price in facts.bid_prices.items():
                if product in self.number and location in place:
                    missed[self.number[product], place[location]] = max(0, min(grains(price), 10**11))
        return risk + missed

    def _joinable(self) -> NDArray[np.bool_]:
        """The places that already prepare a parcel for this customer, which the order may join."""
        rule = self.settings.consolidation
        facts = self.facts
        if rule is None or not facts.joinable or (rule.methods and facts.method not in rule.methods):
            return np.zeros(len(self.pick), dtype=np.bool_)
        joinable = frozenset(facts.joinable)
        return np.array([item.location_id in joinable for item in self.locations], dtype=np.bool_)


def settings_of(documents: Documents) -> RoutingSettings:
    """The routing settings, or those that hold where there are none."""
    found = documents.get("routing_settings", {}).get("default")
    return cast("RoutingSettings", found) if found else _SETTINGS


def how_far(work: Work, place: int) -> str:
    """How far a place is from the customer, in words."""
    distance = work.distance[place]
    return "distance not known" if np.isnan(distance) else f"{distance:.0f} km"
