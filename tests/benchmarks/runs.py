"""The benchmarks by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.benchmarks.api import api
from tests.benchmarks.figures import Figure
from tests.benchmarks.imports import imports
from tests.benchmarks.inventory import inventory
from tests.benchmarks.kpis import kpis
from tests.benchmarks.network import network
from tests.benchmarks.optimisation import optimisation
from tests.benchmarks.tenancy import clones, tenancy
from tests.benchmarks.upgrades import upgrades
from tests.benchmarks.webhooks import webhooks

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "tenancy": tenancy,
    "import": imports,
    "clones": clones,
    "api": api,
    "inventory": inventory,
    "upgrades": upgrades,
    "kpis": kpis,
    "optimisation": optimisation,
    "network": network,
    "webhooks": webhooks,
}
