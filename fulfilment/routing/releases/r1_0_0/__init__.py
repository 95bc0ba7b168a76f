"""Order Routing 1.0: every line goes to the nearest location that has it."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .documents import KINDS
from .policies import NearestWithStock
from .screens import SCREENS

RELEASE = Release(
    module="order_routing",
    version=Version(1, 0, 0),
    title="Nearest location with stock",
    kinds=KINDS,
    policies=NearestWithStock(),
    screens=SCREENS,
)
