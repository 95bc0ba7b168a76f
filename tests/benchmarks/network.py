"""Routing in a real network: 2,992 stores and 78 distribution centres, orders at real postal codes.

Decisions alone, from the facts to the reasons: gathering facts and writing them down are measured elsewhere. A product
lies at every distribution centre and at one store in four; orders have one to three of 5,000 products and go to postal
codes drawn evenly, or near a store in four cases of five, as people live there.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from modules.contracts.routing import LocationFacts, Network, RoutingFacts
from modules.domain.canonical import Body
from modules.domain.releases import Release
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.routing_decision import bodies as bodies_of
from tests.releases.scenes import compiled, line

SHARED = Path(os.environ.get("OMS_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SKUS = 5_000
_STRATEGY: Body = {"split_penalty": "1.50"}
SINGLES, RUN = 400, 1_000
RELEASES = ("r1_0_0", "r2_0_0", "r2_1_0", "r3_0_2")


def network() -> Iterator[Figure]:
    """Decisions a second, one at a time by each release, and in runs by 3.0."""
    if not (SHARED / "locations").is_dir():
        yield Figure("real network", 0, "", "the shared data is not here")
        return
    places = _places()
    orders = _orders(places, RUN)
    for name in RELEASES:
        release: Release[Any] = import_module(f"fulfilment.routing.releases.{name}").RELEASE
        bodies = {**bodies_of(release), "routing_strategy": {"default": {} if name == "r1_0_0" else _STRATEGY}}
        documents = compiled(release, {kind: each for kind, each in bodies.items() if kind in release.kinds})
        release.policies.route(orders[0], documents)
        took = []
        for facts in orders[:SINGLES]:
            began = time.thread_time()
            release.policies.route(facts, documents)
            took.append(time.thread_time() - began)
        yield Figure(
            f"one at a time, {release.version}", SINGLES / sum(took), "orders/s",
            f"p50 {percentile(took, 0.5) * 1e3:.2f} ms, p95 {percentile(took, 0.95) * 1e3:.2f} ms,"
            f" {len(places.locations):,} locations",
        )  # fmt: skip
    began, cpu = time.perf_counter(), time.process_time()
    run = release.policies.route_run(orders, documents)
    seconds = time.perf_counter() - began
    gap = "" if run.gap is None else f", gap {run.gap * 100:.3f} %"
    yield Figure(
        f"a run of {RUN:,} orders, {release.version}", seconds, "s",
        f"{RUN / seconds:.0f} orders/s, {time.process_time() - cpu:.1f} s of CPU{gap}",
    )  # fmt: skip
    alone = [release.policies.route(facts, documents) for facts in orders]
    if run.cost and all(made.cost is not None for made in alone):
        cost = sum(made.cost or 0 for made in alone)
        yield Figure("… its cost by that of each order alone", float(run.cost / cost), "ratio", "stock not shared out")


def _places() -> Network:
    found = []
    with (SHARED / "locations" / "walmart_stores_1962_2006.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found.append(("store", float(row["LAT"]), float(row["LON"]), row["ZIPCODE"]))
    with (SHARED / "locations" / "walmart_distribution_centers.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found.append(("distribution_centre", float(row["lat"]), float(row["lon"]), ""))
    return Network(
        tuple(
            LocationFacts(at, f"S{at:04}", kind, "US", latitude, longitude, 0, postal, ())
            for at, (kind, latitude, longitude, postal) in enumerate(found, 1)
        )
    )


def _orders(places: Network, count: int) -> list[RoutingFacts]:
    with gzip.open(SHARED / "postal" / "geonames_postal_us.csv.gz", "rt", newline="") as file:
        codes = [
            (row["zipcode"], float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(file)
            if row["latitude"] and -125 < float(row["longitude"]) < -66
        ]
    source = random.Random(3)
    stores = [place for place in places.locations if place.kind == "store"]
    centres = [place for place in places.locations if place.kind != "store"]
    stock: dict[int, dict[tuple[int, int], int]] = {}
    weights = {sku: source.randrange(100, 6_000) for sku in range(1, SKUS + 1)}
    made = []
    for number in range(count):
        skus = source.sample(range(1, SKUS + 1), source.choice([1, 1, 2, 3]))
        available: dict[tuple[int, int], int] = {}
        for sku in skus:
            if sku not in stock:
                stock[sku] = {(place.location_id, sku): source.randrange(1, 6) for place in stores[sku % 4 :: 4]}
                stock[sku] |= {(place.location_id, sku): source.randrange(5, 60) for place in centres}
            available |= stock[sku]
        postal, latitude, longitude = source.choice(codes)
        if source.random() < 0.8:
            near = source.choice(stores)
            postal, latitude, longitude = near.postal_code, near.latitude or 0.0, near.longitude or 0.0
            latitude, longitude = latitude + source.gauss(0, 0.2), longitude + source.gauss(0, 0.2)
        items = tuple(line(at, sku, source.choice([1, 1, 1, 2]), grams=weights[sku]) for at, sku in enumerate(skus, 1))
        made.append(
            RoutingFacts(
                order_number=f"WEB-{number}", channel="web", currency="USD", country="US", latitude=latitude,
                longitude=longitude, decided_on="2025-11-28", lines=items, network=places, available=available,
                postal_code=postal,
            )
        )  # fmt: skip
    return made
