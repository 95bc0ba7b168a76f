"""Order Routing 3.0.2: joint optimisation, ties told as they were broken."""

from __future__ import annotations

from modules.domain.releases import Release, Version

from .convert import down, up
from .documents import KINDS
from .policies import JointOptimisation
from .screens import SCREENS
from .workflow import STATE_MAP

RELEASE = Release(
    module="order_routing",
    version=Version(3, 0, 2),
    title="Joint optimisation, ties told exactly",
    kinds=KINDS,
    policies=JointOptimisation(),
    up=up,
    down=down,
    state_map=STATE_MAP,
    screens=SCREENS,
)
