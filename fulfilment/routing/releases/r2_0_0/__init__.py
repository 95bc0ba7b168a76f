"""Order Routing 2.0: the assignment with the lowest landed cost."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import LowestLandedCost
from .screens import SCREENS
from .workflow import STATE_MAP

RELEASE = Release(
    module="order_routing",
    version=Version(2, 0, 0),
    title="Lowest landed cost",
    kinds=KINDS,
    policies=LowestLandedCost(),
    up=up,
    down=down,
    state_map=STATE_MAP,
    screens=SCREENS,
)
