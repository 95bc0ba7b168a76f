"""The benchmarks by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.benchmarks.api import api
from tests.benchmarks.figures import Figure
from tests.benchmarks.imports import imports
from tests.benchmarks.kpis import kpis
from tests.benchmarks.tenancy import tenancy
from tests.benchmarks.upgrades import upgrades
from tests.benchmarks.webhooks import webhooks

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "tenancy": tenancy,
    "import": imports,
    "api": api,
    "upgrades": upgrades,
    "kpis": kpis,
    "webhooks": webhooks,
}
