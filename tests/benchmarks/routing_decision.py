"""How long one routing decision takes in a network of 3,070 locations: ``python -m tests.benchmarks.routing_decision``.

CPU time from the facts to the decision with its steps; gathering facts and writing decisions down are not in it.
Every order goes to another town. Each product is in stock at every location, or at one in twenty.
"""

from __future__ import annotations

import random
import sys
import time
from importlib import import_module
from typing import Any

from modules.contracts.routing import LocationFacts, Network, RoutingFacts
from modules.domain.canonical import Body
from modules.domain.releases import Release
from tests.releases.scenes import Bodies, compiled, line

LOCATIONS = 3_070
ORDERS = 150
RELEASES = ("r2_0_0", "r2_1_0", "r3_0_2")


def main() -> None:
    """Print the median and the 95th percentile of each release, number of lines and stock."""
    network = _network()
    for name in RELEASES:
        release: Release[Any] = import_module(f"fulfilment.routing.releases.{name}").RELEASE
        documents = compiled(release, bodies(release))
        for lines in (1, 3, 10):
            for share in (1.0, 0.05):
                took = _measured(release, documents, _orders(network, lines, share))
                median, most = took[len(took) // 2], took[int(len(took) * 0.95)]
                sys.stdout.write(
                    f"{release.version}  {lines:2} lines, in stock at {share:4.0%}: "
                    f"median {median * 1000:6.2f} ms, p95 {most * 1000:6.2f} ms\n"
                )


def _measured(release: Release[Any], documents: Any, orders: list[RoutingFacts]) -> list[float]:
    release.policies.route(orders[0], documents)
    took = []
    for facts in orders:
        began = time.thread_time()
        release.policies.route(facts, documents)
        took.append(time.thread_time() - began)
    return sorted(took)


def _network() -> Network:
    source = random.Random(7)
    return Network(
        tuple(
            LocationFacts(
                at, f"S{at:04}", "store", "US", source.uniform(30, 48), source.uniform(-122, -72), 0,
                f"{source.randrange(100, 1000)}01", ("east",) if at % 2 else ("west",),
            )
            for at in range(1, LOCATIONS + 1)
        )
    )  # fmt: skip


def _orders(network: Network, lines: int, share: float) -> list[RoutingFacts]:
    source = random.Random(11)
    made = []
    for number in range(ORDERS):
        items = tuple(
            line(at, at, source.choice([1, 1, 1, 2]), grams=source.randrange(200, 4000)) for at in range(1, lines + 1)
        )
        stock = {
            (place.location_id, item.product_id): source.randrange(1, 12)
            for place in network.locations
            for item in items
            if share == 1.0 or source.random() < share
        }
        made.append(
            RoutingFacts(
                order_number=f"WEB-{number}", channel="web", currency="USD", country="US",
                latitude=source.uniform(30, 48), longitude=source.uniform(-122, -72), decided_on="2025-11-28",
                lines=items, network=network, available=stock, postal_code=f"{source.randrange(100, 1000)}02",
            )
        )  # fmt: skip
    return made


def bodies(release: Release[Any]) -> Bodies:
    """Two contracts; in 3.0 with zones by distance, weight breaks and surcharges; in 2.1 and 3.0 two rules."""
    policies: dict[str, Body] = {f"S{at:04}": {"handling_per_unit": "0.40"} for at in range(1, LOCATIONS + 1, 3)}
    if release.version.major == 2 and release.version.minor == 0:
        strategy: Body = {"split_penalty": "1.50"}
    else:
        strategy = {
            "split_penalty": "1.50",
            "rules": [
                {"name": "Near", "filters": [{"what": "distance", "km": 800}, {"what": "group", "groups": ["east"]}]},
                {"name": "Anywhere"},
            ],
        }
    contracts: dict[str, Body] = {
        "GROUND": {"per_parcel": "4.00", "per_kg": "0.80", "per_100_km": "0.30", "currency": "USD"},
        "AIR": {"per_parcel": "6.00", "per_kg": "1.20", "per_100_km": "0.05", "currency": "USD"},
    }
    if release.version.major >= 3:
        contracts = {code: _zoned(at) for at, code in enumerate(("GROUND", "AIR"))}
    return {
        "routing_strategy": {"default": strategy},
        "location_policy": policies,
        "carrier_contract": contracts,
    }


def _zoned(at: int) -> Body:
    bands = [240, 480, 960, 1600, 2250, 2900, 20100]
    rates: list[Any] = [
        {
            "zone": str(zone),
            "breaks": [
                {"up_to_grams": grams, "price": f"{5 + at * 3 + zone * 0.6 + grams / 1000 * (0.5 + zone / 10):.2f}"}
                for grams in (500, 1000, 2000, 5000, 10000, 20000, 30000)
            ],
            "per_further_kg": "0.90",
            "transit_days": zone + 1,
        }
        for zone in range(len(bands))
    ]
    zones: list[Any] = [{"zone": str(zone), "up_to_km": km} for zone, km in enumerate(bands)]
    surcharges: list[Any] = [{"name": "Fuel", "percent": "14.5"}]
    services: list[Any] = [{"code": "std", "rates": rates, "dimensional_divisor": 5000, "surcharges": surcharges}]
    return {"currency": "USD", "services": services, "zones": zones}


if __name__ == "__main__":
    main()
