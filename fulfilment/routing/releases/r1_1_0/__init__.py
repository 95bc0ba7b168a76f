"""Order Routing 1.1: locations keep units back, and take so many a day."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import NearestWithinCapacity
from .screens import SCREENS
from .workflow import STATE_MAP

RELEASE = Release(
    module="order_routing",
    version=Version(1, 1, 0),
    title="Units kept back and capacity per day",
    kinds=KINDS,
    policies=NearestWithinCapacity(),
    up=up,
    down=down,
    state_map=STATE_MAP,
    screens=SCREENS,
)
