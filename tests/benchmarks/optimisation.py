"""Order sourcing: one order over 3,070 facilities, a run of 1,000 orders, policies on drawn instances."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fulfilment.routing.optimisation import LinearPrice, Order, Problem, cheapest_plan, run
from fulfilment.routing.optimisation.benchmark.evaluate import cost_of
from fulfilment.routing.optimisation.benchmark.instance import GRAINS, in_numbers, read_instance
from fulfilment.routing.optimisation.benchmark.policies import NOWHERE, POLICIES, clairvoyant
from tests.benchmarks.figures import Figure, percentile
from tests.fulfilment.routing.optimisation.instances import Setting, draw

FACILITIES, SKUS, ORDERS = 3_070, 5_000, 1_000
_SETTINGS = (
    Setting(5, 10, 200, 20),
    Setting(8, 40, 500, 30, level=1.15),
    Setting(10, 99, 500, 20, level=0.85),
    Setting(6, 20, 300, 10),
    Setting(15, 99, 500, 50),
)


def optimisation() -> Iterable[Figure]:
    """Seconds on this machine, and cost as a share of what a clairvoyant must pay at least."""
    yield from _single()
    yield _together()
    yield from _policies()


def _network(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    stock = np.where(random.random((SKUS, FACILITIES)) < 0.4, random.integers(1, 6, (SKUS, FACILITIES)), 0)
    for sku in range(0, SKUS, 10):  # every tenth lies in few places
        stock[sku] = 0
        stock[sku, random.choice(FACILITIES, 8, replace=False)] = 3
    return stock, random.random((FACILITIES, 2)) * [4000, 2000]


def _order(random: np.random.Generator, key: int, places: np.ndarray, lines: int, units: int) -> Order:
    kilometres = np.hypot(*(places - random.random(2) * [4000, 2000]).T).astype(np.int64)
    skus = np.unique((SKUS * random.random(lines) ** 2).astype(np.int64))
    grams = random.integers(200, 3000, len(skus))
    unit = 300_000 + grams[:, None] * 5 * (1 + kilometres // 500)[None, :]
    price = LinearPrice(50_000_000 + kilometres * 2_000, unit)
    counts = tuple(int(count) for count in random.integers(1, units + 1, len(skus)))
    return Order(key, tuple(int(sku) for sku in skus), counts, price, (1_000_000_000,) * len(skus))


def _single() -> Iterable[Figure]:
    random = np.random.default_rng(1)
    stock, places = _network(random)
    problem = Problem((), stock, split_penalty=20_000_000)
    for lines in (1, 3, 5, 10):
        seconds, exact = [], 0
        for key in range(100):
            order = _order(random, key, places, lines, 1)
            started = time.perf_counter()
            exact += cheapest_plan(problem, order).exact
            seconds.append(time.perf_counter() - started)
        note = f"{exact} of 100 proved optimal"
        yield Figure(f"one order of {lines} lines, p95", percentile(seconds, 0.95) * 1000, "ms", note)


def _together() -> Figure:
    random = np.random.default_rng(2)
    stock, places = _network(random)
    orders = tuple(_order(random, key, places, int(random.integers(1, 5)), 2) for key in range(ORDERS))
    started = time.perf_counter()
    found = run(Problem(orders, stock, split_penalty=20_000_000))
    seconds = time.perf_counter() - started
    return Figure("a run of 1,000 orders, 3,070 facilities, 5,000 SKUs", seconds, "s", f"gap {found.gap:.5%}")


def _policies() -> Iterable[Figure]:
    ratios: dict[str, list[float]] = {name: [] for name in POLICIES}
    with tempfile.TemporaryDirectory() as folder:
        for number, setting in enumerate(_SETTINGS):
            instance = read_instance(draw(Path(folder) / str(number), 900 + number, setting))
            case = in_numbers(instance)
            bound = clairvoyant(case).bound / GRAINS
            for name, found in ratios.items():
                shipped = [
                    {case.skus[sku]: case.facilities[at] for sku, at in pairs if at != NOWHERE}
                    for pairs in (
                        zip(o.skus, c, strict=True) for o, c in zip(case.orders, POLICIES[name](case), strict=True)
                    )
                ]
                found.append(cost_of(instance, shipped) / bound)
    for name, found in ratios.items():
        note = f"mean of {len(found)} drawn instances; worst {max(found):.4f}"
        yield Figure(f"{name}, cost over the clairvoyant's bound", sum(found) / len(found), "", note)
