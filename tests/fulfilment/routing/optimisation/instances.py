"""Draws instances like the published ones: cities by size, a few baskets, stock placed near the expected demand."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fulfilment.routing.optimisation.benchmark.instance import Point, miles


@dataclass(frozen=True, slots=True)
class Setting:
    """``level``: stock as a share of the demand expected; ``spread``: chance that a facility stocks a SKU."""

    facilities: int = 5
    cities: int = 10
    orders: int = 200
    items: int = 20
    level: float = 1.0
    spread: float = 0.75
    most_lines: int = 5


def draw(folder: Path, seed: int, setting: Setting) -> Path:
    """Write an instance into a new folder and return it."""
    random = np.random.default_rng(seed)
    cities = _points(random, setting.cities)
    facilities = [
        Point(round(city.latitude + random.normal(0, 0.5), 4), round(city.longitude + random.normal(0, 0.5), 4))
        for city in _points(random, setting.facilities)
    ]
    size = 1 / np.arange(1, setting.cities + 1) ** 0.8
    size /= size.sum()
    lines = random.integers(1, min(setting.most_lines, setting.items) + 1, size=max(2, int(setting.items * 1.3)))
    baskets = sorted({tuple(sorted(random.choice(setting.items, count, replace=False))) for count in lines})
    liking = random.exponential(size=len(baskets)) ** 1.5
    liking /= liking.sum()
    folder.mkdir(parents=True)
    stock = _stock(random, setting, cities, facilities, size, dict(zip(baskets, liking, strict=True)))
    with (folder / "inventory.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["facility", "lat", "lon", "sku", "qty"])
        for (at, item), units in sorted(stock.items()):
            rows.writerow([f"F{at}", facilities[at].latitude, facilities[at].longitude, f"SKU{item:02d}", units])
    with (folder / "orders.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_seq", "city", "lat", "lon", "items"])
        where = random.choice(len(cities), setting.orders, p=size)
        what = random.choice(len(baskets), setting.orders, p=liking)
        for number, (city, basket) in enumerate(zip(where, what, strict=True), start=1):
            items = "|".join(f"SKU{item:02d}" for item in baskets[basket])
            rows.writerow([number, f"City {city}", cities[city].latitude, cities[city].longitude, items])
    return folder


def _points(random: np.random.Generator, count: int) -> list[Point]:
    return [Point(round(random.uniform(26, 48), 4), round(random.uniform(-123, -70), 4)) for _ in range(count)]


def _stock(
    random: np.random.Generator,
    setting: Setting,
    cities: list[Point],
    facilities: list[Point],
    size: np.ndarray,
    baskets: dict[tuple[int, ...], float],
) -> dict[tuple[int, int], int]:
    stock: dict[tuple[int, int], int] = {}
    for item in range(setting.items):
        rate = sum(share for basket, share in baskets.items() if item in basket) * setting.orders * setting.level
        stocked = [at for at in range(len(facilities)) if random.random() < setting.spread]
        stocked = stocked or [int(random.integers(len(facilities)))]
        expected = dict.fromkeys(stocked, 0.0)
        for city, share in zip(cities, size, strict=True):
            expected[min(stocked, key=lambda at: miles(city, facilities[at]))] += share * rate
        stock.update({(at, item): round(units) for at, units in expected.items()})
    return stock
