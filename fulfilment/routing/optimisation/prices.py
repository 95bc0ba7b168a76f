"""Parcel prices ready to use: linear, and by weight breaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import NEVER, Costs, Facilities, Units


@dataclass(frozen=True, slots=True)
class LinearPrice:
    """A fixed cost for a parcel, ``(facilities,)``, and a cost for each unit, ``(lines, facilities)``."""

    fixed: Costs
    per_unit: Costs

    @property
    def linear(self) -> bool:
        """The price is its own floor."""
        return True

    def floor(self) -> tuple[Costs, Costs]:
        """Return the price itself."""
        return self.fixed, self.per_unit

    def prices(self, facilities: Facilities, contents: Units) -> Costs:
        """Fixed cost + units * unit cost."""
        per_unit = self.per_unit[:, facilities]
        out = ((per_unit >= NEVER).T.astype(np.int64) @ (contents > 0).T.astype(np.int64)) > 0
        priced = self.fixed[facilities][:, None] + np.where(per_unit >= NEVER, 0, per_unit).T @ contents.T
        return np.where(out | (priced >= NEVER), NEVER, priced)


@dataclass(frozen=True, slots=True)
class WeightBreakPrice:
    """A rate for each weight class, and handling for each unit.

    ``grams``: weight of a unit of each line. ``limits``: the greatest weight of each class in grams, rising; heavier
    parcels cannot be sent. ``rates``: price of a parcel by facility and class, ``(facilities, classes)``.
    ``handling``: by line and facility, ``(lines, facilities)``.
    """

    grams: tuple[int, ...]
    limits: tuple[int, ...]
    rates: Costs
    handling: Costs

    @property
    def linear(self) -> bool:
        """Rates jump at a weight break."""
        return False

    def floor(self) -> tuple[Costs, Costs]:
        """The lightest class' rate (or a lower one of a heavier class), and the flattest slope from there."""
        first = self.rates.min(axis=1)
        limits = np.asarray(self.limits, dtype=np.int64)
        slope = ((self.rates - first[:, None]) // np.maximum(limits, 1)[None, :]).min(axis=1)
        per_unit = self.handling + np.asarray(self.grams, dtype=np.int64)[:, None] * slope[None, :]
        return first, np.minimum(per_unit, NEVER)

    def prices(self, facilities: Facilities, contents: Units) -> Costs:
        """The rate of the class of the whole parcel's weight + handling."""
        weight = contents @ np.asarray(self.grams, dtype=np.int64)
        limits = np.asarray(self.limits, dtype=np.int64)
        at = np.searchsorted(limits, weight)
        heavy = at >= len(limits)
        rate = self.rates[facilities][:, np.minimum(at, len(limits) - 1)]
        handling = self.handling[:, facilities]
        priced = rate + np.where(handling >= NEVER, 0, handling).T @ contents.T
        out = ((handling >= NEVER).T.astype(np.int64) @ (contents > 0).T.astype(np.int64)) > 0
        return np.where(out | heavy[None, :] | (priced >= NEVER), NEVER, priced)
